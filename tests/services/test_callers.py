from __future__ import annotations

import asyncio
import hashlib
from datetime import timedelta

import pytest
import pytest_asyncio
from tests.conftest import StoppedClock

from beliefgraph.errors import Forbidden, Incorrect, NotFound, Unavailable
from beliefgraph.services.access.callers import Callers, bearer
from beliefgraph.store.graph import Graph, connect


class Ticks:
    """Seconds that pass when they are told to."""

    at = 0.0

    def __call__(self) -> float:
        return self.at


@pytest.fixture
def ticks() -> Ticks:
    return Ticks()


@pytest.fixture
def graph(graph: Graph) -> Graph:
    """The same database, with its statements counted by themselves."""
    return Graph(graph._driver, graph._database)


@pytest_asyncio.fixture
async def callers(graph: Graph, clock: StoppedClock, ticks: Ticks) -> Callers:
    return Callers(graph, clock, cache_seconds=5, ticks=ticks)


async def test_a_key_makes_a_caller_with_its_tenant_scopes_and_person(callers: Callers, tenant: str) -> None:
    made = await callers.create(tenant, "shop", ["read", "write"], ["care", "sales"], person="ada")
    caller = await callers.authenticate(made.secret, "sales", "request-1")
    assert (caller.tenant, caller.actor, caller.person) == (tenant, "shop", "ada")
    assert (caller.scopes, caller.purpose, caller.request_id) == (("read", "write"), "sales", "request-1")


async def test_a_secret_is_long_and_only_its_hash_is_stored(callers: Callers, graph: Graph, tenant: str) -> None:
    made = await callers.create(tenant, "shop", ["read"], ["care"])
    assert made.secret.startswith("bg_")
    assert len(made.secret) >= 3 + 43
    hashed = hashlib.sha256(made.secret.encode()).hexdigest()
    record = await graph.read("caller/authenticate", hash=hashed)
    assert record is not None
    assert made.secret not in str(record)
    assert made.key.id in str(record)


async def test_the_only_purpose_need_not_be_given_and_one_of_several_must(callers: Callers, tenant: str) -> None:
    one = await callers.create(tenant, "shop", ["read"], ["care"])
    assert (await callers.authenticate(one.secret)).purpose == "care"
    several = await callers.create(tenant, "shop", ["read"], ["care", "sales"])
    with pytest.raises(Forbidden, match="care or sales") as refused:
        await callers.authenticate(several.secret)
    assert refused.value.code == "unknown-purpose"


async def test_a_purpose_that_the_key_does_not_list_is_refused(callers: Callers, tenant: str) -> None:
    made = await callers.create(tenant, "shop", ["read"], ["care"])
    with pytest.raises(Forbidden) as refused:
        await callers.authenticate(made.secret, "advertising")
    assert refused.value.code == "unknown-purpose"


async def test_unknown_revoked_and_missing_keys_are_refused_alike(callers: Callers, tenant: str) -> None:
    revoked = await callers.create(tenant, "shop", ["read"], ["care"])
    await callers.revoke(revoked.key.id)
    refusals = set()
    for secret in (revoked.secret, "bg_unknown", "", None, "\udcff", revoked.secret + "x"):
        with pytest.raises(Forbidden) as refused:
            await callers.authenticate(secret)
        refusals.add((refused.value.code, refused.value.message, tuple(refused.value.ids)))
    assert len(refusals) == 1


async def test_a_key_is_read_once_while_it_is_believed(
    callers: Callers, graph: Graph, tenant: str, ticks: Ticks
) -> None:
    made = await callers.create(tenant, "shop", ["read"], ["care"])
    await callers.authenticate(made.secret)
    before = graph.statements
    ticks.at = 4.9
    await callers.authenticate(made.secret)
    assert graph.statements == before
    ticks.at = 5.1
    await callers.authenticate(made.secret)
    assert graph.statements == before + 1


async def test_a_key_that_sixteen_bring_at_once_is_read_once(
    callers: Callers, graph: Graph, tenant: str, ticks: Ticks
) -> None:
    made = await callers.create(tenant, "shop", ["read"], ["care"])
    for at in (0.0, 5.1):
        ticks.at = at
        before = graph.statements
        brought = await asyncio.gather(*(callers.authenticate(made.secret) for _ in range(16)))
        assert {each.actor for each in brought} == {"shop"}
        assert graph.statements == before + 1


async def test_a_key_that_could_not_be_read_is_read_again(callers: Callers, graph: Graph, tenant: str) -> None:
    made = await callers.create(tenant, "shop", ["read"], ["care"])
    away = Callers(connect("bolt://127.0.0.1:1", "neo4j", "none", acquisition_timeout=0.5), StoppedClock())
    with pytest.raises(Unavailable):
        await away.authenticate(made.secret)
    await away._graph.close()
    away._graph = graph
    assert (await away.authenticate(made.secret)).actor == "shop"


