"""Both axes of time: at (valid time, rev) a twin believes what one does that was told only what is visible there."""

from __future__ import annotations

import math
import random
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import count

from hypothesis import given
from hypothesis import strategies as st
from tests.effort import effort
from tests.reading import alike, derived, everything, id_of, log_odds, position, rows, stored
from tests.world import START, World, event, key, rated

from beliefgraph.model.belief import logit
from beliefgraph.model.command import AssertBelief, Correct, Relate, Retract, Withdraw
from beliefgraph.model.event import Event
from beliefgraph.model.identity import belief_id, event_id, evidence_id, source_id
from beliefgraph.services.commands.commands import SOURCE
from beliefgraph.services.derivation.grid import published
from beliefgraph.services.twin.state import TwinState

TICK = timedelta(microseconds=1)
DAYS = 6
ALONE = key("world.alone")  # its prior is a half, so its log-odds are what is said of it
TWINS = count()


def day(n: float) -> datetime:
    return START + timedelta(days=n)


# What is done to a twin, and the reference: the list of it.


@dataclass(frozen=True)
class Rated:
    """An event that bears on the belief by `llr`, from `day` on."""

    day: int
    llr: float


@dataclass(frozen=True)
class Corrected:
    """The person sets it right over [day, until)."""

    day: int
    until: int | None
    holds: bool


@dataclass(frozen=True)
class Retracted:
    """The person ends it."""

    day: int


@dataclass(frozen=True)
class Related:
    """Two beliefs elsewhere in the twin are related over [day, until)."""

    day: int
    until: int | None


@dataclass(frozen=True)
class Withdrawn:
    """What was said in the rev of that place, counted from the newest, is taken back."""

    back: int


Deed = Rated | Corrected | Retracted | Related | Withdrawn


@dataclass(frozen=True)
class Version:
    """What one rev said, and the rev that took it back."""

    rev: int
    deed: Deed
    until_rev: int | None = None

    def known(self, rev: int) -> bool:
        return self.rev <= rev and (self.until_rev is None or rev < self.until_rev)


def cells() -> st.SearchStrategy[tuple[int, int | None]]:
    spans = st.tuples(st.integers(0, DAYS - 1), st.one_of(st.none(), st.integers(1, DAYS)))
    return spans.filter(lambda s: s[1] is None or s[0] < s[1])


days = st.integers(0, DAYS - 1)
deeds = st.lists(
    st.one_of(
        st.builds(Rated, days, st.sampled_from([-2.5, -0.75, 0.3, 1.0, 2.25])),
        st.builds(Rated, days, st.sampled_from([-2.5, -0.75, 0.3, 1.0, 2.25])),
        cells().flatmap(lambda s: st.builds(Corrected, st.just(s[0]), st.just(s[1]), st.booleans())),
        st.builds(Retracted, days),
        cells().map(lambda s: Related(*s)),
        st.builds(Withdrawn, st.integers(0, 4)),
    ),
    min_size=1,
    max_size=8,
)


def versions(done: Sequence[Deed]) -> list[Version]:
    """The reference: every rev with what it said; a deed that cannot be done makes no rev."""
    known: list[Version] = []
    rev = 0
    for deed in done:
        if isinstance(deed, Withdrawn):
            standing = [v for v in known if v.until_rev is None and isinstance(v.deed, Rated | Corrected | Retracted)]
            if deed.back < len(standing):
                rev += 1
                gone = standing[-1 - deed.back]
                known[known.index(gone)] = Version(gone.rev, gone.deed, rev)
                known.append(Version(rev, deed))
        elif not isinstance(deed, Retracted) or any(isinstance(v.deed, Rated | Corrected) for v in known):
            rev += 1  # nobody can retract what was never believed
            known.append(Version(rev, deed))
    return known


