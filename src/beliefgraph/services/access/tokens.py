"""Bearer tokens of OpenID Connect issuers: the caller that verified claims describe.

Issuer, audience, expiry and an asymmetric signature are required. Public keys come from the issuer's key set (JWKS),
which is read again, with a minimum interval, when a token names an unknown key: the issuer has new ones.
"""

from __future__ import annotations

import asyncio
import hashlib
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, TypeVar

import jwt
import yaml
from pydantic import Field, ValidationError

from beliefgraph.errors import Forbidden, Incorrect, Unavailable
from beliefgraph.model.caller import ApiKey, Scope
from beliefgraph.model.record import Key, Record
from beliefgraph.model.time import Clock
from beliefgraph.model.vocabulary import values_of

T = TypeVar("T")

ALGORITHMS = ("RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA")
"""Signatures with a public key. `none`, and those with a shared secret (HS256), are never accepted."""

OPTIONS: Any = {
    "require": ["exp", "iss", "aud"],
    "verify_exp": False,
    "verify_nbf": False,
    "verify_iat": False,
}
"""Times are compared here, with the service's own clock."""

LEEWAY_S = 30.0
"""Seconds by which the issuer's clock may differ from ours."""

AGAIN_S = 10.0
"""Seconds before the key set is read again for a key that it does not have."""

FRESH_S = 3_600.0
"""Seconds after which it is read again in any case, so that keys that the issuer revoked end."""


REMOTE = ("https://", "http://127.0.0.1:", "http://localhost:")
"""Prefixes of URLs; a key set at any other address is the path of a file."""


class SignIn(Record):
    """The issuer's endpoints for the authorization code flow, and this service's client id there: a public client."""

    client: str = Field(min_length=1, description="Client id of the person's page at the issuer.")
    authorize: str = Field(min_length=1, description="Address of its authorization endpoint.")
    token: str = Field(min_length=1, description="Address of its token endpoint.")
    title: str = Field(min_length=1, max_length=100, description="What it is called on the button.")

    def model_post_init(self, _context: object) -> None:
        """Refuse endpoints that are not encrypted, except on this machine."""
        for address in (self.authorize, self.token):
            if not address.startswith(REMOTE):
                raise Incorrect("invalid-input", f"{address!r} is not an https:// address.", address=address)


class Issuer(Record):
    """Which tokens are accepted, and the claims that describe the caller."""

    issuer: str = Field(min_length=1, description="The `iss` of its tokens.")
    audience: str = Field(min_length=1, description="The `aud` that tokens for this service have.")
    jwks: str = Field(min_length=1, description="Address, or path of a file, of its key set (JWKS).")
    actor: str = Field("sub", description="Claim with the name of the caller.")
    tenant: str = Field("tenant", description="Claim with the tenant.")
    tenants: tuple[Key, ...] = Field(min_length=1, description="Tenants that this issuer may speak for.")
    scopes: str = Field("scope", description="Claim with the scopes, as a list or separated by blanks.")
    purposes: str = Field("purposes", description="Claim with the purposes, as a list or separated by blanks.")
    person: str = Field("person", description="Claim with the name of the twin whose person calls.")
    sign_in: SignIn | None = Field(
        None, description="How people sign in to their own page with this issuer; null: they cannot."
    )


