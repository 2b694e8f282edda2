"""Pseudonyms: keyed hashes that replace ids and names, stable for the lifetime of a copy."""

from __future__ import annotations

import hmac
import re
from collections.abc import Iterable, Mapping
from typing import Any

from beliefgraph.store.keys import Keyring

ID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")
"""An id in the form used by all records, anywhere in a text."""

ID_DIGITS = 32
NAME_DIGITS = 12


class Pseudonyms:
    """The pseudonyms of one copy; they cannot be attributed without the tenant's key and the copy's salt."""

    def __init__(self, keyring: Keyring, tenant: str, salt: str) -> None:
        self._key = bytes.fromhex(keyring.digest(tenant, "copy", salt))

    def id(self, id_: str) -> str:
        """The pseudonym of an id."""
        return self._hash("id", id_)[:ID_DIGITS]

    def twin(self, name: str) -> str:
        """The pseudonym of a twin's name."""
        return f"twin-{self._hash('twin', name)[:NAME_DIGITS]}"

    def source(self, name: str) -> str:
        """The pseudonym of a source's name."""
        return f"source-{self._hash('source', name)[:NAME_DIGITS]}"

    def text(self, text: str) -> str:
        """The pseudonym of a text of a personal attribute."""
        return f"text-{self._hash('text', text)[:NAME_DIGITS]}"

    def content(self, text: str) -> str:
        """What distinguishes the content of a row from another."""
        return self._hash("content", text)[:ID_DIGITS]

    def _hash(self, kind: str, text: str) -> str:
        return hmac.digest(self._key, f"{kind}\x1f{text}".encode("utf-8", "surrogatepass"), "sha256").hex()


class Pseudonymised:
    """Texts and properties of one twin without ids, and without known names of people."""

    def __init__(self, pseudonyms: Pseudonyms, names: Iterable[str]) -> None:
        self._pseudonyms = pseudonyms
        known = sorted({name for name in names if name}, key=len, reverse=True)
        words = "|".join(re.escape(name) for name in known)
        self._names = re.compile(rf"(?<!\w)(?:{words})(?!\w)", re.IGNORECASE) if known else None
        self._by_name = {name.casefold(): pseudonyms.twin(name) for name in known}

    def text(self, text: str) -> str:
        """A text with ids and names replaced by pseudonyms."""
        text = ID.sub(lambda found: self._pseudonyms.id(found[0]), text)
        return text if self._names is None else self._names.sub(lambda found: self._by_name[found[0].casefold()], text)

    def values(self, values: Mapping[str, Any]) -> dict[str, Any]:
        """Properties with texts replaced in this way."""
        return {key: self._value(value) for key, value in values.items()}

    def _value(self, value: Any) -> Any:
        if isinstance(value, str):
            return self.text(value)
        return [self._value(each) for each in value] if isinstance(value, list) else value