def by_hand(known: Sequence[Version], moment: float) -> float | None:
    """The log-odds of the belief at a moment, from the versions that are known; None where it is retracted."""
    ends = [v for v in known if isinstance(v.deed, Retracted) and v.deed.day <= moment]
    left = [v for v in known if isinstance(v.deed, Rated | Corrected) and not any(_ended(v, by) for by in ends)]
    painted: list[float | None] = [None] * (DAYS + 1)
    painted_by: list[int | None] = [None] * (DAYS + 1)
    for v in left:
        if isinstance(v.deed, Corrected):
            start, stop = v.deed.day, v.deed.until
            if stop is None:
                others = (i for i in range(start + 1, DAYS + 1) if painted_by[i] not in (None, painted_by[i - 1]))
                stop = next(others, DAYS + 1)
            painted[start:stop] = [12.0 if v.deed.holds else -12.0] * (stop - start)
            painted_by[start:stop] = [v.rev] * (stop - start)
    cell = min(math.floor(moment), DAYS)
    if cell >= 0 and (right := painted[cell]) is not None:
        return right
    said = [v.deed.llr for v in left if isinstance(v.deed, Rated) and v.deed.day <= moment]
    return math.fsum(said) if said or not ends else None


def _ended(v: Version, by: Version) -> bool:
    assert isinstance(v.deed, Rated | Corrected)
    assert isinstance(by.deed, Retracted)
    if v.deed.day != by.deed.day:
        return v.deed.day < by.deed.day
    return isinstance(v.deed, Rated) or v.rev < by.rev


async def do(world: World, twin: str, rev: int, deed: Deed, meant: int = 0) -> int:
    """Do it; the rev it made. `meant` is the rev whose words are taken back."""
    person = world.person(twin)
    match deed:
        case Rated(day=n, llr=llr):
            (receipt,) = await world.intake.observe(world.caller, [rated(f"e{rev}", llr, day=n, twin=twin)])
        case Corrected(day=n, until=until, holds=holds):
            receipt = await world.commands.correct(
                person,
                Correct(
                    twin=twin,
                    id=f"c{rev}",
                    belief=ALONE,
                    holds=holds,
                    valid_from=day(n),
                    valid_to=None if until is None else day(until),
                ),
            )
        case Retracted(day=n):
            command = Retract(twin=twin, id=f"c{rev}", belief=ALONE, valid_time=day(n))
            receipt = await world.commands.retract(person, command)
        case Related(day=n, until=until):
            receipt = await world.commands.relate(
                person,
                Relate(
                    twin=twin,
                    id=f"c{rev}",
                    source=key("needs.urgent"),
                    target=ALONE.model_copy(update={"subject": "another"}),
                    kind="supports",
                    odds_ratio=3.0 + n,
                    valid_from=day(n),
                    valid_to=None if until is None else day(until),
                ),
            )
        case Withdrawn():
            receipt = await world.commands.withdraw(
                person, Withdraw(twin=twin, id=f"c{rev}", evidence=evidence_of(world, twin, meant))
            )
    assert receipt.status == "accepted"
    assert receipt.rev is not None
    return receipt.rev


def evidence_of(world: World, twin: str, rev: int) -> str | None:
    """The id of the evidence that a rev brought; None where it brought none of its own name."""
    return EVIDENCE.get((id_of(world, twin), rev))


EVIDENCE: dict[tuple[str, int], str] = {}


def note_evidence(world: World, twin: str, rev: int, deed: Deed) -> None:
    tenant, id_ = world.caller.tenant, id_of(world, twin)
    if isinstance(deed, Rated):
        EVIDENCE[id_, rev] = evidence_id(event_id(id_, "test", f"e{rev}"), source_id(tenant, "a colleague"))
    elif isinstance(deed, Corrected | Retracted):
        EVIDENCE[id_, rev] = evidence_id(event_id(id_, SOURCE, f"c{rev}"), source_id(tenant, f"person:{twin}"))


async def observe_versions(world: World, twin: str, known: Sequence[Version]) -> None:
    """Do everything the reference says, in the order of the revs."""
    await world.intake.observe(world.caller, [event("first", "priced", day=-1, twin=twin)])  # rev 1, everywhere
    for v in known:
        note_evidence(world, twin, v.rev + 1, v.deed)
        meant = next((w.rev for w in known if w.until_rev == v.rev), 0)
        assert await do(world, twin, v.rev + 1, v.deed, meant + 1) == v.rev + 1


