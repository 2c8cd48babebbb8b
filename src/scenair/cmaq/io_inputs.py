"""What the emission files of a year are made from: read once, checked against itself."""

from __future__ import annotations

import datetime as dt
import logging
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
import pandas as pd
import scipy.sparse as sp

from scenair.cmaq import check_names, hours, speciation, stacks, streams_hourly
from scenair.cmaq.io_tools import IoapiReader
from scenair.cmaq.speciation import Speciation
from scenair.cmaq.streams import Stream, build_streams
from scenair.config.cmaq import CmaqConfig
from scenair.core.errors import InputError, MassBalanceError
from scenair.core.grids import Grid, grid_from_attributes
from scenair.core.io.netcdf import open_netcdf, require_finite
from scenair.core.io.reading import reader
from scenair.core.io.tables import read_csv, read_table
from scenair.core.layers import remap_heights
from scenair.core.periods import seconds_in_months
from scenair.core.sectors import SECTORS
from scenair.core.units import FLUX

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    import xarray as xr

logger = logging.getLogger(__name__)
Array = npt.NDArray[np.float64]
_MG_TO_KG = 1000.0
_TOLERANCE = 1e-6
SPECIES = streams_hourly.MASS_SPECIES


@dataclass(frozen=True)
class Gridded:
    """gridded.nc in memory.

    Attributes
    ----------
    flux : mapping
        Species -> float32 (month, sector, cell), kg m-2 s-1.
    area : array (cell,)
        m2.
    month_share : DataArray (sector, species, month, city)
        What plants follow.
    release : DataArray (sector, slab)
        Share of the emission without plants in each slab, with slab_bottom and slab_top (m).
    """

    year: int
    grid: Grid
    sectors: tuple[str, ...]
    flux: Mapping[str, npt.NDArray[np.float32]]
    area: Array
    month_share: xr.DataArray
    release: xr.DataArray

    def month_mass(self, month: int) -> dict[str, Array]:
        """Species -> kg (sector, cell) in a month (1-12), plants included."""
        factor = self.area * seconds_in_months(self.year)[month - 1]
        return {name: flux[month - 1] * factor for name, flux in self.flux.items()}

    def plant_mass(self, plants: pd.DataFrame, month: int) -> dict[str, Array]:
        """Species -> kg (sector, plant) in a month; each plant in its own sector."""
        n = len(plants)
        sector = np.array([self.sectors.index(s) for s in plants["sector"]], dtype=np.int64)
        cities = self.month_share["city"].values
        city = np.searchsorted(cities, plants["adcode"].to_numpy(dtype=np.int64))
        share = self.month_share.sel(month=month)
        out = {}
        for name in SPECIES:
            values = np.zeros((len(self.sectors), n))
            profile = share.sel(species=name).transpose("sector", "city").values
            amount = plants[name].to_numpy(dtype=np.float64)
            values[sector, np.arange(n)] = amount * profile[sector, city] * _MG_TO_KG
            out[name] = values
        return out

    def without_plants(
        self, mass: Mapping[str, Array], plants: pd.DataFrame, plant: Mapping[str, Array]
    ) -> dict[str, Array]:
        """Species -> kg (sector, cell) without the plants, never negative.

        Raises
        ------
        MassBalanceError
            A cell holds less than its plants emit.
        """
        cell = self.grid.locate(plants["lon"], plants["lat"])
        n = len(plants)
        scatter = sp.csr_matrix((np.ones(n), (np.arange(n), cell)), shape=(n, self.grid.size))
        out = {}
        for name, total in mass.items():
            rest = total - plant[name] @ scatter
            # float32 in the file: what is left of a cell with plants only is round-off
            noise = _TOLERANCE * total
            if (rest < -noise).any():
                s, c = (int(a[0]) for a in np.nonzero(rest < -noise))
                raise MassBalanceError(
                    "a cell of gridded.nc holds less than its plants emit",
                    where=f"species {name}, sector {self.sectors[s]}, cell {c}",
                    value=f"{total[s, c]:.6g} kg, plants {total[s, c] - rest[s, c]:.6g} kg",
                    remedy="gridded.nc and points.csv are of different runs: make both anew",
                )
            out[name] = np.where(rest > noise, rest, 0.0)
        return out


