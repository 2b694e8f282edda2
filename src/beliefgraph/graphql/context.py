"""The context of every resolver: the services, the caller, and the names of the twins in the call."""

from __future__ import annotations

from collections.abc import Callable, Hashable
from dataclasses import dataclass, field
from typing import Any, Protocol, TypeAlias

from strawberry.types import Info

from beliefgraph.errors import Forbidden
from beliefgraph.model.caller import Caller
from beliefgraph.model.identity import twin_id
from beliefgraph.services.access.accesses import AccessLog
from beliefgraph.services.access.callers import Callers
from beliefgraph.services.access.sessions import Sessions
from beliefgraph.services.advice.check import DecisionChecks
from beliefgraph.services.archives.archives import Archives
from beliefgraph.services.archives.downloads import Downloads
from beliefgraph.services.asking.questions import AskingQuestions
from beliefgraph.services.change_points.questions import ChangePointQuestions
from beliefgraph.services.changes.changes import Changes
from beliefgraph.services.commands.commands import Commands
from beliefgraph.services.commands.intake import Intake
from beliefgraph.services.definitions.book import DefinitionBook
from beliefgraph.services.explanation.explain import Explanations
from beliefgraph.services.forecasts.questions import Forecasts
from beliefgraph.services.learning.sources import SourceLearner
from beliefgraph.services.permissions.policies import Policies
from beliefgraph.services.permissions.sights import Sights
from beliefgraph.services.preferences.questions import Preferences
from beliefgraph.services.process.flights import Flights
from beliefgraph.services.questions.beliefs import Questions
from beliefgraph.services.questions.decisions import Decisions
from beliefgraph.services.questions.goals import Goals
from beliefgraph.services.questions.interval import Intervals
from beliefgraph.services.questions.layers import LayerQuestions
from beliefgraph.services.questions.metrics import Metrics
from beliefgraph.services.questions.what_if import WhatIfs
from beliefgraph.services.reasons.questions import Reasons
from beliefgraph.services.received.questions import Received
from beliefgraph.services.reinterpretation.reinterpret import Reinterpreter
from beliefgraph.services.segments.questions import Segments
from beliefgraph.services.series.questions import SeriesQuestions
from beliefgraph.services.trajectories.questions import Trajectories
from beliefgraph.services.upkeep.across import ShardedServices
from beliefgraph.services.upkeep.erase import Eraser
from beliefgraph.services.upkeep.warming import Warming


class FieldServices(Protocol):
    """The services that the fields call."""

    @property
    def callers(self) -> Callers: ...
    @property
    def policies(self) -> Policies: ...
    @property
    def sights(self) -> Sights: ...
    @property
    def accesses(self) -> AccessLog: ...
    @property
    def sessions(self) -> Sessions: ...
    @property
    def book(self) -> DefinitionBook: ...
    @property
    def intake(self) -> Intake: ...
    @property
    def commands(self) -> Commands: ...
    @property
    def eraser(self) -> Eraser: ...
    @property
    def archives(self) -> Archives: ...
    @property
    def downloads(self) -> Downloads: ...
    @property
    def questions(self) -> Questions: ...
    @property
    def goals(self) -> Goals: ...
    @property
    def preferences(self) -> Preferences: ...
    @property
    def decisions(self) -> Decisions: ...
    @property
    def decision_checks(self) -> DecisionChecks: ...
    @property
    def layer_questions(self) -> LayerQuestions: ...
    @property
    def metrics(self) -> Metrics: ...
    @property
    def forecasts(self) -> Forecasts: ...
    @property
    def trajectories(self) -> Trajectories: ...
    @property
    def segments(self) -> Segments: ...
    @property
    def series(self) -> SeriesQuestions: ...
    @property
    def change_points(self) -> ChangePointQuestions: ...
    @property
    def asking(self) -> AskingQuestions: ...
    @property
    def explanations(self) -> Explanations: ...
    @property
    def intervals(self) -> Intervals: ...
    @property
    def received(self) -> Received: ...
    @property
    def reasons(self) -> Reasons: ...
    @property
    def what_ifs(self) -> WhatIfs: ...
    @property
    def changes(self) -> Changes: ...
    @property
    def sources(self) -> SourceLearner: ...
    @property
    def reinterpreter(self) -> Reinterpreter: ...
    @property
    def warming(self) -> Warming: ...
    @property
    def across(self) -> ShardedServices: ...
    @property
    def alone(self) -> FieldServices: ...
    def of(self, caller: Caller, twin: str) -> FieldServices: ...
    def definitions_changed(self, tenant: str) -> None: ...


@dataclass
class Context:
    """One request, or one WebSocket connection; `connection_params` is the payload of `connection_init`."""

    services: FieldServices
    request_id: str
    identity: Caller | None = None
    secret: str | None = field(default=None, repr=False)
    purpose: str | None = None
    connection_params: dict[str, object] | None = field(default=None, repr=False)
    names: dict[str, str] = field(default_factory=dict)
    reading: Flights[Hashable, Any] = field(default_factory=Flights, repr=False)
    """Shared reads: what several fields need at the same time is read once."""
    keyed: Callable[[str], bool] | None = None
    """Called once a WebSocket has sent its key, so that it keeps its place; False if that key has too many."""
    asks: Callable[[], None] | None = None
    """Called once a request is known to be a query, which can be cancelled if the client disconnects."""
    address: str = ""
    """The client's address."""

    @property
    def caller(self) -> Caller:
        """The caller; `unauthenticated` before a key was sent."""
        if self.identity is None:
            raise Forbidden("unauthenticated", "Send a valid key: Authorization: Bearer bg_….")
        return self.identity

    def services_for(self, twin: str) -> FieldServices:
        """The services of the shard that holds the twin of that name."""
        return self.services.of(self.caller, twin)

    def note_twin(self, twin: str) -> str:
        """Record that the answer is about this twin, so that its ids can be written with its name."""
        self.names[twin_id(self.caller.tenant, twin)] = twin
        return twin


Request: TypeAlias = Info[Context, None]
