"""Twins on a terminal: beliefs as bars, an explanation as a tree, differences as a table."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text
from rich.tree import Tree

from beliefgraph.model.belief import ANYWHERE, BeliefState, Quality, logit, probability
from beliefgraph.model.commit import BeliefChange, BeliefDifference
from beliefgraph.model.distribution import Distribution
from beliefgraph.model.explanation import Contribution, Explanation, ExplanationLink
from beliefgraph.model.goal import GoalChange, GoalDifference, GoalRow, MotivationExplanation
from beliefgraph.model.metric import MetricState

BAR = 20
"""Columns of a bar that represents certainty."""

SLIGHT = 0.05
"""Log-odds below which a contribution is not shown separately."""

LEAST = 1e-9
"""Distance from certainty up to which a probability is shown."""

NUMBERS = "The numbers are log-odds, and add up: +0.7 doubles the odds that it holds, -0.7 halves them."

STATUSES = (
    "established: settled, for or against · contested: evidence pulls both ways · dissolving: its evidence has aged and"
    " little is left · forming: none of these yet"
)

STATUS_STYLE = {
    "forming": "dim",
    "established": "bold",
    "contested": "yellow",
    "dissolving": "dim italic",
    "dissolved": "dim strike",
    "retracted": "dim strike",
}


def day(moment: datetime) -> str:
    """The date for tables."""
    return f"{moment:%Y-%m-%d}"


def confidence(log_odds: float | None, quality: Quality) -> str:
    """The confidence with its mark: ≈ if approximate, ≈? if unreliable."""
    return {"approximate": "≈ ", "unreliable": "≈? "}.get(quality, "") + percent(log_odds)


def percent(log_odds: float | None) -> str:
    """Log-odds as a percentage, never 0 % or 100 %; a question mark if there are none."""
    if log_odds is None:
        return "?"
    confidence = probability(log_odds)
    if min(confidence, 1 - confidence) < 0.0005:
        return ">99.9%" if log_odds > 0 else "<0.1%"
    return f"{confidence:.1%}" if min(confidence, 1 - confidence) < 0.01 else f"{confidence:.0%}"


def chance(share: float | None) -> str:
    """A probability as a percentage, never 0 % or 100 %; empty if there is none."""
    if share is None:
        return ""
    return percent(logit(min(max(share, LEAST), 1.0 - LEAST)))


def signed(log_odds: float) -> Text:
    """A contribution: green if for, red if against."""
    return Text(f"{log_odds:+.2f}", style="green" if log_odds > 0 else "red" if log_odds < 0 else "dim")


def bar(confidence: float | None) -> Text:
    """A confidence as a bar."""
    if confidence is None:
        return Text("· unavailable ·", style="dim")
    filled = round(confidence * BAR)
    return Text.assemble(("█" * filled, "cyan"), ("░" * (BAR - filled), "dim"))


def beliefs(title: str, states: Iterable[BeliefState], before: Mapping[str, float | None] | None = None) -> Table:
    """A table of beliefs with their confidence, and the move of each in points since `before` (log-odds by id)."""
    table = Table(title=title, title_justify="left", box=None, pad_edge=False)
    table.add_column("belief", ratio=1)
    table.add_column("confidence", no_wrap=True)
    table.add_column("", justify="right")
    table.add_column("points", justify="right")
    table.add_column("status")
    for state in states:
        was = (before or {}).get(state.belief.id, None)
        moved = Text("") if was is None or state.log_odds is None else _moved(was, state.log_odds)
        style = STATUS_STYLE[state.status]
        table.add_row(
            Text(state.belief.statement, style=style),
            bar(state.confidence),
            confidence(state.log_odds, state.quality),
            moved,
            Text(state.status, style=style),
        )
    return table


def distribution(title: str, found: Distribution, before: Distribution) -> Table:
    """The values of an attribute, most likely first, as shares of 1, with the moves since `before`."""
    states = [each.belief.state for each in found.values]
    return beliefs(title, states, {each.belief.state.belief.id: each.belief.state.log_odds for each in before.values})


def change(one: BeliefChange) -> Text:
    """One belief's move, in a line."""
    before = "new" if one.before is None else percent(one.before.log_odds)
    line = Text.assemble((one.belief.statement, "bold"), "  ", before, " → ")
    if one.after is None:
        return line.append("back at its prior", "dim")
    return line.append(confidence(one.after.log_odds, one.after.quality), "cyan").append(
        f"  {one.after.status}", STATUS_STYLE[one.after.status]
    )


