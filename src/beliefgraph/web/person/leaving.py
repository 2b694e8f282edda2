"""Leaving for an issuer to sign in there, and coming back."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from beliefgraph.services.access.providers import PATIENCE
from beliefgraph.web.person.visit import HEADERS, SIGN_IN, cookie_name, is_secure, root_of

RETURN = f"{SIGN_IN}/return"
"""Where an issuer sends a browser back to; to be registered with it."""


def returning(request: Request) -> str:
    """The address to come back to, as the browser named this service."""
    return f"{request.url.scheme}://{request.headers.get('host', '')}{root_of(request)}{RETURN}"


def away_cookie(request: Request) -> str:
    """The name of the cookie that waits for the return."""
    return f"{cookie_name(request)}-away"


def away(request: Request, address: str, ticket: str) -> Response:
    """To the issuer. The ticket comes back with the browser that left, so its cookie may cross sites with a link."""
    response = RedirectResponse(address, 303, HEADERS)
    response.set_cookie(
        away_cookie(request),
        ticket,
        path="/",
        secure=is_secure(request),
        httponly=True,
        samesite="lax",
        max_age=int(PATIENCE.total_seconds()),
    )
    return response
