"""The evaluation on labels: what it can tell apart, and a small run of it through the service."""

from __future__ import annotations

import asyncio
import math
from collections import Counter
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from beliefgraph.errors import Forbidden, NotFound, Unavailable, Unsupported
from beliefgraph.evaluate import crowd, plot
from beliefgraph.evaluate.client import BeliefStanding, Client, EvidenceItem
from beliefgraph.evaluate.data import Label, read_labels, read_truth
from beliefgraph.evaluate.replay import LearnSources, batches
from beliefgraph.evaluate.report import Evaluation

RTE = crowd.CROWDS["rte"]
LABELS = [Label("7", "worker 1", "1"), Label("7", "worker 2", "0"), Label("8", "worker 1", "1")]
TOLD = [(label, crowd.START + timedelta(minutes=i)) for i, label in enumerate(LABELS)]
STANDING = BeliefStanding(0.75, math.log(3), "forming")


def test_the_same_standing_to_the_last_bit_and_nothing_less_is_no_difference() -> None:
    one: dict[crowd.Cell, BeliefStanding] = {("7", None): STANDING}
    assert crowd.differing(one, dict(one)) == 0
    assert crowd.differing(one, {("7", None): replace(STANDING, confidence=math.nextafter(0.75, 1))}) == 1
    assert crowd.differing(one, {("7", None): replace(STANDING, status="contested")}) == 1
    assert crowd.differing(one, {}) == 1


def test_a_chain_is_right_if_it_is_exactly_the_labels() -> None:
    chains = _chains()
    seven = ("7", None)
    assert crowd.wrong_chains(RTE, TOLD, chains) == 0
    assert crowd.wrong_chains(RTE, TOLD, {seven: chains[seven]}) == 1
    assert (
        crowd.wrong_chains(RTE, TOLD, chains | {("9", None): replace(STANDING, chain=(chains[seven].chain or ())[:1])})
        == 1
    )
    first, second = chains[seven].chain or ()
    for wrong in ((first,), (first, second, second), (first, replace(second, source="worker 3"))):
        assert crowd.wrong_chains(RTE, TOLD, chains | {seven: replace(STANDING, chain=wrong)}) == 1


def test_the_worker_to_withdraw_is_the_busiest() -> None:
    assert crowd.most_labels(LABELS) == "worker 1"


def test_events_go_out_in_batches_of_a_size() -> None:
    assert list(batches(iter(range(5)), 2)) == [[0, 1], [2, 3], [4]]


@pytest.mark.parametrize("name", ["rte", "face"])
async def test_order_repeats_and_a_withdrawn_worker_leave_no_trace(
    client: Client, learn: LearnSources, shared_data: Path, tmp_path: Path, name: str
) -> None:
    truth = dict(list(read_truth(shared_data, name).items())[:60])
    labels = [label for label in read_labels(shared_data, name) if label.item in truth]

    def work() -> Evaluation:
        return crowd.evaluate(client, crowd.CROWDS[name], labels, truth, "test", lambda *_: None, learn=learn)

    found = await asyncio.to_thread(work)
    assert [row for row in found.checks if not row.ok and row.item not in ("accuracy", "Brier")] == []
    values = {row.item: row.value for row in found.checks}
    worker = crowd.most_labels(labels)
    assert values["labels taken in"] == len(labels)
    assert values[f"{worker}: beliefs that differ before they are withdrawn"] > 0
    assert values["workers learned about"] == len({label.worker for label in labels})
    ours = next(line for line in found.lines if not line.baseline)
    assert ours.scores["accuracy"] > _majority(labels, truth) - 0.1
    drawn = plot.draw("small", found.curves, tmp_path / "small.png")
    assert drawn.read_bytes().startswith(b"\x89PNG")
    with pytest.raises(NotFound):  # it was erased
        await asyncio.to_thread(client.rev, f"{name}-in-order-test")


async def test_the_services_refusals_are_raised_as_what_they_are(client: Client) -> None:
    with Client(client.url, "bg_wrong") as stranger, pytest.raises(Forbidden) as refused:
        await asyncio.to_thread(stranger.rev, "anyone")
    assert refused.value.code == "unauthenticated"
    with Client(client.url, "bg_wrong") as stranger, pytest.raises(Forbidden):
        await asyncio.to_thread(stranger.send, [])


async def test_an_event_that_is_set_aside_ends_the_evaluation_with_its_reason(client: Client) -> None:
    (unheard_of,) = crowd.events(RTE, TOLD[:1], "nobody")
    with pytest.raises(Unsupported, match="quarantined") as refused:
        await asyncio.to_thread(client.send, [unheard_of])  # no catalog is in force
    assert refused.value.code == "no-interpretation"


def test_a_service_that_is_not_running_is_reported_as_giving_no_answer() -> None:
    with Client("http://127.0.0.1:9", "bg_any") as client, pytest.raises(Unavailable) as refused:
        client.rev("anyone")
    assert refused.value.code == "no-answer"


def _chains() -> dict[crowd.Cell, BeliefStanding]:
    chains: dict[crowd.Cell, BeliefStanding] = {}
    for label, at in TOLD:
        cell = (label.item, None)
        known = chains.get(cell, replace(STANDING, chain=())).chain or ()
        heard = EvidenceItem(label.worker, at, crowd.CERTAIN if label.label == "1" else -crowd.CERTAIN)
        chains[cell] = replace(STANDING, chain=(*known, heard))
    return chains


def _majority(labels: list[Label], truth: dict[str, str]) -> float:
    """The accuracy of the majority of labels; of n that tie, one in n is right."""
    right = 0.0
    for item, holds in truth.items():
        said = Counter(label.label for label in labels if label.item == item)
        most = [label for label, count in said.items() if count == max(said.values())]
        right += (holds in most) / len(most)
    return right / len(truth)
