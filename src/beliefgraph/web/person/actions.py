"""Actions of a person on their page; each is a command of the service, with their own rights."""

from __future__ import annotations

from starlette.responses import RedirectResponse, Response

from beliefgraph.errors import Incorrect
from beliefgraph.model.command import Correct, Withdraw
from beliefgraph.model.contest import Contest
from beliefgraph.model.permission import Permit, Restrict
from beliefgraph.web.person.visit import HEADERS, ROOT, Visit, root_of, shown, signed_out

ERASE = "erase"
"""The text to type to erase everything."""


async def correct(visit: Visit) -> Response:
    """Correct a belief."""
    id_ = visit.request.path_params["belief"]
    row = await visit.services.questions.belief_by_id(visit.caller.asking("correct"), id_, twin=visit.twin)
    await visit.services.commands.correct(
        visit.caller,
        Correct(twin=visit.twin, belief=row.state.belief.belief_key, holds=_choice(visit, "holds") == "yes"),
    )
    return visit.go(f"{ROOT}/beliefs/{id_}", "corrected")


async def withdraw(visit: Visit) -> Response:
    """Withdraw evidence."""
    await visit.services.commands.withdraw(visit.caller, Withdraw(twin=visit.twin, evidence=_field(visit, "evidence")))
    return visit.go(f"{ROOT}/received", "withdrawn")


async def contest(visit: Visit) -> Response:
    """Contest evidence, or withdraw the contest."""
    contested = _choice(visit, "contested") == "yes"
    command = Contest(twin=visit.twin, evidence=_field(visit, "evidence"), contested=contested)
    await visit.services.commands.contest(visit.caller, command)
    return visit.go(f"{ROOT}/received", "contested" if contested else "uncontested")


async def permit(visit: Visit) -> Response:
    """Permit a purpose, or refuse it."""
    await visit.services.commands.permit(
        visit.caller,
        Permit(
            twin=visit.twin,
            purpose=_field(visit, "purpose"),
            category=visit.form.get("category") or None,
            recipient=visit.form.get("recipient") or None,
            allowed=_choice(visit, "allowed") == "yes",
        ),
    )
    return visit.go(f"{ROOT}/permissions", "permitted")


async def restrict(visit: Visit) -> Response:
    """Pause all use, or resume it."""
    restricted = _choice(visit, "restricted") == "yes"
    await visit.services.commands.restrict(visit.caller, Restrict(twin=visit.twin, restricted=restricted))
    return visit.go(f"{ROOT}/data", "paused" if restricted else "resumed")


async def export(visit: Visit) -> Response:
    """Export everything as one archive at its own URL, so that an interrupted download can be resumed."""
    made = await visit.services.downloads.make(
        lambda out: visit.services.archives.export_twin(visit.caller, visit.twin, out)
    )
    return RedirectResponse(root_of(visit.request) + made.address, 303, HEADERS)


async def erase(visit: Visit) -> Response:
    """Erase everything, after a confirmation."""
    if visit.form.get("word", "").strip().lower() != ERASE or visit.form.get("sure") != "yes":
        return visit.show("erase.html", 400, wrong=True)
    erasure = await visit.home.across.erase_twin(visit.caller.asking("erase"), visit.twin)
    return signed_out(visit.request, shown(visit.request, "erased.html", receipt=erasure.receipt))


async def sign_out(visit: Visit) -> Response:
    """End the session in this browser."""
    return signed_out(visit.request, shown(visit.request, "signed_out.html", code=None, message="You have signed out."))


def _field(visit: Visit, name: str) -> str:
    value = visit.form.get(name, "")
    if not value:
        raise Incorrect("invalid-input", f"The form lacks {name!r}.", field=name)
    return value


def _choice(visit: Visit, name: str) -> str:
    """A field that is yes or no."""
    value = _field(visit, name)
    if value not in ("yes", "no"):
        raise Incorrect("invalid-input", f"{name!r} must be yes or no.", field=name)
    return value
