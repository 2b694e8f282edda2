"""Signing in to the person's page with an OpenID Connect issuer: the authorization code flow with PKCE.

State, nonce and verifier are a sealed ticket that the browser keeps while the person is at the issuer; the person and
the tenant come only from the verified ID token.
"""

from __future__ import annotations

import asyncio
import base64
import hashlib
import secrets
from datetime import datetime, timedelta
from urllib.error import URLError
from urllib.parse import urlencode
from urllib.request import Request, urlopen

import orjson

from beliefgraph.errors import Forbidden, Unavailable
from beliefgraph.model.time import Clock
from beliefgraph.services.access.tokens import SignIn, Tokens
from beliefgraph.store.tickets import Tickets

PATIENCE = timedelta(minutes=10)
"""How long a person may take at the issuer."""

TIMEOUT_S = 5.0
MOST_BYTES = 65_536
"""Most bytes read of an issuer's answer."""

TOKEN_BYTES = 32


class Providers:
    """The issuers with which people sign in."""

    def __init__(self, tickets: Tickets, clock: Clock, tokens: Tokens | None) -> None:
        self._tickets = tickets
        self._clock = clock
        self._tokens = tokens
        self._known: dict[str, SignIn] = {} if tokens is None else tokens.signing_in

    @property
    def titles(self) -> list[str]:
        """The names of the issuers, in order."""
        return [each.title for each in self._known.values()]

    async def begin(self, number: int, back: str) -> tuple[str, str]:
        """The address at the issuer with this number, and the ticket for the browser; `back` is the return address.

        `invalid-link` if there is no such issuer.
        """
        if not 0 <= number < len(self._known):
            raise _invalid()
        name, found = list(self._known.items())[number]
        state, nonce, verifier = (secrets.token_urlsafe(TOKEN_BYTES) for _ in range(3))
        until = (self._clock.now() + PATIENCE).isoformat()
        kept = {"issuer": name, "state": state, "nonce": nonce, "verifier": verifier, "until": until, "back": back}
        asked = {
            "response_type": "code",
            "client_id": found.client,
            "redirect_uri": back,
            "scope": "openid",
            "state": state,
            "nonce": nonce,
            "code_challenge": _challenge(verifier),
            "code_challenge_method": "S256",
        }
        joined = "&" if "?" in found.authorize else "?"
        ticket = await asyncio.to_thread(self._tickets.seal, "authorization", kept)
        return f"{found.authorize}{joined}{urlencode(asked)}", ticket

    async def finish(self, ticket: str, state: str, code: str) -> tuple[str, str]:
        """The tenant and the person who returned from the issuer with a code.

        `invalid-link` if it is not the same browser, or it took too long; `unauthenticated` if the issuer's ID token is
        not valid; `issuer-unavailable` if it provides none.
        """
        kept = await asyncio.to_thread(self._tickets.unseal, "authorization", ticket)
        now = self._clock.now()
        if kept is None or (until := datetime.fromisoformat(kept["until"])) <= now:
            raise _invalid()
        found = self._known.get(kept["issuer"])
        same = secrets.compare_digest(kept["state"].encode(), state.encode("utf-8", "surrogatepass"))
        if not same or found is None or self._tokens is None:
            raise _invalid()
        if not await asyncio.to_thread(self._tickets.use, kept["state"], until, now):
            raise _invalid()
        given = {
            "grant_type": "authorization_code",
            "code": code,
            "redirect_uri": kept["back"],
            "client_id": found.client,
            "code_verifier": kept["verifier"],
        }
        token = await asyncio.to_thread(_exchanged, found.token, given)
        return await self._tokens.identifies(token, kept["issuer"], kept["nonce"])


def _challenge(verifier: str) -> str:
    """The code challenge that the issuer compares the verifier with, by RFC 7636."""
    return base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).decode().rstrip("=")


def _exchanged(address: str, given: dict[str, str]) -> str:
    """The ID token that the issuer returns for a code."""
    request = Request(address, urlencode(given).encode(), {"Accept": "application/json"})  # noqa: S310  checked
    try:
        with urlopen(request, timeout=TIMEOUT_S) as answer:  # noqa: S310
            return str(orjson.loads(answer.read(MOST_BYTES))["id_token"])
    except (URLError, OSError, ValueError, KeyError, TypeError):
        raise Unavailable("issuer-unavailable", "The issuer returned no token for this sign-in; try again.") from None


def _invalid() -> Forbidden:
    return Forbidden("invalid-link", "This sign-in was not started in this browser, or took too long. Start again.")
