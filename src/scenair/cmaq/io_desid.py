"""Files of the DESID export: cities and grids in, masks, namelists and the round trip out."""

from __future__ import annotations

import logging
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import xarray as xr

from scenair.cmaq import desid, desid_masks, desid_namelist, desid_roundtrip, ioapi
from scenair.cmaq.io_tools import IoapiReader
from scenair.cmaq.writer import Field, write_records
from scenair.core.errors import InputError
from scenair.core.io.atomic import write_text
from scenair.core.io.netcdf import open_netcdf, require_finite
from scenair.core.io.reading import reader
from scenair.core.io.tables import write_csv
from scenair.core.periods import seconds_in_months
from scenair.core.units import EMISSION, FLUX

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import numpy.typing as npt
    import shapely

    from scenair.cmaq.check_names import Mechanism
    from scenair.core.grids import Grid

logger = logging.getLogger(__name__)


def write_desid(
    *,
    scenario: str | Path,
    base: str | Path,
    streams: Sequence[desid.StreamLike],
    om_oc: float | xr.DataArray,
    grid: Grid,
    mechanism: Mechanism,
    geometries: Mapping[int, shapely.Geometry],
    folder: str | Path,
    by: desid.By = "auto",
    city_type: xr.DataArray | None = None,
    gridded: tuple[str | Path, str | Path] | None = None,
    shipped: str | Path | None = None,
) -> pd.DataFrame:
    """A scenario as DESID masks and namelists, checked against the scenario itself.

    Parameters
    ----------
    scenario, base : str or Path
        ``emissions/cities.nc`` of the scenario and of the base, whose files CMAQ will read.
    streams : sequence
        Streams of the base files (label, point_label, sectors, share).
    om_oc : float or DataArray (sector)
        Organic matter over organic carbon.
    grid : Grid
    mechanism : Mechanism
    geometries : mapping
        adcode -> polygon (longitude, latitude) of every city of the files.
    folder : str or Path
        Takes masks.nc, CMAQ_Control_DESID.nml, rules.nml, regions.csv, factors.csv, roundtrip.csv
        and, with ``shipped``, the merged namelist of the mechanism.
    by : str
        How cities are grouped (:func:`scenair.cmaq.desid.regions_of`).
    city_type : DataArray (city), optional
    gridded : (scenario, base), optional
        ``emissions/gridded.nc`` of both, for the round trip by cell.
    shipped : str or Path, optional
        ``CMAQ_Control_DESID_{mechanism}.nml`` of the user's CMAQ.

    Returns
    -------
    DataFrame
        The round trip (:func:`scenair.cmaq.desid_roundtrip.compare`).

    Raises
    ------
    InputError
        More than 99 regions, emissions where the base has none, files that don't fit.
    """
    out = Path(folder)
    new = desid.stream_parts(read_cities(scenario), streams=streams, om_oc=om_oc)
    old = desid.stream_parts(read_cities(base), streams=streams, om_oc=om_oc)
    _same_cities(new, old, where=f"{scenario}, {base}")
    cities = [int(c) for c in new["city"].values]
    regions = desid.regions_of(desid.ratio(new, old), by=by, city_type=city_type)
    factor = desid.group_factors(new, old, regions=regions)
    rows = desid.rules(with_points(factor, streams), mechanism=mechanism)
    areas = desid_masks.city_areas({c: geometries[c] for c in cities}, grid)
    masks = desid_masks.masks(areas, cities=cities, regions=regions, grid=grid)
    if [r.label for r in regions] != [desid.EVERYWHERE]:
        write_masks(masks, out / "masks.nc", grid=grid)
    write_text(
        desid_namelist.control_namelist([r.label for r in regions]), out / "CMAQ_Control_DESID.nml"
    )
    write_text(desid_namelist.rule_rows(rows), out / "rules.nml")
    write_csv(_region_table(regions), out / "regions.csv")
    write_csv(factor.to_dataframe("factor").reset_index(), out / "factors.csv")
    masks, factor = read_back(out, masks=masks, factor=factor, mechanism=mechanism)
    table = roundtrip(new, old, factor=factor, regions=regions, masks=masks)
    if gridded is not None:
        cells = [
            desid.stream_parts(read_gridded(path), streams=streams, om_oc=om_oc) for path in gridded
        ]
        predicted = desid_roundtrip.predicted_ratio(masks, factor)
        by_cell = desid_roundtrip.compare(*cells, ratio=predicted, level="cell")
        table = pd.concat([table, by_cell], ignore_index=True)
    write_csv(table, out / "roundtrip.csv")
    if shipped is not None:
        path = Path(shipped)
        if not path.is_file():
            raise InputError("file not found", where=str(path), remedy="check the namelist's name")
        merged = desid_namelist.merge_rules(path.read_text(encoding="utf-8"), rows, where=str(path))
        write_text(merged, out / path.name)
    logger.info("DESID: %d regions, %d rules", len(regions), len(rows))
    return table


