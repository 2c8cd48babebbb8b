"""Files of response surfaces: the design, its runs, the fit."""

from __future__ import annotations

import logging
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
import pandas as pd
import xarray as xr

from scenair.config.surface import SurfaceConfig
from scenair.core.errors import InputError
from scenair.core.grids import grid_from_attributes
from scenair.core.io.atomic import write_text
from scenair.core.io.netcdf import open_netcdf, require_finite, write_netcdf
from scenair.core.io.tables import read_csv, read_table, write_csv
from scenair.core.periods import days_in_quarters
from scenair.core.units import FLUX
from scenair.surrogate.coarsen import block_sum, coarse_grid, coarse_meteorology
from scenair.surrogate.design_runs import (
    FACTORS,
    SPECIES_OF,
    annual,
    design_runs,
    run_design_quarter,
    scaled,
    warm,
)
from scenair.surrogate.geometry import geometry
from scenair.surrogate.gridded import check_grid, release_of, species_by_sector
from scenair.surrogate.io.annual import read_biogenic
from scenair.surrogate.io.fields import read_config, read_meteorology, read_parameters
from scenair.surrogate.io.nest import require_own
from scenair.surrogate.products import WARM_QUARTERS
from scenair.surrogate.quarter import prepare_quarter
from scenair.surrogate.sources import INPUT_SPECIES
from scenair.surrogate.surface_fit import fit_surfaces
from scenair.surrogate.sweep import SharedQuarter

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from scenair.core.grids import Grid

logger = logging.getLogger(__name__)
Array = npt.NDArray[np.float64]

_COLUMNS = ("run", "use", *FACTORS)
#: Variable of a run's file for each quantity.
_VARIABLES = {"PM25": "PM25_annual", "O3": "O3_WARM"}
#: Parts of an inventory species in the tables of CMAQ's mechanisms.
_MECHANISM_PARTS = {"PM25": ("PM25_REST", "BC", "OC")}


def build_design(
    *,
    config: Mapping[str, Any],
    mechanism: str,
    design: str | Path,
    rules: Sequence[str | Path],
) -> None:
    """The runs as a table, and each as the DESID rules of a CMAQ run.

    Parameters
    ----------
    config : mapping
        Section ``surface``.
    mechanism : str
        Table of the mechanism, relative to ``resources/``.
    design : path
        Written: a row a run with its emission ratios.
    rules : sequence of path
        Written: rows of ``Desid_Rules_nml`` a run, for the files of the base year.
    """
    options = SurfaceConfig.model_validate(config["surface"])
    fitted, judged = design_runs(
        runs=options.runs, held_out=options.held_out,
        method=options.method, largest=options.largest,
    )  # fmt: skip
    frame = pd.DataFrame(np.vstack([fitted, judged]), columns=list(FACTORS))
    frame.insert(0, "run", np.arange(1, len(frame) + 1))
    frame.insert(1, "use", ["fit"] * len(fitted) + ["judge"] * len(judged))
    variables = variables_of(read_table(mechanism))
    for row, path in zip(frame.to_dict("records"), rules, strict=True):
        write_text(desid_rows({str(k): v for k, v in row.items()}, variables), path)
    write_csv(frame, design)


def variables_of(mechanism: pd.DataFrame) -> dict[str, list[str]]:
    """CMAQ's emission variables that each factor scales."""
    return {
        name: mechanism.loc[
            mechanism["inventory"].isin(_MECHANISM_PARTS.get(name, SPECIES_OF[name])), "variable"
        ].tolist()
        for name in FACTORS
    }


def desid_rows(run: Mapping[str, Any], variables: Mapping[str, Sequence[str]]) -> str:
    """A run as rows of ``Desid_Rules_nml``: everywhere, all streams, multiplied."""
    lines = [
        f"! scenair response surface, run {run['run']} ({run['use']}): base year times "
        + ", ".join(f"{name} {run[name]:.9g}" for name in FACTORS)
    ]
    lines += [
        f"   'EVERYWHERE','ALL',{variable!r:<16},'ALL','ALL',{run[name]:.9g},'UNIT','m',"
        for name in FACTORS
        for variable in variables[name]
    ]
    return "\n".join([*lines, ""])


