"""An issuer of tokens with keys of its own."""

from __future__ import annotations

import json
from datetime import timedelta
from pathlib import Path
from typing import Any

import jwt
from cryptography.hazmat.primitives.asymmetric import rsa
from tests.conftest import StoppedClock

from beliefgraph.services.access.tokens import Issuer

ISSUER, AUDIENCE = "https://login.example", "beliefgraph"


class LocalIssuer:
    """An issuer with a key set in a file."""

    def __init__(self, folder: Path, tenant: str, clock: StoppedClock) -> None:
        self.path, self.tenant, self.clock = folder / "jwks.json", tenant, clock
        self.keys: dict[str, rsa.RSAPrivateKey] = {}
        self.rotate("first")

    def rotate(self, kid: str) -> None:
        """Have one key, of this id."""
        self.keys[kid] = rsa.generate_private_key(65537, 2048)
        public = json.loads(jwt.algorithms.RSAAlgorithm.to_jwk(self.keys[kid].public_key()))
        self.path.write_text(json.dumps({"keys": [{**public, "kid": kid, "alg": "RS256", "use": "sig"}]}))

    def claims(self, **changes: Any) -> dict[str, Any]:
        """What a token says."""
        now = self.clock.now()
        said = {
            "iss": ISSUER,
            "aud": AUDIENCE,
            "sub": "shop",
            "tenant": self.tenant,
            "scope": "read write nonsense",
            "purposes": ["care"],
            "exp": int((now + timedelta(minutes=5)).timestamp()),
        }
        return {key: value for key, value in {**said, **changes}.items() if value is not None}

    def token(self, kid: str = "first", **changes: Any) -> str:
        """A token that this issuer signed."""
        return jwt.encode(self.claims(**changes), self.keys[kid], algorithm="RS256", headers={"kid": kid})

    def issuer(self) -> Issuer:
        """How the service is told of it."""
        return Issuer(issuer=ISSUER, audience=AUDIENCE, jwks=str(self.path), tenants=(self.tenant,))