@effort(25)
@given(deeds, st.randoms(use_true_random=False))
async def test_as_of_any_moment_equals_a_fresh_twin_with_the_events_visible_then(
    world: World, done: list[Deed], chance: random.Random
) -> None:
    known = versions(done)
    twin = f"twin-{next(TWINS)}"
    await observe_versions(world, twin, known)
    last = max((v.rev for v in known), default=0)
    instants = [n + shift * 1e-9 for n in range(DAYS + 1) for shift in (-1, 0, 1)]

    for rev in range(last + 1):
        state = await stored(world, twin, rev + 1)
        visible = [v for v in known if v.known(rev)]
        for moment in instants:
            expected = by_hand(visible, moment)
            found = await derived(world, state, at(moment))
            here = position(found, state, ALONE)
            assert math.isclose(found.log_odds[here], expected or 0.0, abs_tol=1e-8), (rev, moment)
            assert (found.status(here, 0.0) == "retracted") == (expected is None)
        assert_published(state, visible)

    for rev, moment in ((chance.randint(0, last), chance.choice(instants)) for _ in range(2)):
        begun = [v for v in known if v.known(rev) and not isinstance(v.deed, Withdrawn) and v.deed.day <= moment]
        if versions([v.deed for v in begun]) != [Version(i, v.deed) for i, v in enumerate(begun, 1)]:
            continue  # it was retracted before it began: a twin that is told only that has nothing to retract
        told = f"twin-{next(TWINS)}"
        await observe_versions(world, told, [Version(i, v.deed) for i, v in enumerate(begun, 1)])
        there, here_ = await stored(world, told), await stored(world, twin, rev + 1)
        assert alike(await derived(world, there, at(moment)), await derived(world, here_, at(moment)))


def at(moment: float) -> datetime:
    """A day, or a microsecond beside it."""
    whole = round(moment)
    return day(whole) + TICK * round((moment - whole) * 1e9)


def assert_published(state: TwinState, visible: Sequence[Version]) -> None:
    """What was published at the head is what the reference says there, rounded."""
    assert state.head_time is not None
    expected = by_hand(visible, (state.head_time - START) / timedelta(days=1))
    holding = state.holdings.get(belief_id(state.id, key("world.alone")))
    assert (0.0 if holding is None else holding.log_odds) == published(expected or 0.0)
    assert (holding is not None and holding.status == "retracted") == (expected is None)


async def test_an_interval_holds_at_its_start_and_not_at_its_end(world: World) -> None:
    await world.intake.observe(world.caller, [rated("1", -0.5, day=0), rated("2", 0.75, day=9)])
    await world.commands.correct(
        world.person("lena"), Correct(twin="lena", belief=ALONE, holds=True, valid_from=day(2), valid_to=day(4))
    )
    seen = {
        moment: await log_odds(world, "world.alone", at=moment)
        for moment in (day(0) - TICK, day(0), day(2) - TICK, day(2), day(4) - TICK, day(4), day(9) - TICK, day(9))
    }
    assert list(seen.values()) == [0.0, -0.5, -0.5, 12.0, 12.0, -0.5, -0.5, 0.25]


async def test_an_old_rev_does_not_know_what_came_later_about_its_own_time(world: World) -> None:
    await world.intake.observe(world.caller, [rated("1", 1.0, day=3)])
    await world.intake.observe(world.caller, [rated("late", -0.25, day=1)])
    by_rev = [await log_odds(world, "world.alone", at=day(3), rev=rev) for rev in (1, 2)]
    assert by_rev == [1.0, 0.75]
    assert await log_odds(world, "world.alone", at=day(2), rev=2) == -0.25
    assert await log_odds(world, "world.alone", at=day(2), rev=1) == 0.0


async def test_a_late_event_does_not_move_the_head_back(world: World) -> None:
    for id_, n in (("1", 3.0), ("late", 1.0), ("2", 2.0)):
        await world.intake.observe(world.caller, [rated(id_, 1.0, day=n)])
        assert (await stored(world)).head_time == day(3)


# The order of arrival.

MIXED: list[Event] = [
    event("p1", "priced", day=0),
    event("a1", "audited", day=1),
    event("a2", "audited", day=1),  # the same instant
    rated("r1", 1.1, day=2),
    rated("r2", -0.7, day=2, by="another"),
    rated("r3", 0.1, day=4),
    event("s1", "said", day=5, llr=0.3, by="lena", text="we will see"),
    event("s2", "said", day=3, llr=-1.7, by="omar", text="no"),
    event("p2", "priced", day=60),
]


async def fed(world: World, twin: str, batches: Sequence[Sequence[Event]]) -> TwinState:
    for batch in batches:
        await world.intake.observe(world.caller, [e.model_copy(update={"twin": twin}) for e in batch])
    return await stored(world, twin)


