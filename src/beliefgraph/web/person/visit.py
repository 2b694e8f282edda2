"""What all requests to the person's page share: the session, the form token, and the response headers."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response

from beliefgraph.errors import BeliefgraphError, Forbidden, Incorrect, shortened
from beliefgraph.graphql.context import FieldServices
from beliefgraph.ingest.http import STATUS, STATUS_OF_CODE
from beliefgraph.model.caller import Caller
from beliefgraph.model.session import Session
from beliefgraph.model.time import Clock
from beliefgraph.services.access.sessions import Sessions, refuse_forged
from beliefgraph.services.process.fair_semaphore import FairSemaphore
from beliefgraph.telemetry.spans import refused
from beliefgraph.web.middleware import PERSON_PAGE, Warmed
from beliefgraph.web.person.render import rendered

ROOT = PERSON_PAGE
SIGN_IN = f"{ROOT}/sign-in"

MOST_FORM_BYTES = 16_384
MOST_FIELDS = 20

POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; "
    "form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
"""What a page may load and send: only from and to this service, and nothing inline."""

HEADERS = {
    "content-security-policy": POLICY,
    "cache-control": "no-store",
    "cross-origin-opener-policy": "same-origin",
    "x-frame-options": "DENY",
}

COOKIE = "beliefgraph-session"
LOCAL = ("localhost", "::1")


@dataclass(frozen=True)
class Visit:
    """One request of a signed-in person."""

    request: Request
    session: Session
    caller: Caller
    services: FieldServices
    """The services of the database that holds their twin."""
    home: FieldServices
    """The services that know all databases."""
    now: datetime
    form: Mapping[str, str]

    @property
    def twin(self) -> str:
        """The name of their twin."""
        return self.session.person

    def show(self, template: str, status: int = 200, **values: Any) -> Response:
        """A page, with what all pages have."""
        return shown(self.request, template, status, session=self.session, twin=self.twin, **values)

    def go(self, path: str, done: str) -> Response:
        """Redirect to a page that confirms an action."""
        return RedirectResponse(f"{root_of(self.request)}{path}?done={done}", 303, HEADERS)


Handler = Callable[[Visit], Awaitable[Response]]
Endpoint = Callable[[Request], Awaitable[Response]]


class Visits:
    """Requests of signed-in people."""

    def __init__(
        self, services: FieldServices, sessions: Sessions, clock: Clock, warmed: Warmed, places: FairSemaphore
    ) -> None:
        self._services = services
        self._sessions = sessions
        self._clock = clock
        self._warmed = warmed
        self._places = places

    def signed_in_only(self, handler: Handler) -> Endpoint:
        """The endpoint of a page for signed-in people; a form is accepted only with the session's own token."""

        async def answer(request: Request) -> Response:
            session = await self._sessions.resume(request.cookies.get(cookie_name(request), ""))
            if session is None:
                raise Forbidden("unauthenticated", "You are not signed in, or your session has ended.")
            form: Mapping[str, str] = {}
            if request.method == "POST":
                refuse_foreign(request)
                form = await form_of(request)
                refuse_forged(session, form.get("token", ""))
            caller = self._sessions.caller(session, request.state.request_id)
            await self._warmed()
            async with self._places.taken(caller.tenant, caller.key):
                services = self._services.of(caller, session.person)
                now = self._clock.now()
                return await handler(Visit(request, session, caller, services, self._services, now, form))

        return answering_errors(answer)

    async def signed_in(self, request: Request, session: Session) -> Response:
        """Go to the page, with the session in a cookie.

        This is a page that forwards, not a redirect: after a navigation from another site, browsers do not send strict
        cookies along with the redirects that follow.
        """
        response = shown(request, "entered.html")
        response.set_cookie(
            cookie_name(request),
            await self._sessions.ticket(session),
            path="/",
            secure=is_secure(request),
            httponly=True,
            samesite="strict",
            max_age=int((session.expires_at - self._clock.now()).total_seconds()),
        )
        return response


def answering_errors(endpoint: Endpoint) -> Endpoint:
    """The endpoint, with refusals shown as a page."""

    async def answer(request: Request) -> Response:
        try:
            return await endpoint(request)
        except BeliefgraphError as error:
            refused(error.code)
            status = STATUS_OF_CODE.get(error.code, STATUS[error.kind])
            message = shortened(error.message) if error.kind != "fault" else "Something went wrong here."
            template = "signed_out.html" if error.code == "unauthenticated" else "refused.html"
            return shown(request, template, status, code=error.code, message=message)

    return answer


def shown(request: Request, template: str, status: int = 200, **values: Any) -> Response:
    """A page as a response."""
    values = {"root": root_of(request), "path": request.url.path, **values}
    return HTMLResponse(rendered(template, values), status, HEADERS)


def root_of(request: Request) -> str:
    """The path prefix, if a proxy serves the service under one."""
    return str(request.scope.get("root_path", ""))


def is_secure(request: Request) -> bool:
    """Whether cookies are for TLS only: always, except if a browser uses plain HTTP on its own machine."""
    host = request.url.hostname or ""
    return request.url.scheme == "https" or not (host in LOCAL or host.startswith("127."))


def cookie_name(request: Request) -> str:
    """The name of the cookie; with this prefix, browsers bind it to this host and to TLS."""
    return f"__Host-{COOKIE}" if is_secure(request) else COOKIE


def signed_out(request: Request, response: Response) -> Response:
    """The response, with the session cookie deleted."""
    response.delete_cookie(cookie_name(request), path="/", secure=is_secure(request), httponly=True, samesite="strict")
    return response


def refuse_foreign(request: Request) -> None:
    """Refuse (`invalid-form`) a form sent by a page of another site, as far as the browser reports this."""
    site, origin = request.headers.get("sec-fetch-site"), request.headers.get("origin", "null")
    foreign = site not in (None, "same-origin", "none")
    if foreign or (origin != "null" and urlsplit(origin).netloc != request.headers.get("host", "")):
        raise Forbidden("invalid-form", "This form was sent from another site. Load the page again and repeat it.")


async def form_of(request: Request) -> dict[str, str]:
    """The fields of a form, read up to the size limit of a form."""
    parts, size = [], 0
    async for part in request.stream():
        size += len(part)
        if size > MOST_FORM_BYTES:
            raise Incorrect("too-large", f"A form may have {MOST_FORM_BYTES:,} bytes.")
        parts.append(part)
    try:
        return dict(parse_qsl(b"".join(parts).decode(), keep_blank_values=True, max_num_fields=MOST_FIELDS))
    except ValueError:
        raise Incorrect("invalid-input", "This is not a form.") from None
