"""Everything that is wrong with catalogs is told at once, with file, line and column."""

from __future__ import annotations

from pathlib import Path

import pytest

from beliefgraph.ingest.catalog_check import check_files

GARDEN = """catalog: garden
version: 1.0.0
attributes:
  - {key: garden.loves_it, domain: garden, prior: 0.4, statement: They love gardening.}
  - {key: garden.has_one, domain: garden, prior: 0.5, statement: They have a garden.}
relations:
  - {source: garden.loves_it, kind: supports, target: garden.has_one, odds_ratio: 4}
events:
  - type: shop.bought
    summary: Bought something.
    bears_on:
      - {attribute: garden.loves_it, log_likelihood_ratio: "data.amount > 100 ? 1.5 : 0.6"}
"""


def found(tmp_path: Path, *texts: str, alone: bool = True) -> list[str]:
    files = [tmp_path / f"{n}.yaml" for n in range(len(texts))]
    for file, text in zip(files, texts, strict=True):
        file.write_text(text)
    return [str(finding) for finding in check_files(files, alone=alone).findings]


def test_a_catalog_without_errors_has_no_findings(tmp_path: Path) -> None:
    assert found(tmp_path, GARDEN) == []


def test_all_errors_of_a_file_are_told_at_once_each_where_it_stands(tmp_path: Path) -> None:
    wrong = (
        GARDEN.replace("prior: 0.5", "prior: 1.5")
        .replace("kind: supports", "kind: suports")
        .replace("summary: Bought something.", "sumary: Bought something.")
        .replace("data.amount >", "dota.amount >")
        .replace("version: 1.0.0", "version: 1.0.0\ncolour: red")
    )
    told = found(tmp_path, wrong)
    assert [finding.split(" ")[0] for finding in told] == [
        "0.yaml:3:1:",  # the unknown field of the catalog
        "0.yaml:6:50:",  # the prior
        "0.yaml:8:37:",  # the kind
        "0.yaml:10:5:",  # the rule, which lacks its summary
        "0.yaml:11:5:",  # the field that was meant for it
    ]
    assert told[1].endswith("attributes[1].prior: Input should be less than 1.")
    assert told[2].endswith("did you mean supports?")
    assert told[4].endswith("events[0].sumary: there is no field of this name; did you mean summary?")


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ("data.amount >", "dota.amount >", "0.yaml:12:60: events[0].bears_on[0].log_likelihood_ratio: "),
        (
            "Bought something.",
            "Bought {data.what}.",
            "0.yaml:10:14: events[0].summary: {data.what} is not a placeholder",
        ),
        (
            "They love gardening.",
            "'They love {subjekt}.'",
            "0.yaml:4:67: attributes[0].statement: {subjekt} is not a placeholder; allowed",
        ),
        (
            "source: garden.loves_it",
            "source: garden.love_it",
            "0.yaml:7:14: relations[0].source: garden@1.0.0 names garden.love_it, which no catalog defines;"
            " did you mean garden.loves_it?",
        ),
        (
            "attribute: garden.loves_it",
            "attribute: garden.lovesit",
            "0.yaml:12:9: events[0].bears_on[0]: garden@1.0.0 names garden.lovesit",
        ),
    ],
)
def test_what_is_wrong_between_parts_is_told_with_its_place(tmp_path: Path, old: str, new: str, told: str) -> None:
    (finding,) = found(tmp_path, GARDEN.replace(old, new))
    assert finding.startswith(told)


def test_a_field_that_is_not_known_hides_no_other_error_of_its_rule(tmp_path: Path) -> None:
    wrong = GARDEN.replace("type: shop.bought", "type: shop.bought\n    colour: red").replace("data.a", "dota.a")
    first, second = found(tmp_path, wrong)
    assert first.startswith("0.yaml:10:5: events[0].colour")
    assert "it names dota" in second


def test_an_attribute_that_is_wrong_is_not_told_to_be_missing_as_well(tmp_path: Path) -> None:
    (only,) = found(tmp_path, GARDEN.replace("prior: 0.4", "prior: 4"))
    assert only.startswith("0.yaml:4:51: attributes[0].prior")


def test_an_attribute_that_is_wrong_may_be_what_a_misspelled_name_means(tmp_path: Path) -> None:
    wrong = GARDEN.replace("prior: 0.4", "prior: 4").replace("attribute: garden.loves_it", "attribute: garden.loves_i")
    _, named = found(tmp_path, wrong)
    assert named.endswith("did you mean garden.loves_it?")


def test_a_number_or_word_of_several_forms_is_reported_once_at_the_field(tmp_path: Path) -> None:
    reported = found(tmp_path, GARDEN.replace("log_likelihood_ratio:", "half_life: -3d, log_likelihood_ratio:"))
    assert reported == ["0.yaml:12:49: events[0].bears_on[0].half_life: Input should be greater than 0 seconds."]


def test_a_text_is_checked_even_if_its_attribute_is_wrong_in_another_way(tmp_path: Path) -> None:
    wrong = GARDEN.replace("prior: 0.5, statement: They", 'prior: 1.5, statement: "{they} have one"} # ')
    assert [finding.partition(": ")[2] for finding in found(tmp_path, wrong)] == [
        "attributes[1].prior: Input should be less than 1.",
        "attributes[1].statement: {they} is not a placeholder; allowed are {subject}, {context}, {value}.",
    ]


def test_catalogs_in_conflict_are_named_both(tmp_path: Path) -> None:
    other = (
        "catalog: other\nversion: 2.0.0\nattributes:\n  - {key: garden.has_one, domain: a, prior: 0.1, statement: x}\n"
    )
    (only,) = found(tmp_path, GARDEN, other)
    assert only == (
        "1.yaml:4:11: attributes[0].key: garden@1.0.0 and other@2.0.0 both define the attribute garden.has_one;"
        " only one of them may."
    )


def test_a_catalog_may_name_what_is_in_force_where_it_is_not_checked_alone(tmp_path: Path) -> None:
    rules = "catalog: rules\nversion: 1.0.0\n" + GARDEN[GARDEN.index("events:") :]
    assert found(tmp_path, rules, alone=False) == []
    assert "which no catalog defines" in found(tmp_path, rules)[0]


def test_statements_that_cannot_hold_together_are_told(tmp_path: Path) -> None:
    attributes = "".join(
        f"  - {{key: a.{name}, domain: a, prior: {prior}, statement: x}}\n" for name, prior in (("p", 0.9), ("q", 0.1))
    )
    relation = "relations:\n  - {source: a.p, kind: implies, target: a.q, probability: 0.9}\n"
    (only,) = found(tmp_path, f"catalog: a\nversion: 1.0.0\nattributes:\n{attributes}{relation}")
    assert only.startswith("0.yaml: ")


def test_a_file_that_is_not_yaml_is_told_with_its_place_and_the_others_are_checked(tmp_path: Path) -> None:
    first, second = found(tmp_path, "catalog: [", GARDEN.replace("prior: 0.5", "prior: 7"))
    assert first.startswith("0.yaml:1:11: ")
    assert second.startswith("1.yaml:5:")
