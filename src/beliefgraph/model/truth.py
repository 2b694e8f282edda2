"""What turned out to be true of twins, from outside: what confidences are scored against."""

from __future__ import annotations

from pydantic import Field

from beliefgraph.model.belief import ANYONE, ANYWHERE, BeliefKey
from beliefgraph.model.record import Key, Name, Record
from beliefgraph.model.time import Instant


class Truth(Record):
    """What an attribute of a twin truly was: `true` or `false`, or the value that held."""

    twin: Key = Field(description="Name of the twin.")
    attribute: Name = Field(description="Attribute that is known.")
    subject: Key = Field(ANYONE, description="Subject; `self` if left out.")
    context: Key = Field(ANYWHERE, description="Context; `any` if left out.")
    value: Key = Field(description="`true` or `false`; for an attribute with values, the value that held.")
    time: Instant | None = Field(None, description="Valid time at which it was so; null: the latest known of the twin.")

    @property
    def variable(self) -> BeliefKey:
        """The belief, or all values of the attribute together."""
        return BeliefKey(attribute=self.attribute, subject=self.subject, context=self.context)

    @property
    def holds(self) -> bool | None:
        """Whether the belief holds; None where the value is neither true nor false."""
        return {"true": True, "1": True, "false": False, "0": False}.get(self.value.lower())
