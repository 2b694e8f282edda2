"""The one place where numba is met: what makes a function run as machine code, and how long that is kept."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator
from functools import cache
from importlib.resources import files
from importlib.resources.abc import Traversable
from typing import Any, TypeVar, cast

import numba
from numba.core import caching

F = TypeVar("F", bound=Callable[..., Any])

COLUMNS = "plan.py"
"""It has no kernels; the numbers of its columns are compiled into those of others."""


def native(function: F) -> F:
    """The same function as machine code, compiled at its first call and kept on disk for the next process.

    It is kept where NUMBA_CACHE_DIR says or beside the source, or where that is read-only in a cache of the user's;
    where none can be written it is compiled again in every process. What is kept is used while `sources` stands, and
    then overwritten. It runs without the interpreter's lock and divides by zero as numpy does. Sums and products keep
    their order (no fast-math): what is computed twice has the same bits twice.
    """
    return _compiled(function)


def inner(function: F) -> F:
    """The same for what runs inside a kernel again and again, and makes no array: it becomes a part of its callers.

    They hold the arrays that it works on, so nobody counts that it does too: counting would take longer than what is
    done to a small table. (`_nrt` is numba's own word for that; where an array is made after all, it refuses.)
    """
    return _compiled(function, _nrt=False, forceinline=True)


def _compiled(function: F, **options: bool) -> F:
    config, compiler = cast(Any, numba.config), cast(Any, numba.njit)
    others = config.CACHE_LOCATOR_CLASSES
    config.CACHE_LOCATOR_CLASSES = ",".join(f"{__name__}.{place.__name__}" for place in PLACES)
    try:
        return cast(F, compiler(cache=True, nogil=True, error_model="numpy", **options)(function))
    except RuntimeError:  # numba found no place for a cache
        return cast(F, compiler(nogil=True, error_model="numpy", **options)(function))
    finally:
        config.CACHE_LOCATOR_CLASSES = others


@cache
def sources() -> str:
    """A hash of every module of this room that has kernels, and of COLUMNS: one kernel is compiled into another, so
    that any of them may be in any machine code."""
    digest = hashlib.sha256()
    for module in _modules(files(__package__)):
        text = module.read_bytes()
        if module.name == COLUMNS or b"\n@native\n" in text or b"\n@inner\n" in text:
            digest.update(text)
    return digest.hexdigest()


def _modules(folder: Traversable) -> Iterator[Traversable]:
    """The modules in a folder and those below it, always in the same order."""
    for entry in sorted(folder.iterdir(), key=lambda entry: entry.name):
        if entry.is_dir():
            yield from _modules(entry)
        elif entry.name.endswith(".py"):
            yield entry


class _Place:
    """numba looks only at the file that a function is in, and names what it keeps by the line it begins at."""

    def get_source_stamp(self) -> tuple[str, object]:
        """What must be as it was: this room's kernels, and the function's own file wherever it is."""
        return sources(), super().get_source_stamp()  # type: ignore[misc]

    def get_disambiguator(self) -> str:
        """Nothing that changes with the source: what is kept of one function is overwritten by the next of its name."""
        return "native"


class Chosen(_Place, caching.UserProvidedCacheLocator):
    """Where NUMBA_CACHE_DIR says."""


class Beside(_Place, caching.InTreeCacheLocator):
    """Beside the source."""


class OfUser(_Place, caching.UserWideCacheLocator):
    """In the user's own cache."""


PLACES = Chosen, Beside, OfUser
"""In numba's own order."""
