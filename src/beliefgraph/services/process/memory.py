"""Returning freed memory to the operating system, where the C library is glibc; elsewhere these do nothing."""

from __future__ import annotations

import ctypes
from functools import cache

MAPPED_BYTES = 2**20
"""Arrays from this size on are mapped separately, and so are returned when they are freed."""

SPARE_BYTES = 8 * 2**20
"""Most memory that a heap keeps at its end; each thread has a heap of its own."""

_TRIM_THRESHOLD, _MMAP_THRESHOLD = -1, -3
"""The parameters of `mallopt`."""


def keep_little() -> None:
    """Keep little of freed memory.

    Otherwise glibc raises both limits to tens of megabytes once an array of that size was freed, for every thread.
    """
    library = _glibc()
    if library is not None:
        library.mallopt(_MMAP_THRESHOLD, MAPPED_BYTES)
        library.mallopt(_TRIM_THRESHOLD, SPARE_BYTES)


def give_back() -> None:
    """Return what is kept between arrays that are in use; takes milliseconds.

    Reading a large twin frees as much as it keeps.
    """
    library = _glibc()
    if library is not None:
        library.malloc_trim(0)


@cache
def _glibc() -> ctypes.CDLL | None:
    try:
        library = ctypes.CDLL(None)
    except (OSError, TypeError):  # Windows
        return None
    return library if hasattr(library, "malloc_trim") and hasattr(library, "mallopt") else None