@reader
def read_gridded(path: str | Path, *, year: int) -> Gridded:
    """gridded.nc, its fields checked against the totals that it carries.

    Raises
    ------
    InputError
        Unreadable, another year, negative values or NaN.
    UnitsError
        Another unit than kg m-2 s-1.
    MassBalanceError
        A field was changed: field + outside is not the total in the file.
    """
    units = dict.fromkeys(SPECIES, FLUX) | {"cell_area": "m2", "mass": "kg", "outside": "kg"}
    units |= {"month_share": "1", "release_slab": "1", "slab_bottom": "m", "slab_top": "m"}
    ds = open_netcdf(path, variables=units)
    if int(ds.attrs.get("year", -1)) != year:
        raise InputError(
            "wrong year", where=str(path), value=ds.attrs.get("year"), allowed=str(year)
        )
    found = tuple(map(str, ds["sector"].values))
    if found != SECTORS:
        raise InputError("unknown sectors", where=str(path), value=", ".join(found))
    grid = grid_from_attributes(ds["crs"].attrs)
    area = ds["cell_area"].values.ravel().astype(np.float64)
    flux = {}
    for name in SPECIES:
        field = ds[name].transpose("month", "sector", "y", "x")
        require_finite(field, where=str(path))
        flux[name] = field.values.reshape(12, len(SECTORS), -1)
        _check_mass(ds, name, flux[name], area, where=f"{path}, variable {name}")
    release = ds["release_slab"].transpose("sector", "slab")
    return Gridded(year, grid, SECTORS, flux, area, ds["month_share"], release)


def _check_mass(
    ds: xr.Dataset, name: str, flux: npt.NDArray[np.float32], area: Array, *, where: str
) -> None:
    seconds = seconds_in_months(int(ds.attrs["year"]))
    inside = (flux.astype(np.float64) @ area) * seconds[:, None]
    total = ds["mass"].sel(species=name).transpose("month", "sector").values
    outside = ds["outside"].sel(species=name).transpose("month", "sector").values
    wrong = np.abs(inside + outside - total) > _TOLERANCE * total
    if wrong.any():
        m, s = (int(a[0]) for a in np.nonzero(wrong))
        raise MassBalanceError(
            "a field of gridded.nc is not what its total says",
            where=f"{where}, month {m + 1}, sector {SECTORS[s]}",
            value=f"field {inside[m, s]:.9g}, outside {outside[m, s]:.6g}, total {total[m, s]:.9g}",
            allowed=f"{_TOLERANCE:g} relative",
            remedy="the file was changed or damaged: delete it and run again",
        )


def read_plants(path: str | Path, *, source: Gridded) -> pd.DataFrame:
    """Plants inside the grid, in file order.

    Raises
    ------
    InputError
        Missing columns, unknown sector or unit, negative emissions or no numbers.
    """
    columns = ("id", "lon", "lat", "adcode", "sector", *SPECIES)
    try:
        plants = read_csv(path, columns=columns)
    except InputError as error:
        if "a table without rows" not in str(error):
            raise
        return pd.DataFrame(columns=list(columns))
    numbers = plants[["lon", "lat", *SPECIES]].apply(pd.to_numeric, errors="coerce")
    values = numbers.to_numpy(dtype=np.float64)
    wrong = ~np.isfinite(values).all(axis=1) | (values[:, 2:] < 0).any(axis=1)
    wrong |= ~plants["sector"].isin(source.sectors).to_numpy()
    wrong |= ~plants["adcode"].isin(source.month_share["city"].values).to_numpy()
    if wrong.any():
        line = int(wrong.argmax())
        raise InputError(
            "a plant that can't be used",
            where=f"{path}, line {line + 2}",
            value=plants.iloc[line][list(columns)].to_dict(),
            allowed="finite coordinates, emissions >= 0, a sector of scenair, a unit of the case",
        )
    plants[numbers.columns] = numbers
    inside = source.grid.locate(plants["lon"], plants["lat"]) >= 0
    return plants[inside].reset_index(drop=True)


def read_calendar(year: int) -> dict[dt.date, str]:
    """Chinese holidays and make-up working days of a year and the days next to it."""
    table = read_table("cmaq/temporal_holidays.csv")
    dates = [dt.date.fromisoformat(d) for d in table["date"]]
    if not any(date.year == year for date in dates):
        logger.warning("no holidays are known for %d: every week is an ordinary one", year)
    near = (dt.date(year, 1, 1) - dt.timedelta(2), dt.date(year, 12, 31) + dt.timedelta(2))
    return {
        date: str(kind)
        for date, kind in zip(dates, table["value"], strict=True)
        if near[0] <= date <= near[1]
    }


