"""The statements of a twin: the prior of each belief, and the relations between beliefs."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from beliefgraph.errors import BeliefgraphError, Incorrect
from beliefgraph.inference.arrays import Floats, floats, frozen, indices
from beliefgraph.inference.rules import causes, contradicts, excludes, implies, supports
from beliefgraph.inference.rules import noisy_or as noisy
from beliefgraph.model.relation import RelationKind
from beliefgraph.model.vocabulary import values_of

MAX_STATES = 1_024
"""Maximum number of values of one variable: its tables have as many entries, times those of its neighbours."""

SUM_TOLERANCE = 1e-9
"""Tolerance of the sum of the priors of a variable's values, for rounding only."""

_HASHED_AS = b"beliefgraph structure 1\n"
"""Increased when the meaning of a structure changes, so that earlier compiled models are not reused."""


class Relation(NamedTuple):
    """One statement that relates two beliefs, given by their indices.

    `parameter` is the odds ratio (dimensionless, 1 has no effect); for `implies` it is the probability P(target |
    source), and for `causes` into a noisy OR the probability that this cause alone brings the effect about.
    """

    kind: RelationKind
    source: int
    target: int
    parameter: float


@dataclass(frozen=True, slots=True, init=False, eq=False)
class Structure:
    """The statements of one twin.

    `priors` are probabilities (shape [n], each strictly between 0 and 1); with `relations`, the `exclusive` groups of
    beliefs, and the effects that are a `noisy_or` of their causes (the others are logistic).

    An exclusive group is the values of one categorical variable: exactly one of these beliefs holds, and their priors
    sum to 1. If the values do not cover everything, one of them is an explicit "other". A belief is in at most one
    group.

    Relations and groups are kept in one canonical order, and undirected relations from the lower index to the higher,
    so the input order has no effect. Raises `invalid-input` for invalid statements (an index out of range, a belief
    related to itself, the same relation twice, a relation between two values of one variable, groups that overlap, a
    value as an effect, a noisy OR without causes), `infeasible-statements` for statements that cannot be true,
    `cyclic-causes` for causes that form a cycle.
    """

    priors: Floats
    relations: tuple[Relation, ...]
    exclusive: tuple[tuple[int, ...], ...]
    noisy_or: tuple[int, ...]
    content_hash: str = field(init=False)

    def __init__(
        self,
        priors: npt.ArrayLike,
        relations: Iterable[Relation] = (),
        exclusive: Iterable[Sequence[int]] = (),
        noisy_or: Iterable[int] = (),
    ) -> None:
        stated = frozen(floats("priors", priors).copy())
        _check_priors(stated)
        groups = tuple(sorted(tuple(sorted(indices("exclusive", group).tolist())) for group in exclusive))
        _check_exclusive(stated, groups)
        ordered = tuple(sorted(map(_canonical, relations)))
        either = tuple(sorted(set(indices("noisy_or", list(noisy_or)).tolist())))
        _check_noisy_or(either, ordered)
        _check_relations(stated, ordered, either)
        _check_values(groups, ordered)
        _check_causes(ordered)
        object.__setattr__(self, "priors", stated)
        object.__setattr__(self, "relations", ordered)
        object.__setattr__(self, "exclusive", groups)
        object.__setattr__(self, "noisy_or", either)
        object.__setattr__(self, "content_hash", _hash(stated, ordered, groups, either))

    @property
    def variables(self) -> list[tuple[int, ...]]:
        """The beliefs of each variable, ordered by the first: a single one, or the values of an exclusive group."""
        grouped = {belief for group in self.exclusive for belief in group}
        alone = [(belief,) for belief in range(len(self.priors)) if belief not in grouped]
        return sorted([*alone, *self.exclusive])


def _canonical(relation: Relation) -> Relation:
    """The relation from the lower index to the higher, unless it is directed."""
    kind, source, target, parameter = relation
    if kind not in ("causes", "implies"):
        source, target = min(source, target), max(source, target)
    return Relation(kind, int(source), int(target), float(parameter))


def _check_priors(priors: Floats) -> None:
    if priors.ndim != 1:
        raise Incorrect("invalid-input", "Priors must be one column.", field="priors")
    outside = np.flatnonzero(~((priors > 0.0) & (priors < 1.0)))
    if outside.size:
        belief = int(outside[0])
        raise Incorrect(
            "infeasible-statements",
            f"A prior must lie strictly between 0 and 1, or nothing could ever change it; {priors[belief]:g} does not.",
            belief=belief,
        )


