"""What moods add to the GraphQL schema."""

from __future__ import annotations

from functools import partial

import strawberry
from tests.services.moods import records
from tests.services.moods.layer import LAYER, showing_mood
from tests.services.moods.records import Mood, MoodPublished, ShowMood, Tone, Word

from beliefgraph.graphql.arguments import argument
from beliefgraph.graphql.connections import connection
from beliefgraph.graphql.expose import expose
from beliefgraph.graphql.inputs import asked
from beliefgraph.graphql.layer_fields import LayerFields
from beliefgraph.graphql.roots import command, question
from beliefgraph.graphql.scalars import show_enum

MOOD = argument(str, "Key of the mood.")


show_enum("MoodTone", Tone)


@expose(Word)
class MoodWord:
    """One word for a mood."""


@expose(MoodPublished, hide={"twin", "key", "definition"})
class MoodState:
    """What the twin published about a mood."""


@expose(Mood, hide={"id", "twin"})
class MoodName:
    """Key of a mood."""


@expose(records.MoodChange)
class MoodChange:
    """One mood before and after a commit."""


asked(ShowMood)
MoodStateConnection = connection(MoodState)


@strawberry.type
class MoodQueries:
    """The queries about moods."""

    mood = question(
        MoodState, "One mood.", lambda services: partial(services.layer_questions.published, LAYER), key=MOOD
    )
    mood_history = question(
        MoodStateConnection,
        "What was published about a mood, newest first.",
        lambda services: partial(services.layer_questions.history, LAYER),
        key=MOOD,
        paged=True,
    )


@strawberry.type
class MoodCommands:
    """The commands about moods."""

    show_mood = command(ShowMood, "Say how high a mood is.", lambda to: to.deciding(showing_mood))


FIELDS = LayerFields("moods", "Moods that changed.", MoodChange, MoodQueries, MoodCommands)