async def test_a_key_revoked_in_another_process_is_refused_within_the_cache_seconds(
    callers: Callers, graph: Graph, clock: StoppedClock, tenant: str, ticks: Ticks
) -> None:
    made = await callers.create(tenant, "shop", ["read"], ["care"])
    await callers.authenticate(made.secret)
    await Callers(graph, clock).revoke(made.key.id)
    ticks.at = 5.1
    with pytest.raises(Forbidden):
        await callers.authenticate(made.secret)


async def test_a_key_revoked_here_is_refused_at_once(callers: Callers, tenant: str) -> None:
    made = await callers.create(tenant, "shop", ["read"], ["care"])
    await callers.authenticate(made.secret)
    await callers.revoke(made.key.id)
    with pytest.raises(Forbidden):
        await callers.authenticate(made.secret)


async def test_the_first_moment_of_revoking_stays(callers: Callers, clock: StoppedClock, tenant: str) -> None:
    made = await callers.create(tenant, "shop", ["read"], ["care"])
    first = await callers.revoke(made.key.id)
    clock.advance(timedelta(hours=1))
    assert (await callers.revoke(made.key.id)).revoked_at == first.revoked_at


async def test_keys_are_listed_by_tenant_without_their_secrets(callers: Callers, tenant: str) -> None:
    made = [await callers.create(tenant, actor, ["read"], ["care"]) for actor in ("a", "b")]
    listed = await callers.list(tenant)
    assert sorted(listed, key=lambda key: key.actor) == [each.key for each in made]
    assert await callers.list(f"{tenant}-other") == []


async def test_a_key_needs_a_scope_and_a_purpose(callers: Callers, tenant: str) -> None:
    for scopes, purposes in (([], ["care"]), (["read"], [])):
        with pytest.raises(Incorrect):
            await callers.create(tenant, "shop", scopes, purposes)  # type: ignore[arg-type]


async def test_revoking_what_is_not_there_says_so(callers: Callers) -> None:
    with pytest.raises(NotFound):
        await callers.revoke("no-such-key")


@pytest.mark.parametrize(
    ("header", "secret"),
    [
        ("Bearer bg_x", "bg_x"),
        ("bearer  bg_x ", "bg_x"),
        ("Basic bg_x", None),
        ("Bearer", None),
        ("Bearer ", None),
        ("", None),
        (None, None),
    ],
)
def test_the_secret_is_what_follows_bearer(header: str | None, secret: str | None) -> None:
    assert bearer(header) == secret


async def test_an_expired_key_is_refused_and_says_so(callers: Callers, clock: StoppedClock, tenant: str) -> None:
    made = await callers.create(tenant, "shop", ["read"], ["care"], expires_at=clock.now() + timedelta(days=1))
    assert (await callers.authenticate(made.secret)).actor == "shop"
    clock.advance(timedelta(days=1))
    with pytest.raises(Forbidden) as refused:
        await callers.authenticate(made.secret)
    assert (refused.value.code, refused.value.ids["key"]) == ("key-expired", made.key.id)
    with pytest.raises(Incorrect):
        await callers.create(tenant, "shop", ["read"], ["care"], expires_at=clock.now())


async def test_a_rotated_key_grants_the_same_and_the_old_one_ends_after_the_overlap(
    callers: Callers, clock: StoppedClock, tenant: str
) -> None:
    old = await callers.create(
        tenant, "shop", ["read"], ["care"], person="ada", expires_at=clock.now() + timedelta(days=30)
    )
    clock.advance(timedelta(days=10))
    new = await callers.rotate(old.key.id, timedelta(hours=2))
    assert new.key.expires_at == clock.now() + timedelta(days=30)
    granted = [await callers.authenticate(each.secret) for each in (old, new)]
    assert granted[0].model_copy(update={"key": ""}) == granted[1].model_copy(update={"key": ""})
    clock.advance(timedelta(hours=2))
    with pytest.raises(Forbidden) as refused:
        await callers.authenticate(old.secret)
    assert refused.value.code == "key-expired"
    assert (await callers.authenticate(new.secret)).person == "ada"
    for gone in (old.key.id, "nothing"):
        with pytest.raises(NotFound):
            await callers.rotate(gone)


async def test_when_a_key_was_last_used_is_noted_apart_from_its_calls(
    callers: Callers, graph: Graph, clock: StoppedClock, tenant: str
) -> None:
    made = [await callers.create(tenant, actor, ["read"], ["care"]) for actor in ("shop", "desk", "idle")]
    for key in made[:2]:
        await callers.authenticate(key.secret)
    before = graph.statements
    for _ in range(20):
        clock.advance(timedelta(seconds=1))
        await callers.authenticate(made[0].secret)
    assert graph.statements == before
    await callers.note_used()
    assert graph.statements == before + 1
    used = {key.actor: key.last_used_at for key in await callers.list(tenant)}
    assert used == {"shop": clock.now(), "desk": clock.now() - timedelta(seconds=20), "idle": None}
    await callers.note_used()
    assert graph.statements == before + 2  # the list: nothing was used since
