"""What a selection requests around each belief, so that one Cypher statement of the root field can load all of it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from enum import Enum
from typing import Any, cast

from graphql import FieldNode, FragmentSpreadNode, SelectionSetNode, Undefined, value_from_ast_untyped

from beliefgraph.errors import Incorrect
from beliefgraph.graphql.context import Request
from beliefgraph.model.question import RelationLevels
from beliefgraph.model.relation import RelationKind
from beliefgraph.model.vocabulary import values_of

MOST_LEVELS = 2
ALL_KINDS: tuple[RelationKind, ...] = values_of(RelationKind)


@dataclass(frozen=True)
class BeliefLookahead:
    """How many levels of relations to load, of which kinds, and whether to load evidence and the exact confidence."""

    relation_levels: RelationLevels = 0
    relation_kinds: tuple[RelationKind, ...] = ALL_KINDS
    with_evidence: bool = False
    with_exact: bool = False


@dataclass(frozen=True)
class PageLookahead(BeliefLookahead):
    """The same for a page of beliefs, and whether to count all matching ones."""

    with_total: bool = False


class Selection:
    """The fields selected below one or several nodes, with fragments expanded, regardless of `@skip`."""

    def __init__(self, info: Request, nodes: Sequence[FieldNode]) -> None:
        self._info = info
        self._nodes = nodes

    @classmethod
    def of(cls, info: Request) -> Selection:
        """The selection below the field being resolved."""
        return cls(info, cast("Any", info)._raw_info.field_nodes)

    def __contains__(self, name: str) -> bool:
        """Whether a field is selected."""
        return any(node.name.value == name for node in self._fields())

    def under(self, *path: str) -> Selection:
        """The selection below a path of fields."""
        here = self
        for name in path:
            here = Selection(self._info, [node for node in here._fields() if node.name.value == name])
        return here

    def nodes(self) -> Selection:
        """The selection on the items of a page, through `edges` or `nodes`."""
        return self.under("edges", "node").joined(self.under("nodes"))

    def joined(self, other: Selection) -> Selection:
        """The union of both."""
        return Selection(self._info, [*self._nodes, *other._nodes])

    def argument(self, name: str, otherwise: object) -> list[object]:
        """The values of an argument of the nodes; `otherwise` if it is omitted."""
        variables = self._info.variable_values
        return [
            next(
                (value_from_ast_untyped(a.value, variables) for a in node.arguments or () if a.name.value == name),
                otherwise,
            )
            for node in self._nodes
        ]

    def _fields(self) -> Iterator[FieldNode]:
        for node in self._nodes:
            if node.selection_set is not None:
                yield from self._spread(node.selection_set)

    def _spread(self, selections: SelectionSetNode) -> Iterator[FieldNode]:
        for each in selections.selections:
            if isinstance(each, FieldNode):
                yield each
            elif isinstance(each, FragmentSpreadNode):
                fragments = cast("Any", self._info)._raw_info.fragments
                yield from self._spread(fragments[each.name.value].selection_set)
            else:
                yield from self._spread(cast("Any", each).selection_set)


@dataclass(frozen=True)
class GoalLookahead:
    """Whether to load the relations of goals, and their explanations."""

    related: bool
    explained: bool


RELATED = ("parents", "parts", "dependsOn", "blocks", "competesWith", "motivatedBy")
"""Fields of a goal that lead to related goals and beliefs."""


def around_goals(goals: Selection) -> GoalLookahead:
    """What to load around goals; fields further away refuse by themselves."""
    return GoalLookahead(any(name in goals for name in RELATED), "explanation" in goals)


def around(beliefs: Selection) -> BeliefLookahead:
    """What to load around beliefs; `too-complex` if it is further away than one Cypher statement reads."""
    levels, here = 0, beliefs
    kinds: set[RelationKind] = set()
    while "relations" in here:
        levels += 1
        if levels > MOST_LEVELS:
            raise Incorrect(
                "too-complex", f"Relations are followed {MOST_LEVELS} levels; start another query from there."
            )
        relations = here.under("relations")
        kinds.update(*(_kinds(given) for given in relations.argument("kinds", None)))
        here = relations.under("other")
        if "evidence" in here or "exactConfidence" in here:
            raise Incorrect(
                "too-complex",
                "Evidence and the exact confidence are available for the requested belief only; query a "
                "related one separately.",
            )
    in_order = tuple(kind for kind in ALL_KINDS if kind in kinds) if levels else ALL_KINDS
    return BeliefLookahead(
        cast("RelationLevels", levels), in_order, "evidence" in beliefs, "exactConfidence" in beliefs
    )


def around_page(page: Selection) -> PageLookahead:
    """What to load for a page of beliefs, and around them."""
    return PageLookahead(**vars(around(page.nodes())), with_total="totalCount" in page)


def _kinds(given: object) -> Iterable[RelationKind]:
    """The kinds that an argument names; all of them if it is null."""
    if given is None or given is Undefined:  # a variable that was not sent
        return ALL_KINDS
    named = given if isinstance(given, list) else [given]
    names = {str(each.value if isinstance(each, Enum) else each).lower() for each in named}
    return tuple(kind for kind in ALL_KINDS if kind in names)
