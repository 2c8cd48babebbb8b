"""One activity table, provincial targets and closing factors."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
import xarray as xr
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from scenair.core.errors import InputError
from scenair.core.species import SPECIES
from scenair.inventory import activity as act
from scenair.inventory import closing
from scenair.inventory.estimate import Estimate, Tables, emission_of, point_emissions
from scenair.inventory.shares import PROVINCES, shares_of_year

_positive = st.floats(min_value=0.1, max_value=1e4)


@given(
    prior=arrays(float, (4, 3), elements=_positive),
    rows=arrays(float, 4, elements=_positive),
    columns=arrays(float, 3, elements=_positive),
)
def test_biproportional_meets_both_margins(
    prior: np.ndarray, rows: np.ndarray, columns: np.ndarray
) -> None:
    out = closing.biproportional(prior, rows, columns)
    np.testing.assert_allclose(out.sum(axis=0), columns, rtol=1e-12)
    np.testing.assert_allclose(out.sum(axis=1), rows * columns.sum() / rows.sum(), rtol=1e-6)


def test_biproportional_by_hand() -> None:
    out = closing.biproportional(np.ones((2, 2)), np.array([1.0, 3.0]), np.array([2.0, 2.0]))
    np.testing.assert_allclose(out, [[0.5, 0.5], [1.5, 1.5]])


def test_biproportional_refuses_a_column_without_entries() -> None:
    with pytest.raises(ValueError, match="no entry"):
        closing.biproportional(np.array([[1.0, 0.0], [1.0, 0.0]]), np.ones(2), np.array([1.0, 1.0]))


def test_residual_by_hand() -> None:
    share = pd.Series(0.0, index=PROVINCES)
    share.iloc[:2] = [0.75, 0.25]
    fixed = np.zeros(31)
    fixed[:2] = [10.0, 30.0]
    out, raw = closing.industry_residual(share, total=100, fixed=fixed, rest_total=60, floor=0.1)
    # 75 - 10 = 65; 25 - 30 = -5 -> floor 0.1 x 0.25 x 60 = 1.5; scaled to 60
    np.testing.assert_allclose(out[:2], [60 * 65 / 66.5, 60 * 1.5 / 66.5])
    assert raw[1] == pytest.approx(-5)


def test_residual_of_two_large_numbers_gives_way_to_activity() -> None:
    share = pd.Series(0.0, index=PROVINCES)
    share.iloc[:2] = [0.5, 0.5]
    fixed, prior = np.zeros(31), np.zeros(31)
    fixed[:2] = [0.0, 50.0]
    prior[:2] = [1.0, 3.0]
    out, _ = closing.industry_residual(
        share, total=100, fixed=fixed, rest_total=50, floor=0.0, prior=prior
    )
    # REAS alone leaves 50 and 0. Plants explain nothing of the first (w 1: 50) and all of the
    # second (w 0: prior 0.75 x 50 = 37.5); scaled to 50
    np.testing.assert_allclose(out[:2], [50 * 50 / 87.5, 50 * 37.5 / 87.5])


def test_every_factor_outside_the_band_has_a_cause(result_2017: Estimate) -> None:
    table = closing.factor_table(result_2017.factor, result_2017.base, low=0.5, high=2.0)
    outside = table["outside_band"]
    assert outside.any()
    assert (table.loc[outside, "reason"] != "").all()
    assert (table.loc[~outside, "reason"] == "").all()
    power = table[(table["sector"] == "power") & (table["species"] == "OC")]
    assert power["reason"].str.startswith("nation: the published total").all()


def test_heating_follows_its_own_activity(result_2017: Estimate) -> None:
    k = result_2017.factor.sel(sector="heating", species=["SO2", "NOx", "CO2"])
    used = result_2017.base.sel(sector="heating", species=["SO2", "NOx", "CO2"]) > 0
    for name in ("SO2", "NOx", "CO2"):
        values = k.sel(species=name).where(used.sel(species=name)).values
        assert np.nanmax(values) == pytest.approx(np.nanmin(values), rel=1e-9)


def test_activity_sums_to_the_nation(result_2017: Estimate, tables: Tables) -> None:
    rows = tables.activity[tables.activity["year"] == 2017]
    for row in rows.itertuples():
        found = result_2017.activity.sel(sector=row.sector, source=row.source_name).sum().item()
        assert found == pytest.approx(row.value, rel=1e-12)


def test_doubling_one_activity_cell_doubles_all_its_species(result_2017: Estimate) -> None:
    cell = {"city": 130200, "sector": "coking", "source": "coke_output"}
    activity = result_2017.activity.copy()
    activity.loc[cell] *= 2
    again = emission_of(
        activity, result_2017.factors, result_2017.removed, result_2017.factor, result_2017.province
    )
    ratio = again / result_2017.emission
    mine = ratio.sel(city=130200, sector="coking").dropna("species")
    np.testing.assert_allclose(mine.values, 2.0)
    others = again.drop_sel(city=130200) - result_2017.emission.drop_sel(city=130200)
    assert float(abs(others).max()) == 0.0


def test_provinces_meet_their_targets(result_2017: Estimate) -> None:
    """REAS's share of residential CO and solvent NMVOC is met to round-off."""
    found = act.provincial_sum(result_2017.emission, result_2017.province)
    for species, sector in (("CO", "residential"), ("NMVOC", "solvent"), ("PM25", "on_road")):
        share = result_2017.shares[species, sector]
        total = float(result_2017.targets.sel(sector=sector, species=species))
        np.testing.assert_allclose(
            found.sel(sector=sector, species=species).values, share.to_numpy() * total, rtol=1e-9
        )


