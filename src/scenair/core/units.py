"""Units at the border of functions: attributes are checked, conversions are explicit.

scenair moves few units, and each by exact factors, so a table serves; what is not in it is
refused rather than guessed.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from scenair.core.errors import UnitsError

if TYPE_CHECKING:
    import xarray as xr

EMISSION: Final = "Mg yr-1"
FLUX: Final = "kg m-2 s-1"

#: unit -> (dimension, factor to the first unit of that dimension)
_FACTORS: Final[dict[str, tuple[str, float]]] = {
    "Mg yr-1": ("mass per year", 1.0),
    "t yr-1": ("mass per year", 1.0),
    "kg yr-1": ("mass per year", 1e-3),
    "Gg yr-1": ("mass per year", 1e3),
    "kt yr-1": ("mass per year", 1e3),
    "kt/year": ("mass per year", 1e3),
    "Tg yr-1": ("mass per year", 1e6),
    "Tg/yr": ("mass per year", 1e6),
    "Mt yr-1": ("mass per year", 1e6),
    "Pg yr-1": ("mass per year", 1e9),
    "kg m-2 s-1": ("mass flux", 1.0),
    "g m-2 s-1": ("mass flux", 1e-3),
    "ug m-3": ("mass concentration", 1.0),
    "mg m-3": ("mass concentration", 1e3),
    "TJ": ("energy", 1.0),
    "GJ": ("energy", 1e-3),
    "PJ": ("energy", 1e3),
    "EJ": ("energy", 1e6),
    "tce": ("energy", 29.3076e-3),
    "m": ("length", 1.0),
    "km": ("length", 1e3),
    "K": ("temperature", 1.0),
}


def conversion(source: str, target: str) -> float:
    """Factor that turns a number in ``source`` into one in ``target``.

    Raises
    ------
    UnitsError
        Unknown unit or another dimension.
    """
    for unit in (source, target):
        if unit not in _FACTORS:
            raise UnitsError("unknown unit", value=unit, allowed=", ".join(_FACTORS))
    if _FACTORS[source][0] != _FACTORS[target][0]:
        raise UnitsError(
            "units of different dimension",
            value=f"{source} ({_FACTORS[source][0]})",
            allowed=f"{target} ({_FACTORS[target][0]})",
        )
    return _FACTORS[source][1] / _FACTORS[target][1]


def require_units(da: xr.DataArray, unit: str, *, where: str) -> xr.DataArray:
    """Return ``da`` unchanged if its ``units`` attribute is ``unit`` to the letter.

    Raises
    ------
    UnitsError
        Missing or another unit.
    """
    found = da.attrs.get("units")
    if found != unit:
        raise UnitsError(
            "wrong unit",
            where=f"{where}, variable {da.name}",
            value=found,
            allowed=unit,
            remedy="convert it, or mend the attribute if only that is wrong",
        )
    return da
