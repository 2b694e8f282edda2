"""What must not be left lying about in the tree."""

from __future__ import annotations

import re

import pytest
from tests.house.source import PACKAGE, ROOT, tracked

LEFT_OVER = re.compile("|".join(("TO" + "DO", "FIX" + "ME", "X" * 3, "NotImplemented" + "Error")))

HOSTS = (
    "pypi" + ".org",
    "python" + "hosted",
    "maven" + ".org",
    "maven." + "apache",
    "npm" + "js.",
    "j" + "frog",
    "artifact" + "ory",
)
MACHINE = re.compile(r"(?<![\w.])/(?:root|work|Users)/|(?<![\w.])/home/(?!runner\b)[a-z]+/")
VENDORED = ROOT / "src" / "beliefgraph" / "web" / "static"


def texts() -> list[tuple[str, str]]:
    """Every tracked text file of ours with its name; what others wrote and we ship is not ours to tidy."""
    found = []
    for path in tracked():
        content = path.read_bytes()
        if b"\0" not in content and VENDORED not in path.parents:
            found.append((str(path.relative_to(ROOT)), content.decode("utf-8")))
    return found


def test_nothing_is_left_to_do_in_the_source() -> None:
    files = [*PACKAGE.rglob("*.py"), *(ROOT / "cypher").rglob("*.cypher")]
    assert [str(f.relative_to(ROOT)) for f in files if LEFT_OVER.search(f.read_text(encoding="utf-8"))] == []


def test_no_path_of_a_machine_is_tracked() -> None:
    assert [name for name, text in texts() if MACHINE.search(text)] == []


def test_no_registry_is_named() -> None:
    assert [(name, host) for name, text in texts() for host in HOSTS if host in text.lower()] == []


@pytest.mark.parametrize("folder", ["src", "tests", "cypher", "docs"])
def test_no_file_is_empty_but_markers(folder: str) -> None:
    markers = {"__init__.py", "py.typed"}
    assert [
        str(p) for p in tracked() if p.is_relative_to(ROOT / folder) and p.name not in markers and not p.stat().st_size
    ] == []