def test_shares_vary_by_year_and_sum_to_one(tables: Tables) -> None:
    shares = {y: shares_of_year(tables.reas, tables.statistics, year=y) for y in range(2013, 2018)}
    for year in shares:
        for value in shares[year].values():
            assert value.sum() == pytest.approx(1.0)
            assert (value >= 0).all()
    for a, b in ((2013, 2014), (2014, 2015), (2015, 2016), (2016, 2017)):
        assert (shares[a]["CO2", "on_road"] - shares[b]["CO2", "on_road"]).abs().max() > 1e-4
    # agriculture keeps the shares of 2015: no statistic moves it
    pd.testing.assert_series_equal(
        shares[2015]["NH3", "livestock"], shares[2017]["NH3", "livestock"]
    )


def test_shares_before_the_table(tables: Tables) -> None:
    with pytest.raises(InputError, match="no provincial shares"):
        shares_of_year(tables.reas, tables.statistics, year=2005)


def test_shares_with_a_lost_province(tables: Tables) -> None:
    rows = tables.reas
    lost = rows[~((rows["province"] == 540000) & (rows["species"] == "NOx"))]
    with pytest.raises(InputError, match="not complete"):
        shares_of_year(lost, tables.statistics, year=2014)


def test_within_province_falls_back() -> None:
    drivers = pd.DataFrame({"pop": [1.0, 3.0, 2.0], "emp_mining": [0.0, 0.0, 5.0]}, index=[1, 2, 3])
    province = np.array([10, 10, 20], dtype=np.int32)
    share = act.within_province(drivers, pd.Series({"emp_mining": 1.0}), province)
    np.testing.assert_allclose(share, [0.25, 0.75, 1.0])


def test_unknown_driver_and_rule() -> None:
    drivers = pd.DataFrame({"pop": [1.0, 3.0]}, index=[1, 2])
    province = np.array([10, 10], dtype=np.int32)
    common = {"drivers": drivers, "province": province, "provincial": {}}
    with pytest.raises(InputError, match="unknown driver"):
        act.spread("national", pd.Series({"cows": 1.0}), **common)
    with pytest.raises(InputError, match="unknown provincial rule"):
        act.spread("by magic", pd.Series({"pop": 1.0}), **common)


def test_census_row_lost(tables: Tables) -> None:
    census = tables.census[tables.census["adcode"] != 130200]
    with pytest.raises(InputError, match="without census"):
        act.city_drivers(
            census,
            tables.census_change,
            tables.dwellings,
            tables.plants,
            np.array([130100, 130200], dtype=np.int32),
            year=2017,
        )


