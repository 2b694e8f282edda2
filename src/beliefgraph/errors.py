"""All errors of the service: seven kinds, each error with a stable code, an actionable message and the ids involved.

The kind says who can fix it: the caller (incorrect, not found, conflict, forbidden, unsupported), nobody but time
(unavailable), or the operator (fault). `CODES` lists all codes; each has a page in `docs/errors/`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from difflib import get_close_matches
from typing import ClassVar, Literal

Kind = Literal["incorrect", "not_found", "conflict", "forbidden", "unsupported", "unavailable", "fault"]


class BeliefgraphError(Exception):
    """An error with a code that never changes, a message that says what to do, and the ids it is about."""

    kind: ClassVar[Kind] = "fault"

    def __init__(self, code: str, message: str, **ids: object) -> None:
        if CODES[code] is not type(self):
            raise TypeError(f"{code} is declared as {CODES[code].__name__}, not {type(self).__name__}")
        super().__init__(message)
        self.code = code
        self.message = message
        self.ids: Mapping[str, object] = ids

    def __reduce__(self) -> tuple[Callable[..., BeliefgraphError], tuple[object, ...]]:
        """How it is taken from one process to another."""
        return _again, (type(self), self.code, self.message, dict(self.ids))


LONGEST_MESSAGE = 500
"""Characters of a message; more would only send back what was sent."""

LONGEST_ID = 200
"""Characters of an id in a refusal, for the same reason."""


def shortened(message: str, most: int = LONGEST_MESSAGE) -> str:
    """The message, without most of it where it is long."""
    return message if len(message) <= most else f"{message[: most - 1]}…"


def shown_ids(error: BeliefgraphError) -> dict[str, object]:
    """The ids that a refusal is about, those that are long shortened."""
    return {
        name: shortened(value, LONGEST_ID) if isinstance(value, str) else value for name, value in error.ids.items()
    }


def did_you_mean(name: str, known: Iterable[str]) -> str:
    """The end of a message about an unknown name: the known name most like it, if any is."""
    close = get_close_matches(name, list(known), n=1)
    return f"; did you mean {close[0]}?" if close else ""


def _again(kind: type[BeliefgraphError], code: str, message: str, ids: dict[str, object]) -> BeliefgraphError:
    return kind(code, message, **ids)


class Incorrect(BeliefgraphError):
    """The request is wrong; the same request will never succeed."""

    kind = "incorrect"


class NotFound(BeliefgraphError):
    """Nothing of that name exists, or the caller may not see it; the two look the same on purpose."""

    kind = "not_found"


class Conflict(BeliefgraphError):
    """The state has changed since the caller read it; read again and decide."""

    kind = "conflict"


class Forbidden(BeliefgraphError):
    """The caller may not do this."""

    kind = "forbidden"


class Unsupported(BeliefgraphError):
    """A reasonable request that this service does not support."""

    kind = "unsupported"


class Unavailable(BeliefgraphError):
    """Not possible now; the same call may succeed later."""

    kind = "unavailable"


class Fault(BeliefgraphError):
    """A defect of the service or of the machine."""

    kind = "fault"


CODES: dict[str, type[BeliefgraphError]] = {
    # asking
    "invalid-input": Incorrect,
    "invalid-query": Incorrect,
    "invalid-cursor": Incorrect,
    "invalid-interval": Incorrect,
    "naive-datetime": Incorrect,
    "not-a-probability": Incorrect,
    "too-large": Incorrect,
    "too-complex": Incorrect,
    "infeasible-statements": Incorrect,
    "impossible-evidence": Incorrect,
    "cyclic-causes": Incorrect,
    "cyclic-goals": Incorrect,
    "invalid-definition": Incorrect,
    "invalid-event": Incorrect,
    "invalid-policy": Incorrect,
    "invalid-permission": Incorrect,
    "invalid-signature": Incorrect,
    "invalid-archive": Incorrect,
    "no-interpretation": Unsupported,
    "interpretation-failed": Incorrect,
    "unknown-attribute": NotFound,
    "unknown-value": NotFound,
    "unknown-goal": NotFound,
    "unknown-decision": NotFound,
    "unknown-option": NotFound,
    "unknown-metric": NotFound,
    "unknown-outcome": NotFound,
    "unknown-trajectory": NotFound,
    "not-found": NotFound,
    "rev-conflict": Conflict,
    "event-conflict": Conflict,
    "definition-conflict": Conflict,
    "parameters-outdated": Conflict,
    "identifier-taken": Conflict,
    "tenant-not-empty": Conflict,
    "copy-conflict": Conflict,
    "resume-expired": Conflict,
    "correction-stands": Forbidden,
    "unauthenticated": Forbidden,
    "key-expired": Forbidden,
    "invalid-link": Forbidden,
    "invalid-form": Forbidden,
    "missing-scope": Forbidden,
    "unknown-purpose": Forbidden,
    "not-permitted": Forbidden,
    "restricted": Forbidden,
    "erased": Forbidden,
    "too-wide": Unavailable,
    "rev-not-reached": Unavailable,
    "overloaded": Unavailable,
    "took-too-long": Unavailable,
    "warming-up": Unavailable,
    "fault": Fault,
    "being-erased": Unavailable,
    "issuer-unavailable": Unavailable,
    # the store
    "store-unavailable": Unavailable,
    "store-fault": Fault,
    "store-memory": Unsupported,
    "unknown-shard": Unsupported,
    "unknown-region": NotFound,
    "other-region": Conflict,
    "shard-conflict": Conflict,
    "twin-damaged": Fault,
    "key-missing": Fault,
    "key-damaged": Fault,
    "seal-broken": Fault,
    "keyring-unavailable": Unavailable,
    "not-migrated": Fault,
    # the local Neo4j
    "no-network": Unavailable,
    "mirror-incomplete": Unavailable,
    "checksum-mismatch": Fault,
    "no-disk-space": Unavailable,
    "port-taken": Conflict,
    "password-lost": Fault,
    "wrong-java": Unsupported,
    "already-owned": Conflict,
    "neo4j-died": Fault,
    "neo4j-not-ready": Unavailable,
    # evaluating a service from outside
    "data-missing": NotFound,
    "no-answer": Unavailable,
}
