"""The error class whose message is meant for a person.

Every message says what is wrong, where (file, row, variable), the value found, what is allowed
and what to do. Only :class:`ScenairError` is shortened to its message; every other exception is
a defect of scenair and keeps its traceback.
"""

from __future__ import annotations


class ScenairError(Exception):
    """A wrong input, told in one message.

    Parameters
    ----------
    what : str
        What is wrong, in one clause.
    where : str, optional
        File, row, variable, cell.
    value : object, optional
        The value that was found.
    allowed : str, optional
        What would be accepted.
    remedy : str, optional
        What the reader can do.
    """

    def __init__(
        self,
        what: str,
        *,
        where: str | None = None,
        value: object = None,
        allowed: str | None = None,
        remedy: str | None = None,
    ) -> None:
        parts = [what.rstrip(".")]
        if where is not None:
            parts.append(f"where: {where}")
        if value is not None:
            parts.append(f"found: {value}")
        if allowed is not None:
            parts.append(f"allowed: {allowed}")
        if remedy is not None:
            parts.append(f"to do: {remedy.rstrip('.')}")
        super().__init__("; ".join(parts) + ".")


class ConfigError(ScenairError):
    """Configuration, case or scenario file."""


class InputError(ScenairError):
    """A data file that can't be understood."""


class UnitsError(ScenairError):
    """A quantity in another unit than the function takes."""


class MassBalanceError(ScenairError):
    """Mass in and mass out differ by more than the tolerance."""


class StorageError(ScenairError):
    """A result that the file system doesn't take: full disk, read-only, no permission."""
