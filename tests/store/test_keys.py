"""The keyring: what is sealed opens for its twin alone, and never again once its key is destroyed."""

from __future__ import annotations

import os
import stat
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from beliefgraph.errors import BeliefgraphError, Fault, Unavailable
from beliefgraph.store import key_segments, keys
from beliefgraph.store.keys import FINGERPRINT_BYTES, Keyring

TWIN = "3f0d2a51-0d5a-5b53-b6ba-1b1e4b8f7b11"


@pytest.fixture
def directory(tmp_path: Path) -> Path:
    return tmp_path / "keys"


@pytest.fixture
def keyring(directory: Path) -> Keyring:
    return Keyring(directory)


def key_files(directory: Path) -> list[Path]:
    return [p for p in directory.rglob("*") if p.is_file() and p.name != "lock"]


def refusal(keyring: Keyring, twin: str, sealed: bytes, context: str) -> str:
    with pytest.raises(BeliefgraphError) as caught:
        keyring.unseal(twin, sealed, context)
    return caught.value.code


def test_what_is_sealed_opens_again_and_does_not_show(keyring: Keyring) -> None:
    sealed = keyring.seal(TWIN, "Ich kündige.".encode(), "verbatim")
    assert "kündige".encode() not in sealed
    assert keyring.unseal(TWIN, sealed, "verbatim") == "Ich kündige.".encode()


def test_one_text_sealed_twice_looks_different(keyring: Keyring) -> None:
    assert keyring.seal(TWIN, b"yes", "verbatim") != keyring.seal(TWIN, b"yes", "verbatim")


def test_another_context_or_twin_or_an_altered_byte_does_not_open(keyring: Keyring) -> None:
    sealed = keyring.seal(TWIN, b"hello", "verbatim")
    other = keyring.seal("another", b"hello", "verbatim")
    assert refusal(keyring, TWIN, sealed, "body") == "seal-broken"
    assert refusal(keyring, TWIN, other, "verbatim") == "key-missing"
    for position in range(FINGERPRINT_BYTES, len(sealed)):
        altered = bytearray(sealed)
        altered[position] ^= 1
        assert refusal(keyring, TWIN, bytes(altered), "verbatim") == "seal-broken"
    assert refusal(keyring, TWIN, sealed[: FINGERPRINT_BYTES + 3], "verbatim") == "seal-broken"


def test_unsealing_never_makes_a_key(keyring: Keyring, directory: Path) -> None:
    assert refusal(keyring, TWIN, b"x" * 60, "verbatim") == "key-missing"
    assert not directory.exists()


def test_a_keyring_opened_later_reads_the_same_keys(keyring: Keyring, directory: Path) -> None:
    sealed = keyring.seal(TWIN, b"hello", "verbatim")
    assert Keyring(directory).unseal(TWIN, sealed, "verbatim") == b"hello"
    assert Keyring(directory).digest("acme", "a") == keyring.digest("acme", "a")


def test_only_the_owner_may_read_and_no_name_shows(keyring: Keyring, directory: Path) -> None:
    before = os.umask(0)
    try:
        keyring.seal(TWIN, b"hello", "verbatim")
        keyring.digest("acme", "a")
    finally:
        os.umask(before)
    for path in [directory, *directory.rglob("*")]:
        wanted = 0o700 if path.is_dir() else 0o600
        assert stat.S_IMODE(path.stat().st_mode) == wanted, path
        assert TWIN not in path.name
        assert "acme" not in path.name
    assert len(key_files(directory)) == 2


def test_a_destroyed_key_is_gone_from_disk_and_from_every_keyring(keyring: Keyring, directory: Path) -> None:
    elsewhere = Keyring(directory)
    sealed = keyring.seal(TWIN, b"hello", "verbatim")
    assert elsewhere.unseal(TWIN, sealed, "verbatim") == b"hello"
    (file,) = key_files(directory)
    os.link(file, directory / "copy-of-the-inode")
    secret = file.read_bytes()
    keyring.destroy(TWIN)
    keyring.destroy(TWIN)
    assert not file.exists()
    assert (directory / "copy-of-the-inode").read_bytes() == bytes(len(secret))
    assert refusal(keyring, TWIN, sealed, "verbatim") == "key-missing"
    assert refusal(elsewhere, TWIN, sealed, "verbatim") == "key-missing"


