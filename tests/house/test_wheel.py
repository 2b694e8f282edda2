"""What pip installs is whole: the wheel carries its Cypher, error pages, jars' list, story and GraphiQL, and starts."""

from __future__ import annotations

import site
import subprocess
import sys
import venv
import zipfile
from pathlib import Path

import pytest
from tests.house.source import PACKAGE, ROOT, tracked

from beliefgraph.errors import CODES

BUILT_FROM = ("pyproject.toml", "README.md", "LICENSE")
ERROR_PAGES = Path("docs") / "errors"
SECONDS = 120


def run(*command: str | Path, cwd: Path) -> str:
    """What a command prints; fails with all it said if it fails."""
    done = subprocess.run([str(c) for c in command], cwd=cwd, capture_output=True, text=True, timeout=SECONDS)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel, built from the tracked files alone, without the network."""
    source, out = tmp_path_factory.mktemp("source"), tmp_path_factory.mktemp("wheel")
    for path in tracked():
        name = path.relative_to(ROOT)
        if name.parts[0] in ("src", "cypher") or name.parent == ERROR_PAGES or str(name) in BUILT_FROM:
            (source / name).parent.mkdir(parents=True, exist_ok=True)
            (source / name).write_bytes(path.read_bytes())
    run(sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", out, source, cwd=out)
    (built,) = out.glob("*.whl")
    return built


@pytest.fixture(scope="module")
def installed(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The programs of a fresh environment that has the wheel and borrows only the libraries it needs from this one."""
    home = tmp_path_factory.mktemp("env")
    venv.create(home, with_pip=False)
    bin_ = home / ("Scripts" if sys.platform == "win32" else "bin")
    run(
        sys.executable,
        "-m",
        "pip",
        "--python",
        bin_ / "python",
        "install",
        "-q",
        "--no-deps",
        "--no-index",
        wheel,
        cwd=home,
    )
    (packages,) = (
        Path(p) for p in run(bin_ / "python", "-c", "import site; print(site.getsitepackages()[0])", cwd=home).split()
    )
    (packages / "borrowed.pth").write_text("\n".join(site.getsitepackages()) + "\n", encoding="utf-8")
    return bin_


def test_the_wheel_carries_every_file_of_the_package_all_its_cypher_and_its_error_pages(wheel: Path) -> None:
    carried = set(zipfile.ZipFile(wheel).namelist())
    wanted = {f"beliefgraph/{p.relative_to(PACKAGE).as_posix()}" for p in tracked() if p.is_relative_to(PACKAGE)}
    wanted |= {f"beliefgraph/{p.relative_to(ROOT).as_posix()}" for p in tracked() if p.is_relative_to(ROOT / "cypher")}
    wanted |= {f"beliefgraph/{ERROR_PAGES.as_posix()}/{code}.md" for code in (*CODES, "README", "quarantine")}
    assert wanted - carried == set()
    assert {"beliefgraph/local/jars.lock", "beliefgraph/py.typed", "beliefgraph/cypher/twin/inputs.cypher"} <= carried


def test_the_wheel_carries_the_story_and_graphiql(wheel: Path) -> None:
    carried = zipfile.ZipFile(wheel).namelist()
    assert [n for n in carried if n.startswith("beliefgraph/story/") and not n.endswith(".py")]
    assert [n for n in carried if n.startswith("beliefgraph/web/static/graphiql/") and n.endswith(".js")]


def test_the_wheel_carries_no_tests_and_no_licence_is_missing(wheel: Path) -> None:
    carried = zipfile.ZipFile(wheel).namelist()
    assert not [n for n in carried if n.startswith("tests/") or "__pycache__" in n]
    assert [n for n in carried if n.endswith("/LICENSE")]


def test_an_installed_wheel_finds_its_queries(installed: Path, tmp_path: Path) -> None:
    look = "from beliefgraph.store import queries as q; print(q.cypher_folder()); print(q.query('twin/now'))"
    said = run(installed / "python", "-c", look, cwd=tmp_path)
    folder, _, text = said.partition("\n")
    assert Path(folder).is_relative_to(installed.parent.resolve()) or Path(folder).is_relative_to(installed.parent)
    assert text.startswith("//")


def test_an_installed_wheel_answers_help(installed: Path, tmp_path: Path) -> None:
    said = run(installed / "beliefgraph", "--help", cwd=tmp_path)
    assert "neo4j" in said
    assert "demo" in said