class Tokens:
    """The issuers whose tokens are accepted."""

    def __init__(
        self, issuers: Mapping[str, Issuer], clock: Clock, ticks: Callable[[], float] = time.monotonic
    ) -> None:
        self._issuers = issuers
        self._clock = clock
        self._ticks = ticks
        self._sets: dict[str, tuple[float, dict[str, jwt.PyJWK]]] = {}

    @staticmethod
    def is_token(secret: str) -> bool:
        """Whether a bearer secret is a token, and not an API key."""
        return secret.count(".") == 2

    @property
    def signing_in(self) -> dict[str, SignIn]:
        """How people sign in to their own page, by the names of the available issuers."""
        return {name: issuer.sign_in for name, issuer in self._issuers.items() if issuer.sign_in is not None}

    async def grants(self, token: str) -> ApiKey:
        """What a token grants, in the form of a key; `unauthenticated` unless everything about it is verified."""
        return await self._verified(token, lambda issuer: issuer.audience, self._granted)

    async def identifies(self, token: str, name: str, nonce: str) -> tuple[str, str]:
        """The tenant and the person that an issuer's ID token names; `unauthenticated` unless it is verified.

        It must be for the page's own client there, and have the nonce of the sign-in that it answers.
        """

        def identified(issuer: Issuer, claims: Mapping[str, Any]) -> tuple[str, str]:
            if issuer.issuer != name or claims.get("nonce") != nonce:
                raise _refused()
            person = claims.get(issuer.person)
            if not isinstance(person, str) or not person:
                raise _refused()
            return self._tenant(issuer, claims), person

        return await self._verified(token, lambda issuer: issuer.sign_in.client if issuer.sign_in else "", identified)

    async def _verified(
        self,
        token: str,
        audience: Callable[[Issuer], str],
        read: Callable[[Issuer, Mapping[str, Any]], T],
    ) -> T:
        """The claims of a token, once everything about it is verified."""
        try:
            header = jwt.get_unverified_header(token)
            named = jwt.decode(token, options={"verify_signature": False}).get("iss")
            issuer = self._issuers.get(named) if isinstance(named, str) else None
            if issuer is None or header.get("alg") not in ALGORITHMS:
                raise _refused()
            key = await self._key(issuer, str(header.get("kid", "")))
            if key is None or key.algorithm_name != header["alg"]:
                raise _refused()
            claims = jwt.decode(
                token,
                key,
                algorithms=[key.algorithm_name],
                audience=audience(issuer),
                issuer=issuer.issuer,
                options=OPTIONS,
            )
            self._refuse_untimely(claims)
            return read(issuer, claims)
        except (jwt.PyJWTError, ValidationError, ValueError, TypeError):
            raise _refused() from None

    def _refuse_untimely(self, claims: Mapping[str, Any]) -> None:
        now = self._clock.now().timestamp()
        if float(claims["exp"]) + LEEWAY_S <= now or float(claims.get("nbf", now)) > now + LEEWAY_S:
            raise _refused()

    def _tenant(self, issuer: Issuer, claims: Mapping[str, Any]) -> str:
        tenant = claims.get(issuer.tenant)
        if tenant not in issuer.tenants:
            raise _refused()
        return str(tenant)

    def _granted(self, issuer: Issuer, claims: Mapping[str, Any]) -> ApiKey:
        known = values_of(Scope)
        actor = str(claims[issuer.actor]) if issuer.actor in claims else ""
        return ApiKey(
            id=hashlib.sha256(f"{issuer.issuer} {actor}".encode()).hexdigest()[:32],
            tenant=self._tenant(issuer, claims),
            actor=actor,
            scopes=tuple(scope for scope in known if scope in _listed(claims.get(issuer.scopes))),
            purposes=tuple(_listed(claims.get(issuer.purposes))),
            person=claims.get(issuer.person),
            created_at=self._clock.now(),
        )

    async def _key(self, issuer: Issuer, kid: str) -> jwt.PyJWK | None:
        """The issuer's key with that id; the key set is read again if it is not known."""
        read_at, keys = self._sets.get(issuer.issuer, (-FRESH_S, {}))
        age = self._ticks() - read_at
        if age >= FRESH_S or (kid not in keys and age >= AGAIN_S):
            keys = await asyncio.to_thread(_read, issuer.jwks)
            self._sets[issuer.issuer] = self._ticks(), keys
        return keys.get(kid)


def read_issuers(path: Path) -> dict[str, Issuer]:
    """The issuers in a YAML file, by name; `invalid-input` names the error."""
    try:
        found = [Issuer.model_validate(each) for each in yaml.safe_load(path.read_text(encoding="utf-8"))["issuers"]]
    except ValidationError as error:
        wrong = error.errors(include_url=False, include_input=False)[0]
        place = ".".join(str(part) for part in wrong["loc"])
        raise Incorrect("invalid-input", f"{path}: {place}: {wrong['msg']}.", path=str(path)) from None
    except (OSError, UnicodeDecodeError, yaml.YAMLError, KeyError, TypeError) as error:
        raise Incorrect("invalid-input", f"The issuers in {path} cannot be read: {error}.", path=str(path)) from None
    return {issuer.issuer: issuer for issuer in found}


def _read(address: str) -> dict[str, jwt.PyJWK]:
    """A key set, by key id, without keys that are not public signature keys."""
    try:
        if address.startswith(REMOTE):
            sets = jwt.PyJWKClient(address, cache_jwk_set=False, timeout=5).get_jwk_set().keys
        else:
            sets = jwt.PyJWKSet.from_json(Path(address).read_text(encoding="utf-8")).keys
    except (jwt.PyJWTError, OSError, ValueError):
        raise Unavailable(
            "issuer-unavailable", "The key set of the token's issuer cannot be read now; try again."
        ) from None
    return {key.key_id: key for key in sets if key.key_id and key.algorithm_name in ALGORITHMS}


def _listed(claim: object) -> list[str]:
    if isinstance(claim, str):
        return claim.split()
    return [each for each in claim if isinstance(each, str)] if isinstance(claim, list) else []


def _refused() -> Forbidden:
    return Forbidden("unauthenticated", "The token is not valid: expired, altered, or of another issuer or tenant.")
