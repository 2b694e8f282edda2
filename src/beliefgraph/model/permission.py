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
        "Whether a purpose is permitted if no permission was stated for it.",
        {
            "ask_first": "Refused until it is permitted.",
            "allow_until_objected": "Permitted until it is refused.",
        },
    ),
]

LegalBasis = Annotated[
    Literal["consent", "contract", "legal_obligation", "vital_interest", "public_interest", "legitimate_interest"],
    vocabulary(
        "Legal basis of a purpose, as in Article 6 of the GDPR.",
        {
            "consent": "The person consents; nobody else can permit it on their behalf.",
            "contract": "It is necessary for a contract with the person.",
            "legal_obligation": "The law requires it: it cannot be refused, and a restriction does not stop it.",
            "vital_interest": "It protects somebody's vital interests.",
            "public_interest": "It is necessary for a task in the public interest.",
            "legitimate_interest": (
                "The tenant has a legitimate interest that the interests of the person do not override."
            ),
        },
    ),
]

StatedBy = Annotated[
    Literal["person", "tenant"],
    vocabulary(
        "Who stated the permission.",
        {"person": "The person, with their own key.", "tenant": "The tenant, if the legal basis allows it."},
    ),
]

Pattern = Annotated[str, Field(min_length=1, max_length=200, pattern=r"^[^*]*\*?$")]
"""A name, or the beginning of one with `*` after it."""

Patterns = Annotated[tuple[Pattern, ...], Field(max_length=100)]

MAX_PARTS = 200


class Purpose(Record):
    """One purpose for which a tenant uses personal data."""

    key: Key = Field(description="Name of the purpose, as listed in API keys and stated in calls.")
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
        False,
        description="Whether it is a special category of personal data, whose use needs a permission that names it.",
    )
    description: str = Field("", max_length=2_000, description="The category in plain words, for the person.")
    attributes: Patterns = Field((), description="Attributes that belong to it.")
    domains: Patterns = Field((), description="Domains whose attributes belong to it.")
    metrics: Patterns = Field((), description="Metrics that belong to it.")
    goals: Patterns = Field((), description="Goals that belong to it, by their keys.")
    decisions: Patterns = Field((), description="Decisions that belong to it, by their keys.")
    segments: Patterns = Field((), description="Keys of segments whose base rates belong to it; `*` means all.")
    records: Patterns = Field(
        (),
        description="Records of additional layers that belong to it, as `layer/key`; `layer/*` means all records of a"
        " layer.",
    )
    events: Patterns = Field((), description="Types of events; everything that these events state belongs to it.")
    sources: Patterns = Field((), description="Sources; everything that they state belongs to it.")

    def model_post_init(self, _context: object) -> None:
        """Refuse a category without members."""
        parts = self.attributes, self.domains, self.metrics, self.goals, self.decisions, self.segments, self.records
        if not any((*parts, self.events, self.sources)):
            raise Incorrect("invalid-policy", f"Nothing belongs to the category {self.key!r}.", category=self.key)


class Recipient(Record):
    """A group of actors that a permission can name."""

    key: Key = Field(description="Name of the recipient.")
    actors: Annotated[tuple[Key, ...], Field(max_length=MAX_PARTS)] = Field(
        description="Actors, as their keys name them."
    )
    description: str = Field("", max_length=2_000, description="The recipient in plain words, for the person.")


class Policy(Record):
    """A tenant's policy on personal data: for which purposes it is used, in which categories, and by whom.

    A published policy has a number and never changes.
    """

    default: Default
    jurisdiction: Annotated[str, Field(min_length=2, max_length=100)] = Field(
        description="Jurisdiction whose law applies, such as `EU` or `DE`."
    )
    controller: Annotated[str, Field(min_length=1, max_length=300)] = Field(
        description="The data controller, as shown to the person."
    )
    purposes: Annotated[tuple[Purpose, ...], Field(min_length=1, max_length=MAX_PARTS)] = Field(
        description="The purposes; a call with any other purpose is refused."
    )
    categories: Annotated[tuple[Category, ...], Field(max_length=MAX_PARTS)] = Field(
        (), description="Categories of the data stored about people."
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

    tenant: Key = Field(description="Tenant that the policy belongs to.")
    number: int = Field(description="Number of the policy within the tenant, from 1.")
    at: Instant = Field(description="When it was published.")
    actor: Key = Field(description="Who published it.")
    policy: Policy = Field(description="The policy.")


def permission_key(twin: str, key: str) -> str:
    """The key of a permission of a twin, unique across twins."""
    return f"{twin}\x1f{key}"


class Permission(Revision):
    """A statement that the data stored about a person may, or may not, be used for a purpose, while it is valid."""

    purpose: Key | None = Field(
        None,
        description=(
            "Purpose that it is about; null for a restriction, which concerns all purposes except those that the law "
            "requires."
        ),
    )
    category: Key | None = Field(
        None, description="Category of data that it is about; null: all except special categories."
    )
    recipient: Key | None = Field(None, description="Recipient that it is about; null: all recipients.")
    allowed: bool = Field(description="Whether the use is permitted.")
    stated_by: StatedBy
    event: str = Field(description="Id of the event that records the statement.")
    evidence: str | None = Field(
        None, description="Id of the evidence with which an event stated it; null if a command stated it."
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
    """Data that a person can permit or refuse for a purpose."""

    category: Key | None = Field(None, description="Category of data that it is about; null: all data in no category.")
    recipient: Key | None = Field(None, description="Recipient that it is about; null: all recipients.")
    allowed: bool = Field(description="Whether it is permitted now.")
    special: bool = Field(False, description="Whether it is a special category.")
    description: str = Field(description="What it is, in plain words.")


class Use(Record):
    """One purpose, with the data of a person that it may use now."""

    purpose: Purpose = Field(description="The purpose.")
    fixed: bool = Field(description="Whether the law requires it, so that it cannot be refused.")
    switches: tuple[Switch, ...] = Field(description="What can be permitted for it, the general permission first.")


class Permit(Command):
    """Permit or refuse the use of a person's data for a purpose over [valid_from, valid_to), for one category or all,
    and for one recipient or all.

    What the person states with their own key takes precedence over what the tenant states. The use of a special
    category needs a permission that names it.
    """

    purpose: Key = Field(description="Key of a purpose of the policy.")
    allowed: bool = Field(description="Whether the use is permitted.")
    category: Key | None = Field(
        None, description="Key of a category of the policy; null: all except special categories."
    )
    recipient: Key | None = Field(None, description="Key of a recipient of the policy; null: all recipients.")
    valid_from: Instant | None = Field(None, description="Start of the validity, inclusive; null: now.")
    valid_to: ValidTo = None


class Restrict(Command):
    """Restrict the use of a twin, or lift the restriction.

    A restricted twin can be read only with the person's own key and for purposes that the law requires. Events about it
    are held back, and processed when the restriction is lifted.
    """

    restricted: bool = Field(True, description="True restricts the use, false lifts the restriction.")


def matches(patterns: Sequence[str], name: str) -> bool:
    """Whether a name equals one of these patterns, or has the prefix of one that ends with `*`."""
    return any(name.startswith(p[:-1]) if p.endswith("*") else name == p for p in patterns)
