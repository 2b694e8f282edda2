"""Builders of root fields: a query on one twin at a moment, and a command."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from inspect import Parameter, Signature
from typing import Any

from beliefgraph.graphql.arguments import INPUT, After, At, AtLeastRev, First, TwinName, argument
from beliefgraph.graphql.change_types import Receipt
from beliefgraph.graphql.context import Context, FieldServices, Request
from beliefgraph.graphql.expose import answer
from beliefgraph.graphql.inputs import with_stored_ids
from beliefgraph.graphql.lookahead import Selection
from beliefgraph.model import receipt
from beliefgraph.model.identity import twin_id
from beliefgraph.services.commands.commands import Commands
from beliefgraph.services.twin.paging import DEFAULT_PAGE

Answer = Callable[..., Awaitable[Any]]

PAGE: dict[str, tuple[Any, Any]] = {"first": (First, DEFAULT_PAGE), "after": (After, None)}
MOMENT: dict[str, tuple[Any, Any]] = {"as_of": (At, None), "at_least_rev": (AtLeastRev, None)}


def question(
    shown_by: Any,
    description: str,
    method: Callable[[FieldServices], Answer],
    *,
    key: Any = None,
    paged: bool = False,
    matching: dict[str, Any] | None = None,
    around: Callable[[Selection], object] | None = None,
    own: bool = False,
    at_moments: bool = True,
) -> Any:
    """A field with one query on one twin at a moment, `paged` or whole, and with a `key` if that has a type.

    `matching` names the optional arguments, each with its type; for those omitted or null, the service's default
    applies. `around` determines from the selection what the service should also load: its attributes are passed as
    arguments. `own` is for the twin of the calling person, and `at_moments` allows other moments than now.
    """

    async def ask(info: Request, twin: str | None = None, **given: Any) -> Any:
        context = info.context
        twin = context.caller.require_person() if twin is None else twin
        asked = {name: value for name, value in given.items() if value is not None}
        loaded = {} if around is None else vars(around(Selection.of(info)))
        return await method(context.services_for(twin))(
            context.caller.asking(info.field_name), context.note_twin(twin), **asked, **loaded
        )

    taken: dict[str, tuple[Any, Any]] = {"info": (Request, Parameter.empty)}
    if not own:
        taken["twin"] = (TwinName, Parameter.empty)
    if key is not None:
        taken["key"] = (key, Parameter.empty)
    taken |= {name: (type_, None) for name, type_ in (matching or {}).items()}
    return _field(shown_by, description, ask, {**taken, **(PAGE if paged else {}), **(MOMENT if at_moments else {})})


def command(given: type, description: str, method: Callable[[Commands], Answer]) -> Any:
    """A field that executes one command and returns its receipt."""

    async def carry_out(info: Request, input: Any) -> receipt.Receipt:
        context = info.context
        found: receipt.Receipt = await method(context.services_for(input.twin).commands)(
            context.caller.asking(info.field_name), with_stored_ids(input)
        )
        return named(context, found)

    taken = {"info": (Request, Parameter.empty), "input": (argument(given, INPUT), Parameter.empty)}
    return _field(Receipt, description, carry_out, taken)


def named(context: Context, found: receipt.Receipt) -> receipt.Receipt:
    """The receipt; its twin is recorded, so that the ids of what moved can be written."""
    if found.twin is not None:
        context.names.setdefault(twin_id(context.caller.tenant, found.twin), found.twin)
    return found


def _field(shown_by: Any, description: str, resolve: Any, taken: dict[str, tuple[Any, Any]]) -> Any:
    """The field of a function with these arguments, each with its type and default."""
    resolve.__signature__ = Signature(
        [
            Parameter(name, Parameter.KEYWORD_ONLY, annotation=type_, default=default)
            for name, (type_, default) in taken.items()
        ]
    )
    return answer(shown_by, description)(resolve)
