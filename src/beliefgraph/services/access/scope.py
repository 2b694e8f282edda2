"""Which twins a caller reaches: the only place where a twin's name becomes its id."""

from __future__ import annotations

from beliefgraph.errors import BeliefgraphError, NotFound
from beliefgraph.model.caller import Caller, Scope
from beliefgraph.model.identity import twin_id
from beliefgraph.model.record import normalised


def reach(caller: Caller, name: str, scope: Scope = "read") -> str:
    """The id of the twin of that name in the caller's tenant.

    Refused (`missing-scope`) unless the key grants the scope; a person's key reaches only the person's own twin, and
    any other is `not-found`, as if it did not exist. Reads and refusals are recorded in the access log.
    """
    name = normalised(name)
    id_ = twin_id(caller.tenant, name)
    try:
        caller.require(scope)
        if caller.person is not None and not owns(caller, name):
            raise no_such_twin(name)
    except BeliefgraphError as refused:
        caller.note(id_, scope, refused.code)
        raise
    caller.note(id_, scope)
    return id_


def owns(caller: Caller, name: str) -> bool:
    """Whether the twin of that name models the calling person."""
    return caller.person is not None and normalised(caller.person) == normalised(name)


def no_such_twin(name: str) -> NotFound:
    """The refusal for a twin that does not exist, or that the caller may not see."""
    return NotFound("not-found", f"There is no twin {name!r}.", twin=name)
