"""Twins that were stored before names were normalised."""

from __future__ import annotations

import pytest
from tests.world import World, event

from beliefgraph.errors import NotFound
from beliefgraph.model.identity import twin_id
from beliefgraph.services.access import scope

TYPED = "Jo\u0308rg"
"""A name in decomposed form, as somebody typed it; it is another text than its normal form."""


async def test_a_twin_stored_under_a_name_as_it_was_typed_is_erased_by_it(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as earlier:
        earlier.setattr(scope, "twin_id", lambda tenant, _: twin_id(tenant, TYPED))
        await world.intake.observe(world.caller, [event("1", twin=TYPED)])

    assert (await world.eraser.erase_twin(world.caller, TYPED)).rows > 0
    with pytest.raises(NotFound):
        await world.eraser.erase_twin(world.caller, TYPED)
