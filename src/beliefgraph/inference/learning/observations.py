"""The training rows: evidence, and the truth of beliefs as far as it is known."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from beliefgraph.errors import Incorrect
from beliefgraph.inference.arrays import Floats, Ints, floats, frozen
from beliefgraph.inference.evidence import LOG_LIKELIHOOD_BOUND


@dataclass(frozen=True, slots=True, init=False, eq=False)
class Observations:
    """Rows in order of time, each one twin at one moment.

    `log_likelihood` is λ per row and belief (shape [B, n], nats, 0 without evidence); `truth` is 1 if the belief is
    known to hold, 0 if it is known not to, NaN if unknown (shape [B, n]; all NaN if left out). λ must not include the
    evidence that made the truth known. Raises `invalid-input`.
    """

    log_likelihood: Floats
    truth: Floats = field(repr=False)

    def __init__(self, log_likelihood: npt.ArrayLike, truth: npt.ArrayLike | None = None) -> None:
        evidence = floats("log_likelihood", log_likelihood)
        known = np.full(evidence.shape, np.nan) if truth is None else np.array(truth, dtype=np.float64)
        if evidence.ndim != 2 or known.shape != evidence.shape:
            raise Incorrect("invalid-input", "Observations are rows of one number per belief, and truth is alike.")
        if evidence.size and np.abs(evidence).max() > LOG_LIKELIHOOD_BOUND:
            raise Incorrect("invalid-input", f"A log-likelihood ratio lies within ±{LOG_LIKELIHOOD_BOUND:g}.")
        if not (np.isnan(known) | (known == 0.0) | (known == 1.0)).all():
            raise Incorrect("invalid-input", "The truth is 1, 0 or not known (NaN).", field="truth")
        object.__setattr__(self, "log_likelihood", frozen(evidence.copy()))
        object.__setattr__(self, "truth", frozen(known))

    def __len__(self) -> int:
        """The number of rows."""
        return len(self.log_likelihood)

    def part(self, first: float, last: float) -> Observations:
        """The rows in a range of shares of the time: `part(0, 0.7)` is the first seven tenths."""
        rows = slice(round(first * len(self)), round(last * len(self)))
        return Observations(self.log_likelihood[rows], self.truth[rows])

    def canonical(self) -> Ints:
        """The rows in an order that does not depend on the input order, so that sums over them have the same bits."""
        content = np.ascontiguousarray(np.concatenate([self.log_likelihood, self.truth], axis=1))
        return np.array(sorted(range(len(self)), key=lambda row: content[row].tobytes()), dtype=np.int64)
