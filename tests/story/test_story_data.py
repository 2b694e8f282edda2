"""The sample story's data is what it says it is: every event is read and understood, and the twists are there."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime, timedelta

import pytest

from beliefgraph.model.catalog import Catalog
from beliefgraph.model.command import Correct, Identify
from beliefgraph.model.definition import Definitions
from beliefgraph.model.event import Event
from beliefgraph.model.relation import RelationKind
from beliefgraph.model.vocabulary import values_of
from beliefgraph.services.interpretation.check import check_catalog
from beliefgraph.services.interpretation.protocol import Interpretation
from beliefgraph.services.interpretation.rules import RuleInterpreter
from beliefgraph.story.story import Scene, Story, load_story

DOMAINS = {"product", "needs", "world", "trust", "role", "goals", "values", "behaviour", "wants"}


@pytest.fixture(scope="module")
def story() -> Story:
    return load_story()


@pytest.fixture(scope="module")
def definitions(story: Story) -> Definitions:
    return Definitions(tenant="story", number=1, catalogs=story.catalogs)


@pytest.fixture(scope="module")
def interpretations(story: Story, definitions: Definitions) -> list[tuple[Event, Interpretation]]:
    return [(event, RuleInterpreter().interpret(event, definitions)) for event in story.events]


def twin_of(event: Event, story: Story) -> str:
    """The twin an event names, or is led to by the story's identify commands."""
    led = {s.command.identifier: s.command.twin for s in story.scenes if isinstance(s.command, Identify)}
    return event.twin or led[event.identifiers[0]]


def test_the_catalogs_can_be_published_one_after_the_other(story: Story) -> None:
    definitions = Definitions(tenant="story", number=0)
    for catalog in story.catalogs:
        check_catalog(catalog)
        definitions = definitions.with_catalog(catalog)
    assert 18 <= len(definitions.attributes) <= 40
    assert {attribute.domain for attribute in definitions.attributes.values()} == DOMAINS


def test_all_five_kinds_of_relation_are_there(story: Story) -> None:
    kinds = Counter(relation.kind for catalog in story.catalogs for relation in catalog.relations)
    assert set(kinds) == set(values_of(RelationKind))
    assert 20 <= kinds.total() <= 40


def test_what_is_stated_can_hold_together(story: Story, definitions: Definitions) -> None:
    for _, relation in definitions.relations():
        if relation.kind != "implies":
            continue
        q = relation.strength.parameter
        a, b = (definitions.attribute(key).prior_of(value) for key, value in relation.ends)
        assert a is not None
        assert b is not None
        assert q * a < b < 1 - (1 - q) * a, relation
    effects = {(r.source, r.target) for _, r in definitions.relations() if r.kind == "causes"}
    for attribute in definitions.attributes:
        reached, frontier = set[str](), {attribute}
        while frontier:
            frontier = {target for source, target in effects if source in frontier} - reached
            reached |= frontier
        assert attribute not in reached


def test_some_300_events_over_twelve_months_tell_of_three_twins(story: Story) -> None:
    assert 290 <= len(story.events) <= 340
    first, last = min(e.time for e in story.events), max(e.time for e in story.events)
    assert datetime(2025, 10, 1, tzinfo=UTC) <= first < datetime(2025, 10, 8, tzinfo=UTC)
    assert datetime(2026, 9, 24, tzinfo=UTC) <= last < datetime(2026, 10, 1, tzinfo=UTC)
    assert story.ends == last
    told_of = Counter(twin_of(event, story) for event in story.events)
    assert set(told_of) == {twin.name for twin in story.twins} == {"buyer-lena", "user-omar", "person-maya"}
    assert min(told_of.values()) >= 60


def test_some_events_carry_only_an_identifier(story: Story) -> None:
    schemes = Counter(e.identifiers[0].scheme for e in story.events if e.twin is None)
    assert schemes["crm"] >= 10
    assert schemes["device"] >= 10


def test_exactly_one_event_is_delivered_twice_and_alike(story: Story) -> None:
    times_delivered = Counter((event.source, event.id) for event in story.events)
    (again,) = [key for key, times in times_delivered.items() if times > 1]
    assert times_delivered[again] == 2
    first, second = (event for event in story.events if (event.source, event.id) == again)
    assert first == second


