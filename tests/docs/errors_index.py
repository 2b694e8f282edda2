"""The index of `docs/errors/`, made from the codes and the pages.

To write it: `python -m tests.docs.errors_index > docs/errors/README.md`.
"""

from __future__ import annotations

from tests.house.source import ROOT

from beliefgraph.errors import CODES, BeliefgraphError

PAGES = ROOT / "docs" / "errors"

INTRODUCTION = """\
# Errors

Every error has a kind, which says who can fix it; a code, which never changes; a message that says what to do; and the
ids involved. Over GraphQL they are in the error's `extensions` (`code`, `kind`, `ids`), with the address of the code's
page (`docs`); over HTTP they are in the body; on the command line they are printed. The service serves these pages
itself, as text, under `/errors/<code>`.

Events that are stored for later instead of refused: [quarantine](quarantine.md).
"""

WHO: dict[str, str] = {
    "incorrect": "The request is wrong and will never succeed as it is: change it.",
    "not_found": "Nothing of that name exists, or the caller may not see it.",
    "conflict": "The state has changed since the caller read it: read again and decide.",
    "forbidden": "Whoever issues the keys can change this, or the person modelled.",
    "unsupported": "A reasonable request that the service does not support as it is configured.",
    "unavailable": "Temporary: the same call may succeed later.",
    "fault": "A defect of the service, or of the machine it runs on.",
}


def first_sentence(code: str) -> str:
    """When the error occurs, as its page begins."""
    when = (PAGES / f"{code}.md").read_text(encoding="utf-8").split("\n\n")[2].replace("\n", " ")
    return when.split(". ")[0].rstrip(".") + "."


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