def read_design(path: str | Path) -> pd.DataFrame:
    """The table of runs, checked.

    Raises
    ------
    InputError
        A column missing, a ratio that is negative or no number, or no runs of a kind.
    """
    frame = read_csv(path, columns=_COLUMNS, dtype=dict.fromkeys(FACTORS, "float64"))
    ratios = frame[list(FACTORS)].to_numpy()
    if not np.isfinite(ratios).all() or (ratios < 0).any():
        raise InputError("an emission ratio that is negative or no number", where=str(path))
    if set(frame["use"]) != {"fit", "judge"}:
        raise InputError(
            "runs of both kinds are needed", where=f"{path}, column use",
            value=", ".join(sorted(set(frame["use"]))), allowed="fit, judge",
        )  # fmt: skip
    return frame


def build_runs(
    *,
    year: int,
    config: Mapping[str, Any],
    design: str | Path,
    gridded: str | Path,
    meteorology: str | Path,
    background: str | Path,
    runs: str | Path,
    threads: int = 1,
) -> None:
    """All runs of a design by the surrogate.

    Parameters
    ----------
    year : int
        The base year.
    config : mapping
        Sections ``case``, ``surrogate`` and ``surface``.
    design, gridded, meteorology, background : path
    runs : path
        Written: ``PM25(run, y, x)`` annual mean, background included, and ``O3(run, y, x)``,
        ug m-3.
    threads : int
        Quarters that are solved side by side; the result does not depend on it.

    Raises
    ------
    InputError
        The case is a nest.
    """
    case, options = read_config(config)
    words = "make it on the parent: the design scales the emissions of the nest, not its inflow"
    require_own(case, options, what="a response surface", remedy=words)
    ratio = SurfaceConfig.model_validate(config["surface"]).coarsening
    fine, par = case.grid.build(), read_parameters(options.parameters)
    grid = coarse_grid(fine, ratio) if ratio > 1 else fine
    met = read_meteorology(meteorology, grid=fine)
    coarse = coarse_meteorology(met, grid=fine, ratio=ratio) if ratio > 1 else met
    around = open_netcdf(background, variables={"BACKGROUND": "ug m-3"})
    given = read_biogenic(around, options, where=str(background))
    biogenic = None if given is None else block_sum(given, ratio) / ratio**2
    table = read_design(design)
    with open_netcdf(gridded, variables=dict.fromkeys(INPUT_SPECIES, FLUX), chunks={}) as ds:
        check_grid(ds, fine, where=str(gridded))
        for name in INPUT_SPECIES:
            require_finite(ds[name], where=str(gridded))
        species = {
            name: block_sum(values, ratio)
            for name, values in species_by_sector(ds, INPUT_SPECIES, year=year).items()
        }
        release = release_of(ds)
    ratios, geo = table[list(FACTORS)].to_numpy(), geometry(grid)

    def solve(q: int) -> tuple[Array, Array | None]:
        quarter = {name: values[q] for name, values in species.items()}
        emitted = [scaled(quarter, release, ratio, par=par) for ratio in ratios]
        shared = SharedQuarter(prepare_quarter(coarse, q, geo=geo, par=par))
        found = run_design_quarter(shared, q, emitted, biogenic=biogenic, par=par)
        logger.info("quarter %d of 4: %d runs are solved", q + 1, len(emitted))
        return found

    with ThreadPoolExecutor(max_workers=max(1, threads)) as pool:
        quarters = list(pool.map(solve, range(4)))
    days = days_in_quarters(year)
    b = block_sum(around["BACKGROUND"].values.astype(float), ratio) / ratio**2
    fields = {"PM25": annual([c + b[q] for q, (c, _) in enumerate(quarters)], days)}
    ozone = {q: o for q, (_, o) in enumerate(quarters) if o is not None}
    if set(ozone) == set(WARM_QUARTERS):
        fields["O3"] = warm(ozone, days)
    emission = np.einsum("qsyx->yx", species["NOx"]) / 4
    write_netcdf(
        runs_dataset(fields, table["run"].to_numpy(), emission=emission, grid=grid),
        runs,
        title=f"runs of the design, base year {year}",
        attrs={
            "source": "surrogate",
            "year": year,
            "synthetic": met.attrs.get("synthetic", "false"),
            "note": met.attrs.get("note", ""),
        },
    )