def metrics(then: Sequence[MetricState], now: Sequence[MetricState], before: datetime, after: datetime) -> Table:
    """A table of metrics at two moments; those in a band are highlighted."""
    table = Table(title_justify="left", box=None, pad_edge=False)
    table.add_column("metric", ratio=1)
    table.add_column(day(before), no_wrap=True)
    table.add_column(day(after), no_wrap=True)
    earlier = {state.metric.id: state for state in then}
    for state in now:
        table.add_row(state.metric.statement, _measured(earlier.get(state.metric.id)), _measured(state))
    return table


def _measured(state: MetricState | None) -> Text:
    if state is None:
        return Text("·", style="dim")
    since = f", since {day(state.since)}" if state.since else ""
    return Text.assemble((state.shown, "bold" if state.band else ""), (since, "dim"))


GOAL_STYLE = {
    "proposed": "dim italic",
    "active": "bold",
    "blocked": "yellow",
    "achieved": "green",
    "abandoned": "dim strike",
}


def goal_change(one: GoalChange) -> Text:
    """One goal's move, in a line, with its reason."""
    if one.after is None:
        return Text(f"{one.goal.key} was withdrawn", style="dim")
    before = "new" if one.before is None else f"{one.before.motivation:.0%}"
    return Text.assemble(
        (one.after.title, "bold"),
        f"  {before} → ",
        (f"{one.after.motivation:.0%}", "cyan"),
        (f"  {one.after.status}", GOAL_STYLE[one.after.status]),
        (f"  {one.after.reason}", "dim"),
    )


def goals(title: str, rows: Sequence[GoalRow], then: Mapping[str, float] | None = None) -> Table:
    """The goals as a forest, each under the first of its parents, with motivation, progress and status.

    `then` has earlier motivations by goal, to show the change in points. Needs rows with their relations.
    """
    table = Table(title=title, title_justify="left", box=None, pad_edge=False)
    table.add_column("goal", ratio=1)
    table.add_column("motivation", no_wrap=True)
    table.add_column("", justify="right")
    table.add_column("points", justify="right")
    table.add_column("done", justify="right")
    table.add_column("status")
    for depth, row in _forest(rows):
        state = row.state
        was = (then or {}).get(state.goal.id)
        waits = [
            each.other.state.title
            for each in row.related or ()
            if each.kind == "depends_on" and each.outgoing and each.other.state.status != "achieved"
        ]
        table.add_row(
            Text(f"{'  ' * depth}{state.title}", style=GOAL_STYLE[state.status]),
            bar(state.motivation),
            f"{state.motivation:.0%}",
            Text("") if was is None else _points(was, state.motivation),
            f"{state.progress:.0%}",
            Text.assemble(
                (state.status, GOAL_STYLE[state.status]),
                (f" by {', '.join(waits)}" if waits and state.status == "blocked" else "", "dim"),
            ),
        )
    return table


def motivation(explained: MotivationExplanation) -> RenderableType:
    """Why a goal matters: the sentence, and each reason with its share of the motivation."""
    tree = Tree(Text.assemble((f"{explained.state.motivation:.0%}", "cyan"), "  ", (explained.state.title, "bold")))
    for reason in sorted(explained.reasons, key=lambda reason: -reason.contribution):
        what = "its own priority"
        if reason.belief is not None:
            what = f"the belief “{reason.belief.statement}”"
        elif reason.goal is not None:
            what = f"{'part of' if reason.kind == 'whole' else 'waited for by'} “{reason.goal.title}”"
        silent = f"  (silent: {reason.silent})" if reason.silent else ""
        tree.add(Text.assemble((f"{reason.contribution:.0%}", "green"), f"  {what}", (silent, "dim")))
    return Group(Text(explained.sentence, style="italic"), tree)


def _forest(rows: Sequence[GoalRow]) -> Iterator[tuple[int, GoalRow]]:
    """Every goal once with its depth, under the first of its listed parents, in the given order."""
    known = {row.state.goal.id: row for row in rows}
    under: dict[str | None, list[GoalRow]] = defaultdict(list)
    for row in rows:
        wholes = [r.other.state.goal.id for r in row.related or () if r.kind == "part_of" and r.outgoing]
        under[next((whole for whole in wholes if whole in known), None)].append(row)

    def below(whole: str | None, depth: int) -> Iterator[tuple[int, GoalRow]]:
        for row in under[whole]:
            yield depth, row
            yield from below(row.state.goal.id, depth + 1)

    return below(None, 0)


