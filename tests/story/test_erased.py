"""A twin that is erased: what is gone, what stays, and what happens when the service dies on the way."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.conftest import StoppedClock
from tests.dumps import dump, load
from tests.places import CITY, FRIEND, HOME, PLACES
from tests.races import Interrupted
from tests.reading import held, id_of, rows, stored
from tests.services.moods import MOODS
from tests.services.moods.layer import showing_mood
from tests.services.moods.records import ShowMood
from tests.world import CATALOG, START, World, event, key, rated

from beliefgraph.errors import BeliefgraphError
from beliefgraph.local import LocalNeo4j
from beliefgraph.model.caller import Caller
from beliefgraph.model.command import AssertBelief, Correct, Identify, RecordDecision
from beliefgraph.model.twin import Identifier
from beliefgraph.services.commits.layers import LAYERS
from beliefgraph.services.derivation.grid import published
from beliefgraph.services.layer.context import CommandContext
from beliefgraph.services.upkeep.erase import finish_erasures
from beliefgraph.store.graph import Graph, connected
from beliefgraph.store.keys import Keyring
from beliefgraph.store.learning import sources
from beliefgraph.store.migrations import migrate

LEFT = """
MATCH (n) WHERE n.twin = $twin OR n.id = $twin
RETURN count(n) AS nodes
"""


class DiedError(Exception):
    """The process ended here."""


SAID = "I am leaving them in March, and nobody knows"
PAYLOAD = "an-unmistakable-payload-4711"
DEVICE = "device-of-lena-0815"
FEELING = "unmistakably melancholy"


async def die() -> None:
    raise DiedError


async def left(graph: Graph, twin: str) -> int:
    """How many nodes name the twin by its id."""
    async with graph._driver.session() as session:
        record = await (await session.run(LEFT, {"twin": twin})).single(strict=True)
        return int(record["nodes"])


async def test_an_erased_twin_is_gone_and_its_neighbours_are_not(world: World) -> None:
    await world.intake.observe(world.caller, [event("1"), rated("2", 1.0), rated("3", 2.0, twin="omar")])
    await world.commands.correct(world.person("lena"), Correct(twin="lena", belief=key("world.alone"), holds=True))
    sealed = world.keyring.seal(id_of(world), b"what she said", "a text")
    neighbour = rows(await stored(world, "omar"))

    erased = await world.eraser.erase_twin(world.caller, "lena")

    assert (erased.twin, erased.rows > 10) == ("lena", True)
    assert await left(world.graph, id_of(world)) == 0
    with pytest.raises(BeliefgraphError) as refused:
        world.keyring.unseal(id_of(world), sealed, "a text")
    assert refused.value.code == "key-missing"
    assert (await stored(world)).rev == 0
    assert rows(await stored(world, "omar")) == neighbour


async def test_after_consent_what_came_before_is_a_duplicate_and_something_new_begins_a_new_twin(
    world: World,
) -> None:
    old = rated("old", 1.0)
    await world.intake.observe(world.caller, [old, rated("other", 0.5)])
    await world.eraser.erase_twin(world.caller, "lena")

    await world.eraser.readmit(world.caller, "lena")
    (again,) = await world.intake.observe(world.caller, [old])
    assert (again.status, again.rev) == ("duplicate", 0)
    assert (await stored(world)).rev == 0

    (new,) = await world.intake.observe(world.caller, [rated("new", -2.0)])
    assert (new.status, new.rev) == ("accepted", 1)
    assert held(await stored(world), "world.alone") == published(-2.0)


async def test_another_process_does_not_bring_back_what_it_remembers_of_an_erased_twin(world: World) -> None:
    """Both lives are at rev 1 when the other process comes back."""
    other = world.another()
    await other.intake.observe(world.caller, [rated("first life", 3.0)])
    await world.eraser.erase_twin(world.caller, "lena")
    await world.eraser.readmit(world.caller, "lena")
    await world.intake.observe(world.caller, [rated("second life", -1.0)])

    (receipt,) = await other.intake.observe(world.caller, [rated("and then", 0.25)])

    assert receipt.rev == 2
    state = await stored(world)
    assert held(state, "world.alone") == published(-0.75)
    assert len(state.bearings) == 2


async def test_a_commit_computed_from_an_erased_twin_is_not_written_into_the_next(world: World) -> None:
    await world.intake.observe(world.caller, [rated("first life", 3.0)])

    async def begin_anew() -> None:
        await world.eraser.erase_twin(world.caller, "lena")
        await world.eraser.readmit(world.caller, "lena")
        await world.intake.observe(world.caller, [rated("second life", -1.0)])

    slow = World(
        Interrupted(world.graph, "twin/inputs", begin_anew), world.keyring, world.clock, world.caller
    )  # it has read the first life, and the second is at the same rev when it writes
    (receipt,) = await slow.intake.observe(world.caller, [rated("and then", 0.25)])

    assert receipt.rev == 2
    assert held(await stored(world), "world.alone") == published(-0.75)


@pytest.mark.parametrize("after", ["erasure/begin", "erasure/rows"])
async def test_an_erasure_that_was_cut_short_is_finished_at_the_next_start(world: World, after: str) -> None:
    await world.intake.observe(world.caller, [event("1"), rated("2", 1.0)])
    dying = World(Interrupted(world.graph, after, die), world.keyring, world.clock, world.caller)
    with pytest.raises(DiedError):
        await dying.eraser.erase_twin(world.caller, "lena")

    assert (await stored(world)).rev == 0  # nobody finds it any more
    with pytest.raises(BeliefgraphError) as refused:
        await world.intake.observe(world.caller, [rated("3", 1.0)])
    assert refused.value.code == "being-erased"

    assert await finish_erasures(world.graph, world.keyring, world.clock) >= 1
    assert await left(world.graph, id_of(world)) == 0
    await world.eraser.readmit(world.caller, "lena")
    (receipt,) = await world.intake.observe(world.caller, [rated("3", 1.0)])
    assert (receipt.status, receipt.rev) == ("accepted", 1)


async def test_statements_of_the_person_about_others_stay_without_their_name(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    said = rated("1", 1.0, twin="omar", by="person:lena")
    with monkeypatch.context() as earlier:  # versions before took this from anybody
        earlier.setattr(CommandContext, "may_name_source", lambda *_: True)
        await world.intake.observe(world.caller, [said])
    await world.commands.assert_belief(
        world.person("lena"), AssertBelief(twin="lena", belief=key("world.alone"), confidence=0.9)
    )
    before = rows(await stored(world, "omar"))

    await world.eraser.erase_twin(world.caller, "lena")

    assert rows(await stored(world, "omar")) == before
    (bearing,) = (await stored(world, "omar")).bearings
    record = await world.graph.read("evidence/by_ids", twin=id_of(world, "omar"), ids=[bearing.evidence])
    assert record is not None
    assert [row[-1] for row in record[0]] == ["erased"]


async def test_events_that_were_set_aside_go_with_the_twin_even_if_none_was_taken_in(world: World) -> None:
    (receipt,) = await world.intake.observe(world.caller, [event("1", "unheard of", text="what she said")])
    assert receipt.status == "quarantined"

    await world.eraser.erase_twin(world.caller, "lena")

    assert await left(world.graph, id_of(world)) == 0
    assert await world.intake.quarantine(world.caller, limit=10) == []
    with pytest.raises(BeliefgraphError) as refused:
        await world.eraser.erase_twin(world.caller, "lena")
    assert refused.value.code == "not-found"


async def test_a_twin_that_has_moved_on_is_not_erased_against_an_expected_rev(world: World) -> None:
    await world.intake.observe(world.caller, [rated("1", 1.0)])
    await world.intake.observe(world.caller, [rated("2", 1.0)])
    with pytest.raises(BeliefgraphError) as refused:
        await world.eraser.erase_twin(world.caller, "lena", expected_rev=1)
    assert refused.value.code == "rev-conflict"
    assert held(await stored(world), "world.alone") == published(2.0)
    await world.eraser.erase_twin(world.caller, "lena", expected_rev=2)


async def test_an_identifier_that_led_to_an_erased_twin_leads_nowhere(world: World) -> None:
    device = Identifier(scheme="device", value="a-phone")
    await world.intake.observe(world.caller, [rated("1", 1.0)])
    await world.commands.identify(world.caller, Identify(twin="lena", identifier=device))
    await world.eraser.erase_twin(world.caller, "lena")

    nameless = rated("2", 1.0).model_copy(update={"twin": None, "identifiers": (device,)})
    (receipt,) = await world.intake.observe(world.caller, [nameless])
    assert (receipt.status, receipt.code) == ("rejected", "erased")

    await world.commands.identify(world.caller, Identify(twin="omar", identifier=device, valid_from=START))
    (receipt,) = await world.intake.observe(world.caller, [nameless])
    assert (receipt.status, receipt.twin) == ("accepted", "omar")


async def test_nothing_a_person_said_is_in_any_file_in_plaintext_before_or_after_erasing(tmp_path: Path) -> None:
    """The store's files, its transaction logs and the keys, once after writing and once after erasing; then a dump."""
    server = LocalNeo4j(tmp_path / "own", bolt_port=0, http_port=0)
    caller = Caller(actor="test", tenant="plain", scopes=("read", "write", "define", "erase"), purpose="testing")
    device = Identifier(scheme="device", value=DEVICE)
    with server as endpoint:
        async with connected(endpoint.uri, endpoint.user, endpoint.password) as graph:
            await migrate(graph, StoppedClock())
            world = World(graph, Keyring(tmp_path / "keys"), StoppedClock(), caller, (*LAYERS, MOODS))
            await world.book.publish(caller, CATALOG)
            await world.commands.identify(caller, Identify(twin="lena", identifier=device))
            spoken = event("1", "said", llr=1.0, by="lena", text=SAID, more=PAYLOAD)
            unclear = event("2", "unheard of", text=SAID, more=PAYLOAD)
            unknown = event("3", "said", twin=None, llr=1.0, by="x", text=SAID, more=PAYLOAD)
            receipts = await world.intake.observe(
                caller,
                [spoken, unclear, unknown.model_copy(update={"identifiers": (Identifier(scheme="d", value=DEVICE),)})],
            )
            assert [r.status for r in receipts] == ["accepted", "quarantined", "quarantined"]
            stated = AssertBelief(twin="lena", belief=key("world.alone"), confidence=0.9, verbatim=SAID)
            await world.commands.assert_belief(caller, stated)
            words = {"reasons": [{"text": SAID}], "expected": {"score": 0.5, "text": PAYLOAD}}
            decided = RecordDecision.model_validate({"twin": "lena", "decision": "home", **words})
            await world.commands.record_decision(caller, decided)
            show = world.commands.deciding(showing_mood)
            await show(caller, ShowMood(twin="lena", mood="day", height=2.0, word=FEELING))
            await world.book.publish(caller, PLACES)
            await world.intake.observe(caller, [event("4", "moved", who=FRIEND, city=CITY)])
            lives = AssertBelief(twin="lena", belief=HOME, confidence=0.9)
            await world.commands.assert_belief(world.person("lena"), lives)
            files, found = grep(tmp_path, SAID, PAYLOAD, DEVICE, CITY, FRIEND, FEELING)
            assert (files > 50, found) == (True, [])
            # What is not sealed would be found; several, as the store writes in blocks, and one may be cut.
            assert grep(tmp_path, *(rule.summary for rule in CATALOG.events))[1] != []

            keys = sum(path.is_file() for path in (tmp_path / "keys" / "twins").rglob("?" * 64))
            await world.eraser.erase_twin(caller, "lena")
            assert sum(path.is_file() for path in (tmp_path / "keys" / "twins").rglob("?" * 64)) == keys - 1
    assert server.status().state == "stopped"
    loaded = tmp_path / "loaded"
    load(tmp_path / "own", dump(tmp_path / "own", tmp_path / "dump"), loaded)
    assert grep(loaded, *(rule.summary for rule in CATALOG.events))[1] != []
    assert grep(tmp_path, SAID, PAYLOAD, DEVICE, CITY, FRIEND, FEELING)[1] == []


def grep(directory: Path, *texts: str) -> tuple[int, list[Path]]:
    """How many files there are, and which of them hold one of the texts, in any of the ways Neo4j writes text."""
    forms = [text.encode(encoding) for text in texts for encoding in ("utf-8", "utf-16-le", "utf-16-be")]
    files = [path for path in directory.rglob("*") if path.is_file()]
    return len(files), [path for path in files if any(form in path.read_bytes() for form in forms)]


async def test_a_source_goes_with_the_last_evidence_that_it_reported(world: World) -> None:
    await world.intake.observe(
        world.caller,
        [
            rated("1", 1.0, by="customer:anna"),
            rated("2", 1.0, by="both"),
            rated("3", 2.0, by="both", twin="omar"),
        ],
    )
    assert await named(world) == {"customer:anna", "both"}
    await world.eraser.erase_twin(world.caller, "lena")
    assert await named(world) == {"both"}
    await world.eraser.erase_twin(world.caller, "omar")
    assert await named(world) == set()


async def named(world: World) -> set[str]:
    """The sources that the tenant knows by name."""
    found = await sources(world.graph, world.caller.tenant, after="", limit=100)
    return {source.name for source in found}