def test_drivers_move_between_the_censuses(tables: Tables) -> None:
    cities = np.array([130100, 440300], dtype=np.int32)

    def at(year: int) -> pd.DataFrame:
        return act.city_drivers(
            tables.census, tables.census_change, tables.dwellings, tables.plants, cities, year=year
        )

    # 2020 is the census itself, 2010 the census before: Shijiazhuang 10 163 788 of 11 235 086
    ratio = at(2010)["pop"] / at(2020)["pop"]
    assert ratio[130100] == pytest.approx(10_163_788 / 11_235_086, abs=1e-5)
    # at a constant rate a year: three tenths of the logarithm in 2017
    np.testing.assert_allclose(at(2017)["pop"] / at(2020)["pop"], ratio**0.3)
    # employment on farms follows rural, the rest urban population
    rural = at(2013)["pop_rural"] / at(2020)["pop_rural"]
    np.testing.assert_allclose(at(2013)["emp_agriculture"] / at(2020)["emp_agriculture"], rural)
    urban = at(2013)["pop_urban"] / at(2020)["pop_urban"]
    np.testing.assert_allclose(at(2013)["emp_manufacturing"] / at(2020)["emp_manufacturing"], urban)
    # floor area moves with its people
    np.testing.assert_allclose(at(2013)["floor_rural"] / at(2020)["floor_rural"], rural)
    # no census after 2020: its figures stay
    pd.testing.assert_frame_equal(at(2025).drop(columns="pig_iron_capacity"),
                                  at(2020).drop(columns="pig_iron_capacity"))  # fmt: skip


def test_shares_inside_provinces_vary_by_year(result_2013: Estimate, result_2017: Estimate) -> None:
    for sector, source in (
        ("residential", "coal"),
        ("on_road", "gasoline"),
        ("solvent", "solvent"),
    ):
        shares = []
        for result in (result_2013, result_2017):
            column = result.activity.sel(sector=sector, source=source).values
            hebei = column[result.province == 130000]
            shares.append(hebei / hebei.sum())
        assert np.abs(shares[0] - shares[1]).max() > 1e-3


def test_plant_in_no_unit(tables: Tables, result_2017: Estimate) -> None:
    plants = result_2017.plants.copy()
    plants.loc[0, "adcode"] = 999999
    with pytest.raises(InputError, match="belongs to no unit"):
        act.city_sum(plants, result_2017.plant_use, result_2017.activity["city"].values)


def test_plants_carry_steel_and_cement(result_2017: Estimate) -> None:
    points = point_emissions(result_2017)
    for sector in ("iron_steel", "cement"):
        mine = points[(result_2017.plants["sector"] == sector).to_numpy()].sum()
        whole = result_2017.emission.sel(sector=sector).sum("city").to_series()
        np.testing.assert_allclose(mine[list(SPECIES)], whole[list(SPECIES)], rtol=1e-9)


def test_closing_factor_without_activity() -> None:
    dims, coords = ("province",), {"province": [1, 2]}
    target = xr.DataArray([1.0, 0.0], dims=dims, coords=coords)
    base = xr.DataArray([0.0, 0.0], dims=dims, coords=coords)
    with pytest.raises(InputError, match="no activity to carry it"):
        closing.closing_factors(target, base)
    np.testing.assert_allclose(closing.closing_factors(target * 0, base), 1.0)


def test_particles_hold_their_parts(result_2013: Estimate, result_2017: Estimate) -> None:
    """Carbon within PM2.5 within PM10, in every city and sector."""
    for result in (result_2013, result_2017):
        pm10, pm25 = (result.emission.sel(species=s).values for s in ("PM10", "PM25"))
        carbon = result.emission.sel(species=["BC", "OC"]).sum("species").values
        assert (pm25 <= pm10 * (1 + 1e-9)).all()
        assert (carbon <= pm25 * (1 + 1e-9)).all()