def _check_exclusive(priors: Floats, groups: tuple[tuple[int, ...], ...]) -> None:
    seen: set[int] = set()
    for group in groups:
        ids = {"beliefs": list(group[:MAX_STATES])}
        if not 2 <= len(group) <= MAX_STATES:
            raise Incorrect(
                "invalid-input",
                f"A variable has 2 to {MAX_STATES} values, and this one {len(group)}; put rare values together as "
                "one, or state a single belief without a group.",
                **ids,
            )
        if not (group[0] >= 0 and group[-1] < len(priors)):
            raise Incorrect("invalid-input", f"A group names a belief outside 0 to {len(priors) - 1}.", **ids)
        if len(set(group)) < len(group) or not seen.isdisjoint(group):
            raise Incorrect("invalid-input", "A belief is a value of one variable, and once.", **ids)
        seen.update(group)
        total = float(priors[list(group)].sum())
        if abs(total - 1.0) > SUM_TOLERANCE:
            raise Incorrect(
                "infeasible-statements",
                f"Exactly one value of a variable holds, so their priors sum to 1; these sum to {total:.12g}. State "
                'what is left as a value of its own, "other".',
                **ids,
                total=total,
            )


def _check_values(groups: tuple[tuple[int, ...], ...], relations: tuple[Relation, ...]) -> None:
    """Refuse relations that values cannot have."""
    group_of = {belief: at for at, group in enumerate(groups) for belief in group}
    for kind, source, target, _ in relations:
        ids = {"kind": kind, "source": source, "target": target}
        if source in group_of and group_of[source] == group_of.get(target):
            raise Incorrect(
                "invalid-input", "Two values of one variable already exclude each other; no relation joins them.", **ids
            )
        if kind == "causes" and target in group_of:
            raise Incorrect(
                "invalid-input",
                "A value of a variable cannot be an effect: making one value more likely makes the others "
                "less likely. Use supports, or cause a separate belief.",
                **ids,
            )


def _check_noisy_or(effects: tuple[int, ...], relations: tuple[Relation, ...]) -> None:
    caused = {relation.target for relation in relations if relation.kind == "causes"}
    for effect in effects:
        if effect not in caused:
            raise Incorrect("invalid-input", f"Belief {effect} is not an effect, so it has no noisy OR.", belief=effect)


def _check_relations(priors: Floats, relations: tuple[Relation, ...], noisy_or: tuple[int, ...]) -> None:
    seen: set[tuple[str, int, int]] = set()
    for kind, source, target, parameter in relations:
        ids = {"kind": kind, "source": source, "target": target}
        if kind not in values_of(RelationKind):
            raise Incorrect("invalid-input", f"There is no relation called {kind!r}.", **ids)
        if not (0 <= source < len(priors) and 0 <= target < len(priors)):
            raise Incorrect("invalid-input", f"A relation names a belief outside 0 to {len(priors) - 1}.", **ids)
        if source == target:
            raise Incorrect("invalid-input", "A belief cannot be related to itself.", **ids)
        if (kind, source, target) in seen:
            raise Incorrect("invalid-input", f"Two beliefs are joined by {kind} twice; say it once.", **ids)
        seen.add((kind, source, target))
        try:
            if kind == "causes" and target in noisy_or:
                noisy.check(parameter)
            else:
                _check_parameter(kind, float(priors[source]), float(priors[target]), parameter)
        except BeliefgraphError as error:
            raise Incorrect(error.code, error.message, **{**error.ids, **ids}) from None


def _check_parameter(kind: RelationKind, source: float, target: float, parameter: float) -> None:
    match kind:
        case "supports":
            supports.check(parameter)
        case "contradicts":
            contradicts.check(parameter)
        case "excludes":
            excludes.check(parameter)
        case "implies":
            implies.odds_ratio(source, target, parameter)
        case "causes":
            causes.check(parameter)


def _check_causes(relations: tuple[Relation, ...]) -> None:
    """Refuse too many causes of one effect, and cyclic causes (Kahn's order, 1962)."""
    effects: dict[int, list[int]] = {}
    waiting: dict[int, int] = {}
    for kind, source, target, _ in relations:
        if kind == "causes":
            effects.setdefault(source, []).append(target)
            waiting[target] = waiting.get(target, 0) + 1
    for effect, number in waiting.items():
        if number > causes.MOST_CAUSES:
            raise Incorrect(
                "invalid-input",
                f"An effect may have {causes.MOST_CAUSES} causes; belief {effect} has {number}.",
                belief=effect,
            )
    ready = [cause for cause in effects if cause not in waiting]
    while ready:
        for effect in effects.get(ready.pop(), ()):
            waiting[effect] -= 1
            if not waiting[effect]:
                del waiting[effect]
                ready.append(effect)
    if waiting:
        raise Incorrect(
            "cyclic-causes",
            "Some beliefs would cause themselves; remove one of these relations, or use supports.",
            beliefs=sorted(waiting),
        )


def _hash(
    priors: Floats, relations: tuple[Relation, ...], groups: tuple[tuple[int, ...], ...], noisy_or: tuple[int, ...]
) -> str:
    digest = hashlib.sha256(_HASHED_AS)
    digest.update(priors.astype("<f8").tobytes())
    for kind, source, target, parameter in relations:
        digest.update(f"{kind} {source} {target} {float(parameter).hex()}\n".encode())
    for group in groups:
        digest.update(f"exclusive {' '.join(map(str, group))}\n".encode())
    for effect in noisy_or:
        digest.update(f"noisy-or {effect}\n".encode())
    return digest.hexdigest()
