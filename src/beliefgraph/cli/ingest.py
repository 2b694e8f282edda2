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
from beliefgraph.ingest.windows import WINDOW, batches
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
            help="File of CloudEvents, one JSON object per line; default: standard input.",
        ),
    ] = None,
    purpose: Purpose = None,
    batch: Annotated[int, typer.Option(min=1, max=10_000, help="Number of events per call.")] = 5_000,
    window: Annotated[
        int | None,
        typer.Option(
            min=1,
            max=1_000_000,
            help="Number of lines read ahead, so that the events of a twin are stored together. "
            f"Default: {WINDOW:,} for a file, --batch for standard input.",
            show_default=False,
        ),
    ] = None,
    region: Annotated[str | None, typer.Option(help="Region in which twins that do not exist yet are created.")] = None,
    strict: Annotated[bool, typer.Option("--strict", help="Exit with 3 if any event went to quarantine.")] = False,
) -> None:
    """Read events, one CloudEvent (JSON) per line, from a file or from standard input.

    The events of one twin are stored together, in their order. Duplicates are detected, so it is safe to run again.
    Events that cannot be interpreted are kept in quarantine and reported with their line and reason, as are invalid
    lines. Exit code 1 if any line was invalid or a conflict; with --strict, 3 if any event went to quarantine.
    """
    counts = run(_ingest(key, file, purpose, batch, window or (batch if file is None else WINDOW), region))
    if counts["not an event"] or counts["conflict"]:
        raise typer.Exit(1)
    if strict and counts["quarantined"]:
        raise typer.Exit(QUARANTINED)


async def _ingest(
    key: str, file: Path | None, purpose: str | None, batch: int, window: int, region: str | None = None
) -> Counter[str]:
    out = Console(stderr=True, highlight=False)
    counts: Counter[str] = Counter()
    async with signed_in(key, purpose, CACHED_MEGABYTES) as (built, caller):
        with _opened(file) as source, _bar(out, file) as progress:
            for some in batches(read_lines(source, built.clock), window, batch):
                await _take(built, caller, some.lines, counts, out, region)
                progress(some.end, sum(counts.values()))
    out.print(", ".join(f"{number:,} {what}" for what, number in counts.items()) or "Nothing to take in.")
    if quarantined := counts["quarantined"]:
        out.print(f"WARNING: not counted yet, in quarantine: {quarantined:,}.", style="bold yellow", soft_wrap=True)
        out.print(
            "`beliefgraph quarantine` lists these events; `replayQuarantine` in GraphQL tries them again.",
            soft_wrap=True,
        )
    return counts


async def _take(
    built: Services, caller: Caller, lines: list[Line], counts: Counter[str], out: Console, region: str | None
) -> None:
    events: list[Event] = []
    numbers: list[int] = []
    for line in lines:
        if isinstance(line.read, BeliefgraphError):
            counts["not an event"] += 1
            _report(out, counts["not an event"], f"line {line.number}: {line.read.code}: {line.read.message}")
        else:
            events.append(line.read)
            numbers.append(line.number)
    receipts = await built.across.observe(caller, events, region=region) if events else ()
    for number, receipt in zip(numbers, receipts, strict=True):
        counts[receipt.status] += 1
        if receipt.status in ("conflict", "quarantined"):
            _report(out, counts[receipt.status], f"line {number}: {receipt.code}: {receipt.reason}")


def _report(out: Console, number: int, text: str) -> None:
    if number <= SHOWN:
        out.print(text, markup=False, soft_wrap=True)


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
