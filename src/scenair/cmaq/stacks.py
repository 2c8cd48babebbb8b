"""Plants as inline point sources: stack groups, from which CMAQ computes plume rise itself."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import numpy as np
import numpy.typing as npt
import pandas as pd

from scenair.cmaq.writer import Field
from scenair.core.errors import InputError

if TYPE_CHECKING:
    from scenair.core.grids import Grid

PARAMETERS: Final = (
    "stack_height_m",
    "stack_diameter_m",
    "stack_temperature_k",
    "stack_velocity_m_s",
)
#: Physically possible stacks; a temperature in Celsius falls below the lower bound.
_RANGE: Final = {
    "stack_height_m": (1.0, 500.0),
    "stack_diameter_m": (0.1, 40.0),
    "stack_temperature_k": (260.0, 2000.0),
    "stack_velocity_m_s": (0.1, 100.0),
}
#: The seven that CCTM reads, then what other tools like to see.
STACK_FIELDS: Final = (
    Field("ISTACK", "none", "Stack group number", "i"),
    Field("LATITUDE", "degrees", "Latitude"),
    Field("LONGITUDE", "degrees", "Longitude"),
    Field("STKDM", "m", "Inside stack diameter"),
    Field("STKHT", "m", "Stack height above ground surface"),
    Field("STKTK", "degrees K", "Stack exit temperature"),
    Field("STKVE", "m/s", "Stack exit velocity"),
    Field("STKFLW", "m**3/s", "Stack exit flow rate"),
    Field("STKCNT", "none", "Number of stacks in group", "i"),
    Field("ROW", "none", "Grid row number", "i"),
    Field("COL", "none", "Grid column number", "i"),
    Field("XLOCA", "m", "Projection x coordinate"),
    Field("YLOCA", "m", "Projection y coordinate"),
    Field("IFIP", "none", "adcode of the unit", "i"),
)


def complete_stacks(points: pd.DataFrame, *, defaults: pd.DataFrame) -> pd.DataFrame:
    """Plants with all four stack parameters, typical ones where points.csv has none.

    Parameters
    ----------
    points : DataFrame
        Columns id, sector and :data:`PARAMETERS`.
    defaults : DataFrame
        Columns sector (``other`` for those not named), parameter, value.

    Raises
    ------
    InputError
        A parameter outside of what is possible, for example degrees Celsius.
    """
    table = defaults.pivot_table(index="sector", columns="parameter", values="value")
    known = points["sector"].where(points["sector"].isin(table.index), "other")
    out = points.copy()
    for name in PARAMETERS:
        given = pd.to_numeric(out[name], errors="coerce") if name in out else np.nan
        typical = known.map(table[name]).astype(np.float64)
        out[name] = pd.Series(given, index=out.index, dtype=np.float64).fillna(typical)
        low, high = _RANGE[name]
        wrong = ~out[name].between(low, high)
        if wrong.any():
            line = int(wrong.to_numpy().argmax())
            raise InputError(
                f"an impossible {name}",
                where=f"points.csv, id {out['id'].iloc[line]}",
                value=float(out[name].iloc[line]),
                allowed=f"{low:g} to {high:g} (metres, kelvin, metres a second)",
                remedy="CMAQ would run with a wrong plume rise: correct the unit or the value",
            )
    return out


def stack_values(points: pd.DataFrame, grid: Grid) -> dict[str, npt.NDArray[Any]]:
    """Arrays of :data:`STACK_FIELDS`, one entry a plant.

    Parameters
    ----------
    points : DataFrame
        From :func:`complete_stacks`; all inside the grid.

    Raises
    ------
    InputError
        A plant outside the grid: CMAQ would drop it without a message.
    """
    x, y = grid.project(points["lon"], points["lat"])
    cell = grid.locate(points["lon"], points["lat"])
    if (cell < 0).any():
        line = int((cell < 0).argmax())
        raise InputError(
            "a plant outside the grid in a stack file",
            where=f"id {points['id'].iloc[line]}",
            value=f"{points['lon'].iloc[line]} E, {points['lat'].iloc[line]} N",
        )
    diameter = points["stack_diameter_m"].to_numpy(dtype=np.float64)
    velocity = points["stack_velocity_m_s"].to_numpy(dtype=np.float64)
    n = len(points)
    return {
        "ISTACK": np.arange(1, n + 1),
        "LATITUDE": points["lat"].to_numpy(dtype=np.float64),
        "LONGITUDE": points["lon"].to_numpy(dtype=np.float64),
        "STKDM": diameter,
        "STKHT": points["stack_height_m"].to_numpy(dtype=np.float64),
        "STKTK": points["stack_temperature_k"].to_numpy(dtype=np.float64),
        "STKVE": velocity,
        "STKFLW": np.pi / 4 * diameter**2 * velocity,
        "STKCNT": np.ones(n, dtype=np.int64),
        "ROW": cell // grid.ncols + 1,
        "COL": cell % grid.ncols + 1,
        "XLOCA": x,
        "YLOCA": y,
        "IFIP": points["adcode"].to_numpy(dtype=np.int64),
    }