@dataclass(frozen=True)
class Kit:
    """All that the days of one year and scenario are written from."""

    year: int
    scenario: str
    options: CmaqConfig
    source: Gridded
    plants: pd.DataFrame
    calendar: Mapping[dt.date, str]
    speciation: Speciation
    streams: tuple[Stream, ...]
    profiles: hours.Profiles
    layer_tops: tuple[float, ...] = ()
    #: that deflate the archive
    threads: int = 1

    def layers(self, stream: Stream) -> Array | None:
        """Share of a stream's sectors in the model's layers (sectors, layers); None for 2-D.

        Layers above the highest release are left out: a surface stream keeps one layer.
        """
        if not self.layer_tops:
            return None
        release = self.source.release
        shares = remap_heights(
            release["slab_bottom"].values,
            release["slab_top"].values,
            release.values[self.rows(stream)],
            layer_tops=np.asarray(self.layer_tops, dtype=np.float64),
        )
        return shares[:, : int(np.flatnonzero(shares.any(axis=0)).max()) + 1]

    @property
    def grid(self) -> Grid:
        """The grid of gridded.nc."""
        return self.source.grid

    def rows(self, stream: Stream) -> npt.NDArray[np.int64]:
        """Positions of a stream's sectors."""
        return np.array([self.source.sectors.index(s) for s in stream.sectors])

    def stack_rows(self, stream: Stream) -> npt.NDArray[np.int64]:
        """Positions of a stream's plants in the plant table."""
        return np.flatnonzero(self.plants["sector"].isin(stream.sectors).to_numpy())


def prepare(
    *,
    year: int,
    scenario: str,
    config: Mapping[str, Any],
    gridded: str | Path,
    points: str | Path,
    threads: int = 1,
) -> Kit:
    """Read and check everything that the files of a year are made from.

    Parameters
    ----------
    year : int
    scenario : str
    config : mapping
        Section ``cmaq``.
    gridded, points : path
        gridded.nc and points.csv of the year and scenario.
    threads : int
        That may deflate the archive.
    """
    options = CmaqConfig.model_validate(config["cmaq"])
    source = read_gridded(gridded, year=year)
    plants = read_plants(points, source=source)
    mechanism = check_names.read_mechanism(options.mechanism)
    return Kit(
        year=year,
        scenario=scenario,
        options=options,
        source=source,
        plants=stacks.complete_stacks(plants, defaults=read_table("cmaq/vertical_stacks.csv")),
        calendar=read_calendar(year),
        speciation=speciation.build_speciation(
            read_speciation_tables(options.mechanism), mechanism=mechanism, sectors=source.sectors
        ),
        streams=build_streams(
            read_table("cmaq/streams.csv"),
            name=options.streams,
            sectors=source.sectors,
            species=SPECIES,
            pcvoc=options.pcvoc_stoves,
        ),
        profiles=hours.build_profiles(
            hours=read_table("cmaq/temporal_hours.csv"),
            week=read_table("cmaq/temporal_week.csv"),
            profiles=read_table("cmaq/temporal_profiles.csv"),
            sectors=source.sectors,
        ),
        layer_tops=model_layers(options),
        threads=threads,
    )


def model_layers(options: CmaqConfig) -> tuple[float, ...]:
    """Tops of the layers of 3-D files, m; empty for 2-D files.

    Raises
    ------
    InputError
        A METCRO3D file without full-layer heights.
    """
    if not options.layer_tops_from:
        return options.layer_tops_m
    with IoapiReader([options.layer_tops_from]) as (file,):
        if "ZF" not in file.variables:
            raise InputError(
                "no full-layer heights ZF",
                where=options.layer_tops_from,
                allowed="a METCRO3D file of MCIP",
            )
        heights = np.asarray(file.read("ZF", None), dtype=np.float64)
    return tuple(float(z) for z in heights.mean(axis=(0, 2, 3)))


def read_speciation_tables(mechanism: str) -> speciation.SpeciationTables:
    """The shipped tables of a mechanism."""
    return speciation.SpeciationTables(
        gas=read_table("cmaq/speciation_gas.csv"),
        om_oc=read_table("cmaq/speciation_om_oc.csv"),
        pm25=read_table("cmaq/speciation_pm25.csv"),
        profiles=read_table("cmaq/speciation_profiles.csv"),
        voc_classes=read_table("cmaq/speciation_voc_classes.csv"),
        voc_molar_mass=read_table("cmaq/speciation_voc_molar_mass.csv"),
        voc_mechanism=read_table(f"cmaq/speciation_voc_{mechanism}.csv"),
    )
