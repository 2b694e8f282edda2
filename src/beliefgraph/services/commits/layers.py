"""The layers of a twin, in the order in which a commit publishes them: each may read what earlier ones published."""

from __future__ import annotations

from collections.abc import Sequence

from beliefgraph.services.beliefs.publish import BELIEFS
from beliefgraph.services.decisions.layer import DECISIONS
from beliefgraph.services.goals.layer import GOALS
from beliefgraph.services.layer.protocol import Layer
from beliefgraph.services.metrics.layer import METRICS

LAYERS: Sequence[Layer] = (BELIEFS, METRICS, GOALS, DECISIONS)
