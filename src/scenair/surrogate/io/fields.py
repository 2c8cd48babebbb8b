"""Files of a case: parameters, meteorology, background."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from scenair.config.case import CaseConfig
from scenair.config.surrogate import SurrogateConfig
from scenair.core.errors import InputError
from scenair.core.io.netcdf import open_netcdf, require_finite, write_netcdf
from scenair.core.io.paths import resources
from scenair.core.io.reading import reader
from scenair.core.io.tables import read_table
from scenair.core.regions import counties
from scenair.surrogate.adapters import OPTIONAL, from_era5, is_era5
from scenair.surrogate.background import background_field, cell_provinces
from scenair.surrogate.gridded import check_grid
from scenair.surrogate.meteorology import (
    SYNTHETIC,
    VARIABLES,
    Regular,
    free_meteorology,
    on_grid_meteorology,
    regular,
)
from scenair.surrogate.normals import Normals, stations_from_table
from scenair.surrogate.parameters import Parameters, parameters_from_table
from scenair.surrogate.parametric import summer_share

#: Shipped map of precipitation normals, relative to ``resources/``.
RAIN_MAP = "surrogate/rain_climatology_east_asia.nc"
#: Shipped wind at 300 hPa.
UPPER_WIND = "surrogate/wind_300hpa_east_asia.nc"

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    import xarray as xr

    from scenair.core.grids import Grid


def read_config(config: Mapping[str, Any]) -> tuple[CaseConfig, SurrogateConfig]:
    """The validated sections ``case`` and ``surrogate``."""
    return (
        CaseConfig.model_validate(config["case"]),
        SurrogateConfig.model_validate(config["surrogate"]),
    )


def read_parameters(name: str = "surrogate/parameters.csv") -> Parameters:
    """The parameter table ``name`` (relative to ``resources/`` or absolute)."""
    return parameters_from_table(read_table(name))


@reader
def read_rain_map(path: str | Path) -> Regular:
    """A map of monthly precipitation normals, (12, lat, lon), kg m-2 a month.

    Raises
    ------
    InputError, UnitsError
        Unreadable, variable missing, wrong unit, not twelve months, missing or negative values.
    """
    rain = regular(open_netcdf(path), "rain", unit="kg m-2 a month", where=str(path))
    if rain.values.shape[0] != 12:
        raise InputError("normals need twelve months", where=str(path), value=rain.values.shape[0])
    if (rain.values < 0).any():
        raise InputError("negative rain", where=f"{path}, variable rain", value=rain.values.min())
    return rain


@reader
def read_upper_wind(path: str | Path) -> tuple[Regular, Regular]:
    """East and north wind at 300 hPa by month, m s-1, from those of January and July.

    The months between follow the cosine of :func:`.parametric.summer_share`.

    Raises
    ------
    InputError, UnitsError
        Unreadable, variable missing, wrong unit, other months, missing values or wild ones.
    """
    ds = open_netcdf(path)
    if "month" not in ds or ds["month"].values.tolist() != [1, 7]:
        raise InputError("not January and July", where=str(path), allowed="month = 1, 7")
    share = np.array([summer_share(m) for m in range(1, 13)])[:, None, None]
    found = []
    for name in ("ua300", "va300"):
        wind = regular(ds, name, unit="m s-1", where=str(path))
        if (np.abs(wind.values) > 120).any():
            raise InputError("wind over 120 m s-1", where=f"{path}, variable {name}")
        january, july = wind.values
        found.append(Regular(wind.lon, wind.lat, (1 - share) * january + share * july))
    return found[0], found[1]


def read_normals(
    rain: str | Path | None = None,
    upper: str | Path | None = None,
    stations: str = "surrogate/climate_normals.csv",
) -> Normals:
    """Maps of rain and upper wind (the shipped ones if none is given), table of stations."""
    table = read_table(stations, dtype={"month": "int64"})
    return Normals(
        read_rain_map(rain or resources() / RAIN_MAP),
        *read_upper_wind(upper or resources() / UPPER_WIND),
        stations_from_table(table, quantity="rain_days"),
        stations_from_table(table, quantity="humidity"),
        stations_from_table(table, quantity="sunshine"),
    )


def build_meteorology(
    *,
    config: Mapping[str, Any],
    winds: str | Path,
    relief: str | Path,
    meteorology: str | Path,
    rain: str | Path | None = None,
    upper: str | Path | None = None,
) -> None:
    """Quarterly meteorology of the case from free monthly fields.

    Parameters
    ----------
    config : mapping
        Sections ``case`` and ``surrogate``.
    winds, relief : path
        Monthly surface winds and temperature; surface elevation.
    meteorology : path
        Written: variables of :data:`.meteorology.VARIABLES` by quarter.
    rain, upper : path, optional
        Map of the monthly precipitation, wind at 300 hPa; the shipped ones without them.
    """
    case, options = read_config(config)
    surface = open_netcdf(winds)
    grid = case.grid.build()
    attrs = {"sources": str(surface.attrs.get("source", "")), "synthetic": "false", "note": ""}
    if "wind_x" in surface:
        ds = on_grid_meteorology(read_meteorology(winds, grid=grid), grid=grid)
        attrs |= {key: str(surface.attrs[key]) for key in attrs if key in surface.attrs}
    else:
        if is_era5(surface):
            surface = from_era5(surface)
        height = open_netcdf(relief, variables={"orog": "m"})
        ds = free_meteorology(
            surface, height, grid=grid, par=read_parameters(options.parameters),
            normals=read_normals(rain, upper),
        )  # fmt: skip
        attrs["sources"] += f"; {height.attrs.get('source', '')}"
        attrs["sources"] += f"; {open_netcdf(upper or resources() / UPPER_WIND).attrs['source']}"
        attrs |= _origin(set(map(str, surface.data_vars)))
        if "pr" not in surface:
            attrs["sources"] += f"; {open_netcdf(rain or resources() / RAIN_MAP).attrs['source']}"
        if options.meteorology is None:
            attrs["note"] = SYNTHETIC
    title = "meteorology of the surrogate by calendar quarter"
    write_netcdf(ds, meteorology, title=title, attrs=attrs)


def _origin(names: set[str]) -> dict[str, str]:
    """What a meteorology file says of the fields that its source (with ``names``) lacks."""
    left = [name for name in OPTIONAL if name not in names]
    normal = [name for name in left if name in ("pr", "hurs", "wet_event")]
    formula = [name for name in left if name not in normal]
    note = [
        f"{origin}: {', '.join(sorted(which))}"
        for origin, which in (("parametric", formula), ("climate normals", normal))
        if which
    ]
    return {"synthetic": "true", "note": "; ".join(note)} if note else {}


def build_background(*, config: Mapping[str, Any], background: str | Path) -> None:
    """The uncontrolled background B by quarter.

    Parameters
    ----------
    config : mapping
        Sections ``case`` and ``surrogate``.
    background : path
        Written: ``BACKGROUND(quarter, y, x)``, ``component_field(component, quarter, y, x)``
        and ``biogenic_reactivity(quarter, y, x)``.
    """
    case, options = read_config(config)
    grid = case.grid.build()
    regions = read_table("surrogate/background_regions.csv")
    places = counties()
    point = places.geometry.representative_point()
    provinces = cell_provinces(
        grid,
        lon=point.x.to_numpy(),
        lat=point.y.to_numpy(),
        province=places["province"].to_numpy(),
    )
    ds = background_field(
        read_table(options.background),
        region_of_province=dict(zip(regions["province"], regions["value"], strict=True)),
        provinces=provinces,
        grid=grid,
        biogenic=None if options.biogenic is None else read_table(options.biogenic),
    )
    write_netcdf(
        ds,
        background,
        title="PM2.5 that no scenario controls, by calendar quarter",
        attrs={
            "synthetic": "true",
            "note": "assumed by region, quarter and component (surrogate/background.csv)",
        },
    )


@reader
def read_meteorology(path: str | Path, *, grid: Grid) -> xr.Dataset:
    """A meteorology file, checked.

    Raises
    ------
    InputError, UnitsError
        Unreadable, variable missing, wrong unit or grid, values missing or out of range.
    """
    ds = open_netcdf(path, variables=VARIABLES)
    check_grid(ds, grid, where=str(path))
    for name in VARIABLES:
        least = None if name.startswith("wind_") else 0.0
        require_finite(ds[name], where=str(path), minimum=least)
    for name in ("diffusivity_x", "diffusivity_y", "diffusivity_z", "wet_event"):
        if not (ds[name] > 0).all():
            raise InputError("a value that must be positive", where=f"{path}, variable {name}")
    return ds
