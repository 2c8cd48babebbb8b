"""MIX, EDGAR, HTAP and CEDS layouts, generated with their real quirks."""

from __future__ import annotations

import numpy as np
import pytest
import xarray as xr

from scenair.core.errors import InputError, UnitsError
from scenair.inventory.readers.form import AUTHALIC_RADIUS_M, cell_areas, mass_unit
from scenair.inventory.readers.products import identify, parse_product, year_of

LAT, LON = np.array([30.05, 30.15, 30.25]), np.array([110.05, 110.15])


def field(value: float, *, months: int = 12, **attrs: object) -> tuple[object, ...]:
    if months == 0:
        return ("lat", "lon"), np.full((3, 2), value), attrs
    return ("time", "lat", "lon"), np.full((months, 3, 2), value), attrs


def grid(**variables: tuple[object, ...]) -> xr.Dataset:
    return xr.Dataset(variables, coords={"lat": LAT, "lon": LON})


def test_cell_areas_sum_to_the_sphere() -> None:
    area = cell_areas(np.linspace(-90, 90, 181), np.linspace(-180, 180, 361))
    assert area.sum() == pytest.approx(4 * np.pi * AUTHALIC_RADIUS_M**2, rel=1e-12)


@pytest.mark.parametrize(
    ("text", "factor", "period"),
    [
        ("Tonnes", 1.0, None),
        ("Mg/month/grid", 1.0, "month"),
        ("t/month/cell", 1.0, "month"),
        ("ton/grid/year", 1.0, "year"),
        ("kg cell-1 month-1", 1e-3, "month"),
        ("Gg yr-1", 1e3, "year"),
        ("Mg/month/0.25deg.x0.25deg.", 1.0, "month"),
    ],
)
def test_mass_units(text: str, factor: float, period: str | None) -> None:
    assert mass_unit(text, where="test") == (factor, period)


def test_units_that_are_no_mass() -> None:
    with pytest.raises(UnitsError, match="not a mass"):
        mass_unit("molecules cm-2 s-1", where="test")


def test_mix_v1() -> None:
    ds = grid(
        SO2_POWER=field(2.0, units="Mg/month/grid"), SO2_TRANSPORT=field(1.0, units="Mg/month/grid")
    )
    out = parse_product(ds, name="MICS_Asia_SO2_2010_0.25x0.25.nc")
    assert out.attrs["product"] == "MIX"
    assert out.attrs["year"] == 2010
    assert out["emission"].sel(sector="transportation").sum().item() == pytest.approx(12 * 6)


def test_mix_v2_with_two_dimensional_axes_and_open_burning() -> None:
    lon2, lat2 = np.meshgrid(LON, LAT)
    shape = ("t", "y", "x")
    ds = xr.Dataset(
        {
            "NOx_INDUSTRY": (shape, np.ones((12, 3, 2)), {"units": "Mg/month/grid"}),
            "NOx_OPEN_BIOMASS": (shape, np.full((12, 3, 2), 5.0), {"units": "Mg/month/grid"}),
            "latitude": (("y", "x"), lat2),
            "longitude": (("y", "x"), lon2),
        }
    )
    out = parse_product(ds, name="MIXv2_NOx_2015_monthly_0.1deg.nc")
    assert list(out["sector"].values) == ["industry"]
    assert out.attrs["audit_left_out"] == pytest.approx(5 * 72)


def test_edgar_tonnes_and_flux_agree() -> None:
    tonnes = grid(emissions=field(1.0, months=0, units="Tonnes", substance="SO2", year="2018"))
    mass = parse_product(tonnes, name="v8.1_FT2022_AP_SO2_2018_TOTALS_emi.nc")
    assert mass["emission"].attrs["units"] == "Mg cell-1 yr-1"
    area = cell_areas(np.array([30.0, 30.1, 30.2, 30.3]), np.array([110.0, 110.1, 110.2]))
    flux = 1e3 / area / (365 * 86400)
    other = xr.Dataset(
        {"fluxes": (("lat", "lon"), flux, {"units": "kg m-2 s-1", "substance": "SO2"})},
        coords={"lat": LAT, "lon": LON},
        attrs={"year": "2018"},
    )
    again = parse_product(other, name="v8.1_FT2022_AP_SO2_2018_TOTALS_flx.nc")
    np.testing.assert_allclose(again["emission"].values, mass["emission"].values, rtol=1e-10)


def test_edgar_v7_with_longitudes_to_360_and_falling_latitudes() -> None:
    lon, lat = np.arange(0.5, 360), np.arange(20.5, 9, -1)
    values = np.zeros((len(lat), len(lon)))
    values[0, 200] = 1e-9  # 20.5 N, 200.5 E = 159.5 W
    ds = xr.Dataset(
        {"emi_co": (("lat", "lon"), values, {"units": "kg m-2 s-1"})},
        coords={"lat": lat, "lon": lon},
    )
    out = parse_product(ds, name="v6.1_CO_2018_TOTALS_edgar.nc")
    there = out["emission"].sel(lat=20.5, lon=-159.5, sector="total").item()
    assert there > 0
    assert out["emission"].sum().item() == there


def test_regional_grid_across_the_date_line_stays_whole() -> None:
    ds = xr.Dataset(
        {"SO2_POWER": (("lat", "lon"), np.ones((2, 3)), {"units": "Mg"})},
        coords={"lat": [9.5, 10.5], "lon": [179.5, 180.5, 181.5]},
    )
    out = parse_product(ds, name="MIX_SO2_2017.nc")
    np.testing.assert_allclose(out["lon"].values, [179.5, 180.5, 181.5])


