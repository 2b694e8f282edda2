"""Errors in GraphQL: each has `code`, `kind`, `docs` and the ids it is about in its extensions."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextvars import ContextVar
from typing import Any

import structlog
from graphql import FieldNode, GraphQLError
from starlette.datastructures import Headers
from starlette.types import Scope
from strawberry.pydantic import InputValidationError

from beliefgraph.errors import BeliefgraphError, Fault, Incorrect, shortened, shown_ids
from beliefgraph.telemetry.spans import refused

log = structlog.get_logger(__name__)

MOST_ERRORS = 20
"""Most errors reported for one request, and most fields of one error."""

VALIDATION_CODES = {
    "timezone_aware": "naive-datetime",
    "finite_number": "not-a-probability",
}
"""Our codes for pydantic's error types."""

PROBABILITIES = frozenset(
    {"priority", "progress", "confidence", "minConfidence", "maxConfidence", "probability", "prior"}
)


ERROR_PAGES = "/errors"
"""The path at which the service serves the pages that explain its errors."""

HOST = re.compile(r"[A-Za-z0-9.\-]+(:[0-9]+)?|\[[0-9A-Fa-f:.]+\](:[0-9]+)?")
"""A host name as sent by clients, with its port."""

ASKED_AT: ContextVar[Scope | None] = ContextVar("ASKED_AT", default=None)
"""The request being answered, or the WebSocket; None without a network connection."""


def docs(code: str) -> str:
    """The address of the page that explains a code."""
    return absolute(f"{ERROR_PAGES}/{code}")


def absolute(path: str) -> str:
    """The address of a path of the service: absolute if the host that the client used is known."""
    scope = ASKED_AT.get()
    host = "" if scope is None else Headers(scope=scope).get("host", "")
    if scope is None or not HOST.fullmatch(host):
        return path
    scheme = {"ws": "http", "wss": "https"}.get(scope["scheme"], scope["scheme"])
    return f"{scheme}://{host}{scope.get('root_path', '')}{path}"


def extensions_of(error: BeliefgraphError) -> dict[str, Any]:
    """The extensions of an error."""
    refused(error.code)
    ids = {key: value for key, value in shown_ids(error).items() if value is not None}
    return {"code": error.code, "kind": error.kind, "docs": docs(error.code), **({"ids": ids} if ids else {})}


def add_extensions(errors: list[GraphQLError], request_id: str) -> None:
    """Add the extensions to every error; a defect of the service is logged and its message is not shown.

    More than `MOST_ERRORS` are left out.
    """
    del errors[MOST_ERRORS:]
    for error in errors:
        if "code" in (error.extensions or {}):
            continue
        refusal = _refusal(error)
        if refusal is None:
            log.error("fault", request_id=request_id, field=_field(error), exc_info=error.original_error)
            refusal = Fault(
                "fault",
                f"Internal error; report the request id {request_id}.",
                request=request_id,
            )
        elif refusal.kind == "fault":
            log.error("fault", request_id=request_id, code=refusal.code, exc_info=error.original_error)
        extensions = extensions_of(refusal)
        if isinstance(error.original_error, InputValidationError):
            extensions["fields"] = [
                {"field": shortened(".".join(each.location)), "message": shortened(each.message)}
                for each in error.original_error.errors[:MOST_ERRORS]
            ]
        error.message = shortened(refusal.message)
        error.extensions = extensions


def _field(error: GraphQLError) -> str | None:
    """The field that an error comes from, by its name in the schema, not its alias."""
    node = error.nodes[0] if error.nodes else None
    return node.name.value if isinstance(node, FieldNode) else None


def _refusal(error: GraphQLError) -> BeliefgraphError | None:
    """The error as a `BeliefgraphError`; None if it is a defect of the service."""
    for cause in _causes(error):
        if isinstance(cause, BeliefgraphError):
            return cause
        if isinstance(cause, InputValidationError):
            return invalid_input(cause)
        if isinstance(cause, RecursionError):
            return Incorrect("too-complex", "This query is nested too deeply.")
    if error.original_error is None or isinstance(error.original_error, GraphQLError):
        if "Parsing aborted" in error.message or "nested too deeply" in error.message:
            return Incorrect("too-complex", error.message)
        asked = error.original_error is None and not error.path
        return Incorrect("invalid-query" if asked else "invalid-input", error.message)
    return None


def invalid_input(error: InputValidationError) -> Incorrect:
    """The refusal of an invalid input, naming the first invalid field."""
    first = error.errors[0]
    field = ".".join(first.location)
    code = VALIDATION_CODES.get(first.type, "invalid-input")
    bounded = first.type in ("greater_than_equal", "less_than_equal", "finite_number", "greater_than", "less_than")
    if code == "not-a-probability" or bounded:
        code = "not-a-probability" if first.location[-1:] and first.location[-1] in PROBABILITIES else "invalid-input"
    return Incorrect(code, f"{field}: {first.message}." if field else first.message, field=field or None)


def _causes(error: BaseException) -> Iterator[BaseException]:
    seen: set[int] = set()
    cause: BaseException | None = error
    while cause is not None and id(cause) not in seen:
        seen.add(id(cause))
        yield cause
        cause = getattr(cause, "original_error", None) or cause.__cause__
