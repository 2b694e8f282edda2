"""Every refusal has a declared code, of the declared kind, with a line in docs/errors/ that says what to do."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

import pytest
from tests.docs.errors_index import PAGES, index
from tests.house.source import modules

from beliefgraph.errors import CODES, BeliefgraphError

CLASSES = {kind.__name__: kind for kind in BeliefgraphError.__subclasses__()}


def literals(*callees: str) -> Iterator[tuple[str, str, str]]:
    """Where (file:line), what is called, and the code, for every call whose first argument is a literal code."""
    for module, tree in modules().items():
        for node in ast.walk(tree):
            if not isinstance(node, ast.Call) or not node.args:
                continue
            name = node.func.id if isinstance(node.func, ast.Name) else getattr(node.func, "attr", "")
            first = node.args[0]
            if name in callees and isinstance(first, ast.Constant) and isinstance(first.value, str):
                yield f"{module}:{node.lineno}", name, first.value


def strings_outside_the_list() -> set[str]:
    """Every string in the source but those of `errors.py`."""
    return {
        node.value
        for module, tree in modules().items()
        if module.name != "errors.py" or len(module.parts) > 1
        for node in ast.walk(tree)
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
    }


def test_every_code_that_is_raised_is_declared_with_its_kind() -> None:
    wrong = [
        f"{where}: {name}({code!r})" for where, name, code in literals(*CLASSES) if CODES.get(code) is not CLASSES[name]
    ]
    assert not wrong


def test_every_declared_code_is_used() -> None:
    assert set(CODES) <= strings_outside_the_list()


def test_codes_are_words_with_dashes() -> None:
    assert [code for code in CODES if not re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", code)] == []


@pytest.mark.parametrize("code", CODES)
def test_every_code_has_a_page_that_says_when_and_what_to_do(code: str) -> None:
    kind = CODES[code].kind
    title, linked, *body = (PAGES / f"{code}.md").read_text(encoding="utf-8").strip().split("\n\n")
    assert title == f"# {code}"
    assert linked == f"Kind: [{kind}](README.md#{kind})"
    assert len(body) >= 2
    assert body[1].startswith("**What to do.** ")


def test_every_page_is_of_a_code_and_the_index_is_current() -> None:
    assert {page.stem for page in PAGES.glob("*.md")} == {*CODES, "README", "quarantine"}
    assert (PAGES / "README.md").read_text(encoding="utf-8") == index(), (
        "run: python -m tests.docs.errors_index > docs/errors/README.md"
    )


def test_the_reasons_for_quarantine_are_explained() -> None:
    text = (PAGES / "quarantine.md").read_text(encoding="utf-8")
    reasons = {code for _, _, code in literals("Refused")}
    assert reasons, "services/commands/intake.py sets events aside with Refused(code, reason)"
    assert [code for code in sorted(reasons) if f"`{code}`" not in text] == []
