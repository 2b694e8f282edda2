"""Redirects to an identity provider for signing in, and back."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from beliefgraph.services.access.providers import PATIENCE
from beliefgraph.web.person.visit import HEADERS, SIGN_IN, cookie_name, is_secure, root_of

RETURN = f"{SIGN_IN}/return"
"""The path of the redirect URI; it must be registered with the issuer."""


def returning(request: Request) -> str:
    """The redirect URI, at the address by which the browser called this service."""
    return f"{request.url.scheme}://{request.headers.get('host', '')}{root_of(request)}{RETURN}"


def away_cookie(request: Request) -> str:
    """The name of the cookie that is kept until the browser returns."""
    return f"{cookie_name(request)}-away"


def redirect_to_issuer(request: Request, address: str, ticket: str) -> Response:
    """Redirect to the issuer. The ticket returns with the same browser, so its cookie may be sent when a link crosses
    sites.
    """
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
