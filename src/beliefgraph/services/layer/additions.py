"""What a command adds to a twin, before anything is derived from it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime

from beliefgraph.model.belief import BeliefKey
from beliefgraph.model.commit import Cause
from beliefgraph.model.delta import Delta


@dataclass(frozen=True)
class Additions:
    """What a command adds to a twin and what it ends; `moment` is its valid time, `beliefs` are those it names."""

    cause: Cause
    moment: datetime
    delta: Delta = field(default_factory=Delta)
    beliefs: Sequence[BeliefKey] = ()