def collect_runs(
    *,
    year: int,
    config: Mapping[str, Any],
    design: str | Path,
    gridded: str | Path,
    files: Sequence[str | Path],
    runs: str | Path,
) -> None:
    """The runs of a design from the files of another model, in the order of the design.

    Parameters
    ----------
    year : int
        The base year.
    config : mapping
        Section ``case``.
    design, gridded : path
    files : sequence of path
        ``PM25_annual`` and, where there is ozone, ``O3_WARM`` (y, x) on the grid of the case.
    runs : path
        Written, as by :func:`build_runs`.

    Raises
    ------
    InputError, UnitsError
        A file missing or damaged, another unit or grid, or ozone in some files only.
    """
    case, _ = read_config(config)
    grid, table = case.grid.build(), read_design(design)
    fields: dict[str, list[Array]] = {name: [] for name in _VARIABLES}
    for path in files:
        ds = open_netcdf(path, variables={"PM25_annual": "ug m-3"})
        check_grid(ds, grid, where=str(path))
        for quantity, name in _VARIABLES.items():
            if name in ds:
                require_finite(ds[name], where=str(path), minimum=0.0)
                fields[quantity].append(ds[name].transpose("y", "x").values.astype(float))
    present = {name: np.stack(values) for name, values in fields.items() if values}
    uneven = [name for name, values in present.items() if len(values) != len(table)]
    if uneven:
        raise InputError(
            "not every run has the quantity", value=", ".join(uneven),
            allowed=f"{len(table)} files, all with it or none",
        )  # fmt: skip
    ds = open_netcdf(gridded, variables={"NOx": FLUX})
    emission = np.einsum("qsyx->yx", species_by_sector(ds, ("NOx",), year=year)["NOx"]) / 4
    write_netcdf(
        runs_dataset(present, table["run"].to_numpy(), emission=emission, grid=grid),
        runs,
        title=f"runs of the design, base year {year}",
        attrs={"source": "files of another model", "year": year, "synthetic": "false", "note": ""},
    )


def runs_dataset(
    fields: Mapping[str, Array], run: npt.NDArray[np.int64], *, emission: Array, grid: Grid
) -> xr.Dataset:
    """Concentrations of the runs, (run, y, x), and the base NOx emission."""
    names = {
        "PM25": "PM2.5, annual mean, background included",
        "O3": "ozone by day, April to September",
    }
    data: dict[str, Any] = {
        name: (("run", "y", "x"), values, {"units": "ug m-3", "long_name": names[name]})
        for name, values in fields.items()
    }
    data["nox_emission"] = (("y", "x"), emission, {"units": "ug s-1"})
    data["crs"] = ((), np.int32(0), grid.cf_attributes())
    return xr.Dataset(
        data,
        coords={
            "run": run.astype(np.int32),
            "y": ("y", grid.y, {"units": "m"}),
            "x": ("x", grid.x, {"units": "m"}),
        },
    )


def build_surface(
    *,
    config: Mapping[str, Any],
    design: str | Path,
    runs: str | Path,
    surface: str | Path,
    errors: str | Path,
    places: str | Path,
    isopleths: str | Path,
) -> None:
    """Fit the runs, all cells at once; errors, indicators, isopleths of the places.

    Parameters
    ----------
    config : mapping
        Section ``surface``.
    design, runs : path
    surface : path
        Written: coefficients, base, range, indicators by cell.
    errors : path
        Written: a row a quantity and set of runs.
    places, isopleths : path
        Written: indicators of each place; its ozone over NOx and NMVOC.
    """
    options = SurfaceConfig.model_validate(config["surface"])
    table, ds = read_design(design), open_netcdf(runs, variables={"PM25": "ug m-3"})
    if ds["run"].values.tolist() != table["run"].tolist():
        raise InputError("runs of another design", where=str(runs), remedy="delete it, run again")
    grid = grid_from_attributes(ds["crs"].attrs)
    cells = {name: locate(grid, name, place) for name, place in options.places.items()}
    found = fit_surfaces(table, ds, places=cells)
    write_netcdf(
        found.surface, surface, title="response surfaces", attrs=dict(ds.attrs) | {"title": ""}
    )
    write_csv(found.errors, errors)
    write_csv(found.places, places)
    write_csv(found.isopleths, isopleths)


def locate(grid: Grid, name: str, place: tuple[float, float]) -> int:
    """Number of the cell of a place.

    Raises
    ------
    InputError
        The place is outside the grid.
    """
    cell = int(grid.locate(np.array([place[0]]), np.array([place[1]]))[0])
    if cell < 0:
        raise InputError("a place outside the grid", where=f"surface.places.{name}", value=place)
    return cell
