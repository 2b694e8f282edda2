"""A compiled structure: queries given evidence."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

import numpy as np
import numpy.typing as npt

from beliefgraph.errors import Incorrect, Unavailable
from beliefgraph.inference.arrays import Bools, Flags, Floats, Ints, floats, frozen, numbers
from beliefgraph.inference.bundle import Bundle
from beliefgraph.inference.edge_deleted_part import EdgeDeletedPart
from beliefgraph.inference.evidence import LOG_LIKELIHOOD_BOUND
from beliefgraph.inference.influence import Influence, influence_of
from beliefgraph.inference.quality import EXACT, UNAVAILABLE
from beliefgraph.inference.responsibility import Responsibility, responsibility_of
from beliefgraph.inference.session import Session
from beliefgraph.inference.stop import check_stopped

CERTAIN_LOG_ODDS = 100.0
"""Log-odds reported for an assumed belief, in nats: finite, and a probability of exactly 1 (or 4e-44) in a double."""


Tier = Literal["exact", "approximate", "unavailable"]
"""How a connected part is answered: by one junction tree, by an edge-deleted one with messages, or not at all."""


@dataclass(frozen=True, slots=True)
class Posterior:
    """The posterior of each belief.

    `log_odds`, `error` and `quality` have the shape of the evidence, `available` has shape [n]. `quality` is a code of
    `quality.py`; `error` is the error bar of the log-odds in nats, 0 if they are exact. If a belief is not available
    its log-odds are 0 and meaningless.
    """

    log_odds: Floats
    error: Floats
    quality: Flags
    available: Bools


@dataclass(frozen=True, slots=True)
class Part:
    """One connected part: its beliefs, how it is answered, and the width of its junction tree (0 if none)."""

    beliefs: Ints
    tier: Tier
    width: int


@dataclass(frozen=True, slots=True)
class Model:
    """A compiled structure; it is immutable, and the same query always gets the same bits.

    `available` (shape [n]) says which beliefs have answers; `width` is the largest clique minus one and `cost` the
    table entries of all trees; `drift` is the greatest deviation, in nats, of the calibrated model's prior from a
    stated one. `content_hash` is the structure's. `exclusive` are the groups of beliefs that are the values of one
    variable, and `parts` the connected parts that have relations or values.
    """

    priors: Floats
    available: Bools
    width: int
    cost: int
    drift: float
    content_hash: str
    prior_log_odds: Floats = field(repr=False)
    bundles: tuple[Bundle, ...] = field(repr=False)
    exclusive: tuple[tuple[int, ...], ...] = ()
    edge_deleted: tuple[EdgeDeletedPart, ...] = field(repr=False, default=())
    parts: tuple[Part, ...] = field(repr=False, default=())

    @property
    def parted(self) -> tuple[Bundle | EdgeDeletedPart, ...]:
        """The compiled parts for the beliefs that have relations, each for some connected parts."""
        return (*self.bundles, *self.edge_deleted)

    def log_odds(
        self,
        log_likelihood: npt.ArrayLike,
        assume: Mapping[int, bool] | None = None,
        do: Mapping[int, bool] | None = None,
    ) -> Posterior:
        """The posterior log-odds of every belief given the evidence, in nats.

        `log_likelihood` is λ per belief, shape [n], or [B, n] for B queries at once, each within ±LOG_LIKELIHOOD_BOUND.
        `assume` conditions on beliefs (their causes become more likely or less); `do` sets them (their causes stay
        unchanged). Both are reported as ±CERTAIN_LOG_ODDS. A connected part without evidence has its priors exactly.
        Raises `invalid-input`, and `impossible-evidence` if the assumptions cannot hold together.
        """
        check_stopped()
        evidence = self._evidence(log_likelihood)
        fixed = self._fixed(assume, do)
        rows = np.atleast_2d(evidence)
        error = np.zeros(rows.shape)
        quality = np.empty(rows.shape, dtype=np.uint8)
        if len(self.bundles) == 1 and self.bundles[0].holds_all_of(len(self.priors)):
            answer = self.bundles[0].log_odds(rows, fixed, set(do or ()))
            quality[:] = EXACT
        else:
            answer = np.where(self.available, self.prior_log_odds + rows, 0.0)
            quality[:] = np.where(self.available, EXACT, UNAVAILABLE)
            for bundle in self.bundles:
                answer[:, bundle.members] = bundle.log_odds(rows, fixed, set(do or ()))
            for part in self.edge_deleted:
                here = part.members
                answer[:, here], error[:, here], quality[:, here] = part.posterior(rows, fixed, set(do or ()))
        for belief, holds in fixed.items():
            if self.available[belief]:
                answer[:, belief] = CERTAIN_LOG_ODDS if holds else -CERTAIN_LOG_ODDS
        answer, error, quality = (frozen(column.reshape(evidence.shape)) for column in (answer, error, quality))
        return Posterior(answer, error, quality, self.available)

    def exact_log_odds(self, rows: Floats) -> Floats | None:
        """The log-odds alone, bit-identical to `log_odds`, if one exact bundle contains all beliefs; else None.

        `rows` are of shape [B, n] and known to be within ±LOG_LIKELIHOOD_BOUND; nothing is assumed.
        """
        check_stopped()
        if len(self.bundles) != 1 or not self.bundles[0].holds_all_of(len(self.priors)):
            return None
        return self.bundles[0].log_odds(rows, {}, frozenset())

    def influence(
        self,
        target: int,
        log_likelihood: npt.ArrayLike,
        assume: Mapping[int, bool] | None = None,
        do: Mapping[int, bool] | None = None,
    ) -> Influence:
        """How much the evidence on each belief moved the target; see `Influence`.

        `log_likelihood` is λ per belief, shape [n]. Raises `invalid-input`, `impossible-evidence`, and `too-wide` if
        the target has no answer.
        """
        evidence = self._evidence(log_likelihood)
        if evidence.ndim != 1:
            raise Incorrect("invalid-input", "Influence is asked for one set of evidence at a time.")
        self._check_belief(target)
        fixed = self._fixed(assume, do)
        if not self.available[target]:
            raise Unavailable("too-wide", "This belief is connected to too many others for an answer.", belief=target)
        if target in fixed:
            certain = CERTAIN_LOG_ODDS if fixed[target] else -CERTAIN_LOG_ODDS
            return Influence.fixed(target, len(self.priors), certain)
        for bundle in self.parted:
            if target in bundle.members:
                return influence_of(bundle, target, float(self.prior_log_odds[target]), evidence, fixed, set(do or ()))
        return Influence.alone(target, len(self.priors), float(self.prior_log_odds[target]), float(evidence[target]))

    def responsibility(self, effect: int, log_likelihood: npt.ArrayLike) -> Responsibility | None:
        """Which of its causes brought an effect about, given that it holds; see `Responsibility`.

        `log_likelihood` is λ per belief, shape [n]. None if it is no noisy OR of causes. Raises `invalid-input`, and
        `too-wide` if the effect has no answer.
        """
        evidence = self._evidence(log_likelihood)
        if evidence.ndim != 1:
            raise Incorrect("invalid-input", "Responsibility is asked for one set of evidence at a time.")
        self._check_belief(effect)
        if not self.available[effect]:
            raise Unavailable("too-wide", "This belief is connected to too many others for an answer.", belief=effect)
        for bundle in self.parted:
            if effect in bundle.members:
                return responsibility_of(bundle, effect, evidence)
        return None

    def interval(self, belief: int, log_likelihood: npt.ArrayLike) -> tuple[float, float] | None:
        """Guaranteed bounds on the log-odds of a belief given the evidence, in nats.

        `log_likelihood` is λ per belief, shape [n]. None if its part has values or an effect of several causes: no
        bounds are known for those. In an exact part the answer lies within; if a part is approximated the bounds hold
        for the approximated distribution, whose fields were themselves fitted approximately. Raises `invalid-input`,
        and `too-wide` if the belief has no answer.
        """
        evidence = self._evidence(log_likelihood)
        if evidence.ndim != 1:
            raise Incorrect("invalid-input", "An interval is asked for one set of evidence at a time.")
        self._check_belief(belief)
        if not self.available[belief]:
            raise Unavailable("too-wide", "This belief is connected to too many others for an answer.", belief=belief)
        alone = float(self.prior_log_odds[belief] + evidence[belief])
        for bundle in self.parted:
            if belief in bundle.members:
                if not evidence[bundle.members].any():
                    return alone, alone
                network = bundle.pairwise()
                return network.interval(bundle.place[belief], evidence[bundle.members]) if network else None
        return alone, alone

    def cohort(self, log_likelihood: npt.ArrayLike, beliefs: Sequence[int]) -> Floats:
        """The posterior log-odds of some beliefs for many users at once; shape [B, len(beliefs)].

        `log_likelihood` is λ per user and belief, shape [B, n]. Bit-identical to `log_odds`; the downward pass only
        visits the requested beliefs, many users share one traversal of the plan, and thousands of users are split over
        two threads. Raises `invalid-input`, and `too-wide` if a belief has no answer.
        """
        evidence = np.atleast_2d(self._evidence(log_likelihood))
        asked = list(dict.fromkeys(beliefs))
        for belief in asked:
            self._check_belief(belief)
            if not self.available[belief]:
                raise Unavailable(
                    "too-wide", "This belief is connected to too many others for an answer.", belief=belief
                )
        place = {belief: at for at, belief in enumerate(asked)}
        answer: Floats | None = None
        for bundle in self.parted:
            held = bundle.place
            here = [belief for belief in asked if belief in held]
            if here == asked:
                answer = bundle.cohort(evidence, here)
                break
            if answer is None:
                answer = self.prior_log_odds[asked] + evidence[:, asked]
            if here:
                answer[:, [place[belief] for belief in here]] = bundle.cohort(evidence, here)
        if answer is None:
            answer = self.prior_log_odds[asked] + evidence[:, asked]
        return answer if asked == list(beliefs) else answer[:, [place[belief] for belief in beliefs]]

    def session(self, log_likelihood: npt.ArrayLike) -> Session:
        """The same evidence (shape [n]) in a session, where it can be changed belief by belief; see `Session`."""
        evidence = self._evidence(log_likelihood)
        if evidence.ndim != 1:
            raise Incorrect("invalid-input", "A session has one set of evidence at a time.")
        return Session(self.prior_log_odds, self.available, self.bundles, self.edge_deleted, evidence)

    def _evidence(self, log_likelihood: npt.ArrayLike) -> Floats:
        evidence = numbers("log_likelihood", log_likelihood)
        if evidence.ndim not in (1, 2) or evidence.shape[-1] != len(self.priors):
            raise Incorrect("invalid-input", f"The evidence must have one number per belief: {len(self.priors)}.")
        if evidence.size and not np.abs(evidence).max() <= LOG_LIKELIHOOD_BOUND:
            floats("log_likelihood", evidence)
            raise Incorrect("invalid-input", f"A log-likelihood ratio lies within ±{LOG_LIKELIHOOD_BOUND:g}.")
        return evidence

    def _fixed(self, assume: Mapping[int, bool] | None, do: Mapping[int, bool] | None) -> dict[int, bool]:
        fixed = dict(assume or {})
        for belief, holds in (do or {}).items():
            if fixed.get(belief, holds) != holds:
                raise Incorrect(
                    "impossible-evidence", "A belief cannot be assumed one way and set the other way.", belief=belief
                )
            fixed[belief] = holds
        for belief in fixed:
            self._check_belief(belief)
        for group in self.exclusive if fixed else ():
            fixed.update(_settled(group, fixed))
        return fixed

    def _check_belief(self, belief: int) -> None:
        if not 0 <= belief < len(self.priors):
            raise Incorrect("invalid-input", f"There is no belief {belief}.", belief=belief)


def _settled(group: tuple[int, ...], fixed: Mapping[int, bool]) -> dict[int, bool]:
    """The consequences for the values of one variable, of which exactly one holds, of the fixed ones.

    Raises `impossible-evidence`.
    """
    holding = [value for value in group if fixed.get(value)]
    left = [value for value in group if fixed.get(value, True)]
    if len(holding) > 1 or not left:
        raise Incorrect(
            "impossible-evidence",
            "Exactly one value of a variable holds: neither two of them, nor none.",
            beliefs=holding or list(group),
        )
    one = holding or (left if len(left) == 1 else [])
    return {value: value == one[0] for value in group} if one else {}
