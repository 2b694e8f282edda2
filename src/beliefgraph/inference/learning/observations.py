"""What was heard, and what turned out: the rows that everything here learns from."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from beliefgraph.errors import Incorrect
from beliefgraph.inference.arrays import Floats, Ints, floats, frozen
from beliefgraph.inference.evidence import LOG_LIKELIHOOD_BOUND


@dataclass(frozen=True, slots=True, init=False, eq=False)
class Observations:
    """Rows, each one twin at one moment, in the order of time.

    `log_likelihood` is λ per row and belief (shape [B, n], nats, 0 where nothing was heard); `truth` is 1 where the
    belief turned out to hold, 0 where not, NaN where that is not known (shape [B, n]; all NaN if left out). What made
    the truth known must not be in λ too. Raises `invalid-input`.
    """

    log_likelihood: Floats
    truth: Floats = field(repr=False)

    def __init__(self, log_likelihood: npt.ArrayLike, truth: npt.ArrayLike | None = None) -> None:
        heard = floats("log_likelihood", log_likelihood)
        known = np.full(heard.shape, np.nan) if truth is None else np.array(truth, dtype=np.float64)
        if heard.ndim != 2 or known.shape != heard.shape:
            raise Incorrect("invalid-input", "Observations are rows of one number per belief, and truth is alike.")
        if heard.size and np.abs(heard).max() > LOG_LIKELIHOOD_BOUND:
            raise Incorrect("invalid-input", f"A log-likelihood ratio lies within ±{LOG_LIKELIHOOD_BOUND:g}.")
        if not (np.isnan(known) | (known == 0.0) | (known == 1.0)).all():
            raise Incorrect("invalid-input", "The truth is 1, 0 or not known (NaN).", field="truth")
        object.__setattr__(self, "log_likelihood", frozen(heard.copy()))
        object.__setattr__(self, "truth", frozen(known))

    def __len__(self) -> int:
        """How many rows there are."""
        return len(self.log_likelihood)

    def part(self, first: float, last: float) -> Observations:
        """The rows from one share of the time to another: `part(0, 0.7)` is the first seven tenths."""
        rows = slice(round(first * len(self)), round(last * len(self)))
        return Observations(self.log_likelihood[rows], self.truth[rows])

    def canonical(self) -> Ints:
        """The rows in an order that does not depend on the one they came in: sums over them have the same bits."""
        content = np.ascontiguousarray(np.concatenate([self.log_likelihood, self.truth], axis=1))
        return np.array(sorted(range(len(self)), key=lambda row: content[row].tobytes()), dtype=np.int64)
