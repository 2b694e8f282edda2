"""What a service needs where others can reach it: TLS or a proxy, and no request that can be read in two ways."""

from __future__ import annotations

import asyncio
import ssl
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path

import httpx2
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from tests.conftest import StoppedClock
from tests.web.service import Client, Service, service

from beliefgraph.config import Settings
from beliefgraph.errors import Incorrect
from beliefgraph.store.graph import Graph
from beliefgraph.store.keys import Keyring

HSTS = "strict-transport-security"


@pytest.fixture
def certificate(tmp_path: Path) -> tuple[Path, Path]:
    """A certificate for this machine that it signed itself, and its key."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "twins")])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number(), now, now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))]), critical=False)
        .sign(key, hashes.SHA256())
    )
    files = tmp_path / "certificate.pem", tmp_path / "key.pem"
    files[0].write_bytes(made.public_bytes(serialization.Encoding.PEM))
    files[1].write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )
    return files


async def test_with_a_certificate_it_speaks_tls_and_tells_browsers_to_insist(
    graph: Graph, keyring: Keyring, clock: StoppedClock, tenant: str, certificate: tuple[Path, Path]
) -> None:
    given = {"tls_certificate": certificate[0], "tls_key": certificate[1]}
    trust = ssl.create_default_context(cafile=str(certificate[0]))
    async with service(graph, keyring, clock, tenant, **given) as running, httpx2.AsyncClient(verify=trust) as http:
        assert running.url.startswith("https://")
        answer = await http.get(f"{running.url}/readyz")
        assert (answer.status_code, answer.headers[HSTS]) == (200, "max-age=31536000")


async def test_a_trusted_proxy_says_that_the_way_to_it_was_encrypted(
    graph: Graph, keyring: Keyring, clock: StoppedClock, tenant: str
) -> None:
    forwarded = {"x-forwarded-proto": "https", "x-forwarded-for": "203.0.113.7"}
    for trusted, told in (("127.0.0.1", True), ("", False)):
        async with service(graph, keyring, clock, tenant, trusted_proxies=trusted) as running:
            answer = await running.http.get(f"{running.url}/healthz", headers=forwarded)
            assert (HSTS in answer.headers) == told


@pytest.mark.parametrize(
    ("environ", "exposed"),
    [
        ({}, False),
        ({"BELIEFGRAPH_HOST": "127.0.0.2"}, False),
        ({"BELIEFGRAPH_HOST": "::1"}, False),
        ({"BELIEFGRAPH_HOST": "0.0.0.0"}, True),
        ({"BELIEFGRAPH_HOST": "::"}, True),
        ({"BELIEFGRAPH_HOST": "10.0.0.5"}, True),
        ({"BELIEFGRAPH_HOST": "0.0.0.0", "BELIEFGRAPH_TRUSTED_PROXIES": "10.0.0.1"}, False),
        ({"BELIEFGRAPH_HOST": "::", "BELIEFGRAPH_TLS_CERTIFICATE": "c", "BELIEFGRAPH_TLS_KEY": "k"}, False),
    ],
)
def test_it_is_exposed_where_it_listens_to_others_without_tls_and_without_a_proxy(
    environ: dict[str, str], exposed: bool
) -> None:
    assert Settings.from_environment(environ).exposed is exposed


def test_a_certificate_without_its_key_is_refused() -> None:
    with pytest.raises(Incorrect, match="together"):
        Settings.from_environment({"BELIEFGRAPH_TLS_CERTIFICATE": "c"})


INNER = "GET /healthz HTTP/1.1\r\nhost: x\r\n\r\n"
"""A request that an attacker hides in the body of another."""


@pytest.mark.parametrize(
    "headers",
    [
        "content-length: {size}\r\ntransfer-encoding: chunked\r\n",
        "transfer-encoding: chunked\r\ncontent-length: {size}\r\n",
        "content-length: 0\r\ncontent-length: {size}\r\n",
        "content-length: {size}, 0\r\n",
        "content-length: +{size}\r\n",
        "content-length: {size} 0\r\n",
        "content-length : {size}\r\n",
        "transfer-encoding: xchunked\r\n",
        "transfer-encoding: chunked, identity\r\n",
        "transfer-encoding: identity\r\ntransfer-encoding: chunked, gzip\r\n",
        "transfer-encoding : chunked\r\n",
        " transfer-encoding: chunked\r\n",
        "transfer-encoding:\x0bchunked\r\n",
        "x: y\n content-length: 0\r\n",
    ],
)
async def test_a_request_whose_end_can_be_read_in_two_ways_is_refused(
    served: Service, client: Client, headers: str
) -> None:
    body = f"0\r\n\r\n{INNER}"
    head = (
        f"POST /events HTTP/1.1\r\nhost: x\r\nauthorization: Bearer {client.secret}\r\n"
        f"content-type: application/cloudevents+json\r\n{headers.format(size=len(body))}\r\n"
    )
    host, port = served.url.removeprefix("http://").split(":")
    reader, writer = await asyncio.open_connection(host, int(port))
    writer.write((head + body).encode())
    writer.write_eof()
    async with asyncio.timeout(20):
        answer = await reader.read()
    writer.close()
    assert answer.startswith(b"HTTP/1.1 400 ")
    assert b"alive" not in answer
