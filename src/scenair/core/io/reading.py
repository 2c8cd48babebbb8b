"""Readers end with a value or with one message, whatever a file holds."""

from __future__ import annotations

from functools import wraps
from typing import TYPE_CHECKING, Concatenate, Final, ParamSpec, TypeVar

from scenair.core.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

P = ParamSpec("P")
T = TypeVar("T")
#: What numpy, pandas and xarray raise where a file has other dimensions, types or labels.
_MISFIT: Final = (KeyError, ValueError, IndexError, TypeError, AttributeError, OverflowError)


def reader(
    function: Callable[Concatenate[str | Path, P], T],
) -> Callable[Concatenate[str | Path, P], T]:
    """Decorate a function that does nothing but read the file that is its first argument.

    Checks with words of their own come first and pass through. What is left - a dimension that is
    not there, text for numbers - is told as what it is to the user: a file of another form.
    """

    @wraps(function)
    def read(path: str | Path, /, *args: P.args, **kwargs: P.kwargs) -> T:
        try:
            return function(path, *args, **kwargs)
        except _MISFIT as error:
            words = next(iter(str(error).splitlines()), "")
            raise InputError(
                "a file of another form than is expected here",
                where=str(path),
                value=f"{type(error).__name__} {words}".strip(),
                remedy="delete it and run again, or bring the right one",
            ) from error

    return read