def test_edgar_monthly_sector_from_the_name() -> None:
    ds = grid(emissions=field(3.0, units="Tonnes", substance="NOx"))
    out = parse_product(ds, name="v8.1_FT2022_AP_NOx_2017_bkl_POWER_INDUSTRY_emi.nc")
    assert list(out["sector"].values) == ["power"]
    assert out.sizes["month"] == 12


def test_htap_flux_uses_true_seconds() -> None:
    ds = grid(
        HTAPv3_3_Energy=field(1e-9, units="kg m-2 s-1"),
        HTAPv3_1_International_Shipping=field(1e-9, units="kg m-2 s-1"),
    )
    out = parse_product(ds, name="edgar_HTAPv3_2017_SO2.nc")
    months = out["emission"].sel(sector="power").sum(("lat", "lon")).values
    # February of 2017 has 28 days: not the 31 of a month of constant length
    assert months[1] / months[0] == pytest.approx(28 / 31)
    area = cell_areas(np.array([30.0, 30.1, 30.2, 30.3]), np.array([110.0, 110.1, 110.2])).sum()
    assert months.sum() == pytest.approx(1e-9 * area * 365 * 86400 / 1e3, rel=1e-10)
    assert out.attrs["audit_left_out"] > 0


def test_ceds_input4mips_and_release_forms() -> None:
    cube = xr.Dataset(
        {
            "SO2_em_anthro": (
                ("time", "sector", "lat", "lon"),
                np.ones((12, 8, 3, 2)) * 1e-10,
                {"units": "kg m-2 s-1"},
            )
        },
        coords={"lat": LAT, "lon": LON},
    )
    out = parse_product(cube, name="SO2-em-anthro_input4MIPs_CEDS_2015.nc")
    assert set(out["sector"].values) == {
        "agriculture", "power", "industry", "transportation", "residential", "solvent",
    }  # fmt: skip
    # industry holds two of the eight sectors, ships are left out
    ratio = out["emission"].sel(sector="industry").sum() / out["emission"].sel(sector="power").sum()
    assert ratio.item() == pytest.approx(2.0)
    release = grid(
        SO2_ene=field(1e-10, units="kg m-2 s-1"), SO2_shp=field(1e-10, units="kg m-2 s-1")
    )
    assert list(
        parse_product(release, name="SO2-em-anthro_CMIP_CEDS_2015.nc")["sector"].values
    ) == ["power"]


@pytest.mark.parametrize(
    ("ds", "name", "error", "message"),
    [
        (grid(rain=field(1.0, units="mm")), "rain_2017.nc", InputError, "unknown layout"),
        (grid(SO2_POWER=field(1.0)), "MIX_SO2_2017.nc", UnitsError, "no unit"),
        (grid(SO2_POWER=field(1.0, units="K")), "MIX_SO2_2017.nc", UnitsError, "not a mass"),
        (grid(SO2_POWER=field(1.0, units="Mg/year")), "MIX_SO2_2017.nc", UnitsError, "period"),
        (grid(SO2_POWER=field(1.0, units="Mg")), "MIX_SO2.nc", InputError, "year"),
        (grid(SO2_POWER=field(1.0, units="Mg")), "MIX_2017.nc", InputError, "species"),
        (grid(SO2_POWER=field(1.0, months=7, units="Mg")), "MIX_SO2_2017.nc", InputError, "shape"),
        (grid(SO2_SHIPPING=field(1.0, units="Mg")), "MIX_SO2_2017.nc", InputError, "outside"),
        (
            grid(SO2_POWER=field(np.nan, units="Mg")),
            "MIX_SO2_2017.nc",
            InputError,
            "value",
        ),
    ],
)
def test_refusals(ds: xr.Dataset, name: str, error: type[Exception], message: str) -> None:
    with pytest.raises(error, match=message):
        parse_product(ds, name=name)


def test_mixed_years() -> None:
    ds = grid(SO2_POWER=field(1.0, units="Mg")).assign_coords(
        time=np.array([f"{2016 + i // 6}-{i % 6 + 1:02d}-15" for i in range(12)], dtype="M8[ns]")
    )
    with pytest.raises(InputError, match="several years"):
        parse_product(ds, name="MIX_SO2.nc")


def test_irregular_axis() -> None:
    ds = grid(SO2_POWER=field(1.0, units="Mg")).assign_coords(lat=[30.0, 30.1, 30.4])
    with pytest.raises(InputError, match="not regular"):
        parse_product(ds, name="MIX_SO2_2017.nc")


def test_identify_by_content() -> None:
    assert identify(grid(HTAPv3_3_Energy=field(1.0)), name="file.nc") == "HTAP"
    assert identify(grid(CO_INDUSTRY=field(1.0)), name="file.nc") == "MIX"
    assert identify(grid(emissions=field(1.0)), name="file.nc") == "EDGAR"


def test_another_year_in_the_name() -> None:
    ds = xr.Dataset(attrs={"year": "2012"})
    with pytest.raises(InputError, match="another year than its name"):
        year_of(ds, name="v8.1_FT2022_AP_SO2_2017_ENE_emi.nc")
    assert year_of(ds, name="v8.1_FT2022_AP_SO2_2012_ENE_emi.nc") == 2012
    assert year_of(ds, name="renamed.nc") == 2012
