"""Which shard holds a twin: one database per shard, and the slots or single twins that it serves.

Twins are independent of each other, so each is in a single database. The id of a twin, derived from its tenant and
name, maps to one of 1,024 slots; a shard holds ranges of slots and, with precedence, single twins. If shards have
regions, the region is decided first, and the slot selects among the shards of the region.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Annotated, NoReturn, Protocol

from pydantic import Field, SecretStr, model_validator

from beliefgraph.errors import NotFound, Unsupported, did_you_mean
from beliefgraph.model.identity import twin_id
from beliefgraph.model.record import Record, normalised

SLOTS = 1_024
"""Slots that twin ids are evenly distributed over: more than there will be shards, few enough for display."""

HOME = "home"
"""The shard of the database in NEO4J_URI; its keys and definitions apply to all shards."""

SlotRange = Annotated[str, Field(pattern=r"^\d{1,4}(-\d{1,4})?$")]


def slot_of(tenant: str, twin: str) -> int:
    """The slot of the twin of that name; a broker that partitions by slot keeps the events of a shard together."""
    return int(twin_id(tenant, normalised(twin))[:8], 16) % SLOTS


class PlacedTwin(Record):
    """One twin by its tenant and its name."""

    tenant: str = Field(description="Tenant of the twin.")
    twin: str = Field(description="Name of the twin.")


RegionName = Annotated[str, Field(pattern="^[a-z0-9][a-z0-9-]*$")]


class RegionRule(Record):
    """Which twins begin in a region, where the caller does not say it; the first rule that fits counts."""

    region: RegionName = Field(description="Region in which they begin.")
    tenants: tuple[str, ...] = Field(default=(), description="Tenants that it is about; none: all.")
    twins: tuple[str, ...] = Field(default=(), description="Names of twins, or prefixes with `*`; none: all.")

    def fits(self, tenant: str, twin: str) -> bool:
        """Whether it applies to a twin."""
        name = normalised(twin)
        names = (name == each or (each.endswith("*") and name.startswith(each[:-1])) for each in self.twins)
        return (not self.tenants or tenant in self.tenants) and (not self.twins or any(names))


class Shard(Record):
    """One database, and the twins that it holds."""

    region: RegionName | None = Field(
        default=None, description="Region in which its data is stored; null if none is named."
    )
    name: str = Field(pattern="^[a-z0-9][a-z0-9-]*$", description="Name of the shard; `home` is the one in NEO4J_URI.")
    uri: str | None = Field(default=None, description="Bolt or neo4j:// address; may only be omitted for `home`.")
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
    rules: tuple[RegionRule, ...] = Field(default=(), description="In which region twins begin.")

    @model_validator(mode="after")
    def _check_unique(self) -> ShardMap:
        if len({shard.name for shard in self.shards}) < len(self.shards):
            raise ValueError("two shards have one name")
        slots = [(shard.region, slot) for shard in self.shards for slot in shard.each_slot()]
        if len(set(slots)) < len(slots):
            region, slot = next(each for each in slots if slots.count(each) > 1)
            raise ValueError(f"slot {slot}{f' of the region {region}' if region else ''} lies in two shards")
        unknown = {rule.region for rule in self.rules} - set(self.regions)
        if unknown:
            raise ValueError(f"no shard is in the region {min(unknown)}, which a rule names")
        twins = [twin for shard in self.shards for twin in shard.twins]
        if len(self._by_twin) < len(twins):
            raise ValueError("a twin is in two shards")
        return self

    @cached_property
    def _by_slot(self) -> dict[tuple[str | None, int], str]:
        return {(shard.region, slot): shard.name for shard in self.shards for slot in shard.each_slot()}

    @cached_property
    def regions(self) -> dict[str, str]:
        """The names of all shards with a region, by region; of several shards the last one."""
        return {shard.region: shard.name for shard in self.shards if shard.region is not None}

    @cached_property
    def region(self) -> dict[str, str | None]:
        """The region of each shard, by the shard's name."""
        return {shard.name: shard.region for shard in self.shards}

    @cached_property
    def _by_twin(self) -> dict[str, str]:
        return {twin_id(t.tenant, normalised(t.twin)): shard.name for shard in self.shards for t in shard.twins}

    def check_region(self, region: str) -> None:
        """Refuse (`unknown-region`) a region in which there is no shard."""
        if region not in self.regions:
            known = ", ".join(sorted(self.regions)) or "none"
            raise NotFound(
                "unknown-region",
                f"There is no region {region!r}; there is {known}{did_you_mean(region, self.regions)}.",
                region=region,
            )

    def of(self, tenant: str, twin: str, region: str | None = None) -> str:
        """The name of the shard in which a twin of that name is created; `unknown-shard` if this process has none.

        In the given region, else where the rules say.
        """
        if region is not None:
            self.check_region(region)
        found = self._by_twin.get(twin_id(tenant, normalised(twin))) if self._by_twin else None
        if found is None or region not in (None, self.region[found]):
            region = region or next((rule.region for rule in self.rules if rule.fits(tenant, twin)), None)
            found = self._by_slot.get((region, slot_of(tenant, twin)))
        if found is None and region is None and self.regions:
            raise NotFound(
                "unknown-region",
                f"State the region of this new twin ({', '.join(sorted(self.regions))}), or write a rule for it.",
                twin=twin,
            )
        return found or self.refuse(tenant, twin)

    def refuse(self, tenant: str, twin: str) -> NoReturn:
        """Refuse (`unknown-shard`) a twin that none of these shards holds."""
        raise Unsupported(
            "unknown-shard",
            "No shard of this process holds this twin; send the call to a process whose shard map lists it.",
            twin=twin,
            slot=slot_of(tenant, twin),
        )


class ShardLocator(Protocol):
    """The locations of twins."""

    def of(self, tenant: str, twin: str) -> str:
        """The name of the shard that holds a twin; `unknown-shard` if this process has none."""
        ...


@dataclass(frozen=True)
class ShardLocation:
    """One shard of a process, and whether it holds a twin."""

    map: ShardLocator
    name: str

    def require(self, tenant: str, twin: str) -> None:
        """Refuse (`unknown-shard`) a twin that this shard does not hold."""
        if self.map.of(tenant, twin) != self.name:
            raise Unsupported("unknown-shard", f"The shard {self.name} does not hold this twin.", twin=twin)
