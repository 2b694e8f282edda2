"""A model with incremental evidence: answers are updated where they change, not recomputed.

The upward pass keeps every table and message. New evidence recomputes the tables between its clique and the root with
the same operations as a full pass, so that they are bit-identical. The downward pass goes where a message differs by
more than UNNOTICED from the one sent there before. So the answers of a session lie within 1e-12 of the full pass after
any history, and errors do not accumulate. Published numbers come from the full pass.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from beliefgraph.errors import Incorrect, Unavailable
from beliefgraph.inference.arrays import Bools, Floats, Ints
from beliefgraph.inference.bundle import Bundle
from beliefgraph.inference.edge_deleted_part import EdgeDeletedPart
from beliefgraph.inference.evidence import LOG_LIKELIHOOD_BOUND
from beliefgraph.inference.kernels import changes, observed, state_weights
from beliefgraph.inference.plan import HOME, SIZE

UNNOTICED = 1e-14
"""Relative change from which a message is sent. Along a path of fifty cliques the error is less than 1e-12."""


class Session:
    """Evidence on one model, changed belief by belief and queried between changes. Not thread-safe."""

    def __init__(
        self,
        priors: Floats,
        available: Bools,
        bundles: Sequence[Bundle],
        edge_deleted: Sequence[EdgeDeletedPart],
        log_likelihood: Floats,
    ) -> None:
        self._available = available
        self._given = log_likelihood.copy()
        self._answer = priors + self._given
        self._answer[~available] = 0.0
        self._prior = priors
        self._where: dict[int, tuple[_Part | _EdgeDeletedPart, int]] = {}
        self._parts: list[_Part | _EdgeDeletedPart] = [_Part(bundle, self._given) for bundle in bundles]
        self._parts += [_EdgeDeletedPart(part, self._given) for part in edge_deleted]
        for part in self._parts:
            for at, belief in enumerate(part.members.tolist()):
                self._where[belief] = part, at

    def set_evidence(self, belief: int, log_likelihood: float) -> None:
        """Set the evidence on a belief to λ = `log_likelihood`. Raises `invalid-input`."""
        if not 0 <= belief < len(self._given):
            raise Incorrect("invalid-input", f"There is no belief {belief}.", belief=belief)
        if not abs(log_likelihood) <= LOG_LIKELIHOOD_BOUND:
            raise Incorrect("invalid-input", f"A log-likelihood ratio lies within ±{LOG_LIKELIHOOD_BOUND:g}.")
        self._given[belief] = log_likelihood
        found = self._where.get(belief)
        if found is not None:
            part, at = found
            part.set_evidence(at, log_likelihood)
        elif self._available[belief]:
            self._answer[belief] = self._prior[belief] + log_likelihood

    def log_odds(self) -> Floats:
        """The posterior log-odds of every belief; 0 if the model has no answer."""
        for part in self._parts:
            part.write(self._answer)
        return self._answer.copy()

    def log_odds_of(self, belief: int) -> float:
        """The posterior log-odds of one belief, with the least work. Raises `too-wide`."""
        if not 0 <= belief < len(self._given):
            raise Incorrect("invalid-input", f"There is no belief {belief}.", belief=belief)
        if not self._available[belief]:
            raise Unavailable("too-wide", "This belief is connected to too many others for an answer.", belief=belief)
        found = self._where.get(belief)
        return found[0].log_odds_of(found[1]) if found else float(self._answer[belief])


class _Part:
    """The state of one bundle: current tables, totals and messages, and joints as last needed."""

    def __init__(self, bundle: Bundle, given: Floats) -> None:
        self.members = bundle.members
        self._bundle = bundle
        engine, plan = bundle.engine, bundle.plan
        first, last = int(self.members.min()), int(self.members.max()) + 1
        contiguous = np.array_equal(self.members, np.arange(first, last))
        self._here: slice | Ints = slice(first, last) if contiguous else self.members
        self._given = given[self.members]
        self._weight = np.ones(plan.leaves)
        variables = bundle.variables
        self._free = np.zeros(len(self._given), dtype=np.uint8)
        self._variable = variables.variable.tolist()
        self._first, self._leaf = variables.first.tolist(), variables.start.tolist()
        self._state = variables.state.tolist()
        self._has_evidence = np.zeros(len(self._leaf) - 1, dtype=np.uint8)
        state_weights.state_weights(
            self._given, self._free, variables.first, variables.start, self._weight, self._has_evidence
        )
        self._observed_in_tree = (
            np.bincount(plan.tree_of, weights=self._has_evidence, minlength=len(plan.trees)).astype(np.int64).tolist()
        )
        self._homes = plan.leaf_codes[plan.leaf_row, HOME].tolist()
        self._rows = plan.leaf_row.tolist()
        self._trees = plan.tree_of.tolist()
        self._layout, self._potentials = plan.layout, (engine.potential, engine.log_potential)
        self._evidence = self._weight, self._has_evidence
        self._upward = engine.table.copy(), engine.total.copy(), engine.message.copy()
        self._below = np.zeros(plan.message_entries)
        self._downward = np.zeros(plan.entries), self._below, np.ones(plan.leaves)
        self._log_odds = np.empty(len(self.members))
        self._dirty = np.ones(len(plan.codes), dtype=np.uint8)
        self._stale = np.ones(len(plan.codes), dtype=np.uint8)
        self._path = np.empty(len(plan.codes), dtype=np.uint32)
        largest = int(plan.codes[:, SIZE].max())
        self._room = np.empty(largest), np.empty(largest)
        self._safe = bool(engine.fit.all())
        self._changed = self._moved = True

    def set_evidence(self, at: int, log_likelihood: float) -> None:
        variable = self._variable[at]
        before = self._has_evidence.item(variable)
        self._given[at] = log_likelihood
        self._observed_in_tree[self._trees[variable]] += self._observe(variable) - before
        self._dirty[self._homes[variable]] = 1
        self._changed = self._moved = True

    def write(self, answer: Floats) -> None:
        """Update the answers of this part's beliefs."""
        if not self._moved:
            return
        plan, variables = self._bundle.plan, self._bundle.variables
        self._changed = False
        if not (
            self._safe
            and changes.settle(
                self._layout, self._potentials, self._evidence, self._upward, self._downward, variables.first,
                variables.start, self._log_odds, self._dirty, self._stale, UNNOTICED,
            )
        ):  # fmt: skip
            self._forget()
            answer[self.members] = self._full()
        elif all(self._observed_in_tree):
            answer[self._here] = self._log_odds
        else:
            observed_in_tree = np.array(self._observed_in_tree) > 0
            answer[self.members] = np.where(
                observed_in_tree[plan.tree_of[self._bundle.variables.variable]],
                self._log_odds,
                self._bundle.prior_log_odds,
            )
        self._moved = False

    def log_odds_of(self, at: int) -> float:
        """The log-odds of one of its beliefs."""
        variable = self._variable[at]
        if not self._observed_in_tree[self._trees[variable]]:
            return float(self._bundle.prior_log_odds[at])
        if self._up():
            found = changes.reach_one(
                self._layout, self._rows[variable], self._state[at], self._upward, self._path, *self._room
            )
            if found == found:
                return found
        return float(self._full()[at])

    def _observe(self, variable: int) -> int:
        """Write the evidence on a variable; returns whether there is any."""
        first, last, leaf = self._first[variable], self._first[variable + 1], self._leaf[variable]
        if last - first == 1:
            has_evidence = observed.observe(self._given.item(first), 0, self._weight, leaf)
        else:
            has_evidence = observed.observe_values(self._given, self._free, first, last, self._weight, leaf)
        self._has_evidence[variable] = has_evidence
        return has_evidence

    def _up(self) -> bool:
        if self._safe and self._changed:
            self._safe = changes.refresh(
                self._layout, self._potentials, self._evidence, self._upward, self._dirty, self._stale
            )
            self._changed = False
            if not self._safe:
                self._forget()
                return False
        return self._safe

    def _forget(self) -> None:
        """Recompute everything next time: the kept numbers may be out of range."""
        self._dirty[:] = 1
        self._stale[:] = 1
        self._below[:] = 0.0
        self._changed, self._safe = True, bool(self._bundle.engine.fit.all())

    def _full(self) -> Floats:
        """The full pass, with logarithms if necessary."""
        nothing: Mapping[int, bool] = {}
        rows = np.zeros((1, int(self.members.max()) + 1))
        rows[0, self.members] = self._given
        return np.asarray(self._bundle.log_odds(rows, nothing, set())[0])


class _EdgeDeletedPart:
    """The evidence on one edge-deleted part, and its answers, always recomputed, so independent of the order."""

    def __init__(self, part: EdgeDeletedPart, given: Floats) -> None:
        self.members = part.members
        self._part = part
        self._rows = np.zeros((1, len(given)))
        self._rows[0, self.members] = given[self.members]
        self._found: Floats | None = None

    def set_evidence(self, at: int, log_likelihood: float) -> None:
        self._rows[0, self.members[at]] = log_likelihood
        self._found = None

    def write(self, answer: Floats) -> None:
        """Update the answers of this part's beliefs."""
        answer[self.members] = self._answers()

    def log_odds_of(self, at: int) -> float:
        """The log-odds of one of its beliefs."""
        return float(self._answers()[at])

    def _answers(self) -> Floats:
        if self._found is None:
            self._found = np.asarray(self._part.log_odds(self._rows, {}, set())[0])
        return self._found
