"""The arrays this room speaks in, and the one place where what comes in is checked."""

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
"""Every table's potential, and its logarithm (at most 0); each [entries]."""
Evidence = tuple[Floats, Flags]
"""The weight of every state ([leaves], at most 1), and of which variables anything is said; where nothing is, all of a
variable's weights are 1."""
Upward = tuple[Floats, Floats, Floats]
"""What a way up makes: `table` [entries], `total` and `message` [message entries]."""
Downward = tuple[Floats, Floats, Floats]
"""What a way down makes: `joint` [entries], `below` [message entries] and `marginal` [leaves]."""


def numbers(name: str, values: npt.ArrayLike) -> Floats:
    """The values as float64; what are no numbers is `invalid-input`."""
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
    """The values as a column of int64; anything that is not whole numbers is `invalid-input`."""
    array: npt.NDArray[Any] = np.asarray(values)
    if array.size == 0:
        return np.zeros(0, dtype=np.int64)
    if array.ndim != 1 or array.dtype.kind not in "iu":
        raise Incorrect("invalid-input", f"{name} must be a column of whole numbers.", field=name)
    return array.astype(np.int64)


def frozen(array: npt.NDArray[Any]) -> npt.NDArray[Any]:
    """The same array, read-only from here on."""
    array.setflags(write=False)
    return array
