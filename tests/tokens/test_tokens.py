"""Tokens of an issuer: what they grant, and all that is refused. The issuer is made here, with keys of its own."""

from __future__ import annotations

import base64
import hmac
import json
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from tests.conftest import StoppedClock
from tests.tokens.issuer import ISSUER, LocalIssuer
from tests.web.service import service
from tests.world import event

from beliefgraph.errors import BeliefgraphError
from beliefgraph.services.access.callers import Callers
from beliefgraph.services.access.tokens import AGAIN_S, FRESH_S, Tokens
from beliefgraph.store.graph import Graph
from beliefgraph.store.keys import Keyring


@pytest.fixture
def issuer(tmp_path: Path, tenant: str, clock: StoppedClock) -> LocalIssuer:
    return LocalIssuer(tmp_path, tenant, clock)


def callers_of(graph: Graph, issuer: LocalIssuer, ticks: Callable[[], float] = lambda: 0.0) -> Callers:
    return Callers(graph, issuer.clock, tokens=Tokens({ISSUER: issuer.issuer()}, issuer.clock, ticks))


def b64(content: bytes) -> bytes:
    return base64.urlsafe_b64encode(content).rstrip(b"=")


async def code(callers: Callers, token: str) -> str | None:
    """With what a token is refused; None if it is not."""
    try:
        await callers.authenticate(token)
    except BeliefgraphError as refused:
        return refused.code
    return None


async def test_a_token_makes_a_caller_of_its_claims(graph: Graph, issuer: LocalIssuer) -> None:
    callers = callers_of(graph, issuer)
    caller = await callers.authenticate(issuer.token(person="lena"), "care")
    assert (caller.actor, caller.tenant, caller.person) == ("shop", issuer.tenant, "lena")
    assert (caller.scopes, caller.purpose) == (("read", "write"), "care")
    made = await callers.create(issuer.tenant, "key", ["read"], ["care"])
    assert (await callers.authenticate(made.secret)).actor == "key"


async def test_everything_that_is_wrong_with_a_token_is_refused(graph: Graph, issuer: LocalIssuer) -> None:
    callers = callers_of(graph, issuer)
    soon, past = (int((issuer.clock.now() + timedelta(minutes=m)).timestamp()) for m in (2, -2))
    public = issuer.keys["first"].public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    stranger = rsa.generate_private_key(65537, 2048)
    whole = issuer.token()
    head, _, signature = whole.split(".")
    other_body = jwt.encode(issuer.claims(sub="admin"), "x" * 32, algorithm="HS256").split(".")[1]
    asked = b".".join(map(b64, (b'{"alg":"HS256","kid":"first"}', json.dumps(issuer.claims()).encode())))
    confused = b".".join((asked, b64(hmac.digest(public, asked, "sha256")))).decode()
    wrong = {
        "expired": issuer.token(exp=past),
        "never expires": issuer.token(exp=None),
        "not yet": issuer.token(nbf=soon),
        "another issuer": issuer.token(iss="https://evil.example"),
        "another audience": issuer.token(aud="another service"),
        "no audience": issuer.token(aud=None),
        "another tenant": issuer.token(tenant="elsewhere"),
        "no tenant": issuer.token(tenant=None),
        "no actor": issuer.token(sub=None),
        "no scope": issuer.token(scope="nonsense"),
        "no purpose": issuer.token(purposes=None),
        "a person that is no name": issuer.token(person=7),
        "none": jwt.encode(issuer.claims(), "", algorithm="none", headers={"kid": "first"}),
        "HS with the public key": confused,
        "another key": jwt.encode(issuer.claims(), stranger, algorithm="RS256", headers={"kid": "first"}),
        "another algorithm": jwt.encode(issuer.claims(), issuer.keys["first"], "RS512", headers={"kid": "first"}),
        "altered": f"{head}.{other_body}.{signature}",
        "cut short": whole[:-10],
        "unknown key": jwt.encode(issuer.claims(), stranger, algorithm="RS256", headers={"kid": "other"}),
        "nothing": "a.b.c",
    }
    assert await code(callers, whole) is None
    assert {what: await code(callers, token) for what, token in wrong.items()} == dict.fromkeys(
        wrong, "unauthenticated"
    )
    assert await code(Callers(graph, issuer.clock), whole) == "unauthenticated"


async def test_new_keys_of_the_issuer_are_known_and_those_it_took_back_are_refused(
    graph: Graph, issuer: LocalIssuer
) -> None:
    at = [0.0]
    callers = callers_of(graph, issuer, lambda: at[0])
    old = issuer.token()
    assert await code(callers, old) is None
    issuer.rotate("second")
    assert await code(callers, issuer.token("second")) == "unauthenticated"  # not read again at once
    at[0] += AGAIN_S
    assert await code(callers, issuer.token("second")) is None
    assert await code(callers, old) == "unauthenticated"
    issuer.rotate("third")
    assert await code(callers, issuer.token("second")) is None
    at[0] += FRESH_S
    assert await code(callers, issuer.token("second")) == "unauthenticated"


async def test_a_key_set_that_cannot_be_read_is_said_to_be_so(graph: Graph, issuer: LocalIssuer) -> None:
    callers, token = callers_of(graph, issuer), issuer.token()
    issuer.path.unlink()
    assert await code(callers, token) == "issuer-unavailable"


async def test_a_service_takes_tokens_beside_keys(
    graph: Graph, keyring: Keyring, clock: StoppedClock, tenant: str, issuer: LocalIssuer, tmp_path: Path
) -> None:
    named = tmp_path / "issuers.yaml"
    named.write_text(json.dumps({"issuers": [issuer.issuer().model_dump(mode="json")]}))
    async with service(graph, keyring, clock, tenant, issuers=named) as running:
        await running.define()
        (receipt,) = await running.stranger(issuer.token()).observe(event("1"))
        assert (receipt["status"], receipt["rev"]) == ("ACCEPTED", 1)
        answer = await running.stranger(issuer.token(tenant="elsewhere")).post({"query": "{ __typename }"})
        assert answer.json()["errors"][0]["extensions"]["code"] == "unauthenticated"
