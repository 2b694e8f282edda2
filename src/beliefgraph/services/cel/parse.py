"""From text to a syntax tree: the grammar of CEL (https://github.com/google/cel-spec), without messages."""

from __future__ import annotations

import re
from typing import Literal, NamedTuple, NoReturn

from beliefgraph.services.cel.tree import Call, Constant, Field, ListOf, Loop, LoopKind, MapOf, Name, Node
from beliefgraph.services.cel.values import Uint

MAX_DEPTH = 60
"""Most parentheses, brackets and prefix operators open at once."""

MAX_CHAIN = 250
"""Most operators, fields and calls in a row on one level: `a + b + …`, `a.b.c…`."""

_TOKEN = re.compile(
    r"""(?P<blank>(?:[\s]|//[^\n]*)+)
      | (?P<string>(?:[rR][bB]?|[bB][rR]?)?(?:\"\"\"(?:\\.|[^\\])*?\"\"\"|'''(?:\\.|[^\\])*?'''
            |"(?:\\.|[^"\\\r\n])*"|'(?:\\.|[^'\\\r\n])*'))
      | (?P<double>(?:\d+\.\d+(?:[eE][+-]?\d+)?|\d+[eE][+-]?\d+|\.\d+(?:[eE][+-]?\d+)?))
      | (?P<int>(?:0[xX][0-9a-fA-F]+|\d+)[uU]?)
      | (?P<name>[A-Za-z_]\w*)
      | (?P<operator>&&|\|\||==|!=|<=|>=|[-+*/%<>!?:.,()\[\]{}])""",
    re.VERBOSE | re.DOTALL | re.ASCII,
)
_RAW_STRING = re.compile(
    r"""(?:[rR][bB]?|[bB][rR])(?:\"\"\".*?\"\"\"|'''.*?'''|"[^"\r\n]*"|'[^'\r\n]*')""", re.VERBOSE | re.DOTALL
)
_ESCAPE = re.compile(r"\\(?:[0-3][0-7]{2}|[xX][0-9a-fA-F]{2}|u[0-9a-fA-F]{4}|U[0-9a-fA-F]{8}|.)", re.DOTALL)
_PLAIN_ESCAPES = {
    **{c: c for c in "\\\"'`?"},
    **{"a": "\a", "b": "\b", "f": "\f", "n": "\n", "r": "\r", "t": "\t", "v": "\v"},
}

_BINARY = {
    **{"||": 1, "&&": 2},
    **dict.fromkeys(("==", "!=", "<", "<=", ">", ">=", "in"), 3),
    **dict.fromkeys(("+", "-"), 4),
    **dict.fromkeys(("*", "/", "%"), 5),
}
"""Every binary operator, with its precedence."""

_LITERALS = {"true": True, "false": False, "null": None}
_LOOPS: dict[str, LoopKind] = {
    **{"all": "all", "exists": "exists", "exists_one": "exists_one", "existsOne": "exists_one"},
    **{"filter": "filter", "map": "map"},
}
_LARGEST_INT = 2**63 - 1
_LARGEST_UINT = 2**64 - 1


class NotCelError(Exception):
    """A text is not a CEL expression; the message says why, and at which column."""


class _Token(NamedTuple):
    kind: Literal["string", "double", "int", "name", "operator", "end"]
    text: str
    at: int


def parse(text: str) -> Node:
    """The tree of an expression, or `NotCelError`."""
    parser = _Parser(text)
    tree = parser.expression()
    if parser.here.kind != "end":
        parser.fail(f"{parser.here.text!r} is not expected here")
    return tree


def column(text: str, at: int) -> str:
    """A position in a text, as text: its column, and its line if there are several."""
    line = text.count("\n", 0, at) + 1
    place = f"column {at - (text.rfind(chr(10), 0, at) + 1) + 1}"
    return place if "\n" not in text else f"line {line}, {place}"


