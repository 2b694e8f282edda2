"""The queries about preferences."""

from __future__ import annotations

import strawberry

from beliefgraph.graphql.arguments import argument
from beliefgraph.graphql.preference_types import PreferenceConnection, around_preferences
from beliefgraph.graphql.roots import question
from beliefgraph.graphql.scalars import enum_of
from beliefgraph.model.preference import PreferenceKind


@strawberry.type
class PreferenceQueries:
    """The queries about preferences."""

    preferences = question(
        PreferenceConnection,
        "The preferences that apply in a context, sorted by attribute and subject.",
        lambda services: services.preferences.preferences,
        matching={
            "context": argument(str | None, "Context to answer for; default: `any`, the broadest."),
            "kinds": argument(list[enum_of(PreferenceKind)] | None, "Kinds to list; default: all."),  # type: ignore[misc]
        },
        paged=True,
        around=around_preferences,
    )
