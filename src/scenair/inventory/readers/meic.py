"""MEIC and DPEC: every style of file name and both formats.

Facts behind it: MEIC delivers ESRI ASCII (rows north to south) and one-dimensional netCDF in
the old GMT layout (``z(xysize)``, first value the north-west corner), metric tons a cell and
month, speciated VOC in million mol; DPEC writes month ``00`` for the year. File names have changed
over the versions. Extent and size come from the header, never from the name.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np
import xarray as xr

from scenair.core.errors import InputError
from scenair.inventory.readers.form import gridded

if TYPE_CHECKING:
    from collections.abc import Iterable

    import numpy.typing as npt

    Array = npt.NDArray[np.float64]

SECTORS: Final = (
    "power",
    "industry",
    "residential",
    "transportation",
    "agriculture",
    "total",
)
_MONTHS: Final = (
    "jan",
    "feb",
    "mar",
    "apr",
    "may",
    "jun",
    "jul",
    "aug",
    "sep",
    "oct",
    "nov",
    "dec",
)
_SHORT_SECTOR: Final = {"agr": "agriculture", "ind": "industry", "pow": "power",
                        "res": "residential", "tra": "transportation"}  # fmt: skip
_PLAIN: Final = {"PM25": "PM25", "PM2.5": "PM25", "PM10": "PM10", "PMCOARSE": "PMC",
                 "VOC": "NMVOC", "NMVOC": "NMVOC", "BC": "BC", "OC": "OC", "CO": "CO",
                 "CO2": "CO2", "NH3": "NH3", "NOX": "NOx", "SO2": "SO2", "TSP": "TSP"}  # fmt: skip
_MECHANISM: Final = re.compile(
    r"^(CB05|CB06|CB6|CBIV|SAPRC07|SAPRC99|RADM2|RACM2?|MOZART\d?)[_-](.+)$", re.I
)
_STYLES: Final = (
    # 2016_01__agriculture__NH3, 2016_1_agriculture_BC, 2050_00_total_VOC, meic-2017_1_power-PM25
    re.compile(
        r"^(?:meic[-_])?(?P<year>\d{4})_+(?P<month>\d{1,2})_+(?P<sector>[a-z]+)[_-]+(?P<species>.+)$",
        re.I,
    ),
    # agr_Jan_2017_VOC
    re.compile(r"^(?P<sector>[a-z]{3})_(?P<month>[a-z]{3})_(?P<year>\d{4})_(?P<species>.+)$", re.I),
)


@dataclass(frozen=True)
class MeicName:
    """What a file name says.

    Attributes
    ----------
    year : int
    month : int
        1-12, 0 for the whole year.
    sector : str
        One of MEIC's five, or ``total``.
    species : str
        Our name; the mechanism's name for speciated files.
    mechanism : str or None
        Chemical mechanism of a speciated file.
    """

    year: int
    month: int
    sector: str
    species: str
    mechanism: str | None = None

    @property
    def units(self) -> str:
        """``Mg`` or ``Mmol`` a cell, a month or a year."""
        amount = "Mmol" if self.mechanism else "Mg"
        return f"{amount} cell-1 {'yr-1' if self.month == 0 else 'month-1'}"


def parse_name(name: str) -> MeicName:
    """Understand a file name of MEIC or DPEC (with or without suffix).

    Raises
    ------
    InputError
        No known style, unknown sector, month or species.
    """
    stem = re.sub(r"\.(asc|nc|txt)$", "", name, flags=re.I)
    found = next((m for style in _STYLES if (m := style.match(stem))), None)
    examples = (
        "2016_01__agriculture__NH3, 2019_1__power__PM2.5, 2050_00_total_VOC, agr_Jan_2017_VOC"
    )
    if found is None:
        raise InputError("not a MEIC file name", where=name, allowed=f"for example {examples}")
    sector = found["sector"].lower()
    sector = _SHORT_SECTOR.get(sector, sector)
    if sector not in SECTORS:
        raise InputError(
            "unknown MEIC sector", where=name, value=sector, allowed=", ".join(SECTORS)
        )
    species, mechanism = _species(found["species"], where=name)
    return MeicName(
        int(found["year"]), _month(found["month"], where=name), sector, species, mechanism
    )


def _month(text: str, *, where: str) -> int:
    if text.isdigit() and int(text) <= 12:
        return int(text)
    if text.lower() in _MONTHS:
        return _MONTHS.index(text.lower()) + 1
    raise InputError("unknown month", where=where, value=text, allowed="1-12, 00 or Jan-Dec")


def _species(text: str, *, where: str) -> tuple[str, str | None]:
    if text.upper() in _PLAIN:
        return _PLAIN[text.upper()], None
    found = _MECHANISM.match(text)
    if found:
        return found[2], found[1].upper()
    raise InputError(
        "unknown species",
        where=where,
        value=text,
        allowed=f"{', '.join(_PLAIN)}, or mechanism_name such as CB05_ALD2",
    )


def parse_asc(text: str, *, name: str) -> xr.Dataset:
    """An ESRI ASCII grid of MEIC, in the one form.

    Raises
    ------
    InputError
        Broken header, a value that is no number, fewer or more values than the header says.
    """
    info = parse_name(name)
    lines = text.splitlines()
    header: dict[str, float] = {}
    for line in lines:
        parts = line.split()
        if len(parts) != 2 or not re.match(r"[a-zA-Z]", parts[0]):
            break
        try:
            header[parts[0].lower()] = float(parts[1])
        except ValueError:
            raise InputError("a header line without a number", where=name, value=line) from None
    nx, ny, west, south, size = _asc_extent(header, name=name)
    try:
        values = np.array(" ".join(lines[len(header) :]).split(), dtype=np.float64)
    except ValueError as error:
        raise InputError("a value that is no number", where=name, value=str(error)) from None
    if values.size != nx * ny:
        raise InputError(
            "the grid is not complete (truncated file?)",
            where=name,
            value=f"{values.size} values",
            allowed=f"{nx} x {ny} = {nx * ny}",
            remedy="bring the file anew",
        )
    lon = np.asarray(west + size * (np.arange(nx) + 0.5), dtype=np.float64)
    lat_down = np.asarray(south + size * (np.arange(ny)[::-1] + 0.5), dtype=np.float64)
    return _form(
        values.reshape(ny, nx),
        info,
        lat=lat_down,
        lon=lon,
        nodata=header.get("nodata_value"),
        name=name,
    )


def _asc_extent(header: dict[str, float], *, name: str) -> tuple[int, int, float, float, float]:
    needed = ("ncols", "nrows", "cellsize")
    missing = [k for k in needed if k not in header]
    corner = "xllcorner" in header and "yllcorner" in header
    centre = "xllcenter" in header and "yllcenter" in header
    if missing or not (corner or centre):
        raise InputError(
            "the header of an ESRI ASCII grid is not complete",
            where=name,
            value=", ".join(header) or "no header",
            allowed="ncols, nrows, xllcorner, yllcorner, cellsize, NODATA_value",
        )
    size = header["cellsize"]
    shift = 0.0 if corner else size / 2
    west = header["xllcorner" if corner else "xllcenter"] - shift
    south = header["yllcorner" if corner else "yllcenter"] - shift
    return int(header["ncols"]), int(header["nrows"]), west, south, size


def parse_dataset(ds: xr.Dataset, *, name: str) -> xr.Dataset:
    """A one-dimensional netCDF file of MEIC (GMT layout), in the one form.

    Raises
    ------
    InputError
        Variables missing, sizes that contradict each other.
    """
    info = parse_name(name)
    missing = [v for v in ("z", "x_range", "y_range", "dimension") if v not in ds]
    if missing:
        raise InputError(
            "not a MEIC netCDF file",
            where=name,
            value=f"without {', '.join(missing)}",
            allowed="z, x_range, y_range, spacing, dimension",
        )
    nx, ny = (int(v) for v in ds["dimension"].values)
    z = ds["z"].values.astype(np.float64).ravel()
    if z.size != nx * ny:
        raise InputError(
            "the grid is not complete (truncated file?)",
            where=name,
            value=f"{z.size} values",
            allowed=f"{nx} x {ny}",
            remedy="bring the file anew",
        )
    # x_range and y_range are outer edges (pixel registration) where they span n cells
    lon = _axis(ds["x_range"].values, nx, ds, axis=0, where=name)
    lat_up = _axis(ds["y_range"].values, ny, ds, axis=1, where=name)
    nodata = ds["z"].attrs.get("nodata_value", ds["z"].attrs.get("missing_value"))
    return _form(
        z.reshape(ny, nx),
        info,
        lat=lat_up[::-1],
        lon=lon,
        nodata=None if nodata is None else float(np.ravel(nodata)[0]),
        name=name,
    )


def _axis(span: Array, n: int, ds: xr.Dataset, *, axis: int, where: str) -> Array:
    low, high = (float(v) for v in span)
    size = (high - low) / n
    if "spacing" in ds:
        stated = float(ds["spacing"].values[axis])
        if np.isclose((high - low) / stated, n - 1, atol=0.01):
            # gridline registration: the range runs from first to last centre
            return np.asarray(np.linspace(low, high, n), dtype=np.float64)
        if not np.isclose(size, stated, rtol=1e-3):
            raise InputError(
                "range, spacing and dimension contradict each other",
                where=where,
                value=f"{low:g} to {high:g}, {n} cells, spacing {stated:g}",
                remedy="the grid may be shifted: compare with another file of the same version",
            )
    out: Array = (low + size * (np.arange(n) + 0.5)).astype(np.float64)
    return out


def _form(
    down: Array, info: MeicName, *, lat: Array, lon: Array, nodata: float | None, name: str
) -> xr.Dataset:
    attrs = {"product": "MEIC", "species": info.species, "year": info.year, "file": name}
    if info.mechanism:
        attrs["mechanism"] = info.mechanism
    return gridded(
        down[None, None],
        sectors=[info.sector],
        months=[info.month],
        lat=lat,
        lon=lon,
        units=info.units,
        attrs=attrs,
        where=name,
        nodata=nodata,
    )


def combine(parts: Iterable[xr.Dataset]) -> xr.Dataset:
    """Files of one species and year joined over sectors and months.

    Raises
    ------
    InputError
        Mixed years, species, units or grids; a sector and month given twice, or missing.
    """
    items = list(parts)
    if not items:
        raise InputError("no files to combine")
    first = items[0]
    for other in items[1:]:
        where = f"{first.attrs['file']} and {other.attrs['file']}"
        for key in ("year", "species"):
            if other.attrs[key] != first.attrs[key]:
                raise InputError(
                    f"files of different {key}",
                    where=where,
                    value=f"{first.attrs[key]} and {other.attrs[key]}",
                )
        if other["emission"].attrs["units"] != first["emission"].attrs["units"]:
            raise InputError("files of different units or periods", where=where)
        if not (
            np.array_equal(other["lat"].values, first["lat"].values)
            and np.array_equal(other["lon"].values, first["lon"].values)
        ):
            raise InputError("files on different grids (shifted or of another size)", where=where)
    keys = [(str(d["sector"].values[0]), int(d["month"].values[0])) for d in items]
    _require_complete(keys)
    sectors, months = sorted({k[0] for k in keys}), sorted({k[1] for k in keys})
    values = np.zeros((len(sectors), len(months), first.sizes["lat"], first.sizes["lon"]))
    for (sector, month), item in zip(keys, items, strict=True):
        values[sectors.index(sector), months.index(month)] = item["emission"].values[0, 0]
    out = gridded(
        values,
        sectors=sectors,
        months=months,
        lat=first["lat"].values,
        lon=first["lon"].values,
        units=str(first["emission"].attrs["units"]),
        attrs={k: first.attrs[k] for k in ("product", "species", "year")},
        where="combined files",
    )
    for key in ("audit_missing_cells", "audit_negative_cells", "audit_negative_mass"):
        out.attrs[key] = sum(float(item.attrs[key]) for item in items)
    return out


def _require_complete(keys: list[tuple[str, int]]) -> None:
    if len(set(keys)) != len(keys):
        twice = next(k for k in keys if keys.count(k) > 1)
        raise InputError("a sector and month is given twice", value=f"{twice[0]}, month {twice[1]}")
    months = {k[1] for k in keys}
    if 0 in months and len(months) > 1:
        raise InputError("annual and monthly files are mixed", value=sorted(months))
    for sector in {k[0] for k in keys}:
        lost = months - {m for s, m in keys if s == sector}
        if lost:
            raise InputError(
                "months are missing for a sector", value=f"{sector}: {sorted(lost)}",
                remedy="bring the missing files, or leave the sector out",
            )  # fmt: skip
