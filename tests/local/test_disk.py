"""A disk that is full or closed is said with the directory's name. Faked: a test cannot fill the disk."""

from __future__ import annotations

import errno
import shutil
from pathlib import Path
from typing import NamedTuple

import pytest

from beliefgraph.errors import Incorrect, Unavailable
from beliefgraph.local import LocalNeo4j
from beliefgraph.local.disk import writing_to


class Usage(NamedTuple):
    total: int
    used: int
    free: int


def test_neo4j_is_not_started_on_a_disk_that_is_nearly_full(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shutil, "disk_usage", lambda _: Usage(10, 9, 1))
    with pytest.raises(Unavailable, match="has 0 MB") as refused:
        LocalNeo4j(tmp_path).start()
    assert refused.value.code == "no-disk-space"
    assert refused.value.ids == {"directory": str(tmp_path)}


def test_a_disk_that_fills_up_is_said(tmp_path: Path) -> None:
    with pytest.raises(Unavailable, match="is full"), writing_to(tmp_path):
        raise OSError(errno.ENOSPC, "No space left on device")


def test_a_data_directory_that_is_a_file_is_refused(tmp_path: Path) -> None:
    (tmp_path / "data").write_text("not a directory")
    with pytest.raises(Incorrect, match="cannot be written"):
        LocalNeo4j(tmp_path / "data").start()


def test_other_errors_of_the_system_pass_through(tmp_path: Path) -> None:
    with pytest.raises(OSError, match="Input/output"), writing_to(tmp_path):
        raise OSError(errno.EIO, "Input/output error")
