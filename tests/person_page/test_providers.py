"""Signing in with an OpenID Connect issuer: its ID token says who it is, and only the browser that left comes in."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlencode

import httpx2
import pytest_asyncio
import yaml
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response
from starlette.routing import Route
from tests.conftest import StoppedClock
from tests.person_page.browser import Person, browser, lena_heard, text
from tests.tokens.issuer import LocalIssuer
from tests.web.service import Service, service

from beliefgraph.config import Settings
from beliefgraph.store.graph import Graph
from beliefgraph.store.keys import Keyring
from beliefgraph.web.server import serving

CLIENT = "the page"


class Login:
    """The endpoints of an issuer at which Lena is signed in already."""

    def __init__(self, issuer: LocalIssuer) -> None:
        self.issuer = issuer
        self.asked: dict[str, str] = {}
        self.claims: dict[str, Any] = {"person": "lena"}

    async def authorize(self, request: Request) -> Response:
        """Send the browser back with a code."""
        self.asked = dict(request.query_params)
        assert (self.asked["client_id"], self.asked["response_type"]) == (CLIENT, "code")
        back = {"code": "the code", "state": self.asked["state"]}
        return RedirectResponse(f"{self.asked['redirect_uri']}?{urlencode(back)}")

    async def token(self, request: Request) -> Response:
        """The ID token for the code, once and for whoever has the verifier."""
        given = dict(parse_qsl((await request.body()).decode()))
        digest = hashlib.sha256(given["code_verifier"].encode()).digest()
        challenge = base64.urlsafe_b64encode(digest).decode().rstrip("=")
        if (given["code"], challenge) != ("the code", self.asked.get("code_challenge")):
            return JSONResponse({"error": "invalid_grant"}, 400)
        claims = {"aud": CLIENT, "nonce": self.asked["nonce"], **self.claims}
        return JSONResponse({"id_token": self.issuer.token(**claims)})


@pytest_asyncio.fixture
async def here(
    graph: Graph, keyring: Keyring, clock: StoppedClock, tenant: str, tmp_path: Path
) -> AsyncIterator[tuple[Service, Login]]:
    """A service that people sign in to with a local issuer."""
    issuer = LocalIssuer(tmp_path, tenant, clock)
    login = Login(issuer)
    app = Starlette(
        routes=[Route("/authorize", login.authorize), Route("/token", login.token, methods=["POST"])],
    )
    async with serving(app, Settings(port=0)) as issuing:
        known = issuer.issuer().model_dump(mode="json")
        known["sign_in"] = {
            "client": CLIENT,
            "authorize": f"{issuing.url}/authorize",
            "token": f"{issuing.url}/token",
            "title": "Example account",
        }
        issuers = tmp_path / "issuers.yaml"
        issuers.write_text(yaml.safe_dump({"issuers": [known]}), encoding="utf-8")
        async with service(graph, keyring, clock, tenant, issuers=issuers) as running:
            await lena_heard(running)
            yield running, login


@asynccontextmanager
async def gone_and_back(running: Service) -> AsyncIterator[tuple[Person, httpx2.Response]]:
    """Somebody who follows the button of the issuer, and what they see when they are back."""
    async with browser(running) as person:
        assert "Example account" in await person.see("/me/sign-in")
        yield person, await person.http.get(f"{running.url}/me/sign-in/with/0")


async def test_a_person_signs_in_with_the_issuer_and_sees_their_page(here: tuple[Service, Login]) -> None:
    running, _ = here
    async with gone_and_back(running) as (person, back):
        assert "You are signed in" in text(back.text)
        assert "Signed in as lena" in text(await person.see("/me"))
        again = await person.http.get(str(back.url))
        assert (again.status_code, "invalid-link" in again.text) == (403, True)


async def test_a_token_that_names_nobody_here_or_answers_another_sign_in_is_refused(
    here: tuple[Service, Login],
) -> None:
    running, login = here
    for wrong in (
        {"person": None},
        {"person": "lena", "nonce": "another"},
        {"person": "lena", "aud": "beliefgraph"},
        {"person": "lena", "tenant": "elsewhere"},
        {"person": "lena", "iss": "https://evil.example"},
    ):
        login.claims = wrong
        async with gone_and_back(running) as (person, back):
            assert back.status_code == 401, wrong
            await person.see("/me", 401)


async def test_only_the_browser_that_left_comes_in(here: tuple[Service, Login]) -> None:
    running, login = here
    async with browser(running) as person, browser(running) as thief:
        person.http.follow_redirects = thief.http.follow_redirects = False
        left = await person.http.get(f"{running.url}/me/sign-in/with/0")
        answered = (await person.http.get(left.headers["location"])).headers["location"]
        assert (await thief.http.get(answered)).status_code == 403
        altered = answered.replace(login.asked["state"], "another")
        assert (await person.http.get(altered)).status_code == 403
        assert (await person.http.get(f"{running.url}/me/sign-in/with/7")).status_code == 403
        no_code = await person.http.get(answered.replace("the+code", "guessed"))
        assert (no_code.status_code, "issuer-unavailable" in no_code.text) == (503, True)
