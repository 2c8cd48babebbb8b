"""The responsibility matrix of a history year."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
import pandas as pd
import scipy.sparse as sp
import xarray as xr

from scenair.core.errors import MassBalanceError
from scenair.core.io.netcdf import open_netcdf, write_netcdf
from scenair.core.io.tables import read_table
from scenair.core.overlay import polygon_areas
from scenair.core.periods import days_in_quarters
from scenair.core.regions import counties, units
from scenair.core.units import EMISSION
from scenair.surrogate.apportionment import (
    GROUPS,
    SPECIES,
    Footprints,
    add_contributions,
    receptor_weights,
    weights_by_group,
    with_outside,
)
from scenair.surrogate.coarsen import block_sum, coarse_grid, coarse_meteorology
from scenair.surrogate.geometry import geometry
from scenair.surrogate.gridded import (
    Sources,
    check_gridded,
    read_sources,
    species_by_sector,
)
from scenair.surrogate.io.fields import read_config, read_meteorology, read_parameters
from scenair.surrogate.io.nest import CLEAN, read_around, read_boundary
from scenair.surrogate.model import run_quarter
from scenair.surrogate.nesting import entering
from scenair.surrogate.products import surface_parts
from scenair.surrogate.quarter import prepare_quarter

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from scenair.core.grids import Grid
    from scenair.surrogate.model import Result
    from scenair.surrogate.parameters import Parameters

logger = logging.getLogger(__name__)
Array = npt.NDArray[np.float64]

_PARTS = {
    "carbon_and_other": ("BC", "OA", "OTHER"),
    "sulfate": ("SO4",),
    "nitrate_ammonium": ("NO3", "NH4"),
}
#: Where PM2.5 comes from that no city of the case emits: through the borders of a nest, and from
#: other units inside it.
ORIGINS = ("inflow", "surroundings")
_UG_PER_MG = 1e12
_TOLERANCE = 1e-6


def build_responsibility(
    *,
    year: int,
    config: Mapping[str, Any],
    gridded: str | Path,
    cities: str | Path,
    meteorology: str | Path,
    annual: str | Path,
    responsibility: str | Path,
    parent: Sequence[str | Path] = (),
) -> None:
    """Contribution of every source city, sector and species to the PM2.5 of every city.

    Parameters
    ----------
    year : int
        A history year.
    config : mapping
        Sections ``case`` and ``surrogate``.
    gridded, cities : path
        Emissions of that year.
    meteorology, annual : path
        Meteorology and concentrations on the grid of the case.
    responsibility : path
        Written.
    parent : sequence of path
        Of a nest: ``tracers.nc`` and ``gridded.nc`` of its parent. What enters through the borders
        and what other units emit inside are apart from the cities of the case.

    Raises
    ------
    MassBalanceError
        The contributions do not add up to the controlled PM2.5 of a receptor.
    """
    case, options = read_config(config)
    grid, par = case.grid.build(), read_parameters(options.parameters)
    ratio = options.responsibility_coarsening
    coarse = coarse_grid(grid, ratio)
    met = read_meteorology(meteorology, grid=grid)
    emissions = open_netcdf(gridded)
    totals = open_netcdf(cities, variables={"emission": EMISSION})["emission"]
    check_gridded(emissions, totals, year=year, grid=grid, where=str(gridded))
    species = {
        name: block_sum(values, ratio)
        for name, values in species_by_sector(emissions, SPECIES, year=year).items()
    }
    sources = _coarse(read_sources(emissions, year=year, par=par), ratio)
    boundary: Mapping[str, Array] = {}
    around, origin = None, CLEAN
    if parent:
        nest = read_boundary(parent[0], year=year, scenario="history", grid=coarse)
        boundary, origin = nest.boundary, nest.origin
        found = read_around(parent[1], own=emissions, case=case, year=year, grid=grid)
        around = None if found is None else _coarse(read_sources(found, year=year, par=par), ratio)
    emissions.close()
    adcodes = np.array(case.adcodes(), dtype=np.int32)
    target = _target(open_netcdf(annual), city_weights(grid, adcodes))
    shares = city_shares(coarse, adcodes)
    out, footprint, outside = apportion(
        coarse_meteorology(met, grid=grid, ratio=ratio) if ratio > 1 else met,
        grid=coarse,
        sources=sources,
        species=species,
        weights=city_weights(coarse, adcodes),
        target=target,
        shares=shares,
        days=days_in_quarters(year),
        par=par,
        boundary=boundary,
        around=around,
    )
    ds = responsibility_dataset(
        out, footprint, outside, species=species, shares=shares,
        days=days_in_quarters(year), adcodes=adcodes, sectors=sources.sectors, grid=coarse,
    )  # fmt: skip
    ds["concentration"] = (
        ("receptor",), sum(target[g] @ _weights_of(year) for g in GROUPS),
        {"units": "ug m-3", "long_name": "controlled PM2.5 of the receptor at base"},
    )  # fmt: skip
    attrs = {
        "year": year,
        "synthetic": met.attrs.get("synthetic", "false"),
        "note": f"footprints on cells of {coarse.cell_km:g} km, scaled by receptor and group to "
        f"the concentrations on {grid.name}; nitrate and ammonium by path integral; the rate at "
        "which nitrogen oxides turn to nitrate is that of the base year: what a large cut of them "
        "gains in winter is overstated",
        "inflow": origin,
    }
    write_netcdf(ds, responsibility, title=f"responsibility for PM2.5 {year}", attrs=attrs)
    verify_responsibility(responsibility)


def _coarse(sources: Sources, ratio: int) -> Sources:
    """Sources summed over ``ratio`` x ``ratio`` cells."""
    sums = {name: block_sum(values, ratio) for name, values in sources.by_sector.items()}
    return Sources(sums, sources.release, sources.sectors)


def _weights_of(year: int) -> Array:
    days = days_in_quarters(year)
    return np.asarray(days / days.sum())


def city_weights(grid: Grid, adcodes: npt.NDArray[np.int32]) -> sp.csr_matrix:
    """Population weights (city, cell) of the cities, from the counties of the 2020 census."""
    census = read_table("regions/census2020_county.csv.gz", dtype={"county": "int64"})
    population = census[census["variable"] == "pop"].set_index("county")["value"].astype(float)
    places = counties()
    point = places.geometry.representative_point()
    known = places["adcode"].isin(adcodes).to_numpy()
    weight = population.reindex(places.index).fillna(0.0).to_numpy()
    number = np.searchsorted(adcodes, places["adcode"].to_numpy()[known])
    return receptor_weights(
        grid.locate(point.x.to_numpy()[known], point.y.to_numpy()[known]),
        weight[known],
        number,
        n_units=len(adcodes),
        n_cells=grid.size,
    )


def city_shares(grid: Grid, adcodes: npt.NDArray[np.int32]) -> sp.csr_matrix:
    """Share (city, cell) of each cell that belongs to a city; columns sum to 1.

    By area; cells without a city go to the nearest one (emissions at a coast).
    """
    from scipy.spatial import cKDTree

    frame = units().loc[adcodes]
    areas = polygon_areas(list(frame.geometry), grid)[:-1].T.tocsr()
    total = np.asarray(areas.sum(axis=0)).ravel()
    empty = np.flatnonzero(total == 0)
    taken = np.flatnonzero(total > 0)
    xx, yy = (a.ravel() for a in np.meshgrid(grid.x, grid.y))
    _, nearest = cKDTree(np.column_stack([xx[taken], yy[taken]])).query(
        np.column_stack([xx[empty], yy[empty]])
    )
    owner = np.asarray(areas.tocsc()[:, taken[nearest]].argmax(axis=0)).ravel()
    extra = sp.csr_matrix((np.ones(len(empty)), (owner, empty)), shape=areas.shape)
    inverse = np.divide(1.0, total, out=np.zeros_like(total), where=total > 0)
    return sp.csr_matrix(areas @ sp.diags_array(inverse) + extra)


def _target(annual: xr.Dataset, weights: sp.csr_matrix) -> dict[str, Array]:
    """Concentration (receptor, quarter) by group on the grid of the case."""
    out = {}
    for group, names in _PARTS.items():
        field = np.sum([annual[name].values.astype(np.float64) for name in names], axis=0)
        out[group] = np.asarray(weights @ field.reshape(4, -1).T)
    return out


def _modelled(result: Result, weights: sp.csr_matrix) -> dict[str, Array]:
    parts = surface_parts(result)
    return {
        group: np.asarray(weights @ np.sum([parts[n] for n in names], axis=0).ravel())
        for group, names in _PARTS.items()
    }


def apportion(
    met: xr.Dataset,
    *,
    grid: Grid,
    sources: Sources,
    species: Mapping[str, Array],
    weights: sp.csr_matrix,
    target: Mapping[str, Array],
    shares: sp.csr_matrix,
    days: npt.NDArray[np.int64],
    par: Parameters,
    boundary: Mapping[str, Array] | None = None,
    around: Sources | None = None,
) -> tuple[Array, Array, dict[str, Array]]:
    """Contributions (species, sector, source, receptor) and primary footprint (cell, receptor).

    ``target`` holds (receptor, quarter) by group; ``species`` (quarter, sector, y, x) in ug s-1.
    With ``boundary`` (tracer -> (quarter, layer, y, x), ug m-3) and ``around`` also what a nest's
    receptors have from outside the case, (receptor,) by origin; zero without.
    """
    geo = geometry(grid)
    n = weights.shape[0]
    out = np.zeros((len(SPECIES), len(sources.sectors), n, n))
    footprint = np.zeros((grid.size, n))
    outside = {origin: np.zeros(n) for origin in ORIGINS}
    for q in range(4):
        quarter = prepare_quarter(met, q, geo=geo, par=par)
        edge = {name: values[q] for name, values in (boundary or {}).items()}
        inflow = entering(quarter, edge, top_exchange=par["top_exchange"])
        emitted, others = sources.of_quarter(q), around.of_quarter(q) if around else {}
        total = {name: rate + others.get(name, 0.0) for name, rate in emitted.items()}
        base = run_quarter(quarter, total, inflow=inflow)
        wanted = {group: values[:, q] for group, values in target.items()}
        scale = weights_by_group(_modelled(base, weights), wanted)
        share = float(days[q] / days.sum())
        flat = quarter.transport.flat
        fluxes = {
            "inflow": {name: flat(c) * quarter.transport.inflow for name, c in inflow.items()},
            "surroundings": {name: flat(rate) for name, rate in others.items()},
        }
        surface = add_contributions(
            out,
            with_outside(
                Footprints(quarter, base, weights, scale), fluxes, outside=outside, weight=share
            ),
            emission={k: v[q].reshape(len(sources.sectors), -1) for k, v in species.items()},
            release=sources.release,
            shares=shares,
            weight=share,
            shape=geo.shape,
            par=par,
        )
        footprint += share * surface
        logger.info("quarter %d of 4 is apportioned", q + 1)
    return out, footprint, outside


def responsibility_dataset(
    out: Array,
    footprint: Array,
    outside: Mapping[str, Array],
    *,
    species: Mapping[str, Array],
    shares: sp.csr_matrix,
    days: npt.NDArray[np.int64],
    adcodes: npt.NDArray[np.int32],
    sectors: tuple[str, ...],
    grid: Grid,
) -> xr.Dataset:
    """The dataset of a responsibility file."""
    seconds = days * 86_400.0
    emitted = np.stack(
        [
            (shares @ np.einsum("qsc,q->sc", v.reshape(4, len(sectors), -1), seconds).T).T
            for v in species.values()
        ]
    )
    emitted /= _UG_PER_MG
    with np.errstate(divide="ignore", invalid="ignore"):
        per_mg = np.where(emitted[..., None] > 0, out / emitted[..., None], 0.0)
    rate = footprint.T.reshape(len(adcodes), *grid.shape) * _UG_PER_MG / seconds.sum()
    per = {"units": "ug m-3 (Mg yr-1)-1", "long_name": "annual PM2.5 of a receptor per emission"}
    return xr.Dataset(
        {
            # this one first: readers take the first variable given per Mg
            "contribution": (
                ("receptor", "source_city", "sector", "species"),
                per_mg.transpose(3, 2, 1, 0).astype(np.float32),
                per,
            ),
            "emission": (
                ("source_city", "sector", "species"),
                emitted.transpose(2, 1, 0),
                {"units": EMISSION, "long_name": "base emission; a cell shared by area"},
            ),
            "footprint": (
                ("receptor", "y", "x"),
                rate.astype(np.float32),
                per | {"long_name": "of primary particles emitted in the lowest layer"},
            ),
            "outside": (
                ("origin", "receptor"),
                np.stack([outside[origin] for origin in ORIGINS]),
                {"units": "ug m-3", "long_name": "annual PM2.5 that no city of the case emits"},
            ),
            "crs": ((), np.int32(0), grid.cf_attributes()),
        },
        coords={
            "origin": list(ORIGINS),
            "receptor": adcodes,
            "source_city": adcodes,
            "sector": list(sectors),
            "species": list(SPECIES),
            "y": ("y", grid.y, {"units": "m"}),
            "x": ("x", grid.x, {"units": "m"}),
        },
    )


def verify_responsibility(path: str | Path) -> pd.Series:
    """Sum of contributions over the concentration of each receptor, from the written file.

    Raises
    ------
    MassBalanceError
        A receptor whose contributions do not add up.
    """
    ds = open_netcdf(path)
    base = np.einsum(
        "rcsp,csp->r", ds["contribution"].values, ds["emission"].values, dtype=np.float64
    )
    base += ds["outside"].sum("origin").values
    wanted = ds["concentration"].values
    # a receptor outside the grid has nothing
    ratio = np.divide(base, wanted, out=np.ones_like(base), where=wanted > 0)
    error = pd.Series(ratio - 1, index=ds["receptor"].values)
    if (error.abs() > _TOLERANCE).any():
        worst = str(error.abs().idxmax())
        raise MassBalanceError(
            "contributions do not add up to the concentration",
            where=f"{path}, receptor {worst}",
            value=f"relative error {float(error.abs().max()):.2e}",
            allowed=f"up to {_TOLERANCE:g}",
        )
    return error
