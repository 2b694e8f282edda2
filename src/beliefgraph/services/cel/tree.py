"""The syntax tree of an expression. `at` is the position of a node in the text, from 0."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal, TypeAlias

LoopKind = Literal["all", "exists", "exists_one", "filter", "map"]


@dataclass(frozen=True, slots=True)
class Constant:
    """A literal."""

    at: int
    value: object


@dataclass(frozen=True, slots=True)
class Name:
    """A variable."""

    at: int
    name: str


@dataclass(frozen=True, slots=True)
class Field:
    """A field of a map, `of.field`; with `test`, whether it exists: `has(of.field)`."""

    at: int
    of: Node
    field: str
    test: bool = False


@dataclass(frozen=True, slots=True)
class Call:
    """A function or an operator with its arguments; the target of a method comes first."""

    at: int
    function: str
    arguments: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class ListOf:
    """A list literal."""

    at: int
    items: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class MapOf:
    """A map literal."""

    at: int
    entries: tuple[tuple[Node, Node], ...]


@dataclass(frozen=True, slots=True)
class Loop:
    """A macro that evaluates `body` for every element of `over`; `condition` is the `if` of `map(x, if, then)`."""

    at: int
    kind: LoopKind
    over: Node
    variable: str
    body: Node
    condition: Node | None = None


Node: TypeAlias = Constant | Name | Field | Call | ListOf | MapOf | Loop


def children(node: Node) -> tuple[Node, ...]:
    """The nodes directly below a node."""
    match node:
        case Field():
            return (node.of,)
        case Call():
            return node.arguments
        case ListOf():
            return node.items
        case MapOf():
            return tuple(each for entry in node.entries for each in entry)
        case Loop():
            return (node.over, *((node.condition,) if node.condition is not None else ()), node.body)
        case _:
            return ()


def walk(node: Node) -> Iterator[Node]:
    """A node and all below it."""
    waiting = [node]
    while waiting:
        here = waiting.pop()
        yield here
        waiting.extend(children(here))


def size(node: Node) -> int:
    """The number of nodes of a tree."""
    return sum(1 for _ in walk(node))
