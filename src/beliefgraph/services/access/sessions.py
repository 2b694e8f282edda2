"""Signing in to the person's page: links that a service issues, and sessions that act with the person's own rights.

A link and a session are tickets held by the browser; nothing is stored about them except that a link was used.
"""

from __future__ import annotations

import asyncio
import secrets
from datetime import datetime, timedelta

from pydantic import ValidationError

from beliefgraph.errors import Forbidden
from beliefgraph.model.caller import Caller, Log, Scope
from beliefgraph.model.record import normalised
from beliefgraph.model.session import Session, SignInLink
from beliefgraph.model.time import Clock
from beliefgraph.services.access.providers import Providers
from beliefgraph.services.access.scope import reach
from beliefgraph.services.access.tokens import Tokens
from beliefgraph.store.tickets import Tickets

SIGN_IN = "/me/sign-in"
"""The path of a link."""

SCOPES: tuple[Scope, ...] = ("read", "write", "correct", "erase")
"""What a person may do on their page: everything that their own key could."""

ACTOR = "person"
PURPOSE = "own-page"
"""The actor of what is done on the page, in commits and the access log."""

TOKEN_BYTES = 24


class Sessions:
    """Issues links, and converts them into sessions, and sessions into callers."""

    def __init__(
        self,
        tickets: Tickets,
        clock: Clock,
        *,
        link_lifetime: float,
        session_lifetime: float,
        log: Log | None = None,
        tokens: Tokens | None = None,
    ) -> None:
        self._tickets = tickets
        self._clock = clock
        self._link_lifetime = timedelta(seconds=link_lifetime)
        self._session_lifetime = timedelta(seconds=session_lifetime)
        self._log = log
        self.providers = Providers(tickets, clock, tokens)

    async def invite(self, caller: Caller, twin: str) -> SignInLink:
        """A link by which the person of a twin signs in once; needs the scope `invite` and a service's key.

        The person sees in their access log that it was issued.
        """
        caller.require_service()
        reach(caller.asking("invite"), twin, "invite")
        until = self._clock.now() + self._link_lifetime
        content = {"id": _token(), "tenant": caller.tenant, "person": normalised(twin), "until": until.isoformat()}
        ticket = await asyncio.to_thread(self._tickets.seal, "link", content)
        return SignInLink(path=f"{SIGN_IN}?link={ticket}", expires_at=until)

    async def redeem(self, link: str) -> Session:
        """The session for a link; `invalid-link` if it was altered, expired or used before."""
        found = await asyncio.to_thread(self._tickets.unseal, "link", link)
        now = self._clock.now()
        if found is None or (until := datetime.fromisoformat(found["until"])) <= now:
            raise _invalid_link()
        if not await asyncio.to_thread(self._tickets.use, found["id"], until, now):
            raise _invalid_link()
        return self.begin(found["tenant"], found["person"])

    def begin(self, tenant: str, person: str) -> Session:
        """A new session of an authenticated person."""
        return Session(
            id=_token(),
            tenant=tenant,
            person=person,
            token=_token(),
            expires_at=self._clock.now() + self._session_lifetime,
        )

    async def ticket(self, session: Session) -> str:
        """The session as a ticket for the browser."""
        return await asyncio.to_thread(self._tickets.seal, "session", session.model_dump(mode="json"))

    async def resume(self, ticket: str) -> Session | None:
        """The session in a browser's ticket; None if it was altered or has ended."""
        found = await asyncio.to_thread(self._tickets.unseal, "session", ticket)
        try:
            session = None if found is None else Session.model_validate(found)
        except ValidationError:
            return None
        return None if session is None or session.expires_at <= self._clock.now() else session

    def caller(self, session: Session, request_id: str) -> Caller:
        """The person as a caller, with rights on their own twin only."""
        return Caller(
            actor=ACTOR,
            tenant=session.tenant,
            scopes=SCOPES,
            purpose=PURPOSE,
            person=session.person,
            request_id=request_id,
            key=f"session-{session.id}",
            log=self._log,
        )


def refuse_forged(session: Session, token: str) -> None:
    """Refuse (`invalid-form`) a form without the session's own token: another site may have sent it."""
    if not secrets.compare_digest(session.token.encode(), token.encode("utf-8", "surrogatepass")):
        raise Forbidden("invalid-form", "This form does not belong to your session. Load the page again and repeat it.")


def _token() -> str:
    return secrets.token_urlsafe(TOKEN_BYTES)


def _invalid_link() -> Forbidden:
    return Forbidden("invalid-link", "This link has expired, was used before or was altered. Ask for a new one.")
