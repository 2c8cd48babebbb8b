"""MIX, EDGAR, HTAP and CEDS: sniffed by their variables, brought into the one form.

Layouts: MIXv1 ``MICS_Asia_SPEC_YEAR_0.25x0.25.nc``; MIXv2 with two-dimensional coordinates;
EDGAR v8 ``emissions`` in Tonnes (annual, or 12 months by sector) or ``fluxes``; EDGAR up to v7 one
flux variable, longitudes 0-360; HTAPv3 one variable a sector, ``emissions`` or ``fluxes``; CEDS
one variable a sector or ``X_em_anthro(time, sector, lat, lon)``.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from scenair.core.errors import InputError, UnitsError
from scenair.inventory.readers.form import (
    flux_to_mass,
    gridded,
    is_flux,
    mass_unit,
    month_seconds,
)

if TYPE_CHECKING:
    import numpy.typing as npt
    import xarray as xr

    Array = npt.NDArray[np.float64]

#: Sector word of a product (upper case) -> MEIC sector; None: outside the boundary of MEIC.
SECTOR_WORDS: Final[dict[str, dict[str, str | None]]] = {
    "MIX": {
        "POWER": "power", "INDUSTRY": "industry", "RESIDENTIAL": "residential",
        "TRANSPORT": "transportation", "TRANSPORTATION": "transportation",
        "AGRICULTURE": "agriculture", "SOLVENT": "solvent", "SHIPPING": None,
        "OPENBURNING": None, "BIOMASS": None, "OPEN_BIOMASS": None,
    },
    "EDGAR": {
        "POWER_INDUSTRY": "power", "IND_COMBUSTION": "industry", "IND_PROCESSES": "industry",
        "FUEL_EXPLOITATION": "industry", "BUILDINGS": "residential",
        "TRANSPORT": "transportation", "AGRICULTURE": "agriculture", "WASTE": "industry",
        "TOTALS": "total", "TOTAL": "total",
    },
    "HTAP": {
        "1_INTERNATIONAL_SHIPPING": None, "2_1_DOMESTIC_AVIATION": None,
        "2_2_INTERNATIONAL_AVIATION": None, "3_ENERGY": "power", "4_1_INDUSTRY": "industry",
        "4_2_FUGITIVE": "industry", "4_3_SOLVENTS": "solvent",
        "5_1_ROAD_TRANSPORT": "transportation", "5_2_BRAKE_AND_TYRE_WEAR": "transportation",
        "5_3_DOMESTIC_SHIPPING": "transportation",
        "5_4_OTHER_GROUND_TRANSPORT": "transportation", "6_RESIDENTIAL": "residential",
        "7_WASTE": "industry", "8_1_AGRICULTURAL_WASTE_BURNING": None,
        "8_2_AGRICULTURE_LIVESTOCK": "agriculture", "8_3_AGRICULTURE_CROPS": "agriculture",
    },
    "CEDS": {
        "AGR": "agriculture", "ENE": "power", "IND": "industry", "TRA": "transportation",
        "RCO": "residential", "SLV": "solvent", "WST": "industry", "SHP": None,
        "AGRICULTURE": "agriculture", "ENERGY": "power", "INDUSTRIAL": "industry",
        "TRANSPORTATION": "transportation", "RESIDENTIAL": "residential",
        "SOLVENTS": "solvent", "WASTE": "industry", "SHIPS": None,
    },
}  # fmt: skip

#: Sector numbers of input4MIPs files, in their order.
_CEDS_ORDER: Final = ("AGR", "ENE", "IND", "TRA", "RCO", "SLV", "WST", "SHP")
_SPECIES: Final = {"PM2.5": "PM25", "PM25": "PM25", "NMVOC": "NMVOC", "VOC": "NMVOC", "NOX": "NOx",
                   "SO2": "SO2", "NH3": "NH3", "CO": "CO", "CO2": "CO2", "PM10": "PM10",
                   "BC": "BC", "OC": "OC", "CH4": "CH4"}  # fmt: skip


def identify(ds: xr.Dataset, *, name: str) -> str:
    """The product a file belongs to: MIX, EDGAR, HTAP or CEDS.

    Raises
    ------
    InputError
        None of them.
    """
    lower = name.lower()
    names = [str(v) for v in ds.data_vars]
    if "htap" in lower or any("HTAPv3" in v for v in names):
        return "HTAP"
    if "ceds" in lower or any(v.endswith("_em_anthro") for v in names):
        return "CEDS"
    if (
        "mics_asia" in lower
        or "mix" in lower
        or any(re.search(r"_(POWER|INDUSTRY)$", v) for v in names)
    ):
        return "MIX"
    if "edgar" in lower or "v8" in lower or {"emissions", "fluxes"} & set(names):
        return "EDGAR"
    raise InputError(
        "a gridded inventory of unknown layout",
        where=name,
        value=f"variables {', '.join(names[:8])}",
        allowed="MIX, EDGAR, HTAP, CEDS (and MEIC, by its own reader)",
    )


def species_of(ds: xr.Dataset, *, name: str) -> str:
    """Species by the file's attributes or name.

    Raises
    ------
    InputError
        None, or more than one, is recognised.
    """
    stated = str(ds.attrs.get("substance", ds.attrs.get("species", ""))).upper()
    for var in ds.data_vars.values():
        stated = stated or str(var.attrs.get("substance", "")).upper()
    if stated in _SPECIES:
        return _SPECIES[stated]
    tokens = {t.upper() for t in re.split(r"[_\-]", re.sub(r"\.nc$", "", name))}
    found = {_SPECIES[t] for t in tokens if t in _SPECIES}
    if len(found) == 1:
        return found.pop()
    raise InputError(
        "the species of the file is not clear",
        where=name,
        value=", ".join(sorted(found)) or "none recognised",
        allowed=", ".join(sorted(set(_SPECIES.values()))),
        remedy="name the file as delivered, or give the species",
    )


def year_of(ds: xr.Dataset, *, name: str) -> int:
    """Year by attribute or name.

    Raises
    ------
    InputError
        No year, several (mixed years), or another one in the name than in the file.
    """
    # EDGAR names carry the last year of the release as FT2022
    found = sorted({int(t) for t in re.findall(r"(?<!\d)((?:19|20)\d{2})(?!\d)", name)})
    found = [y for y in found if f"FT{y}" not in name] or found
    stated = ds.attrs.get("year") or next(
        (v.attrs["year"] for v in ds.data_vars.values() if "year" in v.attrs), None
    )
    if stated is not None:
        year = int(re.findall(r"\d{4}", str(stated))[0])
        if found and year not in found:
            raise InputError(
                "the file is of another year than its name says",
                where=name,
                value=year,
                allowed=", ".join(map(str, found)),
                remedy="the file was renamed or mislabelled: bring it anew",
            )
        return year
    if "time" in ds.coords and np.issubdtype(ds["time"].dtype, np.datetime64):
        years = np.unique(ds["time"].dt.year.values)
        if len(years) > 1:
            raise InputError(
                "a file of several years",
                where=name,
                value=f"{years.min()}-{years.max()}",
                remedy="select one year first",
            )
        return int(years[0])
    if len(found) != 1:
        raise InputError("the year of the file is not clear", where=name, value=found)
    return found[0]


def _axes(ds: xr.Dataset, *, name: str) -> tuple[Array, Array]:
    lat_name = next((n for n in ("lat", "latitude", "y") if n in ds.variables), None)
    lon_name = next((n for n in ("lon", "longitude", "x") if n in ds.variables), None)
    if lat_name is None or lon_name is None:
        raise InputError("no latitude and longitude", where=name, allowed="lat, lon")
    lat, lon = ds[lat_name].values.astype(float), ds[lon_name].values.astype(float)
    if lat.ndim == 2:
        # MIXv2 repeats the axes over the grid
        if np.ptp(lat, axis=1).max() > 1e-6 or np.ptp(lon, axis=0).max() > 1e-6:
            raise InputError("two-dimensional coordinates that are not regular", where=name)
        lat, lon = lat[:, 0], lon[0]
    return lat, lon


def _variables(
    ds: xr.Dataset, *, product: str, name: str, sector: str | None
) -> dict[str, xr.DataArray]:
    """Sector word -> variable (month, lat, lon) or (lat, lon)."""
    em = next((v for v in ds.data_vars if str(v).endswith("_em_anthro")), None)
    if em is not None:
        cube = ds[em]
        return {_CEDS_ORDER[i]: cube.isel(sector=i) for i in range(cube.sizes["sector"])}
    words = SECTOR_WORDS[product]
    out: dict[str, xr.DataArray] = {}
    for key, var in ds.data_vars.items():
        upper = re.sub(r"^HTAPV3_", "", str(key).upper())
        hits = [w for w in words if upper == w or upper.endswith(f"_{w}")]
        if hits:
            out[max(hits, key=len)] = var
    if not out and product == "EDGAR":
        word = sector or next(
            (w for w in sorted(words, key=len, reverse=True) if w in name.upper()), "TOTALS"
        )
        main = [v for v in ds.data_vars if ds[v].ndim >= 2 and not str(v).endswith("bnds")]
        if len(main) == 1:
            out[word] = ds[main[0]]
    if not out:
        raise InputError(
            "no sector of the product is recognised",
            where=name,
            value=", ".join(map(str, ds.data_vars)),
            allowed=", ".join(words),
        )
    return out


def parse_product(
    ds: xr.Dataset, *, name: str, units: str | None = None, sector: str | None = None
) -> xr.Dataset:
    """A file of MIX, EDGAR, HTAP or CEDS in the one form, with MEIC's sector names.

    Sectors outside MEIC's boundary (shipping, aviation, open burning) are left out and their
    mass is in the attribute ``audit_left_out``.

    Parameters
    ----------
    ds : Dataset
    name : str
        File name (products state species and year there).
    units : str, optional
        Where the file states none.
    sector : str, optional
        Sector word of an EDGAR file that does not say it.

    Raises
    ------
    InputError, UnitsError
    """
    product = identify(ds, name=name)
    year = year_of(ds, name=name)
    lat, lon = _axes(ds, name=name)
    found = _variables(ds, product=product, name=name, sector=sector)
    words = SECTOR_WORDS[product]
    sums: dict[str, Array] = {}
    left_out: Any = 0.0
    for word, var in found.items():
        values = _mass(var, lat=lat, lon=lon, year=year, units=units, where=f"{name}, {word}")
        meic = words.get(word, "total")
        if meic is None:
            left_out += np.nansum(values)
        else:
            sums[meic] = _add(sums[meic], values) if meic in sums else values
    if not sums:
        raise InputError("nothing but sectors outside the boundary", where=name)
    months = [0] if next(iter(sums.values())).shape[0] == 1 else list(range(1, 13))
    attrs: dict[str, Any] = {
        "product": product,
        "species": species_of(ds, name=name),
        "year": year,
        "file": name,
        "audit_left_out": left_out,
    }
    return gridded(
        np.stack(list(sums.values())),
        sectors=list(sums),
        months=months,
        lat=lat,
        lon=lon,
        units="Mg cell-1 yr-1" if months == [0] else "Mg cell-1 month-1",
        attrs=attrs,
        where=name,
    )


def _add(a: Array, b: Array) -> Array:
    """Sum in which a cell is missing only where both are."""
    both = np.isnan(a) & np.isnan(b)
    return np.where(both, np.nan, np.nan_to_num(a) + np.nan_to_num(b))


def _mass(
    var: xr.DataArray, *, lat: Array, lon: Array, year: int, units: str | None, where: str
) -> Array:
    """Values (month, lat, lon) in Mg a cell and period."""
    values: Array = var.data.astype(np.float64)
    if values.ndim == 2:
        values = values[None]
    if values.shape[0] not in (1, 12) or values.shape[1:] != (len(lat), len(lon)):
        raise InputError(
            "unexpected shape",
            where=where,
            value=values.shape,
            allowed=f"(12, {len(lat)}, {len(lon)}) or ({len(lat)}, {len(lon)})",
        )
    fill = var.attrs.get("_FillValue", var.attrs.get("missing_value"))
    if fill is not None:
        values = np.where(values == fill, np.nan, values)
    text = str(var.attrs.get("units", units or ""))
    if not text:
        raise UnitsError("no unit stated", where=where, remedy="give the unit when reading")
    months = [0] if values.shape[0] == 1 else list(range(1, 13))
    if is_flux(text):
        seconds = month_seconds(year, months)
        mass = flux_to_mass(values[None], lat=lat, lon=lon, seconds=seconds, where=where)
        first: Array = mass[0]
        return first
    factor, period = mass_unit(text, where=where)
    if period is not None and (period == "year") != (months == [0]):
        raise UnitsError(
            "the period of the unit contradicts the number of times",
            where=where,
            value=f"{text} with {len(months)} time(s)",
            allowed="12 months a month, or one field a year",
        )
    return values * factor
