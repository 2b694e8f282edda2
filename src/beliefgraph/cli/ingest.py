"""`beliefgraph ingest`: events from a file or a pipe, with a progress bar and a summary."""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, BinaryIO

import typer
from rich.console import Console
from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeRemainingColumn

from beliefgraph.cli.connection import Key, Purpose, run, signed_in
from beliefgraph.errors import BeliefgraphError
from beliefgraph.ingest.jsonl import Line, read_lines
from beliefgraph.model.caller import Caller
from beliefgraph.model.event import Event

if TYPE_CHECKING:
    from beliefgraph.app import Services

CACHED_MEGABYTES = 128
"""Megabytes of twins kept in memory between batches: a file may be of any size, so what it takes must not be."""

QUARANTINED = 3
"""Exit code if events were quarantined, with --strict."""

SHOWN = 20
"""Failed lines that are reported one by one; the rest are counted."""


def ingest(
    key: Key,
    file: Annotated[
        Path | None,
        typer.Argument(
            exists=True,
            dir_okay=False,
            help="File of CloudEvents, one JSON object per line; standard input if left out.",
        ),
    ] = None,
    purpose: Purpose = None,
    batch: Annotated[int, typer.Option(min=1, max=10_000, help="Number of events per call.")] = 5_000,
    region: Annotated[str | None, typer.Option(help="Region in which twins begin that do not exist yet.")] = None,
    strict: Annotated[bool, typer.Option("--strict", help="Exit with 3 if any event went to quarantine.")] = False,
) -> None:
    """Read events, one CloudEvent (JSON) per line, from a file or from standard input.

    Duplicates are detected, so it is safe to run again. Events that cannot be interpreted are kept in quarantine and
    reported with their line and reason, as are invalid lines. Exit code 1 if any line was invalid or a conflict; with
    --strict, 3 if any event went to quarantine.
    """
    told = run(_ingest(key, file, purpose, batch, region))
    if told["not an event"] or told["conflict"]:
        raise typer.Exit(1)
    if strict and told["quarantined"]:
        raise typer.Exit(QUARANTINED)


async def _ingest(
    key: str, file: Path | None, purpose: str | None, batch: int, region: str | None = None
) -> Counter[str]:
    out = Console(stderr=True, highlight=False)
    told: Counter[str] = Counter()
    async with signed_in(key, purpose, CACHED_MEGABYTES) as (built, caller):
        with _opened(file) as source, _bar(out, file) as progress:
            for lines in _batches(read_lines(source, built.clock), batch):
                await _take(built, caller, lines, told, out, region)
                progress(lines[-1].end, sum(told.values()))
    out.print(", ".join(f"{number:,} {what}" for what, number in told.items()) or "Nothing to take in.")
    if quarantined := told["quarantined"]:
        out.print(f"WARNING: not counted yet, in quarantine: {quarantined:,}.", style="bold yellow", soft_wrap=True)
        out.print(
            "`beliefgraph quarantine` lists these events; `replayQuarantine` in GraphQL tries them again.",
            soft_wrap=True,
        )
    return told


async def _take(
    built: Services, caller: Caller, lines: list[Line], told: Counter[str], out: Console, region: str | None
) -> None:
    events: list[Event] = []
    numbers: list[int] = []
    for line in lines:
        if isinstance(line.read, BeliefgraphError):
            told["not an event"] += 1
            _tell(out, told["not an event"], f"line {line.number}: {line.read.code}: {line.read.message}")
        else:
            events.append(line.read)
            numbers.append(line.number)
    receipts = await built.across.observe(caller, events, region=region) if events else ()
    for number, receipt in zip(numbers, receipts, strict=True):
        told[receipt.status] += 1
        if receipt.status in ("conflict", "quarantined"):
            _tell(out, told[receipt.status], f"line {number}: {receipt.code}: {receipt.reason}")


def _tell(out: Console, number: int, text: str) -> None:
    if number <= SHOWN:
        out.print(text, markup=False, soft_wrap=True)


def _batches(lines: Iterator[Line], size: int) -> Iterator[list[Line]]:
    held: list[Line] = []
    for line in lines:
        held.append(line)
        if len(held) == size:
            yield held
            held = []
    if held:
        yield held


@contextmanager
def _opened(file: Path | None) -> Iterator[BinaryIO]:
    if file is None:
        yield sys.stdin.buffer
        return
    with file.open("rb") as opened:
        yield opened


class _Advance:
    def __init__(self, bars: Progress, total: int | None) -> None:
        self._bars = bars
        self._task = bars.add_task("Taking in", total=total, events=0)

    def __call__(self, done: int, events: int) -> None:
        """Show the number of bytes and events processed."""
        self._bars.update(self._task, completed=done, events=events)


@contextmanager
def _bar(out: Console, file: Path | None) -> Iterator[_Advance]:
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        TaskProgressColumn(),
        TextColumn("{task.fields[events]:,} events"),
        TimeRemainingColumn(),
    )
    with Progress(*columns, console=out, disable=not out.is_terminal) as bars:
        yield _Advance(bars, None if file is None else file.stat().st_size)