def test_a_twin_written_to_after_its_erasure_gets_a_key_that_opens_nothing_old(
    keyring: Keyring, directory: Path
) -> None:
    elsewhere = Keyring(directory)
    old = elsewhere.seal(TWIN, b"old", "verbatim")
    keyring.destroy(TWIN)
    new = keyring.seal(TWIN, b"new", "verbatim")
    for each in (keyring, elsewhere):
        assert refusal(each, TWIN, old, "verbatim") == "key-missing"
        assert each.unseal(TWIN, new, "verbatim") == b"new"


def test_a_destruction_cut_short_after_the_overwrite_leaves_no_key(keyring: Keyring, directory: Path) -> None:
    sealed = keyring.seal(TWIN, b"hello", "verbatim")
    (file,) = key_files(directory)
    file.write_bytes(bytes(40))
    assert refusal(keyring, TWIN, sealed, "verbatim") == "key-missing"
    again = keyring.seal(TWIN, b"again", "verbatim")
    assert keyring.unseal(TWIN, again, "verbatim") == b"again"


def test_a_damaged_key_file_is_reported_and_never_replaced(keyring: Keyring, directory: Path) -> None:
    keyring.seal(TWIN, b"hello", "verbatim")
    (file,) = key_files(directory)
    file.write_bytes(file.read_bytes()[:20])
    with pytest.raises(Fault) as caught:
        keyring.seal(TWIN, b"hello", "verbatim")
    assert caught.value.code == "key-damaged"
    assert len(file.read_bytes()) == 20


def test_a_directory_that_cannot_be_used_is_said_so(tmp_path: Path) -> None:
    (tmp_path / "keys").write_text("a file")
    with pytest.raises(Unavailable) as caught:
        Keyring(tmp_path / "keys").seal(TWIN, b"hello", "verbatim")
    assert caught.value.code == "keyring-unavailable"


