"""Decisions on a terminal: options from best to forbidden, each with its points for and against."""

from __future__ import annotations

from collections.abc import Mapping

from rich.console import Group, RenderableType
from rich.text import Text
from rich.tree import Tree

from beliefgraph.cli.show import day
from beliefgraph.model.decision import DecisionState
from beliefgraph.model.decision_check import DecisionCheck, OptionCheck, Point

STYLE = {"for": "green", "against": "red", "forbids": "bold red", "neutral": "dim"}


def check(title: str, found: DecisionCheck) -> RenderableType:
    """Every option as a tree of its points, strongest first, with the evidence behind each."""
    off = ""
    if found.mean_surprise is not None:
        off = f" Results of {found.judged} earlier decisions: {found.mean_surprise:+.2f} against what was expected."
    return Group(
        Text.assemble((title, "bold"), (off, "dim")), *(_option(n, one) for n, one in enumerate(found.options, start=1))
    )


def decision(found: DecisionState, called: Mapping[str, str]) -> RenderableType:
    """One decision: its options, the one chosen and why, and the expected and actual result.

    `called` has the titles of the beliefs and goals that its reasons name, by attribute and by key.
    """
    tree = Tree(Text.assemble((found.title, "bold"), (f"  {found.status}", "cyan")))
    for option in found.options:
        chosen = option.key == found.chosen
        tree.add(Text(f"{'▸' if chosen else ' '} {option.named}", style="bold" if chosen else "dim"))
    for reason in found.reasons:
        named = reason.goal or (None if reason.belief is None else reason.belief.attribute) or ""
        tree.add(Text(f"because “{reason.text or called.get(named, named)}”", style="italic"))
    for name, result, when in (
        ("expected", found.expected, found.decided_at),
        ("came", found.actual, found.done_at),
    ):
        if result is not None:
            at = "" if when is None else f"  {day(when)}"
            tree.add(Text.assemble(f"{name} ", (f"{result.score:+g}", "cyan"), f"  {result.text or ''}", (at, "dim")))
    return tree


def _option(place: int, one: OptionCheck) -> Tree:
    verdict = "" if one.allowed else "  forbidden"
    tree = Tree(
        Text.assemble(
            f"{place}. ", (one.option.named, "bold"), "  ", (f"{one.score:+.2f}", "cyan"), (verdict, "bold red")
        )
    )
    for point in one.points:
        tree.add(_point(point))
    for missing in one.unknown:
        tree.add(Text(f"    ?  {missing.attribute}: {missing.feature}: {missing.reason}", style="dim"))
    return tree


def _point(point: Point) -> RenderableType:
    line = Text.assemble((f"{point.weight:+.2f}", STYLE[point.stance]), f"  {point.sentence}")
    if not point.evidence or point.stance == "neutral":
        return line
    behind = Tree(line)
    for one in point.evidence:
        share = "" if one.contribution is None else f"{one.contribution:+.2f}  "
        behind.add(Text(f"{share}{one.summary}  {one.source}, {day(one.time)}", style="dim"))
    return behind
