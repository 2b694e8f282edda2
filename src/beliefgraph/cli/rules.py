"""`beliefgraph learn rules`: learn a catalog's priors and the strengths of its rules from labelled truth, as a
draft."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer
import yaml
from rich.console import Console
from rich.table import Table

from beliefgraph.cli.connection import Key, Purpose, run, signed_in
from beliefgraph.cli.output import write_draft
from beliefgraph.cli.truth import read_truth
from beliefgraph.model.catalog import Catalog
from beliefgraph.model.definition import Definitions
from beliefgraph.services.learning.rules import DEVIATION, LEAST_LABELS, LearnedAttribute, learn_rules, proposed
from beliefgraph.services.permissions.usable import Usable, left_out


def rules(
    key: Key,
    truth: Annotated[
        Path, typer.Option(dir_okay=False, help="Known truth: a CSV file with twin, attribute, context, value, time.")
    ],
    purpose: Purpose = None,
    out: Annotated[Path | None, typer.Option(dir_okay=False, help="File to write the draft to.")] = None,
    deviation: Annotated[
        float, typer.Option(min=0.01, max=10.0, help="Assumed standard deviation of the stated numbers, in nats.")
    ] = DEVIATION,
) -> None:
    """Fit priors and the strengths of rules to known truth, and draft the next version of each catalog that changes.

    Compared by log loss on held-out twins with the stated numbers and with the base rate. The draft changes only the
    attributes that it predicts better by more than a standard error; it is for review and not published.
    """
    messages = Console(highlight=False, stderr=True)
    definitions, found = run(_rules(key, purpose, truth, deviation))
    show(messages, found)
    text = draft(definitions, found)
    if found and not text:
        messages.print("No better than stated on held-out twins: there is nothing to propose.")
    elif text and write_draft(text, out):
        messages.print(f"Written to {out}. Review it; `beliefgraph define` publishes it.")


async def _rules(
    key: str, purpose: str | None, truth: Path, deviation: float
) -> tuple[Definitions, tuple[LearnedAttribute, ...]]:
    async with signed_in(key, purpose) as (built, caller):
        usable = Usable(built.sights, caller)
        found = await learn_rules(caller, built.graph, built.book, read_truth(truth), deviation, usable)
    if usable.left_out:
        Console(highlight=False, stderr=True).print(left_out(usable.left_out))
    return found


def show(out: Console, found: tuple[LearnedAttribute, ...]) -> None:
    """The fitted and the stated numbers, and the log loss of both on held-out twins."""
    if not found:
        out.print(f"No attribute has {LEAST_LABELS} labels, or they have values or relations, which are not fitted.")
        return
    table = Table("attribute", "rule", "stated", "learned", "cases", box=None)
    for each in found:
        table.add_row(each.attribute, "prior", f"{each.prior:.3f}", f"{each.learned:.3f}", f"{each.labels:,}")
        for rule in each.rules:
            stated, learned = rule.rule.stated, rule.learned
            one = "expression" if stated is None else f"{stated:+.2f}"
            other = f"× {rule.factor:.2f}" if learned is None else f"{learned:+.2f}"
            table.add_row("", rule.rule.event, one, other, f"{rule.cases:,}")
    out.print(table)
    for each in found:
        out.print(
            f"{each.attribute}: held-out log loss {each.learned_loss:.3f} learned, {each.stated_loss:.3f} stated, "
            f"{each.base_rate_loss:.3f} by the base rate; {'proposed' if each.better else 'not proposed'}."
        )


def draft(definitions: Definitions, found: tuple[LearnedAttribute, ...]) -> str:
    """The next versions of the catalogs that change, as YAML documents; empty if none does."""
    changed = [new for catalog in definitions.catalogs if (new := proposed(catalog, found)) is not None]
    return "---\n".join(_yaml(catalog) for catalog in changed)


def _yaml(catalog: Catalog) -> str:
    written = catalog.model_dump(mode="json", exclude_defaults=True)
    return yaml.safe_dump(written, sort_keys=False, allow_unicode=True, width=120)
