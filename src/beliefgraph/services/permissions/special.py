"""What catalogs mark as special is in a special category of every policy. Pure."""

from __future__ import annotations

from beliefgraph.model.definition import Definitions
from beliefgraph.model.permission import Category, NumberedPolicy, matches

SPECIAL = "special"
"""The category of special attributes that are in no special category of the policy."""


def with_special(policy: NumberedPolicy, definitions: Definitions) -> NumberedPolicy:
    """The policy with a category `special` for attributes marked special that are in none of its special categories."""
    own = policy.policy.categories
    left = tuple(
        attribute.key
        for attribute in definitions.attributes.values()
        if attribute.special
        and not any(
            each.special and (matches(each.attributes, attribute.key) or matches(each.domains, attribute.domain))
            for each in own
        )
    )
    if not left:
        return policy
    known = next((each for each in own if each.key == SPECIAL), None) or Category(
        key=SPECIAL, description="What the catalog marks as sensitive", attributes=left[:1]
    )
    marked = known.model_copy(update={"special": True, "attributes": tuple(dict.fromkeys((*known.attributes, *left)))})
    categories = (*(each for each in own if each.key != SPECIAL), marked)
    return policy.model_copy(update={"policy": policy.policy.model_copy(update={"categories": categories})})
