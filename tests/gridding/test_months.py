"""Monthly shares: sums, leap years, temperature."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from scenair.core.errors import InputError
from scenair.core.io.tables import read_table
from scenair.core.sectors import SECTORS
from scenair.core.species import SPECIES
from scenair.gridding import months

HOURS = pd.DataFrame({"t_min": [-100, 0, 5, 10], "t_max": [0, 5, 10, 100], "value": [16, 12, 6, 3]})


def test_flat_shares_become_days_in_a_leap_year():
    days = np.array([31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31])
    shares = months.shares_of_year(days / 365, 2016)
    assert shares[1] == pytest.approx(29 / 366, rel=1e-14)
    assert months.shares_of_year(days / 365, 2017) == pytest.approx(days / 365, rel=1e-14)


def test_stove_hours_by_hand():
    temperature = np.array([-1.0, 0.0, 5.0, 12.0, *[20.0] * 8])
    shares = months.stove_shares(temperature, hours=HOURS, year=2017)
    mass = np.array(
        [16 * 31, 12 * 28, 6 * 31, 3 * 30, *(3 * np.array([31, 30, 31, 31, 30, 31, 30, 31]))]
    )
    assert shares == pytest.approx(mass / mass.sum(), rel=1e-14)


def test_a_temperature_outside_the_classes_stops():
    with pytest.raises(InputError, match="no class of stove hours"):
        months.stove_shares(np.full(12, 290.0), hours=HOURS, year=2017)


def test_heating_by_hand():
    temperature = np.array([-2.0, *[15.0] * 10, 3.0])
    shares = months.heating_shares(
        temperature, base_share=0.25, season_below=8, room_temperature=18, year=2017
    )
    degree_days = np.array([20 * 31, 15 * 31])
    base = 31 / 365
    expected = 0.25 * base + 0.75 * degree_days / degree_days.sum()
    assert shares[[0, 11]] == pytest.approx(expected, rel=1e-14)
    assert shares[5] == pytest.approx(0.25 * 30 / 365, rel=1e-14)


def test_a_warm_city_heats_by_days_only():
    shares = months.heating_shares(
        np.full((1, 12), 20.0), base_share=0.3, season_below=8, room_temperature=18, year=2016
    )
    assert shares[0, 1] == pytest.approx(29 / 366, rel=1e-14)


@given(st.lists(st.floats(-30, 35), min_size=12, max_size=12), st.integers(2013, 2035))
def test_temperature_shares_always_sum_to_one(temperature, year):
    values = np.array(temperature)
    for shares in (
        months.stove_shares(values, hours=HOURS, year=year),
        months.heating_shares(
            values, base_share=0.3, season_below=8, room_temperature=18, year=year
        ),
    ):
        assert shares.sum() == pytest.approx(1, rel=1e-12)
        assert (shares >= 0).all()


def _shipped(year: int, temperature: np.ndarray):
    return months.month_shares(
        table=read_table("gridding/months.csv"),
        response=read_table("gridding/temperature_response.csv"),
        temperature=temperature,
        cities=[110000],
        sectors=SECTORS,
        species=SPECIES,
        year=year,
    )


def test_shipped_profiles_serve_every_sector_and_species():
    share = _shipped(2020, np.linspace(-5, 28, 12)[None, :])
    assert share.dims == ("sector", "species", "month", "city")
    assert np.abs(share.sum("month") - 1).max() < 1e-12
    # stoves stop in summer, the NH3 of people does not
    residential = share.sel(sector="residential", city=110000)
    assert residential.sel(species="PM25")[0] > 4 * residential.sel(species="PM25")[11]
    assert residential.sel(species="NH3")[0] == pytest.approx(31 / 366, rel=1e-6)


def test_a_profile_that_does_not_sum_to_one_is_refused():
    table = read_table("gridding/months.csv").copy()
    table.loc[table.index[0], "value"] += 0.01
    with pytest.raises(InputError, match="doesn't sum to 1"):
        months._profiles(table, year=2017)


def test_a_missing_sector_is_named():
    table = read_table("gridding/months.csv")
    with pytest.raises(InputError, match="sector cement"):
        months.month_shares(
            table=table[table["sector"] != "cement"],
            response=read_table("gridding/temperature_response.csv"),
            temperature=np.zeros((1, 12)),
            cities=[110000],
            sectors=SECTORS,
            species=SPECIES,
            year=2017,
        )


def test_ammonia_has_the_published_seasons():
    """217 and 463.1 Gg a month of 4.2 Tg in winter and summer (Tang et al. 2025), all sectors."""
    table = read_table("gridding/months.csv")
    shares = months._profiles(table, year=2015)["agriculture", "NH3"]
    days = np.array([31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31]) / 365
    whole = 0.93 * shares + 0.07 * days
    assert whole[[11, 0, 1]].mean() == pytest.approx(217 / 4200, rel=1e-3)
    assert whole[[5, 6, 7]].mean() == pytest.approx(463.1 / 4200, rel=1e-3)
    # July over January is 3.08 in another inventory (Li et al. 2021, ACP 21, 15883)
    assert 2 < whole[6] / whole[0] < 3.1
