"""Ids of names are those of the standard."""

from __future__ import annotations

from uuid import UUID, uuid5

from hypothesis import given
from hypothesis import strategies as st

from beliefgraph.model.named_id import named_id


@given(st.uuids(), st.text())
def test_a_named_id_is_the_uuid_of_version_5(namespace: UUID, name: str) -> None:
    assert named_id(namespace, name) == str(uuid5(namespace, name))
