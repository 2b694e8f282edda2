"""The one place where numba is met: what makes a function run as machine code, and its types."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar, cast

import numba

F = TypeVar("F", bound=Callable[..., Any])


def native(function: F) -> F:
    """The same function as machine code, compiled at its first call and kept on disk for the next process.

    It is kept beside the source, or where that is read-only in a cache of the user's; where neither can be written it
    is compiled anew in every process. It runs without the interpreter's lock and divides by zero as numpy does.
    Sums and products keep their order (no fast-math): what is computed twice has the same bits twice.
    """
    try:
        return cast(F, numba.njit(cache=True, nogil=True, error_model="numpy")(function))
    except RuntimeError:  # numba found no place for a cache
        return cast(F, numba.njit(nogil=True, error_model="numpy")(function))
