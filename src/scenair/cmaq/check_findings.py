"""A finding of the validator: one line that says what to do."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Literal

if TYPE_CHECKING:
    from collections.abc import Iterable

Severity = Literal["error", "warning", "note"]
_ORDER: Final[dict[Severity, int]] = {"error": 0, "warning": 1, "note": 2}


@dataclass(frozen=True)
class Finding:
    """What is wrong, where, what was found, what to do.

    ``error``: CMAQ stops, or runs with another science. ``warning``: may be meant.
    ``note``: harmless, said once.
    """

    severity: Severity
    code: str
    file: str
    where: str
    found: str
    remedy: str

    def __str__(self) -> str:
        place = f"{self.file}: {self.where}" if self.where else self.file
        line = f"{self.severity:<7} {self.code:<22} {place}: {self.found}; {self.remedy}"
        # names come from files: no line breaks, no control sequences on a terminal
        return "".join(c if c.isprintable() else "?" for c in line)


class Findings:
    """Collects findings of one file."""

    def __init__(self, file: str) -> None:
        self.file = file
        self.items: list[Finding] = []

    def error(self, code: str, where: str, found: str, remedy: str) -> None:
        """CMAQ stops or computes something else."""
        self.items.append(Finding("error", code, self.file, where, found, remedy))

    def warning(self, code: str, where: str, found: str, remedy: str) -> None:
        """May be meant; look at it."""
        self.items.append(Finding("warning", code, self.file, where, found, remedy))

    def note(self, code: str, where: str, found: str, remedy: str) -> None:
        """Harmless."""
        self.items.append(Finding("note", code, self.file, where, found, remedy))


def by_severity(found: Iterable[Finding]) -> list[Finding]:
    """Errors first; the order within a severity is kept."""
    return sorted(found, key=lambda f: _ORDER[f.severity])


def summary(found: Iterable[Finding], *, files: int) -> str:
    """The last line of a report."""
    counts = dict.fromkeys(_ORDER, 0)
    for f in found:
        counts[f.severity] += 1
    said = ", ".join(f"{n} {s}{'' if n == 1 else 's'}" for s, n in counts.items())
    return f"{files} file{'' if files == 1 else 's'}: {said}"
