"""The ports of a local Neo4j: the requested ones, else those of its last start, else free ones."""

from __future__ import annotations

import socket

from beliefgraph.errors import Conflict
from beliefgraph.local.config import HOST
from beliefgraph.local.data_dir import Ports

WELL_KNOWN = Ports(bolt=7687, http=7474)


def choose_ports(asked_bolt: int | None, asked_http: int | None, remembered: Ports | None) -> Ports:
    """The ports for this start; a requested or remembered port that is in use is an error.

    `None` requests the remembered port, before the first start Neo4j's default port if it is free; 0 requests any free
    port.
    """
    return Ports(
        bolt=_choose("Bolt", asked_bolt, remembered.bolt if remembered else None, WELL_KNOWN.bolt),
        http=_choose("HTTP", asked_http, remembered.http if remembered else None, WELL_KNOWN.http),
    )


def is_free(port: int) -> bool:
    """Whether a server could listen on this loopback port now."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
        except OSError:
            return False
        return True


def port_taken(protocol: str, port: int) -> Conflict:
    """The error for a port that is in use."""
    return Conflict(
        "port-taken",
        f"The {protocol} port {port} is taken by another program. Stop that program, or choose another port "
        f"(--{protocol.lower()}-port; 0 finds a free one).",
        port=port,
    )


def _choose(protocol: str, asked: int | None, remembered: int | None, well_known: int) -> int:
    if asked == 0:
        return _any_free()
    wanted = asked or remembered
    if wanted is None:
        return well_known if is_free(well_known) else _any_free()
    if not is_free(wanted):
        raise port_taken(protocol, wanted)
    return wanted


def _any_free() -> int:
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        port = probe.getsockname()[1]
        assert isinstance(port, int)
        return port
