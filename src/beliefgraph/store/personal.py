"""Texts of personal attributes: sealed where they are stored, opened where records are built from rows.

A sealed text begins with a mark that is refused in text from outside. The same text of the same twin is always sealed
alike, so that queries can compare it; once the twin's key is destroyed it is unreadable.
"""

from __future__ import annotations

from typing import Any, Protocol

from beliefgraph.errors import Fault
from beliefgraph.model.belief import ANYONE, ANYWHERE, Belief, BeliefKey

MARK = "\x1e"
"""Control characters are refused in every name and text from outside."""

TEXTS = ("subject", "context", "value", "statement")
"""The fields of a belief that are sealed if its attribute is personal."""

COMMON = frozenset((ANYONE, ANYWHERE))
"""Subjects and contexts that carry no information and are stored unsealed."""

SHOWN = "sealed"
"""What Neo4j Browser shows instead of a sealed text."""


def is_sealed(text: object) -> bool:
    """Whether a stored value is a sealed text."""
    return isinstance(text, str) and text.startswith(MARK)


class TextKeys(Protocol):
    """Seals short texts with the key of a twin."""

    def seal_text(self, twin_id: str, text: str) -> str:
        """Seal a text for `open_text`; the same text is always sealed alike."""
        ...

    def open_text(self, twin_id: str, sealed: str) -> str:
        """The text that was sealed for this twin."""
        ...

    def has_key(self, twin_id: str) -> bool:
        """Whether the twin has a key."""
        ...


class NoKeys:
    """For a database without a keyring: nothing can be sealed or opened."""

    def seal_text(self, twin_id: str, text: str) -> str:
        """Refuse (`key-missing`)."""
        del text
        raise Fault("key-missing", "The keys of this database were not named.", twin=twin_id)

    open_text = seal_text

    def has_key(self, twin_id: str) -> bool:
        """No twin has one."""
        del twin_id
        return False


class PersonalTexts:
    """Seals and opens texts of personal attributes with the keys of their twins."""

    def __init__(self, keys: TextKeys | None = None) -> None:
        self._keyring = keys or NoKeys()

    def seal(self, twin: str, text: str) -> str:
        """A text in its stored form."""
        return MARK + self._keyring.seal_text(twin, text)

    def open(self, twin: str, stored: str) -> str:
        """A stored text, unsealed if it is sealed."""
        return self._keyring.open_text(twin, stored[len(MARK) :]) if is_sealed(stored) else stored

    def sealed_values(self, twin: str, values: dict[str, Any]) -> dict[str, Any]:
        """The stored values of a belief, with its texts sealed."""
        return {k: self.seal(twin, v) if k in TEXTS and v not in COMMON else v for k, v in values.items()}

    def known(self, twin: str, texts: list[str] | None) -> list[str] | None:
        """These texts together with their sealed forms, to be compared with stored values."""
        if not texts or not self._keyring.has_key(twin):
            return texts
        return [*texts, *(self.seal(twin, text) for text in texts)]

    def belief(self, belief: Belief) -> Belief:
        """A belief that was read, with its texts unsealed."""
        if not is_sealed(belief.statement):
            return belief
        texts = {name: getattr(belief, name) for name in TEXTS}
        return belief.model_copy(
            update={name: None if text is None else self.open(belief.twin, text) for name, text in texts.items()}
        )

    def key(self, twin: str, attribute: str, subject: str, context: str, value: str | None) -> BeliefKey:
        """The key of a belief that was read, unsealed."""
        return BeliefKey.trusted(
            attribute=attribute,
            subject=self.open(twin, subject),
            context=self.open(twin, context),
            value=None if value is None else self.open(twin, value),
        )