def test_exactly_one_event_comes_late(story: Story) -> None:
    late, seen, head = [], set[str](), story.events[0].time
    for event in story.events:
        if event.time < head and event.id not in seen:
            late.append((event, head - event.time))
        seen.add(event.id)
        head = max(head, event.time)
    ((_, delay),) = late
    assert delay > timedelta(days=30)


def test_every_event_is_understood_and_nearly_all_bear_on_something(
    interpretations: list[tuple[Event, Interpretation]], story: Story
) -> None:
    silent = [event.type for event, interpretation in interpretations if not interpretation.statements]
    assert len(silent) <= 12
    types = {event.type for event in story.events}
    assert len(types) >= 20
    understood = {rule.type for catalog in story.catalogs for rule in catalog.events}
    assert types == understood | {type_ for c in story.catalogs for metric in c.metrics for type_ in metric.types}


def test_every_attribute_is_borne_on_and_several_by_one_event(
    interpretations: list[tuple[Event, Interpretation]], definitions: Definitions
) -> None:
    spoken = [each for _, interpretation in interpretations for each in interpretation.statements]
    by_rules = {b.belief.attribute for each in spoken for b in each.bearings}
    by_metrics = {b.attribute for m in definitions.metrics.values() for band in m.bands for b in band.bears_on}
    assert by_rules | by_metrics == set(definitions.attributes)
    assert sum(len(each.bearings) >= 2 for each in spoken) >= 100


def test_sources_are_distinguished_from_the_twins_they_report_on(
    interpretations: list[tuple[Event, Interpretation]],
) -> None:
    speakers = {spoken.source for _, interpretation in interpretations for spoken in interpretation.statements}
    assert {"colleague:jonas", "colleague:ben", "contact:lena", "finance:tomasz", "auditor:henrik"} <= speakers


def test_verbatim_text_is_never_in_a_summary(interpretations: list[tuple[Event, Interpretation]]) -> None:
    texts = [s.verbatim for _, i in interpretations for s in i.statements if s.verbatim]
    assert len(texts) >= 80
    assert len(set(texts)) == len(texts) - 1  # the mail that is delivered twice
    assert all(len(text) >= 15 for text in texts)


def test_two_sources_disagree_on_whether_spending_is_frozen(
    interpretations: list[tuple[Event, Interpretation]],
) -> None:
    january = [
        (spoken.source, bearing.log_likelihood_ratio)
        for event, interpretation in interpretations
        if (event.time.year, event.time.month) == (2026, 1)
        for spoken in interpretation.statements
        for bearing in spoken.bearings
        if bearing.belief.attribute == "world.spending_frozen"
    ]
    assert ("finance:tomasz", 2.2) in january
    assert ("contact:lena", -1.5) in january


def test_scenes_play_once_each_in_their_place(story: Story) -> None:
    played = list(story.play())
    assert [each for each in played if isinstance(each, Event)] == list(story.events)
    assert sorted(each.say for each in played if isinstance(each, Scene)) == sorted(s.say for s in story.scenes)


def test_mayas_statement_lies_between_two_by_a_colleague(
    story: Story, interpretations: list[tuple[Event, Interpretation]]
) -> None:
    played = list(story.play())
    (correction,) = [
        n for n, each in enumerate(played) if isinstance(each, Scene) and isinstance(each.command, Correct)
    ]
    scene = played[correction]
    assert isinstance(scene, Scene)
    assert isinstance(scene.command, Correct)
    assert (scene.command.twin, scene.command.holds) == ("person-maya", False)
    against = {
        event.id
        for event, interpretation in interpretations
        for spoken in interpretation.statements
        if spoken.source == "colleague:jonas"
    }
    remarks = [n for n, each in enumerate(played) if isinstance(each, Event) and each.id in against]
    assert len(remarks) == 2
    assert remarks[0] < correction < remarks[1]


def test_what_is_asked_names_what_is_defined(story: Story, definitions: Definitions) -> None:
    definitions.attribute(story.ask.explain.belief.attribute)
    assert story.ask.as_of.valid_time is not None
    assert story.ask.as_of.valid_time < story.ends
    (supposed,) = story.ask.what_if.question.events
    assert RuleInterpreter().interpret(supposed, definitions).statements


def test_a_catalog_is_the_same_when_written_and_read_again(story: Story) -> None:
    for catalog in story.catalogs:
        assert Catalog.model_validate_json(catalog.model_dump_json()) == catalog
