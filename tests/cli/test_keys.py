"""`beliefgraph keys`, as somebody types it: keys that expire, are replaced, and say when they were used."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any

from tests.terminal import beliefgraph, line


def listed(tenant: str, environ: dict[str, str]) -> list[dict[str, Any]]:
    """The keys of the tenant in the order they were made."""
    done = beliefgraph("keys", "list", "--tenant", tenant, "--json", environ=environ)
    return sorted(json.loads(done.stdout), key=lambda each: str(each["created_at"]))


def test_a_key_expires_is_replaced_and_says_when_it_was_used(tenant: str, environ: dict[str, str]) -> None:
    made = beliefgraph(
        *("keys", "create", "--tenant", tenant, "--actor", "shop", "--scope", "write", "--days", "30"), environ=environ
    )
    assert made.returncode == 0, made.stderr
    assert b"EXPIRES" in made.stderr
    secret = made.stdout.decode().strip()
    key = listed(tenant, environ)[0]
    left = datetime.fromisoformat(key["expires_at"]) - datetime.now(UTC)
    assert timedelta(days=29) < left < timedelta(days=31)
    assert key["last_used_at"] is None
    used = beliefgraph("ingest", "--key", secret, environ=environ, stdin=line("1", type="unheard of"))
    assert b"missing-scope" not in used.stderr
    assert listed(tenant, environ)[0]["last_used_at"] is not None

    replaced = beliefgraph("keys", "rotate", key["id"], "--overlap", "0", environ=environ)
    assert replaced.returncode == 0, replaced.stderr
    old = beliefgraph("ingest", "--key", secret, environ=environ, stdin=line("2"))
    assert (old.returncode != 0, b"key-expired" in old.stderr) == (True, True), old.stderr
    new = beliefgraph("ingest", "--key", replaced.stdout.decode().strip(), environ=environ, stdin=line("2"))
    assert b"key-expired" not in new.stderr
    assert listed(tenant, environ)[1]["scopes"] == ["write"]
    none = beliefgraph("keys", "create", "--tenant", tenant, "--actor", "shop", "--days", "-1", environ=environ)
    assert none.returncode == 2