def at_head(state: TwinState) -> dict[tuple[str, str], tuple[float | None, str]]:
    """What is published, by belief; one that is not held stands where it always stood."""
    by_id = {b.id: (b.attribute, b.subject) for b in state.beliefs.values()}
    return {by_id[id_]: (h.log_odds, h.status) for id_, h in state.holdings.items()}


async def test_the_order_of_events_and_how_they_are_batched_change_no_bit(world: World) -> None:
    chance = random.Random(11)
    reference = await fed(world, "in order", [[e] for e in sorted(MIXED, key=lambda e: e.time)])
    derived_ = everything(await derived(world, reference))
    for n in range(24):
        order = chance.sample(MIXED, len(MIXED))
        cuts = sorted(chance.sample(range(1, len(order)), chance.randint(0, len(order) - 1)))
        batches = [order[i:j] for i, j in zip([0, *cuts], [*cuts, len(order)], strict=True)]
        state = await fed(world, f"shuffled {n}", batches)
        assert state.rev == len(batches)
        assert everything(await derived(world, state)) == derived_
        assert at_head(state) == at_head(reference)


async def test_duplicates_in_any_order_change_nothing(world: World) -> None:
    chance = random.Random(12)
    state = await fed(world, "once", [MIXED])
    for _ in range(5):
        again = [e.model_copy(update={"twin": "once"}) for e in chance.choices(MIXED, k=6)]
        receipts = await world.intake.observe(world.caller, again)
        assert {(r.status, r.rev) for r in receipts} == {("duplicate", 1)}
    assert rows(await stored(world, "once")) == rows(state)


async def test_withdrawn_evidence_leaves_no_trace_in_any_confidence(world: World) -> None:
    """One piece, or all of a source, at every moment of valid time, to the last bit."""
    for n, gone in enumerate([[MIXED[1]], [MIXED[6]], [MIXED[3], MIXED[5]]]):
        twin, never = f"withdrawn {n}", f"never {n}"
        await fed(world, twin, [MIXED[:4], MIXED[4:]])
        told = await fed(world, never, [[e for e in MIXED if e not in gone]])
        by = gone[0].data.get("by", "test")
        if len(gone) > 1:
            await world.commands.withdraw(world.caller, Withdraw(twin=twin, source=by))
        else:
            tenant, id_ = world.caller.tenant, id_of(world, twin)
            evidence = evidence_id(event_id(id_, "test", gone[0].id), source_id(tenant, by))
            await world.commands.withdraw(world.caller, Withdraw(twin=twin, evidence=evidence))
        state = await stored(world, twin)
        for moment in [day(d) for d in (0, 1, 2, 3, 4, 5, 60)]:
            assert alike(await derived(world, state, moment), await derived(world, told, moment))
        assert at_head(state) | at_head(told) == at_head(state)


# Ageing.


async def test_evidence_ages_by_its_half_life_and_one_that_ages_in_part_by_part(world: World) -> None:
    """tanh(λ'/2) = 2^(-t/h)·tanh(λ/2): half the force is gone after 30 days, and none is at the instant itself."""
    await world.intake.observe(world.caller, [event("1", "audited", day=0), event("2", "audited", day=10)])

    def left(elapsed: float) -> float:
        return 2 * math.atanh(2 ** (-elapsed / 30) * math.tanh(0.75)) if elapsed >= 0 else 0.0

    for d in (0, 5, 9.5, 10, 30, 40, 400):
        expected = logit(0.2) + left(d) + left(d - 10)
        assert math.isclose(await log_odds(world, "product.risky", at=day(d)), expected, abs_tol=1e-7)


async def test_a_correction_does_not_age_and_an_assertion_does(world: World) -> None:
    stated = AssertBelief(twin="lena", belief=key("product.risky"), confidence=0.6, valid_time=day(0))
    await world.commands.assert_belief(world.caller, stated)
    force = logit(0.6) - logit(0.2)
    aged = 2 * math.atanh(0.5 * math.tanh(force / 2))
    assert math.isclose(await log_odds(world, "product.risky", at=day(30)), logit(0.2) + aged, abs_tol=1e-7)

    correct = Correct(twin="lena", belief=key("product.risky"), holds=True, valid_from=day(0))
    await world.commands.correct(world.person("lena"), correct)
    now, in_a_year = [await log_odds(world, "product.risky", at=day(d)) for d in (0, 365)]
    assert now == in_a_year
    assert now > 10