def test_a_full_cache_forgets_the_least_used_key_and_reads_it_again(
    keyring: Keyring, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(keys, "CACHED_KEYS", 2)
    sealed = {twin: keyring.seal(twin, twin.encode(), "verbatim") for twin in "abcd"}
    assert [keyring.unseal(twin, text, "verbatim") for twin, text in sealed.items()] == [b"a", b"b", b"c", b"d"]


def test_a_digest_depends_on_tenant_and_on_where_each_part_ends(keyring: Keyring) -> None:
    assert keyring.digest("acme", "ab", "c") == keyring.digest("acme", "ab", "c")
    assert len(keyring.digest("acme", "ab", "c")) == 64
    different = [("acme", "a", "bc"), ("acme", "abc"), ("acme", "ab", "c", ""), ("other", "ab", "c"), ("acme",)]
    digests = {keyring.digest(*parts) for parts in [("acme", "ab", "c"), *different]}
    assert len(digests) == 1 + len(different)


SEAL_ALL = """
import sys
from pathlib import Path
from beliefgraph.store.keys import Keyring
keyring = Keyring(Path(sys.argv[1]))
for n in range(40):
    print(keyring.seal(f"twin-{n}", b"hello", "verbatim").hex(), keyring.digest(f"twin-{n}", "a"))
"""

SEAL_AND_DESTROY = """
import sys
from pathlib import Path
from beliefgraph.errors import Fault
from beliefgraph.store.keys import Keyring
keyring = Keyring(Path(sys.argv[1]))
for _ in range(150):
    if sys.argv[2] == "destroy":
        keyring.destroy("twin")
        continue
    sealed = keyring.seal("twin", b"hello", "verbatim")
    try:
        assert keyring.unseal("twin", sealed, "verbatim") == b"hello"
    except Fault as error:
        assert error.code == "key-missing", error
"""


def race(script: str, directory: Path, *arguments: str) -> list[str]:
    """What each of the processes printed, all started at once, one for each argument."""
    started = [
        subprocess.Popen([sys.executable, "-c", script, str(directory), argument], stdout=subprocess.PIPE, text=True)
        for argument in arguments
    ]
    printed = [process.communicate(timeout=60)[0] for process in started]
    assert [process.returncode for process in started] == [0] * len(started)
    return printed


def test_processes_that_race_to_make_a_key_agree_on_one(directory: Path) -> None:
    answers = [[line.split() for line in printed.splitlines()] for printed in race(SEAL_ALL, directory, *"abcd")]
    keyring = Keyring(directory)
    for n in range(40):
        opened = {keyring.unseal(f"twin-{n}", bytes.fromhex(answer[n][0]), "verbatim") for answer in answers}
        assert opened == {b"hello"}
        assert {answer[n][1] for answer in answers} == {keyring.digest(f"twin-{n}", "a")}


def test_threads_that_race_to_make_a_key_agree_on_one(keyring: Keyring) -> None:
    with ThreadPoolExecutor(8) as pool:
        sealed = list(pool.map(lambda n: (f"t{n % 5}", keyring.seal(f"t{n % 5}", b"hello", "v")), range(200)))
    assert {keyring.unseal(twin, text, "v") for twin, text in sealed} == {b"hello"}


def test_sealing_while_another_process_destroys_ends_in_a_key_or_in_none_never_in_damage(directory: Path) -> None:
    race(SEAL_AND_DESTROY, directory, "seal", "destroy", "seal", "destroy")
    keyring = Keyring(directory)
    sealed = keyring.seal("twin", b"after", "verbatim")
    assert keyring.unseal("twin", sealed, "verbatim") == b"after"


MANY = [f"twin-{n}" for n in range(40)]

PREPARE_ALL = """
import sys
from pathlib import Path
from beliefgraph.store.keys import Keyring
keyring = Keyring(Path(sys.argv[1]))
twins = [f"twin-{n}" for n in range(40)]
if sys.argv[2] == "together":
    keyring.prepare(twins)
for twin in twins:
    print(keyring.seal(twin, b"hello", "verbatim").hex())
"""


def segment(directory: Path) -> Path:
    (file,) = [p for p in key_files(directory) if p.parent.name == "segments"]
    return file


def test_keys_made_together_are_one_file_and_open_what_each_sealed_alone(keyring: Keyring, directory: Path) -> None:
    keyring.seal(MANY[0], b"before", "verbatim")
    keyring.prepare(MANY)
    sealed = {twin: keyring.seal(twin, twin.encode(), "verbatim") for twin in MANY}
    assert len(key_files(directory)) == 2
    assert stat.S_IMODE(segment(directory).stat().st_mode) == 0o600
    assert not any(twin.encode() in segment(directory).read_bytes() for twin in MANY)
    keyring.prepare(MANY)
    assert len(key_files(directory)) == 2
    elsewhere = Keyring(directory)
    assert {elsewhere.unseal(twin, text, "verbatim").decode() for twin, text in sealed.items()} == set(MANY)
    assert refusal(elsewhere, MANY[1], sealed[MANY[2]], "verbatim") == "key-missing"


def test_a_key_destroyed_among_others_is_zeros_on_disk_and_the_others_still_open(
    keyring: Keyring, directory: Path
) -> None:
    keyring.prepare(MANY)
    sealed = {twin: keyring.seal(twin, b"hello", "verbatim") for twin in MANY}
    elsewhere = Keyring(directory)
    assert elsewhere.unseal(MANY[7], sealed[MANY[7]], "verbatim") == b"hello"
    os.link(segment(directory), directory / "copy-of-the-inode")
    before = segment(directory).read_bytes()
    keyring.destroy(MANY[7])
    keyring.destroy(MANY[7])
    after = (directory / "copy-of-the-inode").read_bytes()
    changed = [place for place in range(0, len(before), 72) if before[place : place + 72] != after[place : place + 72]]
    assert len(changed) == 1
    assert after[changed[0] : changed[0] + 72] == bytes(72)
    for each in (keyring, elsewhere, Keyring(directory)):
        assert refusal(each, MANY[7], sealed[MANY[7]], "verbatim") == "key-missing"
        assert each.unseal(MANY[8], sealed[MANY[8]], "verbatim") == b"hello"
    again = keyring.seal(MANY[7], b"again", "verbatim")
    assert elsewhere.unseal(MANY[7], again, "verbatim") == b"again"


def test_a_destruction_among_others_that_was_cut_short_is_finished_when_asked_again(
    keyring: Keyring, directory: Path
) -> None:
    keyring.prepare(MANY)
    sealed = keyring.seal(MANY[7], b"hello", "verbatim")
    place = next(place for place, _ in keyring._segments.find(keys._hash(MANY[7])))
    with segment(directory).open("r+b") as file:
        file.seek(place.offset)
        file.write(bytes(20))  # the machine stopped in the middle of the first overwrite
    later = Keyring(directory)
    later.destroy(MANY[7])
    record = segment(directory).read_bytes()[place.offset - 32 : place.offset + 40]
    assert record == bytes(72)
    assert refusal(later, MANY[7], sealed, "verbatim") == "key-missing"


def test_a_call_that_died_while_it_made_keys_leaves_none_of_them(keyring: Keyring, directory: Path) -> None:
    keyring.prepare(MANY[:20])
    (directory / "twins" / "segments" / "fresh").write_bytes(b"x" * 100)
    later = Keyring(directory)
    later.prepare(MANY)
    sealed = later.seal(MANY[30], b"hello", "verbatim")
    assert keyring.unseal(MANY[30], sealed, "verbatim") == b"hello"
    assert sorted(p.name for p in key_files(directory)) == ["00000001", "00000002"]


def test_a_damaged_segment_is_reported_and_never_replaced(keyring: Keyring, directory: Path) -> None:
    keyring.prepare(MANY)
    whole = segment(directory).read_bytes()
    for damaged in (whole[:-5], whole[:40] + b"\x01" * 20 + whole[60:]):
        segment(directory).write_bytes(damaged)
        codes = set()
        for twin in MANY:
            try:
                Keyring(directory).seal(twin, b"hello", "verbatim")
            except Fault as fault:
                codes.add(fault.code)
        assert codes == {"key-damaged"}
        assert segment(directory).read_bytes() == damaged
        assert len(key_files(directory)) == 1
    segment(directory).write_bytes(whole)


def test_processes_that_make_keys_together_and_one_by_one_agree_on_one_for_each(directory: Path) -> None:
    answers = [printed.split() for printed in race(PREPARE_ALL, directory, "together", "single", "together", "single")]
    keyring = Keyring(directory)
    for n, twin in enumerate(MANY):
        opened = {keyring.unseal(twin, bytes.fromhex(answer[n]), "verbatim") for answer in answers}
        assert opened == {b"hello"}


def test_many_segments_are_found_again_whichever_process_made_them(
    keyring: Keyring, directory: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(key_segments, "RECENT", 25)
    monkeypatch.setattr(keys, "CACHED_KEYS", 3)
    others = [keyring, Keyring(directory)]
    sealed: dict[str, bytes] = {}
    for part in range(12):
        twins = [f"{part}-{n}" for n in range(10)]
        others[part % 2].prepare(twins)
        sealed |= {twin: others[part % 2].seal(twin, twin.encode(), "verbatim") for twin in twins}
    for each in (*others, Keyring(directory)):
        assert all(each.unseal(twin, text, "verbatim") == twin.encode() for twin, text in sealed.items())
