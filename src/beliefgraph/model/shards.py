"""Which shard holds a twin: a database each, and the slots or single twins that it serves.

Twins never meet, so each lies whole in one database. The id of a twin, which is the same for everybody who knows its
tenant and its name, falls into one of 1,024 slots; a shard holds ranges of slots and, before these, single twins.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Annotated

from pydantic import Field, SecretStr, model_validator

from beliefgraph.errors import Unsupported
from beliefgraph.model.identity import twin_id
from beliefgraph.model.record import Record, normalised

SLOTS = 1_024
"""Slots that the ids of twins fall into, evenly: more than there will be shards, few enough to be looked at."""

HOME = "home"
"""The shard of the database in NEO4J_URI; its keys and definitions are those of all shards."""

SlotRange = Annotated[str, Field(pattern=r"^\d{1,4}(-\d{1,4})?$")]


def slot_of(tenant: str, twin: str) -> int:
    """The slot of the twin of that name; a broker that partitions by it keeps the events of a shard together."""
    return int(twin_id(tenant, normalised(twin))[:8], 16) % SLOTS


class PlacedTwin(Record):
    """One twin by its tenant and its name."""

    tenant: str = Field(description="Tenant of the twin.")
    twin: str = Field(description="Name of the twin.")


class Shard(Record):
    """One database, and the twins that it holds."""

    name: str = Field(pattern="^[a-z0-9][a-z0-9-]*$", description="Name of the shard; `home` is the one in NEO4J_URI.")
    uri: str | None = Field(default=None, description="Bolt or neo4j:// address; left out for `home` alone.")
    username: str = Field(default="neo4j", description="User of this Neo4j.")
    password: SecretStr | None = Field(default=None, description="Password of the user.")
    database: str = Field(default="neo4j", description="Database in this Neo4j.")
    slots: tuple[SlotRange, ...] = Field(default=(), description="Slots whose twins it holds, such as `0-511`.")
    twins: tuple[PlacedTwin, ...] = Field(default=(), description="Single twins that it holds, whatever their slot.")

    @model_validator(mode="after")
    def _sound(self) -> Shard:
        if (self.name == HOME) != (self.uri is None):
            raise ValueError(f"{self.name}: every shard but `{HOME}` has a uri, and `{HOME}` has the one in NEO4J_URI")
        if self.uri is not None and self.password is None:
            raise ValueError(f"{self.name}: a shard with a uri has a password")
        if any(not 0 <= slot < SLOTS for slot in self.each_slot()):
            raise ValueError(f"{self.name}: slots lie between 0 and {SLOTS - 1}")
        return self

    def each_slot(self) -> Iterator[int]:
        """Every slot that it holds."""
        for each in self.slots:
            first, _, last = each.partition("-")
            yield from range(int(first), int(last or first) + 1)


class ShardMap(Record):
    """The shards of a process. What none of them holds is refused."""

    shards: tuple[Shard, ...] = Field(min_length=1, description="The shards, each with its database.")

    @model_validator(mode="after")
    def _one_place_each(self) -> ShardMap:
        if len({shard.name for shard in self.shards}) < len(self.shards):
            raise ValueError("two shards have one name")
        slots = [slot for shard in self.shards for slot in shard.each_slot()]
        if len(set(slots)) < len(slots):
            raise ValueError(f"slot {next(slot for slot in slots if slots.count(slot) > 1)} lies in two shards")
        twins = [twin for shard in self.shards for twin in shard.twins]
        if len(self._by_twin) < len(twins):
            raise ValueError("a twin lies in two shards")
        return self

    @cached_property
    def _by_slot(self) -> dict[int, str]:
        return {slot: shard.name for shard in self.shards for slot in shard.each_slot()}

    @cached_property
    def _by_twin(self) -> dict[str, str]:
        return {twin_id(t.tenant, normalised(t.twin)): shard.name for shard in self.shards for t in shard.twins}

    def of(self, tenant: str, twin: str) -> str:
        """The name of the shard that holds the twin of that name; `unknown-shard` where none here does."""
        found = self._by_twin.get(twin_id(tenant, normalised(twin))) if self._by_twin else None
        found = found or self._by_slot.get(slot_of(tenant, twin))
        if found is None:
            raise Unsupported(
                "unknown-shard",
                "No shard of this process holds this twin; send the call to a process whose shard map lists it.",
                twin=twin,
                slot=slot_of(tenant, twin),
            )
        return found


@dataclass(frozen=True)
class Place:
    """One shard of a map: whether it holds a twin."""

    map: ShardMap
    name: str

    def require(self, tenant: str, twin: str) -> None:
        """Refuse (`unknown-shard`) a twin that this shard does not hold."""
        if self.map.of(tenant, twin) != self.name:
            raise Unsupported("unknown-shard", f"The shard {self.name} does not hold this twin.", twin=twin)
