"""The evaluation on labels: what it can tell apart, and a small run of it through the service."""

from __future__ import annotations

import asyncio
import math
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from beliefgraph.errors import Forbidden, NotFound, Unavailable, Unsupported
from beliefgraph.evaluate import crowd, plot
from beliefgraph.evaluate.client import Client, Heard, Standing
from beliefgraph.evaluate.data import Label, read_labels, read_truth
from beliefgraph.evaluate.replay import batches
from beliefgraph.evaluate.report import Evaluation

LABELS = [Label("7", "worker 1", yes=True), Label("7", "worker 2", yes=False), Label("8", "worker 1", yes=True)]
TOLD = [(label, crowd.START + timedelta(minutes=i)) for i, label in enumerate(LABELS)]
STANDING = Standing(0.75, math.log(3), "forming")


def test_the_same_standing_to_the_last_bit_and_nothing_less_is_no_difference() -> None:
    assert crowd.differing({"7": STANDING}, {"7": STANDING}) == 0
    assert crowd.differing({"7": STANDING}, {"7": replace(STANDING, confidence=math.nextafter(0.75, 1))}) == 1
    assert crowd.differing({"7": STANDING}, {"7": replace(STANDING, status="contested")}) == 1
    assert crowd.differing({"7": STANDING}, {}) == 1


def test_a_chain_is_right_if_it_is_exactly_the_labels() -> None:
    chains = _chains()
    assert crowd.wrong_chains(TOLD, chains) == 0
    assert crowd.wrong_chains(TOLD, {"7": chains["7"]}) == 1
    assert crowd.wrong_chains(TOLD, chains | {"9": replace(STANDING, chain=())}) == 1
    first, second = chains["7"].chain or ()
    for wrong in ((first,), (first, second, second), (first, replace(second, source="worker 3"))):
        assert crowd.wrong_chains(TOLD, chains | {"7": replace(STANDING, chain=wrong)}) == 1


def test_the_worker_to_withdraw_is_the_busiest() -> None:
    assert crowd.most_labels(LABELS) == "worker 1"


def test_events_go_out_in_batches_of_a_size() -> None:
    assert list(batches(iter(range(5)), 2)) == [[0, 1], [2, 3], [4]]


async def test_order_repeats_and_a_withdrawn_worker_leave_no_trace(
    client: Client, shared_data: Path, tmp_path: Path
) -> None:
    truth = dict(list(read_truth(shared_data).items())[:60])
    labels = [label for label in read_labels(shared_data) if label.item in truth]

    def work() -> Evaluation:
        return crowd.evaluate(client, labels, truth, "test", lambda *_: None)

    found = await asyncio.to_thread(work)
    assert [row for row in found.checks if not row.ok] == []
    values = {row.item: row.value for row in found.checks}
    worker = crowd.most_labels(labels)
    assert values["labels taken in"] == len(labels)
    assert values[f"{worker}: beliefs that differ before they are withdrawn"] > 0
    ours = next(line for line in found.lines if not line.baseline)
    share = _majority(labels, truth)
    assert ours.scores["accuracy"] == pytest.approx(share)
    drawn = plot.draw("small", found.curves, tmp_path / "small.png")
    assert drawn.read_bytes().startswith(b"\x89PNG")
    with pytest.raises(NotFound):  # it was erased
        await asyncio.to_thread(client.rev, "crowd-in-order-test")


async def test_the_services_refusals_are_raised_as_what_they_are(client: Client) -> None:
    with Client(client.url, "bg_wrong") as stranger, pytest.raises(Forbidden) as refused:
        await asyncio.to_thread(stranger.rev, "anyone")
    assert refused.value.code == "unauthenticated"
    with Client(client.url, "bg_wrong") as stranger, pytest.raises(Forbidden):
        await asyncio.to_thread(stranger.send, [])


async def test_an_event_that_is_set_aside_ends_the_evaluation_with_its_reason(client: Client) -> None:
    (unheard_of,) = crowd.events(TOLD[:1], "nobody")
    with pytest.raises(Unsupported, match="quarantined") as refused:
        await asyncio.to_thread(client.send, [unheard_of])  # no catalog is in force
    assert refused.value.code == "no-interpretation"


def test_a_service_that_is_not_there_is_said_to_give_no_answer() -> None:
    with Client("http://127.0.0.1:9", "bg_any") as client, pytest.raises(Unavailable) as refused:
        client.rev("anyone")
    assert refused.value.code == "no-answer"


def _chains() -> dict[str, Standing]:
    ratio = math.log(3)
    chains: dict[str, Standing] = {}
    for label, at in TOLD:
        known = chains.get(label.item, replace(STANDING, chain=())).chain or ()
        heard = Heard(label.worker, at, ratio if label.yes else -ratio)
        chains[label.item] = replace(STANDING, chain=(*known, heard))
    return chains


def _majority(labels: list[Label], truth: dict[str, bool]) -> float:
    """The accuracy of the majority of labels that are all equally strong, ties half."""
    right = 0.0
    for item, holds in truth.items():
        said = [label.yes for label in labels if label.item == item]
        right += 0.5 if 2 * sum(said) == len(said) else (2 * sum(said) > len(said)) == holds
    return right / len(truth)
