"""What a control does to an inventory that is controlled already."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from scenair.core.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Sequence


@dataclass(frozen=True)
class ControlResult:
    """Emissions around a control, Mg yr-1.

    Attributes
    ----------
    uncontrolled : float
        Without the existing control.
    percent_reduction : float
        Share taken off, 0-1: efficiency x penetration x effectiveness.
    effective_reduction : float
        Beyond what the existing control takes off.
    final : float
    """

    uncontrolled: float
    percent_reduction: float
    effective_reduction: float
    final: float


def _share(name: str, value: float) -> float:
    if not 0 <= value <= 1:
        raise InputError(f"{name} must be a share", value=value, allowed="0 to 1")
    return value


def reduction(*, efficiency: float, penetration: float = 1.0, effectiveness: float = 1.0) -> float:
    """Share taken off: CE x RP x RE."""
    return (
        _share("control efficiency", efficiency)
        * _share("rule penetration", penetration)
        * _share("rule effectiveness", effectiveness)
    )


def replace_control(emission: float, *, existing: float, new: float) -> ControlResult:
    """Put a new control in the place of an existing one.

    Parameters
    ----------
    emission : float
        Inventory, Mg yr-1, with the existing control at work.
    existing, new : float
        Shares taken off, from :func:`reduction`.

    Raises
    ------
    InputError
        Shares outside 0-1, an existing control that leaves nothing.
    """
    if _share("existing reduction", existing) == 1:
        raise InputError("an existing control that takes everything leaves no inventory")
    uncontrolled = emission / (1 - existing)
    final = uncontrolled * (1 - _share("new reduction", new))
    return ControlResult(uncontrolled, new, emission - final, final)


def apply_in_order(emission: float, reductions: Sequence[float]) -> list[float]:
    """Emission left after each of several measures on one source: E0 x prod (1 - PR)."""
    left, out = emission, []
    for share in reductions:
        left *= 1 - _share("reduction", share)
        out.append(left)
    return out