def read_back(
    folder: Path, *, masks: xr.DataArray, factor: xr.DataArray, mechanism: Mechanism
) -> tuple[xr.DataArray, xr.DataArray]:
    """Masks and factors as CMAQ will find them in ``masks.nc`` and ``rules.nml``.

    Raises
    ------
    InputError
        The files do not say what was to be written.
    """
    path = folder / "masks.nc"
    stored = masks
    if path.exists():
        with IoapiReader([path]) as (file,):
            values = [np.asarray(file.read(str(r), None))[0, 0] for r in masks["region"].values]
        stored = masks.copy(data=np.stack(values).astype(np.float32))
    rules = folder / "rules.nml"
    wanted = factor.transpose("region", "stream", "part")
    at = [{str(v): i for i, v in enumerate(wanted[d].values)} for d in wanted.dims]
    expected, held, same = wanted.values, np.ones(wanted.shape), True
    for rule in desid_namelist.parse_rules(rules.read_text(encoding="utf-8")):
        if rule.stream in at[1]:
            part = mechanism.inventory[rule.variable]
            place = at[0][rule.region], at[1][rule.stream], at[2][part]
            same &= abs(rule.factor - expected[place]) <= 1e-8 * abs(expected[place])
            held[place] = rule.factor
    same &= bool(np.allclose(held, expected, rtol=1e-8, atol=0))
    found = wanted.copy(data=held)
    if not same or not stored.equals(masks):
        raise InputError(
            "the DESID files do not hold what was computed", where=str(folder),
            remedy="delete the folder and run again",
        )  # fmt: skip
    return stored, found


def with_points(factor: xr.DataArray, streams: Sequence[desid.StreamLike]) -> xr.DataArray:
    """Factors of the gridded streams, repeated under the labels of their point streams."""
    labels = {s.label: s.point_label for s in streams}
    points = factor.assign_coords(stream=[labels[str(s)] for s in factor["stream"].values])
    return xr.concat([factor, points], dim="stream")


def roundtrip(
    new: xr.DataArray,
    old: xr.DataArray,
    *,
    factor: xr.DataArray,
    regions: Sequence[desid.Region],
    masks: xr.DataArray,
) -> pd.DataFrame:
    """By city: base times the region's factor against the scenario."""
    cities = [int(c) for c in new["city"].values]
    spread = desid_roundtrip.spread(factor, regions=regions, cities=cities)
    total = float(masks.sum("region").max())
    if total > 1 + 1e-5:
        raise InputError("masks overlap", value=f"{total:.6f}", allowed="at most 1 in a cell")
    return desid_roundtrip.compare(new, old, ratio=spread, level="city")


@reader
def read_cities(path: str | Path) -> xr.DataArray:
    """``emission(city, sector, species)`` of ``emissions/cities.nc``, checked."""
    ds = open_netcdf(path, variables={"emission": EMISSION})
    require_finite(ds["emission"], where=str(path))
    return ds["emission"]


@reader
def read_gridded(path: str | Path) -> xr.DataArray:
    """Annual mass a cell, (sector, species, y, x) Mg yr-1, of ``emissions/gridded.nc``."""
    ds = open_netcdf(path, variables={"cell_area": "m2"})
    year = ds.attrs.get("year")
    if year is None:
        raise InputError("no attribute year", where=str(path), remedy="grid the emissions anew")
    seconds = xr.DataArray(
        seconds_in_months(int(year)), dims="month", coords={"month": range(1, 13)}
    )
    pieces = {}
    for name, var in ds.data_vars.items():
        if var.dims == ("month", "sector", "y", "x") and var.attrs.get("units") == FLUX:
            require_finite(var, where=str(path))
            pieces[str(name)] = xr.dot(var.astype("float64"), seconds, dim="month")
    if not pieces:
        raise InputError("no emission fields", where=str(path), allowed=f"units {FLUX}")
    mass = xr.concat(list(pieces.values()), dim="species").assign_coords(species=list(pieces))
    # kg -> Mg
    total: xr.DataArray = mass * ds["cell_area"] / 1e3
    return total.transpose("sector", "species", "y", "x").assign_attrs(units=EMISSION)


def _same_cities(new: xr.DataArray, old: xr.DataArray, *, where: str) -> None:
    if not np.array_equal(new["city"].values, old["city"].values):
        raise InputError(
            "the two files have other cities", where=where,
            value=f"{new.sizes['city']} and {old.sizes['city']}",
        )  # fmt: skip


def _region_table(regions: Sequence[desid.Region]) -> pd.DataFrame:
    return pd.DataFrame(
        [(r.label, c) for r in regions for c in r.cities], columns=["region", "adcode"]
    )


def write_masks(masks: xr.DataArray, path: str | Path, *, grid: Grid) -> None:
    """Masks as an I/O API file without time: upper-case names, fractions, TSTEP 0.

    Parameters
    ----------
    masks : DataArray (region, y, x)
        0-1.
    """
    labels = [str(r) for r in masks["region"].values]
    fields = [Field(name, "fraction", f"share of {name} in the cell") for name in labels]
    attributes = ioapi.header(
        grid,
        variables={f.name: (f.units, f.description) for f in fields},
        start=None,
        upname="SCENAIR",
        description="region masks for DESID",
    )
    values = masks.transpose("region", "y", "x").values.reshape(len(labels), -1)

    def fill(_record: int, floats: npt.NDArray[Any], _ints: npt.NDArray[Any]) -> None:
        floats[:] = values

    write_records(
        path,
        attributes=attributes,
        fields=fields,
        shape=(1, grid.nrows, grid.ncols),
        stamps=[(0, 0)],
        fill=fill,
    )
