"""The only module that uses numba: compiling functions to machine code, and the cache of compiled code."""

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
"""It has no kernels, but the numbers of its columns are compiled into those of others."""


def native(function: F) -> F:
    """The same function as machine code, compiled at its first call and cached on disk for the next process.

    The cache is at NUMBA_CACHE_DIR or beside the source, or in the user's cache directory if that is read-only; if none
    is writable it is compiled again in every process. The cached code is valid as long as `sources` is unchanged, and
    then overwritten. It runs without the interpreter's lock and divides by zero as numpy does. Sums and products keep
    their order (no fast-math), so repeated computations are bit-identical.
    """
    return _compiled(function)


def inner(function: F) -> F:
    """The same for functions that run repeatedly inside a kernel and allocate no array: they are inlined.

    The callers own the arrays, so reference counting is switched off: it would take longer than the work on a small
    table. (`_nrt` is numba's option for that; numba refuses a function that allocates an array.)
    """
    return _compiled(function, _nrt=False, forceinline=True)


def _compiled(function: F, **options: bool) -> F:
    config, compiler = cast(Any, numba.config), cast(Any, numba.njit)
    others = config.CACHE_LOCATOR_CLASSES
    config.CACHE_LOCATOR_CLASSES = ",".join(f"{__name__}.{place.__name__}" for place in PLACES)
    try:
        return cast(F, compiler(cache=True, nogil=True, error_model="numpy", **options)(function))
    except RuntimeError:  # numba found no writable cache
        return cast(F, compiler(nogil=True, error_model="numpy", **options)(function))
    finally:
        config.CACHE_LOCATOR_CLASSES = others


@cache
def sources() -> str:
    """A hash of all kernel modules of this package, and of COLUMNS.

    One kernel is compiled into another, so any of them may be part of any machine code.
    """
    digest = hashlib.sha256()
    for module in _modules(files(__package__)):
        text = module.read_bytes()
        if module.name == COLUMNS or b"\n@native\n" in text or b"\n@inner\n" in text:
            digest.update(text)
    return digest.hexdigest()


def _modules(folder: Traversable) -> Iterator[Traversable]:
    """The modules in a folder and its subfolders, in a fixed order."""
    for entry in sorted(folder.iterdir(), key=lambda entry: entry.name):
        if entry.is_dir():
            yield from _modules(entry)
        elif entry.name.endswith(".py"):
            yield entry


class _CacheDirectory:
    """Numba checks only the file that contains a function, and names cached code by the function's first line."""

    def get_source_stamp(self) -> tuple[str, object]:
        """What must be unchanged: the kernels of this package, and the function's own file wherever it is."""
        return sources(), super().get_source_stamp()  # type: ignore[misc]

    def get_disambiguator(self) -> str:
        """A constant: the cached code of a function is overwritten by the next one with its name."""
        return "native"


class GivenDirectory(_CacheDirectory, caching.UserProvidedCacheLocator):
    """The directory of NUMBA_CACHE_DIR."""


class SourceDirectory(_CacheDirectory, caching.InTreeCacheLocator):
    """Beside the source."""


class UserCacheDirectory(_CacheDirectory, caching.UserWideCacheLocator):
    """The user's own cache directory."""


PLACES = GivenDirectory, SourceDirectory, UserCacheDirectory
"""In numba's own order."""
