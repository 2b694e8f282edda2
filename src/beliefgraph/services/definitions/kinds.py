"""The kinds of evidence that a catalog defines, numbered within each domain. Pure.

A piece of evidence is for or against a belief. The set of kinds does not depend on the evidence, so that no surprise
depends on later evidence; what the catalog does not define is one more kind.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from beliefgraph.inference.foresight.changes import HAZARD
from beliefgraph.model.belief import Belief
from beliefgraph.model.definition import Definitions
from beliefgraph.services.twin.bearings import BearingHeading
from beliefgraph.services.twin.blocks import Bools, Ints

NONE, UNKNOWN = -1, -2
"""For a heading: its evidence is not followed; its belief is not known yet."""


@dataclass(frozen=True, eq=False)
class Columns:
    """What headings are about, one row each: the number of the domain in which their evidence is followed, and the kind
    of evidence against their belief (that for it is the next). `saying` marks those that can state a change."""

    domain: Ints
    kind: Ints
    saying: Bools


class Kinds:
    """The domains of a set of definitions in the order of their names, and the number of kinds of evidence in each.

    `tempered` are the domains whose earlier evidence counts less after a change, by their numbers. Compared by
    identity: make one per set.
    """

    def __init__(self, definitions: Definitions) -> None:
        self.domains = tuple(sorted({each.domain for each in definitions.attributes.values()}))
        self.changes = tuple(definitions.changes.get(domain) for domain in self.domains)
        self.tempered = tuple(number for number, each in enumerate(self.changes) if each is not None)
        self._saying = frozenset(each.stated for each in definitions.changes.values())
        number = {domain: n for n, domain in enumerate(self.domains)}
        count = [1] * len(self.domains)
        self._kind_of: dict[tuple[str, str | None], tuple[int, int]] = {}
        self._domain_of: dict[str, int] = {}
        for attribute in definitions.attributes.values():
            if attribute.key in self._saying:
                continue
            domain = self._domain_of[attribute.key] = number[attribute.domain]
            for value in attribute.value_priors or (None,):
                self._kind_of[attribute.key, value] = domain, count[domain] - 1
                count[domain] += 2
        self.count = tuple(count)

    def hazard(self, domain: int) -> float:
        """The prior probability of a change before each piece of evidence of a domain."""
        change = self.changes[domain]
        return HAZARD if change is None else change.hazard

    def span(self, attribute: str) -> tuple[int, range]:
        """The number of an attribute's domain, and its kinds there."""
        domain = self._domain_of.get(attribute, NONE)
        kinds = [kind for (name, _), (_, kind) in self._kind_of.items() if name == attribute]
        return domain, range(min(kinds), max(kinds) + 2) if kinds else range(0)

    def columns(self, headings: Sequence[BearingHeading], beliefs: Mapping[str, Belief]) -> Columns:
        """The columns of these headings. Acts, and the evidence of metrics, are not followed."""
        domain, kind = (np.full(len(headings), NONE, dtype=np.int64) for _ in range(2))
        saying = np.zeros(len(headings), dtype=np.bool_)
        for row, heading in enumerate(headings):
            belief = beliefs.get(heading.belief)
            if belief is None:
                domain[row] = UNKNOWN
            elif belief.attribute in self._saying:
                saying[row] = True
            elif heading.origin != "inferred" and heading.stance not in ("correction", "retraction"):
                where = domain[row] = self._domain_of.get(belief.attribute, NONE)
                _, kind[row] = self._kind_of.get((belief.attribute, belief.value), (where, NONE))
        return Columns(domain, kind, saying)

    def grown(self, known: Columns, headings: Sequence[BearingHeading], beliefs: Mapping[str, Belief]) -> Columns:
        """The same, with new headings added and those updated whose belief was not known."""
        begin = len(known.domain)
        unknown = np.flatnonzero(known.domain == UNKNOWN)
        if len(headings) == begin and not len(unknown):
            return known
        new = self.columns([headings[row] for row in (*unknown.tolist(), *range(begin, len(headings)))], beliefs)
        joined = []
        for before, more in zip(vars(known).values(), vars(new).values(), strict=True):
            column = np.concatenate([before, more[len(unknown) :]])
            column[unknown] = more[: len(unknown)]
            joined.append(column)
        return Columns(*joined)
