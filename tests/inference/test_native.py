"""Machine code kept on disk is used again, and never after any kernel has changed."""

from __future__ import annotations

import ast
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.house.source import PACKAGE, imports, modules, package_of

from beliefgraph.inference.native import COLUMNS

ASK = """
import numpy as np
from beliefgraph.inference.kernels.odds import contrast_one
print(contrast_one(np.array([1.0, 3.0]), 2, 1), sum(contrast_one.stats.cache_hits.values()))
"""
"""The log-odds of 3 to 1, by a kernel that has the logarithm of another module compiled into it."""


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    """The package, where it may be changed."""
    shutil.copytree(PACKAGE, tmp_path / "beliefgraph", ignore=shutil.ignore_patterns("__pycache__"))
    return tmp_path


def ask(copy: Path) -> tuple[float, bool]:
    """What a new process answers, and whether it had it from the disk."""
    done = subprocess.run(
        [sys.executable, "-c", ASK],
        env={**os.environ, "PYTHONPATH": str(copy), "NUMBA_CACHE_DIR": str(copy / "kept")},
        capture_output=True,
        check=True,
        text=True,
        timeout=120,
    )
    answer, hits = done.stdout.split()
    return float(answer), hits == "1"


def test_a_kernel_that_has_another_in_it_is_compiled_anew_when_that_one_changes(copy: Path) -> None:
    first, _ = ask(copy)
    assert first == pytest.approx(1.0986122886681098, rel=1e-15)
    assert ask(copy) == (first, True)
    kept = sorted((copy / "kept").rglob("*.nb?"))
    assert kept
    module = copy / "beliefgraph" / "inference" / "elementary.py"
    text = module.read_text(encoding="utf-8")
    changed = text.replace("    return twos * _LN2_HIGH", "    twos += 1\n    return twos * _LN2_HIGH")
    assert changed != text
    module.write_text(changed, encoding="utf-8")
    second, from_disk = ask(copy)
    assert second == pytest.approx(first + 0.6931471805599453, rel=1e-15)
    assert not from_disk
    assert sorted((copy / "kept").rglob("*.nb?")) == kept  # nothing piles up


def test_a_change_of_any_kernel_is_noticed_wherever_in_the_room_it_is(copy: Path) -> None:
    ask(copy)
    module = copy / "beliefgraph" / "inference" / "kernels" / "tables.py"
    module.write_text(module.read_text(encoding="utf-8") + "# another line\n", encoding="utf-8")
    assert not ask(copy)[1]
    assert ask(copy)[1]


def test_a_kernel_has_nothing_in_it_that_is_not_looked_at() -> None:
    """Names that a kernel uses come from modules with kernels or from COLUMNS."""
    own = {path: tree for path, tree in modules().items() if package_of(path) == "inference"}
    kernels = {path: list(kernels_of(tree)) for path, tree in own.items()}
    looked_at = {f"beliefgraph.{'.'.join(path.with_suffix('').parts)}" for path, found in kernels.items() if found}
    looked_at.add("beliefgraph.inference." + COLUMNS.removesuffix(".py"))
    wrong = []
    for path, found in kernels.items():
        used = {
            name.id for node in found for line in node.body for name in ast.walk(line) if isinstance(name, ast.Name)
        }
        wrong += [
            f"{path} uses {name}"
            for name in imports(path, own[path])
            if name.startswith("beliefgraph.")
            and name.rpartition(".")[2] in used
            and name.rpartition(".")[0] not in looked_at
        ]
    assert len(looked_at) > 5
    assert wrong == []


def kernels_of(module: ast.Module) -> Iterator[ast.FunctionDef]:
    """The functions made by `native` and `inner`."""
    for node in module.body:
        if isinstance(node, ast.FunctionDef) and any(
            isinstance(by, ast.Name) and by.id in ("native", "inner") for by in node.decorator_list
        ):
            yield node
