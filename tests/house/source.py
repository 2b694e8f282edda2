"""The source read as text and as syntax trees: what the tests of the house look at."""

from __future__ import annotations

import ast
import shutil
import subprocess
from collections.abc import Iterator
from functools import cache
from pathlib import Path

ROOT = Path(__file__).parents[2]
PACKAGE = ROOT / "src" / "beliefgraph"
IGNORED = {
    ".git",
    ".venv",
    "__pycache__",
    ".mypy_cache",
    ".ruff_cache",
    ".pytest_cache",
    ".hypothesis",
    "dist",
    "build",
}


@cache
def modules() -> dict[Path, ast.Module]:
    """Every module of the package, parsed, by its path in the package."""
    return {
        path.relative_to(PACKAGE): ast.parse(path.read_text(encoding="utf-8"), str(path))
        for path in sorted(PACKAGE.rglob("*.py"))
    }


def package_of(module: Path) -> str:
    """The package a module is in: its folder, or the name of a module at the top."""
    return module.parts[0].removesuffix(".py")


@cache
def imports(module: Path, tree: ast.Module) -> tuple[str, ...]:
    """The full name of everything a module imports, wherever in it: `beliefgraph.model.belief.Belief`."""
    return tuple(_imports(module, tree))


def _imports(module: Path, tree: ast.Module) -> Iterator[str]:
    package = ("beliefgraph", *module.parts[:-1])
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            start = package[: len(package) - node.level + 1] if node.level else ()
            base = ".".join((*start, *([node.module] if node.module else [])))
            yield from (f"{base}.{alias.name}" for alias in node.names)


@cache
def tracked() -> tuple[Path, ...]:
    """Every file under version control; in a tree without it, every file that is not made by a tool."""
    git = shutil.which("git")
    if git and (ROOT / ".git").exists():
        named = subprocess.run([git, "ls-files", "-z"], cwd=ROOT, capture_output=True, check=True, text=True).stdout
        return tuple(path for name in named.split("\0") if name and (path := ROOT / name).is_file())
    return tuple(p for p in ROOT.rglob("*") if p.is_file() and not IGNORED & set(p.relative_to(ROOT).parts))
