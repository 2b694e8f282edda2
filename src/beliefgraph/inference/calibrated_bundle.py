"""Builds a calibrated bundle from factors and a plan, with errors in the caller's numbering."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from beliefgraph.errors import Incorrect
from beliefgraph.inference.arrays import Floats, frozen
from beliefgraph.inference.bundle import Bundle
from beliefgraph.inference.calibrate import calibrate
from beliefgraph.inference.factors import Factors
from beliefgraph.inference.plan import Plan
from beliefgraph.inference.propagation import Engine
from beliefgraph.inference.variables import Variables


def calibrated_bundle(
    members: Sequence[int],
    sizes: npt.ArrayLike,
    variables: Variables,
    factors: Factors,
    prior_log_odds: Floats,
    plan: Plan,
) -> tuple[Bundle, float]:
    """The bundle of some parts and its drift, in nats.

    `members` are its beliefs in the structure's numbering, `sizes` the number of them in each part, in their order;
    `variables` and `factors` number them by their index among the members. `prior_log_odds` (shape [n]) are the
    structure's. Raises `infeasible-statements`, naming beliefs of the structure.
    """
    try:
        calibrated = calibrate(plan, variables, factors)
    except Incorrect as error:
        if error.code != "infeasible-statements":
            raise
        beliefs = error.ids["beliefs"]
        assert isinstance(beliefs, list)
        raise Incorrect(
            error.code, error.message, beliefs=[members[at] for at in beliefs], drift=error.ids["drift"]
        ) from None
    part_sizes = np.asarray(sizes)
    bundle = Bundle(
        variables=variables,
        members=frozen(np.array(members, dtype=np.int64)),
        part=frozen(np.repeat(np.arange(len(part_sizes)), part_sizes)),
        prior_log_odds=prior_log_odds[list(members)],
        engine=Engine.of(plan, calibrated.log_potential),
        families=factors.families,
        conditionals=calibrated.conditionals,
        own=calibrated.own,
        pairs=factors.pairs,
    )
    return bundle, calibrated.drift
