"""Fetching jars from a mirror on this machine: what is missing comes, what is wrong is refused, what is here stays."""

from __future__ import annotations

import errno
import shutil
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import pytest

from beliefgraph.errors import BeliefgraphError, Fault, Unavailable
from beliefgraph.local import jars
from beliefgraph.local.jars import ensure_jars, maven_address

if TYPE_CHECKING:
    from tests.local.conftest import Mirror


def test_every_jar_is_fetched_once_and_progress_ends_at_the_whole(mirror: Mirror, tmp_path: Path) -> None:
    told: list[tuple[int, int]] = []
    paths = ensure_jars(mirror.lock, tmp_path / "cache", mirror.environ, lambda done, total: told.append((done, total)))
    assert [path.read_bytes() for path in paths] == [(mirror.root / jar.path).read_bytes() for jar in mirror.lock.jars]
    assert sorted(mirror.asked) == sorted(jar.path for jar in mirror.lock.jars)
    assert told[0] == (0, mirror.lock.size)
    assert told[-1] == (mirror.lock.size, mirror.lock.size)
    assert told == sorted(told)


def test_a_complete_cache_needs_no_network(mirror: Mirror, offline: dict[str, str], tmp_path: Path) -> None:
    ensure_jars(mirror.lock, tmp_path / "cache", mirror.environ)
    assert len(ensure_jars(mirror.lock, tmp_path / "cache", offline)) == 5


@pytest.mark.parametrize("damage", ["same size", "shorter"])
def test_a_damaged_jar_is_found_and_fetched_again_alone(mirror: Mirror, tmp_path: Path, damage: str) -> None:
    first, *_ = ensure_jars(mirror.lock, tmp_path / "cache", mirror.environ)
    whole = first.read_bytes()
    first.write_bytes(b"X" + whole[1:] if damage == "same size" else whole[:-1])
    mirror.asked.clear()
    ensure_jars(mirror.lock, tmp_path / "cache", mirror.environ)
    assert first.read_bytes() == whole
    assert mirror.asked == [mirror.lock.jars[0].path]


def test_an_interrupted_fetch_goes_on_with_the_jars_that_lack(mirror: Mirror, tmp_path: Path) -> None:
    gone = mirror.root / mirror.lock.jars[2].path
    kept = gone.read_bytes()
    gone.unlink()
    with pytest.raises(Unavailable) as refused:
        ensure_jars(mirror.lock, tmp_path / "cache", mirror.environ)
    assert refused.value.code == "mirror-incomplete"
    assert "test.group:part-2:1.2" in refused.value.message
    here = {file.name for file in (tmp_path / "cache").rglob("*.jar")}
    gone.write_bytes(kept)
    mirror.asked.clear()
    ensure_jars(mirror.lock, tmp_path / "cache", mirror.environ)
    assert {Path(path).name for path in mirror.asked} == {Path(jar.path).name for jar in mirror.lock.jars} - here


def test_a_mirror_that_serves_other_bytes_is_refused_and_nothing_is_kept(mirror: Mirror, tmp_path: Path) -> None:
    (mirror.root / mirror.lock.jars[1].path).write_bytes(b"something else")
    with pytest.raises(Fault) as refused:
        ensure_jars(mirror.lock, tmp_path / "cache", mirror.environ)
    assert refused.value.code == "checksum-mismatch"
    assert refused.value.ids == {"jar": "test.group:part-1:1.1"}
    assert not (tmp_path / "cache" / mirror.lock.jars[1].path).exists()
    assert not list((tmp_path / "cache").rglob("*.part"))


def test_no_network_is_said_with_the_address_and_the_way_out(
    mirror: Mirror, offline: dict[str, str], tmp_path: Path
) -> None:
    with pytest.raises(Unavailable) as refused:
        ensure_jars(mirror.lock, tmp_path / "cache", offline)
    assert refused.value.code == "no-network"
    assert "127.0.0.1:9" in refused.value.message
    assert "BELIEFGRAPH_MAVEN_MIRROR" in refused.value.message


class Usage(NamedTuple):
    total: int
    used: int
    free: int


def test_too_little_space_is_said_before_anything_is_fetched(
    mirror: Mirror, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(shutil, "disk_usage", lambda _: Usage(10, 9, 1))
    assert _refusal(mirror, tmp_path).code == "no-disk-space"
    assert not mirror.asked


def test_a_disk_that_fills_up_meanwhile_is_said_too(
    mirror: Mirror, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(path: Path, content: bytes) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(jars, "_write_whole", full)
    assert _refusal(mirror, tmp_path).code == "no-disk-space"


def test_without_a_mirror_jars_come_from_maven_central() -> None:
    assert maven_address({}).startswith("https://")
    assert maven_address({"BELIEFGRAPH_MAVEN_MIRROR": "http://mirror.example/maven/"}) == "http://mirror.example/maven"


def _refusal(mirror: Mirror, tmp_path: Path) -> BeliefgraphError:
    with pytest.raises(BeliefgraphError) as refused:
        ensure_jars(mirror.lock, tmp_path / "cache", mirror.environ)
    return refused.value
