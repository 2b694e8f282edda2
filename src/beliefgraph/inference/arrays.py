"""Array types of this package, and validation of its inputs."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from beliefgraph.errors import Incorrect

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
Bools = npt.NDArray[np.bool_]
Flags = npt.NDArray[np.uint8]
Codes = npt.NDArray[np.uint32]
Narrow = npt.NDArray[np.int32]

Layout = tuple[Codes, Codes, Codes, Codes]
"""The `codes`, `leaf_codes`, `maps` and `trees` of a `Plan`."""
Potentials = tuple[Floats, Floats]
"""The potential of every table entry, and its logarithm (at most 0); each [entries]."""
Evidence = tuple[Floats, Flags]
"""The weight of every state ([leaves], at most 1), and flags for the variables with evidence; for the others all
weights are 1."""
Upward = tuple[Floats, Floats, Floats]
"""Results of an upward pass: `table` [entries], `total` and `message` [message entries]."""
Downward = tuple[Floats, Floats, Floats]
"""Results of a downward pass: `joint` [entries], `below` [message entries] and `marginal` [leaves]."""


def numbers(name: str, values: npt.ArrayLike) -> Floats:
    """The values as float64; `invalid-input` if they are not numbers."""
    try:
        return np.asarray(values, dtype=np.float64)
    except (TypeError, ValueError) as error:
        raise Incorrect("invalid-input", f"{name} must be numbers.", field=name) from error


def floats(name: str, values: npt.ArrayLike) -> Floats:
    """The values as finite float64; anything else is `invalid-input`."""
    array = numbers(name, values)
    if not np.isfinite(array).all():
        raise Incorrect("invalid-input", f"{name} must be finite numbers.", field=name)
    return array


def indices(name: str, values: npt.ArrayLike) -> Ints:
    """The values as a column of int64; anything other than integers is `invalid-input`."""
    array: npt.NDArray[Any] = np.asarray(values)
    if array.size == 0:
        return np.zeros(0, dtype=np.int64)
    if array.ndim != 1 or array.dtype.kind not in "iu":
        raise Incorrect("invalid-input", f"{name} must be a column of whole numbers.", field=name)
    return array.astype(np.int64)


def frozen(array: npt.NDArray[Any]) -> npt.NDArray[Any]:
    """The same array, made read-only."""
    array.setflags(write=False)
    return array
