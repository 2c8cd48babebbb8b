"""CMAQ output to annual.nc and daily.nc: PM2.5 definition, local days, HJ 663, bounded memory."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
import xarray as xr

from scenair.cmaq import readback
from scenair.cmaq.io_readback import closure_of, cross_check, open_run, particles, read_cmaq
from scenair.core.audit.closure import require_closed
from scenair.core.errors import InputError, MassBalanceError, UnitsError
from scenair.core.io.tables import read_table
from scenair.core.periods import days_in_quarters
from tests.cmaq import cmaq_output as out

TABLE = read_table("cmaq/readback_aero7.csv")
FRACTIONS = {"I": 1.0, "J": 0.99, "K": 0.039}

# ---- PM2.5 of AERO7 ----------------------------------------------------------------------------


def species(**values: float) -> xr.Dataset:
    data = {s: ("time", [values.get(s, 0.0)], {"units": "ug m-3"}) for s in TABLE["species"]}
    return xr.Dataset(data)


def test_pm25_by_definition():
    ds = species(ASO4I=0.1, ASO4J=2.0, ANO3J=3.0, ANH4J=1.0, AECJ=0.5, ALVPO1J=0.4, APCSOJ=0.6)
    ds["AFEJ"] += 0.2
    ds["ASEACAT"] += 10.0
    for name in ds.data_vars:
        ds[name].attrs["units"] = "ug m-3"
    got = readback.parts_from_species(ds, table=TABLE, fractions=FRACTIONS)
    assert got["SO4"].item() == pytest.approx(0.1 + 0.99 * 2)
    assert got["OA"].item() == pytest.approx(0.99)
    assert got["OTHER"].item() == pytest.approx(0.99 * 0.2 + 0.039 * 10)
    assert got["PM25"].item() == pytest.approx(0.1 + 0.99 * 7.7 + 0.39)


def test_water_is_not_in_pm25_and_every_mode_is_there():
    names = set(TABLE["species"])
    assert not names & {"AH2OI", "AH2OJ", "AH2OK"}
    assert TABLE.groupby("mode").size().to_dict() == {"I": 16, "J": 48, "K": 7}
    assert set(TABLE["part"]) == set(readback.PARTS)
    assert not TABLE["species"].duplicated().any()


def test_fractions_of_the_file_are_used():
    ds = species(ASO4J=2.0)
    shares = xr.Dataset(
        {n: ("time", [v]) for n, v in (("FPM25AIT", 1.0), ("FPM25ACC", 0.5), ("FPM25COR", 0.0))}
    )
    got = readback.parts_from_species(ds, table=TABLE, fractions=shares)
    assert got["PM25"].item() == pytest.approx(1.0)


def test_totals_of_aelmo_and_combine_leave_the_rest_to_other():
    for kind, whole, organic in (("aelmo", "PM25", "PM25_OA"), ("combine", "PM25_TOT", "PM25_OM")):
        names = {whole: 10.0, "PM25_SO4": 3.0, "PM25_NO3": 2.0, "PM25_NH4": 1.0, "PM25_EC": 0.5}
        ds = xr.Dataset(
            {n: ("time", [v], {"units": "ug m-3"}) for n, v in (names | {organic: 2.5}).items()}
        )
        assert readback.kind_of(ds) == kind
        got = readback.parts_from_totals(ds, kind=kind)
        assert got["OTHER"].item() == 1.0
        assert got["OA"].item() == 2.5


@pytest.mark.parametrize(
    ("change", "error"),
    [
        (lambda ds: ds.drop_vars("ASO4J"), InputError),
        (lambda ds: ds.assign(ASO4J=ds["ASO4J"].assign_attrs(units="kg m-3")), UnitsError),
        (lambda ds: ds[["ASO4I", "ASO4J"]], InputError),
    ],
)
def test_species_that_cannot_be_used(change, error):
    with pytest.raises(error):
        readback.parts_from_species(change(species()), table=TABLE, fractions=FRACTIONS)


def test_gases_in_ppm_and_ppb():
    for unit, value in (("ppmV", 0.04), ("ppbV", 40.0)):
        ds = xr.Dataset({"O3": ("time", [value], {"units": unit})})
        assert readback.gas_ppb(ds, "O3").item() == pytest.approx(40)
    with pytest.raises(UnitsError):
        readback.gas_ppb(xr.Dataset({"O3": ("time", [1.0], {"units": "kg/kg"})}), "O3")
    # GB 3095, 298.15 K and 101.325 kPa
    assert readback.UG_PER_PPB["O3"] == pytest.approx(1.962, abs=5e-4)
    assert readback.UG_PER_PPB["NO2"] == pytest.approx(1.880, abs=5e-4)
    assert readback.UG_PER_PPB["SO2"] == pytest.approx(2.618, abs=1e-3)


def test_unknown_files_are_refused():
    with pytest.raises(InputError, match="no output of CMAQ"):
        readback.kind_of(xr.Dataset({"T2": ("time", [1.0])}))


# ---- local days --------------------------------------------------------------------------------


def ramp_hours(name: str, hours: pd.DatetimeIndex) -> np.ndarray:
    """Hours since 2015-01-01 00Z: shows which hours went into a day."""
    since = np.asarray((hours - pd.Timestamp("2015-01-01")) / pd.Timedelta(hours=1), dtype=float)
    if name in ("PM25", "PM25_TOT", "PM10"):
        return 10 + since
    if name.startswith("PM25_"):
        return np.full(len(hours), 1.0)
    return np.full(len(hours), 0.03)


def test_a_local_day_is_utc_16_to_16(tmp_path):
    paths = [
        out.write_day(tmp_path / f"{d}.nc", kind="aelmo", day=f"2015-01-{d:02d}", value=ramp_hours)
        for d in (1, 2)
    ]
    dust = particles(open_run(paths))
    time, values = pd.DatetimeIndex(dust.indexes["time"]), dust["PM25"].values
    at = readback.local_hours(time, pd.Timestamp("2015-01-02"))
    hours = readback.hours_of_local_day(values, at)
    # 16Z of the 1st is hour 16
    np.testing.assert_allclose(hours[:, 0, 0], 10 + np.arange(16, 40))
    assert readback.daily_mean(hours)[0, 0] == pytest.approx(10 + 27.5)
    at = readback.local_hours(time, pd.Timestamp("2015-01-01"))
    first = readback.hours_of_local_day(values, at)
    assert np.isnan(first[:8]).all()
    np.testing.assert_allclose(first[8:, 0, 0], 10 + np.arange(16))


def quarter_run(tmp_path, *, kind="aelmo", value=None, months=(1, 4, 7, 10), with_gases=True):
    """Two UTC days in each quarter: one complete local day each."""
    value = value or (lambda name, hours: np.full(len(hours), 4.0 if name == "PM25" else 0.5))
    paths = []
    for month in months:
        for d in (14, 15):
            day = f"2015-{month:02d}-{d}"
            paths.append(
                out.write_day(tmp_path / f"{kind}_{day}.nc", kind=kind, day=day, value=value)
            )
            if with_gases and kind == "aelmo":
                gas = lambda name, hours: np.full(len(hours), 0.05 if name == "O3" else 0.01)  # noqa: E731
                paths.append(
                    out.write_day(tmp_path / f"gas_{day}.nc", kind="gases", day=day, value=gas)
                )
    return paths


def read(tmp_path, paths, **options):
    read_cmaq(
        files=paths, year=2030, scenario="peak", annual=tmp_path / "annual.nc",
        daily=tmp_path / "daily.nc", **{"partial": True, **options},
    )  # fmt: skip
    with xr.open_dataset(tmp_path / "annual.nc") as a, xr.open_dataset(tmp_path / "daily.nc") as d:
        return a.load(), d.load()


def test_annual_file_has_the_form_of_the_contract(tmp_path):
    annual, daily = read(tmp_path, quarter_run(tmp_path), closure=tmp_path / "closure.csv")
    closure = pd.read_csv(tmp_path / "closure.csv")
    assert len(closure) == 8
    assert closure["relative_error"].abs().max() < 1e-6
    assert annual.attrs["source"] == "cmaq"
    assert int(annual.attrs["year"]) == 2030
    assert int(annual.attrs["meteorological_year"]) == 2015
    assert list(annual["quarter"].values) == ["Q1", "Q2", "Q3", "Q4"]
    for name in ("PM25", *readback.PARTS, "BACKGROUND"):
        assert annual[name].dims == ("quarter", "y", "x")
        assert annual[name].dtype == np.float32
        assert annual[name].attrs["units"] == "ug m-3"
        assert annual[f"{name}_annual"].dims == ("y", "x")
    total = sum(annual[p].astype(float) for p in (*readback.PARTS, "BACKGROUND"))
    np.testing.assert_allclose(total, annual["PM25"], rtol=1e-6)
    assert annual["PM25"].values == pytest.approx(4.0)
    assert annual["BACKGROUND"].values == pytest.approx(0.0)
    assert "BACKGROUND is zero" in annual.attrs["note"]
    # local days that are complete: the 15th of each month
    assert list(daily["day"].values) == [f"2015-{m:02d}-15" for m in (1, 4, 7, 10)]
    assert daily["O3_MDA8"].values == pytest.approx(50 * 47.998 / 24.465)
    assert daily["CO"].attrs["units"] == "mg m-3"
    assert set(daily.data_vars) >= {"PM25", "PM10", "O3_MDA8", "NO2", "SO2", "CO"}
    assert annual["O3_MDA8_warm"].values == pytest.approx(50 * 47.998 / 24.465)
    # what the response of other gases is taken from
    assert annual["NO2_annual"].values == pytest.approx(10 * 46.0055 / 24.465)
    assert annual["SO2_annual"].attrs["units"] == "ug m-3"
    assert annual["CO_annual"].attrs["units"] == "mg m-3"


def test_a_damaged_cell_does_not_close(tmp_path):
    annual, _ = read(tmp_path, quarter_run(tmp_path, with_gases=False))
    annual["PM25"][0, 0, 0] *= 1.01
    annual.to_netcdf(tmp_path / "annual.nc")
    table = closure_of(tmp_path / "annual.nc", tmp_path / "daily.nc")
    assert (table["relative_error"].abs() > 1e-4).sum() == 2
    with pytest.raises(MassBalanceError):
        require_closed(table, where="annual.nc")


def test_parts_that_exceed_the_whole_are_refused(tmp_path):
    paths = quarter_run(tmp_path, value=lambda n, h: np.ones(len(h)), with_gases=False)
    with pytest.raises(InputError, match="more than PM2.5"):
        read(tmp_path, paths)


def test_annual_mean_is_weighted_by_days(tmp_path):
    values = {1: 8.0, 4: 4.0, 7: 2.0, 10: 6.0}

    def value(name, hours):
        return np.full(len(hours), values[hours[12].month] if name == "PM25" else 0.1)

    annual, _ = read(tmp_path, quarter_run(tmp_path, value=value, with_gases=False))
    expected = np.average([8, 4, 2, 6], weights=days_in_quarters(2030))
    assert annual["PM25_annual"].values == pytest.approx(expected, rel=1e-6)


def test_a_background_run_is_taken_out_of_the_parts(tmp_path):
    annual, _ = read(tmp_path, quarter_run(tmp_path))
    annual.assign(PM25=annual["PM25"] / 4).to_netcdf(tmp_path / "background.nc")
    again, _ = read(tmp_path, quarter_run(tmp_path), background=tmp_path / "background.nc")
    assert again["BACKGROUND"].values == pytest.approx(1.0)
    assert again["PM25"].values == pytest.approx(4.0)
    np.testing.assert_allclose(again["SO4"], annual["SO4"] * 0.75, rtol=1e-6)
    annual.assign(PM25=annual["PM25"] * 2).to_netcdf(tmp_path / "background2.nc")
    with pytest.raises(InputError, match="more PM2.5 than this run"):
        read(tmp_path, quarter_run(tmp_path), background=tmp_path / "background2.nc")


@pytest.mark.parametrize("kind", ["combine", "aconc"])
def test_other_sources_give_the_same_form(tmp_path, kind):
    def value(name, hours):
        return np.full(
            len(hours), {"PM25_TOT": 4.0, "O3": 40.0 if kind == "combine" else 0.04}.get(name, 0.1)
        )

    annual, daily = read(tmp_path, quarter_run(tmp_path, kind=kind, value=value))
    if kind == "aconc":
        expected = 0.1 * (16 * 1.0 + 48 * 0.99 + 7 * 0.039)
        assert annual["PM25"].values == pytest.approx(expected, rel=1e-5)
    assert daily["O3_MDA8"].values == pytest.approx(40 * 47.998 / 24.465, rel=1e-6)


def test_totals_and_species_are_compared(tmp_path, caplog):
    species = 0.1 * (16 * 1.0 + 48 * 0.99 + 7 * 0.039)

    def run(total):
        value = lambda n, h: np.full(len(h), {"PM25": total}.get(n, 0.1))  # noqa: E731
        files = [
            out.write_day(tmp_path / f"{k}{d}.nc", kind=k, day=f"2015-01-{d}", value=value)
            for k in ("aelmo", "aconc")
            for d in (14, 15)
        ]
        return cross_check(open_run(files), [pd.Timestamp("2015-01-15")])

    assert run(species) == pytest.approx(0, abs=1e-5)
    assert not any("another definition" in r.message for r in caplog.records)
    assert run(species * 1.25) == pytest.approx(0.2, abs=1e-5)
    assert any("another definition" in r.message for r in caplog.records)


def test_same_input_gives_the_same_bytes(tmp_path):
    paths = quarter_run(tmp_path)
    read(tmp_path, paths)
    first = (tmp_path / "annual.nc").read_bytes(), (tmp_path / "daily.nc").read_bytes()
    read(tmp_path, paths[::-1])
    assert ((tmp_path / "annual.nc").read_bytes(), (tmp_path / "daily.nc").read_bytes()) == first


def test_periods_leave_out_the_spinup(tmp_path):
    ones = lambda n, h: np.full(len(h), 6.0 if n == "PM25" else 1.0)  # noqa: E731
    paths = [
        out.write_day(tmp_path / f"{m}{d}.nc", kind="aelmo", day=f"2015-{m:02d}-{d}", value=ones)
        for m in (1, 4, 7, 10)
        for d in (14, 15, 16)
    ]
    periods = [(f"2015-{m:02d}-16", f"2015-{m:02d}-16") for m in (1, 4, 7, 10)]
    annual, daily = read(tmp_path, paths, periods=periods)
    assert list(annual["valid_days"].values) == [1, 1, 1, 1]
    assert all(d.endswith("-16") for d in daily["day"].values)


def test_what_does_not_make_a_year_is_refused(tmp_path):
    paths = quarter_run(tmp_path)
    with pytest.raises(InputError, match="does not cover a year"):
        read(tmp_path, paths, partial=False)
    with pytest.raises(InputError, match="Q4 0"):
        read(tmp_path, quarter_run(tmp_path, months=(1, 4, 7)))
    assert not (tmp_path / "annual.nc").exists()


@pytest.mark.parametrize("fault", ["twice", "grid", "truncated", "none", "negative", "nan", "unit"])
def test_files_that_cannot_be_used(tmp_path, fault):
    paths = quarter_run(tmp_path, with_gases=False)
    ones = lambda n, h: np.full(len(h), 6.0 if n == "PM25" else 1.0)  # noqa: E731
    message = {
        "twice": "same hour", "grid": "different grids", "truncated": "truncated",
        "none": "no CMAQ output", "negative": "negative PM2.5", "nan": "does not cover|no complete",
        "unit": "wrong unit",
    }[fault]  # fmt: skip
    if fault == "twice":
        paths.append(out.write_day(tmp_path / "a.nc", kind="aelmo", day="2015-01-14", value=ones))
    elif fault == "grid":
        other = out.CN36.nest(name="X", ratio=1, col0=10, row0=10, cols=3, rows=2)
        paths.append(
            out.write_day(tmp_path / "a.nc", kind="aelmo", day="2015-02-14", value=ones, grid=other)
        )
    elif fault == "truncated":
        paths[0].write_bytes(paths[0].read_bytes()[:300])
    elif fault == "none":
        paths = []
    elif fault == "unit":
        paths[0] = out.write_day(
            paths[0], kind="aelmo", day="2015-01-14", value=ones, units={"PM25": "ppmV"}
        )
    else:
        bad = -1.0 if fault == "negative" else np.nan
        for i in (0, 1):
            day = f"2015-01-{14 + i}"
            paths[i] = out.write_day(
                paths[i], kind="aelmo", day=day, value=lambda n, h: np.full(len(h), bad)
            )
    with pytest.raises((InputError, UnitsError), match=message):
        read(tmp_path, paths)


def test_a_whole_year_from_monthly_files(tmp_path):
    def value(name, hours):
        # the local day of the year
        day = (hours + pd.Timedelta(hours=8)).dayofyear.to_numpy()
        return 1 + day / 100 if name == "PM25_TOT" else np.where(name == "O3", day / 10, 0.1)

    paths = [out.write_day(tmp_path / "0.nc", kind="combine", day="2014-12-31", value=value)]
    for month in range(1, 13):
        n = pd.Timestamp(2015, month, 1).days_in_month * 24
        day = f"2015-{month:02d}-01"
        path = tmp_path / f"{month}.nc"
        paths.append(out.write_day(path, kind="combine", day=day, value=value, hours=n))
    annual, daily = read(tmp_path, paths, partial=False, periods=[("2015-01-01", "2015-12-31")])
    assert daily.sizes["day"] == 365
    np.testing.assert_allclose(daily["PM25"][:, 0, 0], 1 + np.arange(1, 366) / 100, rtol=1e-6)
    assert int(annual["valid_days"].sum()) == 365
    factor = 47.998 / 24.465
    assert annual["O3_MDA8_P90"].values == pytest.approx(32.86 * factor, rel=1e-5)


@pytest.mark.realdata
def test_a_real_concentration_file_is_decoded(realdata):
    # NETCDF4, TFLAG last: names of the dimensions decide, not their order
    from scenair.cmaq import ioapi

    path = realdata / "model_samples" / "conc_template.nc"
    with xr.open_dataset(path, decode_times=False) as ds:
        got = ioapi.decode(ds, where="conc_template.nc")
    assert got["CH4"].dims == ("time", "layer", "y", "x")
    assert got["time"].values[0] == np.datetime64("2022-12-07T00:00")
    assert got.sizes["time"] == 25
    assert float(got["x"][0]) == 1480000.375 + 5000
