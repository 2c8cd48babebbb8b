"""A quarter of all scenario-years of a sweep."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any

from scenair.core.audit.checksums import sha256_of
from scenair.core.errors import InputError
from scenair.core.io.netcdf import open_netcdf, require_finite, write_netcdf
from scenair.core.units import FLUX
from scenair.surrogate.geometry import geometry
from scenair.surrogate.gridded import check_grid
from scenair.surrogate.io.annual import read_biogenic
from scenair.surrogate.io.fields import read_config, read_meteorology, read_parameters
from scenair.surrogate.quarter import prepare_quarter
from scenair.surrogate.solutions import solutions_dataset
from scenair.surrogate.sources import INPUT_SPECIES
from scenair.surrogate.sweep import SharedQuarter
from scenair.surrogate.year import read_emitted

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from scenair.core.grids import Grid
    from scenair.surrogate.parameters import Parameters
    from scenair.surrogate.year import Emitted

logger = logging.getLogger(__name__)


def build_sweep(
    *,
    quarter: int,
    members: Sequence[tuple[int, str]],
    config: Mapping[str, Any],
    gridded: Sequence[str | Path],
    meteorology: str | Path,
    background: str | Path,
    solutions: str | Path,
    threads: int = 1,
) -> None:
    """One quarter of all scenario-years of a sweep.

    Parameters
    ----------
    quarter : int
        0-3.
    members : sequence of (year, scenario)
    config : mapping
        Sections ``case`` and ``surrogate``.
    gridded : sequence of path
        Emissions of each member.
    meteorology, background : path
    solutions : path
        Written: what ``build_air_quality`` needs of each member.
    threads : int
        Groups of members that are solved side by side; the result does not depend on it.
    """
    case, options = read_config(config)
    grid, par = case.grid.build(), read_parameters(options.parameters)
    met = read_meteorology(meteorology, grid=grid)
    biogenic = read_biogenic(open_netcdf(background), options, where=str(background))
    files = dict(zip([(int(y), str(s)) for y, s in members], gridded, strict=True))
    emitted = {
        m: _emitted(path, quarter, year=m[0], grid=grid, par=par) for m, path in files.items()
    }
    shared = SharedQuarter(
        prepare_quarter(met, quarter, geo=geometry(grid), par=par), threads=threads
    )
    solved = shared.solve(emitted, quarter, biogenic=biogenic, par=par)
    logger.info("%d scenario-years are solved", len(solved))
    ds = solutions_dataset(
        solved, emissions={m: sha256_of(path) for m, path in files.items()}, grid=grid
    )
    write_netcdf(ds, solutions, title=f"quarter {quarter + 1} of a sweep")


def _emitted(path: str | Path, quarter: int, *, year: int, grid: Grid, par: Parameters) -> Emitted:
    """Emissions of a quarter; the whole file is checked where the year is put together."""
    with open_netcdf(path, variables=dict.fromkeys(INPUT_SPECIES, FLUX), chunks={}) as ds:
        check_grid(ds, grid, where=str(path))
        if int(ds.attrs.get("year", -1)) != year:
            raise InputError(
                "the file is of another year", where=str(path),
                value=ds.attrs.get("year"), allowed=str(year),
            )  # fmt: skip
        months = ds.isel(month=slice(3 * quarter, 3 * quarter + 3))
        for name in INPUT_SPECIES:
            require_finite(months[name], where=str(path))
        return read_emitted(ds, quarter, year=year, par=par)
