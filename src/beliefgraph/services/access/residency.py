"""Where twins are: the shard of each is decided once, when it is created, and changed only by moving it."""

from __future__ import annotations

from collections.abc import Iterable

from beliefgraph.errors import Conflict
from beliefgraph.model.record import normalised
from beliefgraph.model.shards import ShardMap
from beliefgraph.store.keys import Keyring


class Residency:
    """Determines which shard holds a twin: as decided at its creation or by a move, else by the shard map."""

    def __init__(self, shard_map: ShardMap, keyring: Keyring) -> None:
        self.map = shard_map
        self._keyring = keyring

    def of(self, tenant: str, twin: str) -> str:
        """The name of the shard that holds a twin; `unknown-shard` if none here does."""
        return self.decided(tenant, twin) or self.map.of(tenant, twin)

    def decided(self, tenant: str, twin: str) -> str | None:
        """The shard that was decided; None if none was."""
        if not self._keyring.residences.any(tenant):
            return None
        found = self._keyring.residences.find(tenant, self._hashed(tenant, twin))
        return found if found is None or found in self.map.region else self.map.refuse(tenant, twin)

    def decide(self, tenant: str, twins: Iterable[str], region: str | None = None) -> dict[str, str]:
        """The shards of twins by name, decided now where that was not done: in a region, else by the map.

        `unknown-region` if there is no such region, `other-region` if a twin is in another one. If the map has no
        regions, nothing is stored.
        """
        if region is not None:
            self.map.check_region(region)
        if not self.map.regions:
            return {twin: self.of(tenant, twin) for twin in dict.fromkeys(twins)}
        found: dict[str, str] = {}
        for twin in dict.fromkeys(twins):
            shard = self.decided(tenant, twin)
            if shard is None:
                shard = self.map.of(tenant, twin, region)
                shard = self._keyring.residences.decide(tenant, self._hashed(tenant, twin), shard)
            self.check(twin, shard, region)
            found[twin] = shard
        return found

    def check(self, twin: str, shard: str, region: str | None) -> None:
        """Refuse (`other-region`) a region other than that of the shard that holds a twin."""
        if region is not None and self.map.region[shard] != region:
            raise Conflict(
                "other-region",
                f"The twin {twin!r} lives in {self.map.region[shard] or shard!r}; `beliefgraph move` moves it.",
                twin=twin,
                region=self.map.region[shard],
            )

    def moved(self, tenant: str, twin: str, shard: str) -> None:
        """Record that a twin is in another shard from now on."""
        self._keyring.residences.move(tenant, self._hashed(tenant, twin), shard)

    def forget(self, tenant: str, twin: str) -> None:
        """Delete the record of where an erased twin was."""
        if self._keyring.residences.any(tenant):
            self._keyring.residences.forget(tenant, self._hashed(tenant, twin))

    def _hashed(self, tenant: str, twin: str) -> str:
        return self._keyring.digest(tenant, "residence", normalised(twin))
