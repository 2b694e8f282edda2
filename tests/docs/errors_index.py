"""The index of `docs/errors/`, made from the codes and the pages.

To write it: `python -m tests.docs.errors_index > docs/errors/README.md`.
"""

from __future__ import annotations

from tests.house.source import ROOT

from beliefgraph.errors import CODES, BeliefgraphError

PAGES = ROOT / "docs" / "errors"

INTRODUCTION = """\
# Errors

Every refusal has a kind, which says who can act; a code, which never changes; a sentence a person can act on; and the
ids involved. Over GraphQL they are in the error's `extensions` (`code`, `kind`, `docs`, `ids`), over HTTP in the body;
on the command line they are what is printed. `docs` is the address of the code's page: the service serves these pages
itself, as text, under `/errors/<code>`.

What is set aside instead of refused: [quarantine](quarantine.md).
"""

WHO: dict[str, str] = {
    "incorrect": "You can act: what was sent is wrong. The same call will never succeed.",
    "not_found": "You can act: nothing of that name exists, or it is not yours to see.",
    "conflict": "You can act: it was right when you looked. Look again and decide.",
    "forbidden": "Whoever gives out keys can act, or the person modelled.",
    "unsupported": "Nobody needs to: it is a sensible wish that this service does not grant as things are.",
    "unavailable": "Time can act: the same call may succeed later.",
    "fault": "We can act, or whoever runs the machine.",
}


def first_sentence(code: str) -> str:
    """When the error occurs, as its page begins."""
    return (PAGES / f"{code}.md").read_text(encoding="utf-8").split("\n\n")[2].split(". ")[0].rstrip(".") + "."


def index() -> str:
    """The whole text of the index."""
    parts = [INTRODUCTION]
    for kind in BeliefgraphError.__subclasses__():
        codes = [code for code, of in CODES.items() if of is kind]
        rows = [f"| [{code}]({code}.md) | {first_sentence(code)} |" for code in codes]
        parts.append("\n".join([f"## {kind.kind}", "", WHO[kind.kind], "", "| code | when |", "|---|---|", *rows, ""]))
    return "\n".join(parts)


if __name__ == "__main__":
    print(index(), end="")
