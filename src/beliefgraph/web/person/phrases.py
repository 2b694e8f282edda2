"""The wording of the person's page: confidences, dates and legal bases."""

from __future__ import annotations

import re
from datetime import datetime
from typing import Any

import orjson

from beliefgraph.services.explanation.sentence import percent as whole_percent

DEGREES = (
    (0.99, "almost certain"),
    (0.9, "very likely"),
    (0.7, "likely"),
    (0.55, "rather likely"),
    (0.45, "could be either"),
    (0.3, "rather unlikely"),
    (0.1, "unlikely"),
    (0.01, "very unlikely"),
    (0.0, "almost certainly not so"),
)
"""Least probability for each wording of a confidence."""

STATUS = {
    "forming": "Little is known yet.",
    "established": "Well supported.",
    "contested": "The evidence is contradictory.",
    "dissolving": "The evidence is getting old.",
    "dissolved": "The evidence is too old to count.",
    "retracted": "Was ended.",
}
"""Wording of the status of a belief."""

BASIS = {
    "consent": "Only with your consent.",
    "contract": "Your contract needs it.",
    "legal_obligation": "A law demands it, so it cannot be switched off.",
    "vital_interest": "It protects somebody's vital interests.",
    "public_interest": "It is necessary for a task in the public interest.",
    "legitimate_interest": "They say that they have an interest in it. You may object.",
}
"""Wording of the legal basis of a purpose."""

SHARE = re.compile(r" \([+-]\d+\.\d\)")
"""Pattern of the log-odds that a reason contributes, in the sentence of an explanation."""

DONE = {
    "corrected": "Corrected. Your correction takes precedence over everything else.",
    "withdrawn": "Taken back. It no longer counts and is not accepted again.",
    "contested": "Contested. It still counts, and is marked as contested.",
    "uncontested": "No longer contested.",
    "permitted": "Saved. It applies from now on.",
    "paused": "Paused. Only you, and uses required by law, see anything.",
    "resumed": "Resumed. The waiting data has been processed.",
}
"""Messages after an action, by its name in the URL."""


def sure(probability: float | None) -> str:
    """The wording of a confidence."""
    if probability is None:
        return "not known"
    return next(name for least, name in DEGREES if probability >= least)


def percent(probability: float | None) -> str:
    """A probability as a percentage."""
    return "–" if probability is None else whole_percent(probability)


def day(at: datetime | None) -> str:
    """A day."""
    return "" if at is None else f"{at.day} {at:%B %Y}"


def moment(at: datetime | None) -> str:
    """A day and a time."""
    return "" if at is None else f"{day(at)}, {at:%H:%M} UTC"


def in_second_person(sentence: str) -> str:
    """The sentence of an explanation without the log-odds in brackets."""
    return SHARE.sub("", sentence)


def capital(text: str) -> str:
    """The text with its first letter capitalised."""
    return text[:1].upper() + text[1:]


def plain(name: str) -> str:
    """A name from a catalog in plain words: its last part, without underscores."""
    return capital(name.rpartition(".")[2].replace("_", " ").replace("-", " "))


def data(value: Any) -> str:
    """The data of an event as JSON, indented."""
    return orjson.dumps(value, option=orjson.OPT_INDENT_2).decode()
