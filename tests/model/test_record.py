"""Names are the same however they were typed, and what is no line is none."""

from __future__ import annotations

import pytest
from pydantic import TypeAdapter, ValidationError

from beliefgraph.model.record import STORED, Key

KEY: TypeAdapter[str] = TypeAdapter(Key)


@pytest.mark.parametrize(
    "typed",
    [
        "K\u00f6ln",
        "Ko\u0308ln",
        "K\u00f6ln ",
        "\u00a0K\u00f6ln",
        "K\u00f6ln\u200b",
        "\ufeffK\u00f6ln\u2060",
        "\u3000Ko\u0308ln\u202f",
    ],
)
def test_a_name_is_the_same_however_it_was_typed(typed: str) -> None:
    assert KEY.validate_python(typed) == "K\u00f6ln"


@pytest.mark.parametrize(
    "typed",
    ["", " ", "\u00a0\u200b", "a\nb", "a\u202eb", "a\u2028b", "a\u2029", "a\u0085b", "\u2066a\u2069", "a\u200f"],
)
def test_a_key_of_blanks_or_with_what_turns_or_breaks_a_line_is_refused(typed: str) -> None:
    with pytest.raises(ValidationError):
        KEY.validate_python(typed)


def test_marks_within_a_name_stay() -> None:
    family = "\U0001f468\u200d\U0001f469\u200d\U0001f467"
    assert KEY.validate_python(f"the {family} family") == f"the {family} family"


def test_what_was_stored_before_is_read_as_it_is() -> None:
    for stored in ("Ko\u0308ln ", "a\u202eb", " "):
        assert KEY.validate_python(stored, context=STORED) == stored
