"""Permissions: a tenant's policy on purposes, categories and recipients, and what is permitted for a twin."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Annotated, Literal

from pydantic import Field

from beliefgraph.errors import Incorrect
from beliefgraph.model.command import Command
from beliefgraph.model.record import Key, Record
from beliefgraph.model.revision import Revision
from beliefgraph.model.time import Instant, ValidTo
from beliefgraph.model.vocabulary import vocabulary

Default = Annotated[
    Literal["ask_first", "allow_until_objected"],
    vocabulary(
        "What holds of a purpose of which nothing was stated.",
        {
            "ask_first": "It is refused until it is permitted.",
            "allow_until_objected": "It is permitted until it is refused.",
        },
    ),
]

LegalBasis = Annotated[
    Literal["consent", "contract", "legal_obligation", "vital_interest", "public_interest", "legitimate_interest"],
    vocabulary(
        "Legal basis of a purpose, as in Article 6 of the GDPR.",
        {
            "consent": "The person consents; nobody else can permit it for them.",
            "contract": "A contract with the person needs it.",
            "legal_obligation": "A law demands it: it cannot be refused, and a restriction does not stop it.",
            "vital_interest": "Somebody's life depends on it.",
            "public_interest": "A task in the public interest needs it.",
            "legitimate_interest": "The tenant has an interest in it that the person's own does not outweigh.",
        },
    ),
]

StatedBy = Annotated[
    Literal["person", "tenant"],
    vocabulary(
        "Who stated a permission.",
        {"person": "The person, with their own key.", "tenant": "The tenant, where the legal basis allows it."},
    ),
]

Pattern = Annotated[str, Field(min_length=1, max_length=200, pattern=r"^[^*]*\*?$")]
"""A name, or the beginning of one with `*` after it."""

Patterns = Annotated[tuple[Pattern, ...], Field(max_length=100)]

MAX_PARTS = 200


class Purpose(Record):
    """One purpose for which a tenant uses personal data."""

    key: Key = Field(description="Name of the purpose, as keys list it and calls state it.")
    legal_basis: LegalBasis
    dpv: str = Field(
        pattern=r"^[A-Z][A-Za-z]+$",
        max_length=100,
        description="The purpose as a term of the W3C Data Privacy Vocabulary, such as `Marketing`.",
    )
    description: str = Field("", max_length=2_000, description="The purpose in plain words, for the person.")


class Category(Record):
    """One category of data: everything that matches one of its patterns, each a name or a prefix with `*`."""

    key: Key = Field(description="Name of the category.")
    special: bool = Field(
        False, description="Whether it is a special category: only a permission that names it permits it."
    )
    description: str = Field("", max_length=2_000, description="The category in plain words, for the person.")
    attributes: Patterns = Field((), description="Attributes that belong to it.")
    domains: Patterns = Field((), description="Domains whose attributes belong to it.")
    metrics: Patterns = Field((), description="Metrics that belong to it.")
    goals: Patterns = Field((), description="Goals that belong to it, by their keys.")
    decisions: Patterns = Field((), description="Decisions that belong to it, by their keys.")
    segments: Patterns = Field((), description="Segments, by their keys, whose base rates belong to it; `*` is all.")
    records: Patterns = Field(
        (), description="Records of further layers that belong to it, as `layer/key`; `layer/*` is all of a layer."
    )
    events: Patterns = Field((), description="Types of events; everything that these events say belongs to it.")
    sources: Patterns = Field((), description="Sources; everything that they say belongs to it.")

    def model_post_init(self, _context: object) -> None:
        """Refuse a category without members."""
        parts = self.attributes, self.domains, self.metrics, self.goals, self.decisions, self.segments, self.records
        if not any((*parts, self.events, self.sources)):
            raise Incorrect("invalid-policy", f"Nothing belongs to the category {self.key!r}.", category=self.key)


class Recipient(Record):
    """Actors to whom something is permitted together."""

    key: Key = Field(description="Name of the recipient.")
    actors: Annotated[tuple[Key, ...], Field(max_length=MAX_PARTS)] = Field(
        description="Actors, as their keys name them."
    )
    description: str = Field("", max_length=2_000, description="The recipient in plain words, for the person.")


class Policy(Record):
    """What a tenant says of its use of what is held: a numbered record, which never changes once published."""

    default: Default
    jurisdiction: Annotated[str, Field(min_length=2, max_length=100)] = Field(
        description="Whose law applies, such as `EU` or `DE`."
    )
    controller: Annotated[str, Field(min_length=1, max_length=300)] = Field(
        description="Who is responsible, as the person reads it."
    )
    purposes: Annotated[tuple[Purpose, ...], Field(min_length=1, max_length=MAX_PARTS)] = Field(
        description="Purposes; any other is refused."
    )
    categories: Annotated[tuple[Category, ...], Field(max_length=MAX_PARTS)] = Field(
        (), description="Categories of what is held."
    )
    recipients: Annotated[tuple[Recipient, ...], Field(max_length=MAX_PARTS)] = Field(
        (), description="Groups of actors that a permission can name."
    )

    def model_post_init(self, _context: object) -> None:
        """Refuse two parts of one name."""
        for what, parts in (
            ("purpose", self.purposes),
            ("category", self.categories),
            ("recipient", self.recipients),
        ):
            keys = [part.key for part in parts]
            for key in keys:
                if keys.count(key) > 1:
                    raise Incorrect("invalid-policy", f"The policy has the {what} {key!r} twice.", name=key)

    def purpose(self, key: str) -> Purpose | None:
        """The purpose of that name."""
        return next((each for each in self.purposes if each.key == key), None)

    def recipients_of(self, actor: str) -> Iterator[str]:
        """The recipients that an actor is one of."""
        return (each.key for each in self.recipients if actor in each.actors)


class NumberedPolicy(Record):
    """A policy as it was published."""

    tenant: Key = Field(description="Tenant that the policy is of.")
    number: int = Field(description="Number of the policy within the tenant, from 1.")
    at: Instant = Field(description="When it was published.")
    actor: Key = Field(description="Who published it.")
    policy: Policy = Field(description="The policy.")


def permission_key(twin: str, key: str) -> str:
    """The key of a permission of a twin, unique across twins."""
    return f"{twin}\x1f{key}"


class Permission(Revision):
    """The statement that a purpose may be pursued with what is held of a person, or may not, while it is valid."""

    purpose: Key | None = Field(
        None, description="Purpose that it is about; null: a restriction, of all purposes but those that the law keeps."
    )
    category: Key | None = Field(None, description="Category that it is about; null: all but special ones.")
    recipient: Key | None = Field(None, description="Recipient that it is about; null: all.")
    allowed: bool = Field(description="Whether it is permitted.")
    stated_by: StatedBy
    event: str = Field(description="Id of the event that records the statement.")
    evidence: str | None = Field(
        None, description="Id of the evidence by which an event stated it; null: it was stated by a command."
    )

    @property
    def unique_key(self) -> str:
        """The key with the twin: statements of the same thing share it."""
        return permission_key(self.twin, self.key)

    @property
    def specific(self) -> int:
        """How specific it is: the more, the stronger."""
        return (self.category is not None) * 2 + (self.recipient is not None)


class Switch(Record):
    """One thing that a person can permit to a purpose, or refuse it."""

    category: Key | None = Field(None, description="Category that it is about; null: all that is in none.")
    recipient: Key | None = Field(None, description="Recipient that it is about; null: all.")
    allowed: bool = Field(description="Whether it is permitted now.")
    special: bool = Field(False, description="Whether it is a special category.")
    description: str = Field(description="What it is, in plain words.")


class Use(Record):
    """One purpose, with the data of a person that it may use now."""

    purpose: Purpose = Field(description="The purpose.")
    fixed: bool = Field(description="Whether a law demands it, so that it cannot be refused.")
    switches: tuple[Switch, ...] = Field(description="What can be permitted to it, the general permission first.")


class Permit(Command):
    """Permit a purpose, or refuse it, over [valid_from, valid_to): for a category or all, to a recipient or all.

    What the person states with their own key stands against all that the tenant states. For a special category only a
    permission that names it counts.
    """

    purpose: Key = Field(description="Purpose, one of the policy.")
    allowed: bool = Field(description="Whether it is permitted.")
    category: Key | None = Field(None, description="Category of the policy; null: all but special ones.")
    recipient: Key | None = Field(None, description="Recipient of the policy; null: all.")
    valid_from: Instant | None = Field(None, description="Start of the validity, inclusive; null: now.")
    valid_to: ValidTo = None


class Restrict(Command):
    """Restrict the use of a twin, or lift the restriction.

    A restricted twin answers the person and the purposes that a law demands, and nobody else. Events about it wait, and
    are processed when the restriction is lifted.
    """

    restricted: bool = Field(True, description="Whether it is to be restricted; false lifts the restriction.")


def matches(patterns: Sequence[str], name: str) -> bool:
    """Whether a name equals one of these patterns, or has the prefix of one that ends with `*`."""
    return any(name.startswith(p[:-1]) if p.endswith("*") else name == p for p in patterns)