class _Parser:
    def __init__(self, text: str) -> None:
        self.text = text
        self.tokens = self._tokens(text)
        self.place = 0
        self.depth = 0

    @property
    def here(self) -> _Token:
        return self.tokens[self.place]

    def failure(self, why: str, at: int) -> NotCelError:
        return NotCelError(f"{why} (at {column(self.text, at)})")

    def fail(self, why: str, at: int | None = None) -> NoReturn:
        raise self.failure(why, self.here.at if at is None else at)

    def expression(self) -> Node:
        """A whole expression, with `? :`."""
        self._deeper()
        condition = self._operation(1)
        if self._takes("?"):
            at = condition.at
            then = self._operation(1)
            self._require(":")
            condition = Call(at, "?:", (condition, then, self.expression()))
        self.depth -= 1
        return condition

    def _operation(self, binding: int) -> Node:
        left, chain = self._unary(), 0
        while (bound := _BINARY.get(self.here.text, 0)) >= binding and self.here.kind in ("operator", "name"):
            operator, chain = self._next(), self._longer(chain)
            left = Call(operator.at, operator.text, (left, self._operation(bound + 1)))
        return left

    def _unary(self) -> Node:
        token = self.here
        if token.kind == "operator" and token.text in ("!", "-"):
            self._next()
            if token.text == "-" and self.here.kind in ("int", "double"):
                return self._members(self._number(self._next(), -1))
            self._deeper()
            operand = self._unary()
            self.depth -= 1
            return Call(token.at, "!" if token.text == "!" else "neg", (operand,))
        return self._members(self._primary())

    def _members(self, node: Node) -> Node:
        chain = 0
        while self.here.kind == "operator" and self.here.text in (".", "["):
            token, chain = self._next(), self._longer(chain)
            if token.text == "[":
                node = Call(token.at, "[]", (node, self.expression()))
                self._require("]")
                continue
            name = self._name()
            if not self._takes("("):
                node = Field(name.at, node, name.text)
            elif name.text in _LOOPS:
                node = self._loop(name, _LOOPS[name.text], node)
            else:
                node = Call(name.at, name.text, (node, *self._list(")")))
        return node

    def _loop(self, name: _Token, kind: LoopKind, over: Node) -> Node:
        variable = self.here
        arguments = self._list(")")
        if not isinstance(arguments[0] if arguments else None, Name):
            self.fail(f"{name.text} begins with a name for the element", variable.at)
        if len(arguments) == 3 and kind == "map":
            return Loop(name.at, kind, over, variable.text, arguments[2], arguments[1])
        if len(arguments) != 2:
            self.fail(f"{name.text} takes a name for the element and an expression", name.at)
        return Loop(name.at, kind, over, variable.text, arguments[1])

    def _primary(self) -> Node:
        token = self._next()
        if token.kind == "string":
            return Constant(token.at, self._string(token))
        if token.kind in ("int", "double"):
            return self._number(token, 1)
        if token.kind == "name":
            return self._named(token)
        if token.text == "(":
            inner = self.expression()
            self._require(")")
            return inner
        if token.text == "[":
            return ListOf(token.at, self._list("]"))
        if token.text == "{":
            return MapOf(token.at, self._entries())
        why = "it ends too early" if token.kind == "end" else f"{token.text!r} is not expected here"
        raise self.failure(why, token.at)

    def _named(self, token: _Token) -> Node:
        if token.text in _LITERALS:
            return Constant(token.at, _LITERALS[token.text])
        if token.text == "in":
            self.fail("'in' needs something before it", token.at)
        if not self._takes("("):
            return Name(token.at, token.text)
        arguments = self._list(")")
        return self._has(token, arguments) if token.text == "has" else Call(token.at, token.text, arguments)

    def _has(self, name: _Token, arguments: tuple[Node, ...]) -> Node:
        if len(arguments) != 1 or not isinstance(arguments[0], Field) or arguments[0].test:
            self.fail("has takes a field, as in has(data.name)", name.at)
        return Field(arguments[0].at, arguments[0].of, arguments[0].field, test=True)

    def _list(self, close: str) -> tuple[Node, ...]:
        found: list[Node] = []
        while not self._takes(close):
            found.append(self.expression())
            if not self._takes(","):
                self._require(close)
                break
        return tuple(found)

    def _entries(self) -> tuple[tuple[Node, Node], ...]:
        found: list[tuple[Node, Node]] = []
        while not self._takes("}"):
            key = self.expression()
            self._require(":")
            found.append((key, self.expression()))
            if not self._takes(","):
                self._require("}")
                break
        return tuple(found)

    def _number(self, token: _Token, sign: int) -> Node:
        if token.kind == "double":
            return Constant(token.at, sign * float(token.text))
        digits, unsigned = token.text.rstrip("uU"), token.text[-1] in "uU"
        value = int(digits, 16 if digits[:2] in ("0x", "0X") else 10)
        if (unsigned and (sign < 0 or value > _LARGEST_UINT)) or (not unsigned and value > _LARGEST_INT + (sign < 0)):
            self.fail(f"{token.text} is not a number that fits into 64 bits", token.at)
        return Constant(token.at, Uint(value) if unsigned else sign * value)

    def _string(self, token: _Token) -> str | bytes:
        quote = min(at for at in (token.text.find('"'), token.text.find("'")) if at >= 0)
        prefix, body = token.text[:quote].lower(), token.text[quote:]
        body = body[3:-3] if body[:3] in ('"""', "'''") else body[1:-1]
        if "b" not in prefix:
            return body if "r" in prefix else _ESCAPE.sub(lambda found: self._escaped(found, token), body)
        if "r" in prefix:
            return body.encode()
        parts, end = [], 0
        for found in _ESCAPE.finditer(body):
            parts += [body[end : found.start()].encode(), self._escaped_byte(found, token)]
            end = found.end()
        return b"".join([*parts, body[end:].encode()])

    def _escaped(self, found: re.Match[str], token: _Token) -> str:
        after = found[0][1:]
        if after in _PLAIN_ESCAPES:
            return _PLAIN_ESCAPES[after]
        code = self._code(after)
        if code is None or code > 0x10FFFF or 0xD800 <= code < 0xE000:
            self.fail(f"{found[0]!r} is no escape", token.at)
        return chr(code)

    def _escaped_byte(self, found: re.Match[str], token: _Token) -> bytes:
        code = self._code(found[0][1:])
        if code is not None and len(found[0]) == 4:
            return bytes((code,))
        return self._escaped(found, token).encode()

    @staticmethod
    def _code(after: str) -> int | None:
        if after[0] in "xXuU" and len(after) > 1:
            return int(after[1:], 16)
        return int(after, 8) if len(after) == 3 else None

    def _name(self) -> _Token:
        token = self._next()
        if token.kind != "name":
            self.fail("a name must follow the point", token.at)
        return token

    def _next(self) -> _Token:
        token = self.here
        if token.kind != "end":
            self.place += 1
        return token

    def _takes(self, text: str) -> bool:
        taken = self.here.kind == "operator" and self.here.text == text
        self.place += taken
        return taken

    def _require(self, text: str) -> None:
        if not self._takes(text):
            found = "it ends" if self.here.kind == "end" else f"there is {self.here.text!r}"
            self.fail(f"{text!r} is expected, and {found}")

    def _deeper(self) -> None:
        self.depth += 1
        if self.depth > MAX_DEPTH:
            self.fail(f"it is nested deeper than {MAX_DEPTH} levels")

    def _longer(self, chain: int) -> int:
        if chain >= MAX_CHAIN:
            self.fail(f"it has more than {MAX_CHAIN} operators in a row")
        return chain + 1

    def _tokens(self, text: str) -> list[_Token]:
        found: list[_Token] = []
        at = 0
        while at < len(text):
            match = _RAW_STRING.match(text, at)
            kind = "string" if match else None
            if match is None:
                match = _TOKEN.match(text, at)
                kind = match.lastgroup if match else None
            if match is None or kind is None:
                raise NotCelError(f"{text[at]!r} is no part of CEL (at {column(text, at)})")
            if kind != "blank":
                found.append(_Token(kind, match[0], at))  # type: ignore[arg-type]
            at = match.end()
        return [*found, _Token("end", "", len(text))]
