"""The evidence and measurements of events, added one after the other. Pure."""

from __future__ import annotations

from beliefgraph.model.belief import BeliefKey
from beliefgraph.model.delta import Delta, Records
from beliefgraph.services.beliefs.contexts import Contexts
from beliefgraph.services.beliefs.statement_rows import StatementRows, statement_rows
from beliefgraph.services.definitions.graph import DefinitionGraph
from beliefgraph.services.interpretation.protocol import Interpretation
from beliefgraph.services.layer.context import CommandContext
from beliefgraph.services.metrics.count import new_metrics
from beliefgraph.services.twin.state import TwinState


class EvidenceDraft:
    """The evidence of one twin while a commit is being decided."""

    def __init__(self, state: TwinState, graph: DefinitionGraph) -> None:
        self._state = state
        self._graph = graph
        self._contexts = Contexts(state, graph)
        self._command_contexts: list[CommandContext] = []
        self._statements: list[StatementRows] = []

    def check(self, _: CommandContext, interpretation: Interpretation) -> None:
        """Refuse (`too-large`) an event that names a preference in more contexts than a twin may have."""
        self._contexts.take(
            (bears.belief for statement in interpretation.statements for bears in statement.bearings),
            (counts.metric for statement in interpretation.statements for counts in statement.counts),
        )

    def add(self, context: CommandContext, interpretation: Interpretation) -> None:
        """Add the evidence of an event, and its measurements."""
        self._command_contexts.append(context)
        self._statements += [
            statement_rows(context, statement, "observation") for statement in interpretation.statements
        ]

    @property
    def beliefs(self) -> list[BeliefKey]:
        """The beliefs that the events bear on."""
        return [key for each in self._statements for key in each.beliefs]

    @property
    def delta(self) -> Delta:
        """The events with their sources, evidence, bearings and measurements."""
        statements = self._statements
        rows = (*(b for v in statements for b in v.bearings), *(m for v in statements for m in v.measurements))
        return Delta(
            made=Records(new_metrics(self._state, self._graph, [c for each in statements for c in each.counts])),
            opened=Records(rows),
            events=[context.arrived for context in self._command_contexts],
            sources=[source for each in statements for source in each.sources],
            evidence=[evidence for each in statements for evidence in each.evidence],
        )
