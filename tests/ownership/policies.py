"""A policy for the small world, and the services that enforce it, joined as `app` joins them."""

from __future__ import annotations

from typing import Any

from tests.world import World

from beliefgraph.model.caller import Caller
from beliefgraph.model.permission import Permit, Policy
from beliefgraph.services.changes.changes import Changes
from beliefgraph.services.commands.commands import Commands
from beliefgraph.services.commands.intake import Intake
from beliefgraph.services.commands.writer import Updater
from beliefgraph.services.explanation.explain import Explanations
from beliefgraph.services.interpretation.rules import RuleInterpreter
from beliefgraph.services.permissions.policies import Policies
from beliefgraph.services.permissions.sights import Sights
from beliefgraph.services.questions.beliefs import Questions
from beliefgraph.services.questions.decisions import Decisions
from beliefgraph.services.questions.goals import Goals
from beliefgraph.services.questions.metrics import Metrics
from beliefgraph.services.snapshots.as_of import Snapshots
from beliefgraph.services.twin.notifier import Notifier

POLICY: dict[str, Any] = {
    "default": "ask_first",
    "jurisdiction": "EU",
    "controller": "Example Ltd",
    "purposes": [
        {"key": "advice", "legal_basis": "consent", "dpv": "ServicePersonalisation"},
        {"key": "billing", "legal_basis": "contract", "dpv": "ServiceProvision"},
        {"key": "audit", "legal_basis": "legal_obligation", "dpv": "LegalCompliance"},
    ],
    "categories": [
        {"key": "money", "attributes": ["needs.budget"]},
        {"key": "risks", "domains": ["product"], "special": True},
        {"key": "ratings", "events": ["rated"]},
    ],
    "recipients": [{"key": "partners", "actors": ["partner"]}],
}


def policy(**changes: Any) -> Policy:
    """The policy, with changes."""
    return Policy.model_validate({**POLICY, **changes})


class Enforcing:
    """The services of one process that enforce permissions."""

    def __init__(self, world: World) -> None:
        graph, book, cache, clock = world.graph, world.book, world.cache, world.clock
        self.policies = Policies(graph, clock, book)
        self.sights = Sights(graph, self.policies, clock, cache, layers=world.updater.layers)
        self.snapshots = Snapshots(graph, book, cache, sights=self.sights)
        self.updater = Updater(
            graph, world.keyring, book, cache, clock, world.notifier, sights=self.sights, layers=world.updater.layers
        )
        self.intake = Intake(self.updater, RuleInterpreter())
        self.commands = Commands(self.updater, self.intake, self.policies)
        self.questions = Questions(graph, world.keyring, book, snapshots=self.snapshots)
        self.explanations = Explanations(graph, world.keyring, book, snapshots=self.snapshots)
        self.goals = Goals(graph, book, snapshots=self.snapshots)
        self.metrics = Metrics(graph, world.keyring, book, snapshots=self.snapshots)
        self.decisions = Decisions(graph, world.keyring, book, snapshots=self.snapshots)
        self.changes = Changes(graph, Notifier(), snapshots=self.snapshots)
        self._world = world

    def caller(self, purpose: str = "advice", actor: str = "test") -> Caller:
        """A service that calls for a purpose."""
        return self._world.caller.model_copy(update={"purpose": purpose, "actor": actor})

    async def permit(self, purpose: str = "advice", *, allowed: bool = True, twin: str = "lena", **more: Any) -> None:
        """Let the person state a permission."""
        await self.commands.permit(
            self._world.person(twin), Permit(twin=twin, purpose=purpose, allowed=allowed, **more)
        )
