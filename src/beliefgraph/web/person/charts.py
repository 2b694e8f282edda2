"""Charts as SVG: no script and no style in them, and each has a text that says what it shows."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from datetime import date, datetime, timedelta

from markupsafe import Markup

from beliefgraph.model.trajectory import StageShare
from beliefgraph.web.person.phrases import day, percent, plain

WIDTH, HEIGHT = 600, 150
LEFT, TOP, BOTTOM = 44, 10, 24
"""Position of the plot within a chart, in its units."""

SHOWN_DAYS = 30


def bar(probability: float | None) -> Markup:
    """A probability as a bar with a mark at one half."""
    if probability is None:
        return Markup("")
    return Markup(
        '<svg class="bar {side}" viewBox="0 0 100 6" preserveAspectRatio="none" aria-hidden="true">'
        '<rect class="track" width="100" height="6"/><rect class="fill" width="{width:.1f}" height="6"/>'
        '<rect class="half" x="49.7" width="0.6" height="6"/></svg>'
    ).format(width=100 * probability, side="for" if probability >= 0.5 else "against")


def course(points: Sequence[tuple[datetime, float]], until: datetime) -> Markup:
    """The course of a confidence, as steps from its first publication until a moment."""
    if len(points) < 2:
        return Markup("")
    begin, end = points[0][0], max(until, points[-1][0])
    span = (end - begin).total_seconds() or 1.0

    def x(at: datetime) -> float:
        return LEFT + (WIDTH - LEFT - 8) * (at - begin).total_seconds() / span

    def y(probability: float) -> float:
        return TOP + (HEIGHT - TOP - BOTTOM) * (1 - probability)

    steps = [f"M{x(begin):.1f},{y(points[0][1]):.1f}"]
    for at, value in points[1:]:
        steps += [f"H{x(at):.1f}", f"V{y(value):.1f}"]
    steps.append(f"H{x(end):.1f}")
    lines = Markup("").join(
        Markup(
            '<line class="grid" x1="{0}" x2="{1}" y1="{2:.1f}" y2="{2:.1f}"/><text x="{3}" y="{4:.1f}">{5}</text>'
        ).format(LEFT, WIDTH - 8, y(value), 0, y(value) + 4, percent(value) if 0 < value < 1 else f"{value:.0%}")
        for value in (0.0, 0.5, 1.0)
    )
    return Markup(
        '<svg class="course" viewBox="0 0 {w} {h}" role="img" aria-label="{label}">{lines}<path d="{path}"/>'
        '<text x="{left}" y="{foot}">{first}</text><text class="end" x="{right}" y="{foot}">{last}</text></svg>'
    ).format(
        w=WIDTH,
        h=HEIGHT,
        label=f"From {percent(points[0][1])} on {day(begin)} to {percent(points[-1][1])} on {day(end)}.",
        lines=lines,
        path=" ".join(steps),
        left=LEFT,
        right=WIDTH - 8,
        foot=HEIGHT - 4,
        first=day(begin),
        last=day(end),
    )


def days(moments: Sequence[datetime], today: date) -> Markup:
    """The number per day over the last thirty days, as columns."""
    first = today - timedelta(days=SHOWN_DAYS - 1)
    counted = Counter(at.date() for at in moments)
    numbers = [counted[first + timedelta(days=i)] for i in range(SHOWN_DAYS)]
    most, wide = max(numbers) or 1, WIDTH / SHOWN_DAYS
    tall = HEIGHT - TOP - BOTTOM
    columns = Markup("").join(
        Markup('<rect class="fill" x="{:.1f}" y="{:.1f}" width="{:.1f}" height="{:.1f}"/>').format(
            i * wide + 2, TOP + tall * (1 - n / most), wide - 4, tall * n / most
        )
        for i, n in enumerate(numbers)
        if n
    )
    return Markup(
        '<svg class="days" viewBox="0 0 {w} {h}" role="img" aria-label="{label}">{columns}'
        '<line class="grid" x1="0" x2="{w}" y1="{base}" y2="{base}"/>'
        '<text x="0" y="{foot}">{first}</text><text class="end" x="{w}" y="{foot}">{last}</text></svg>'
    ).format(
        w=WIDTH,
        h=HEIGHT,
        label=f"{sum(numbers)} in the last {SHOWN_DAYS} days, {max(numbers)} on the busiest day.",
        columns=columns,
        base=HEIGHT - BOTTOM,
        foot=HEIGHT - 4,
        first=day(datetime.combine(first, datetime.min.time())),
        last="today",
    )


def stages(found: Sequence[StageShare]) -> Markup:
    """The probability of each stage, as columns with their names."""
    shares = [(each.stage, each.probability) for each in found]
    wide, tall = WIDTH / len(shares), HEIGHT - TOP - BOTTOM
    columns = Markup("").join(
        Markup(
            '<rect class="track" x="{x:.1f}" y="{top}" width="{w:.1f}" height="{tall}"/>'
            '<rect class="fill" x="{x:.1f}" y="{y:.1f}" width="{w:.1f}" height="{h:.1f}"/>'
            '<text class="middle" x="{middle:.1f}" y="{foot}">{name}</text>'
        ).format(
            x=i * wide + 4,
            top=TOP,
            w=wide - 8,
            tall=tall,
            y=TOP + tall * (1 - share),
            h=tall * share,
            middle=(i + 0.5) * wide,
            foot=HEIGHT - 6,
            name=plain(name),
        )
        for i, (name, share) in enumerate(shares)
    )
    label = ", ".join(f"{plain(name)} {percent(share)}" for name, share in shares)
    return Markup('<svg class="stages" viewBox="0 0 {} {}" role="img" aria-label="{}">{}</svg>').format(
        WIDTH, HEIGHT, label, columns
    )