def _points(before: float, after: float) -> Text:
    points = round(100 * (after - before))
    if not points:
        return Text("·", style="dim")
    return Text(f"{'▲' if points > 0 else '▼'} {abs(points)}", style="green" if points > 0 else "red")


def differences(title: str, found: Sequence[BeliefDifference], most: int = 8) -> RenderableType:
    """The beliefs that differ between two moments, or between the actual and a hypothetical state."""
    if not found:
        return Text("  nothing would be different", style="dim")
    table = Table(title=title, title_justify="left", box=None, pad_edge=False)
    table.add_column("belief", ratio=1)
    table.add_column("is", justify="right")
    table.add_column("", justify="center")
    table.add_column("would be", justify="right")
    table.add_column("log-odds", justify="right")
    for one in found[:most]:
        moved = Text("") if one.before is None or one.after is None else signed(one.after - one.before)
        table.add_row(one.belief.statement, percent(one.before), "→", confidence(one.after, one.quality), moved)
    left = len(found) - most
    return Group(table, Text(f"  and {left} more", style="dim")) if left > 0 else table


def goal_differences(found: Sequence[GoalDifference]) -> RenderableType:
    """The goals whose motivation would differ."""
    table = Table(box=None, pad_edge=False)
    for name, justify in (("goal", "left"), ("is", "right"), ("", "center"), ("would be", "right"), ("why", "left")):
        table.add_column(name, justify=justify)  # type: ignore[arg-type]
    for one in found:
        some = one.after or one.before
        assert some is not None
        was, then = (None if side is None else f"{side.motivation:.2f}" for side in (one.before, one.after))
        table.add_row(some.title, was, "→", then, one.reason)
    return table


def explanation(explained: Explanation) -> RenderableType:
    """The evidence tree of a belief: branches are relations, leaves are evidence, each with its contribution.

    Contributions below `SLIGHT` are summed up at their branch, so that the numbers still add up.
    """
    leaves: dict[str, list[Contribution]] = defaultdict(list)
    branches: dict[str, list[ExplanationLink]] = defaultdict(list)
    for contribution in explained.contributions:
        for part in contribution.parts:
            leaves[part.on.id].append(contribution.model_copy(update=vars(part)))
    for link in explained.links:
        if link.parent is not None:
            branches[link.parent].append(link)

    def add_children(tree: Tree, belief: str) -> None:
        slight: list[float] = []
        for link in sorted(branches[belief], key=lambda link: -abs(link.contribution)):
            if abs(link.contribution) < SLIGHT:
                slight.append(link.contribution)
            else:
                add_children(tree.add(_branch(link)), link.belief.id)
        for one in sorted(leaves[belief], key=lambda one: -abs(one.contribution)):
            if abs(one.contribution) < SLIGHT:
                slight.append(one.contribution)
            else:
                tree.add(_leaf(one))
        if slight:
            tree.add(Text.assemble(signed(sum(slight)), (f"  {len(slight)} slight ones together", "dim")))

    root = next(link for link in explained.links if link.parent is None)
    tree = Tree(_branch(root))
    add_children(tree, root.belief.id)
    if explained.rest.count:
        tree.add(
            Text.assemble(
                signed(explained.rest.contribution), (f"  {explained.rest.count:,} more that are not listed", "dim")
            )
        )
    return Group(Text(explained.sentence, style="italic"), Text(NUMBERS, style="dim"), tree)


def _branch(link: ExplanationLink) -> Text:
    relation = ""
    if link.relation is not None:
        kind = link.relation.kind
        arrow = f"← {kind}" if link.reversed else f"{kind} →"
        relation = f"{arrow} "
    elif link.parent is not None:
        relation = "instead of "
    where = "" if link.belief.context == ANYWHERE else f" in {link.belief.context}"
    return Text.assemble(
        signed(link.contribution), "  ", (relation, "magenta"), (link.belief.statement, "bold"), (where, "dim")
    )


def _leaf(one: Contribution) -> Text:
    text = one.evidence.verbatim or one.evidence.summary
    other = f"  (stated: {one.said}; for this value {one.log_likelihood_ratio:+.2f})" if one.said else ""
    return Text.assemble(
        signed(one.contribution),
        f"  {day(one.evidence.time)} ",
        (one.source, "blue"),
        f"  {text}{other}",
        no_wrap=True,
        overflow="ellipsis",
    )


def _moved(before: float, after: float) -> Text:
    return _points(probability(before), probability(after))
