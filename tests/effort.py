"""How much Hypothesis tries: a little in every run, twenty times as much with HYPOTHESIS_PROFILE=long."""

from __future__ import annotations

import os

from hypothesis import HealthCheck, settings

LONG = 20 if os.environ.get("HYPOTHESIS_PROFILE") == "long" else 1


def effort(examples: int) -> settings:
    """So many examples, each in a twin or on rows of its own, however long one takes."""
    return settings(max_examples=examples * LONG, suppress_health_check=[HealthCheck.function_scoped_fixture])
