"""Inputs that once gave a wrong answer, and the tests that hold what they should give now."""

from __future__ import annotations

import ast

import pytest
from tests.house.source import ROOT

CASES = {
    "withdraw takes every id that an answer shows": (
        "graphql/test_ids.py::test_withdraw_takes_the_id_of_evidence_and_of_its_event_as_every_answer_gives_them",
        "graphql/test_ids.py::test_withdraw_takes_the_senders_own_name_of_an_event",
    ),
    "a receipt shows nothing of another twin": (
        "graphql/test_receipts.py::test_a_receipt_shows_what_moved_in_the_twin_that_it_names_and_nothing_else",
        "graphql/test_receipts.py::test_identifying_shows_what_moved_in_that_twin_alone_of_every_kind",
    ),
    "what an undone identifier or a withdrawal took away comes back": (
        "services/test_again.py::test_identifying_again_brings_back_what_came_by_the_link",
        "services/test_again.py::test_a_withdrawn_event_that_is_sent_again_is_taken_in_as_evidence_of_the_same_id",
    ),
    "a withdrawn source leaves the metrics too": (
        "graphql/test_ids.py::test_a_source_is_withdrawn_by_its_name_or_its_id_with_all_evidence_of_its_events",
    ),
    "whole numbers and fractions mix in expressions": ("services/test_expressions.py::test_an_expression_gives",),
    "expressions read a moment in a time zone": (
        "services/test_expressions.py::test_a_moment_is_read_in_a_time_zone_and_follows_daylight_saving",
    ),
    "streaks count local days, of a definition, an event or a twin": (
        "services/test_local_days.py::test_six_local_days_are_six_and_the_change_to_summer_time_breaks_nothing",
        "services/test_local_days.py::test_two_evenings_of_one_local_day_are_one_and_the_streak_ends_at_local_midnight",
        "services/test_local_days.py::test_a_twin_that_moves_counts_the_days_of_its_new_place_from_then_on",
    ),
    "a move ends what spoke for the old place": (
        "services/test_from_now_on.py::test_a_change_ends_what_spoke_for_other_values_and_as_of_before_it_still_counts",
    ),
    "text is normalised, keys that are no line are refused": (
        "services/test_interpret.py::test_a_value_is_the_same_composed_or_decomposed_and_with_blanks_around_it",
        "services/test_identify.py::test_identifiers_are_compared_normalised_and_per_tenant",
        "model/test_record.py::test_a_key_of_blanks_or_with_what_turns_or_breaks_a_line_is_refused",
    ),
    "null is refused where leaving a field out is meant": (
        "graphql/test_refusals.py::test_null_is_refused_where_leaving_a_field_out_is_meant",
    ),
    "observe takes in the good events of a call, and null data": (
        "graphql/test_receipts.py::test_a_malformed_event_among_several_is_rejected_and_the_others_are_taken_in",
    ),
    "an event without a time sent twice is a duplicate": (
        "services/test_intake.py::test_an_event_without_a_time_that_is_sent_again_later_is_a_duplicate",
    ),
    "a source goes with the last evidence that it reported": (
        "story/test_erased.py::test_a_source_goes_with_the_last_evidence_that_it_reported",
    ),
    "a relation between beliefs without evidence is listed": (
        "services/test_questions.py::test_beliefs_that_are_related_without_evidence_are_listed_with_their_relation",
    ),
    "a value or belief whose evidence was withdrawn is as if never named": (
        "services/test_values.py::test_a_withdrawn_value_leaves_no_trace_but_its_history",
        "services/test_time.py::test_withdrawn_evidence_leaves_no_trace_in_any_confidence",
    ),
    "an expression that costs too much is refused or stopped": (
        "services/test_expressions.py::test_what_would_fail_on_every_event_or_cost_too_much_is_refused",
        "services/test_expressions.py::test_an_expression_in_force_that_takes_long_is_stopped_after_the_same_steps",
    ),
    "sixteen questions about a cold twin read it once": (
        "services/test_flights.py::test_sixteen_explanations_of_a_twin_that_is_not_in_memory_read_it_once",
    ),
    "a list costs a fixed number of statements": (
        "services/test_lists.py::test_a_list_of_forty_costs_as_many_statements_as_a_list_of_one",
    ),
    "columns that are swapped in Cypher fail a test": (
        "store/test_read_back.py::test_history_gives_back_what_was_published_at_every_rev",
    ),
    "a rule that is turned round turns what is stored": (
        "reinterpretation/test_reinterpret.py::"
        "test_a_rule_turned_round_turns_what_is_stored_and_as_of_shows_what_was_known",
    ),
    "absence lasts until the next visit": (
        "services/test_measure.py::test_who_stays_away_is_absent_until_the_next_visit_however_long_that_takes",
    ),
    "a normalising cache keeps now and then apart": (
        "graphql/test_normalising.py::test_no_answer_overwrites_another_in_a_cache_by_id",
    ),
    "one failing root field leaves the others": (
        "graphql/test_refusals.py::test_one_refused_field_leaves_the_others_of_a_question_and_of_a_command",
    ),
    "many new twins in one call, or too much for one transaction, are taken in": (
        "services/test_portions.py::test_a_large_call_is_written_in_several_transactions_and_answered_in_its_order",
        "services/test_portions.py::"
        "test_a_transaction_that_neo4j_has_no_memory_for_is_halved_at_once_and_the_size_is_remembered",
    ),
    "an event from the future is taken in when it is due": (
        "services/test_refresh.py::"
        "test_an_event_from_the_future_is_taken_in_when_it_is_due_and_not_at_the_next_refresh",
    ),
}
"""What was reported, and where it is held: files under tests/ with their tests."""


@pytest.mark.parametrize("case", CASES)
def test_a_reported_case_is_held_by_a_test(case: str) -> None:
    for held in CASES[case]:
        file, name = held.split("::")
        tree = ast.parse((ROOT / "tests" / file).read_text(encoding="utf-8"))
        named = {node.name for node in tree.body if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)}
        assert name in named, held
