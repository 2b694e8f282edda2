"""The pages of the project, and the fenced examples in them."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

from tests.house.source import ROOT, tracked

FENCE = re.compile(r"^(?P<indent> *)```(?P<language>\w*)\n(?P<code>.*?)^(?P=indent)```$", re.MULTILINE | re.DOTALL)


@dataclass(frozen=True)
class Example:
    """One fenced block: where it stands, its language, its text."""

    page: str
    line: int
    language: str
    code: str

    def __str__(self) -> str:
        return f"{self.page}:{self.line}"


def pages() -> list[Path]:
    """Every page, those of errors included."""
    return [path for path in tracked() if path.suffix == ".md"]


def examples(language: str, page: str | None = None) -> list[Example]:
    """Every example in a language, on all pages or on one."""
    found = []
    for path in pages():
        name, text = path.relative_to(ROOT).as_posix(), path.read_text(encoding="utf-8")
        for match in FENCE.finditer(text):
            if match["language"] == language and page in (None, name):
                line = text.count("\n", 0, match.start()) + 1
                found.append(Example(name, line, language, match["code"]))
    return found
