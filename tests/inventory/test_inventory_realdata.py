"""Shipped tables against the development data they were made from."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from scenair.core.io.tables import read_table
from scenair.core.regions import PROVINCE_CODES, adcodes, counties
from scenair.inventory.io_inputs import read_tables

pytestmark = pytest.mark.realdata


def test_national_totals_keep_every_digit(realdata: Path) -> None:
    raw = pd.read_csv(
        realdata / "emission_totals" / "meic_china_sector_2010_2017_zheng2018_fig3.csv"
    )
    raw["species"] = raw["species"].str.replace("PM2.5", "PM25")
    raw["sector"] = raw["sector"].str.lower().replace({"solvent use": "solvent"})
    mine = read_tables().meic.set_index(["species", "meic_sector", "year"])["value"]
    theirs = raw.set_index(["species", "sector", "year"])["value"].reindex(mine.index)
    np.testing.assert_array_equal(mine.to_numpy(float), theirs.to_numpy(float))


def test_census_sums_to_the_nation(realdata: Path) -> None:
    """Cities and counties both sum to the national row of the census, 1 409 778 724 people."""
    raw = pd.read_csv(realdata / "census2020" / "china_census2020_county.csv")
    nation = raw.loc[raw["level"] == "nation", "pop"].item()
    city = read_table("regions/census2020_city.csv.gz")
    people = city[city["variable"] == "pop"].set_index("adcode")["value"]
    assert people.sum() == nation == 1_409_778_724
    assert tuple(people.index) == adcodes()
    county = read_table("regions/census2020_county.csv.gz")
    rows = county[county["variable"] == "pop"]
    assert set(rows["county"]) == set(counties().index)
    by_city = rows.groupby("adcode")["value"].sum().reindex(people.index)
    np.testing.assert_allclose(by_city, people, rtol=1e-4, atol=1)


def test_reas_groups_are_sums_of_its_sectors(realdata: Path) -> None:
    raw = pd.read_csv(realdata / "emission_totals" / "reasv32_china_province_sector_2000_2015.csv")
    code = {letters: number for number, letters in PROVINCE_CODES.items()}
    raw = raw[(raw["year"] == 2014) & raw["province"].isin(code)]
    mine = read_tables().reas
    mine = mine[(mine["year"] == 2014) & (mine["species"] == "NOx") & (mine["group"] == "off_road")]
    theirs = raw[(raw["species"] == "NOx") & raw["sector"].isin(["ODOM", "OTRA"])]
    expected = theirs.groupby(theirs["province"].map(code))["value"].sum()
    np.testing.assert_allclose(
        mine.set_index("province")["value"].sort_index(), expected.sort_index(), rtol=1e-5
    )


def test_fleet_by_year_is_the_tracker_s(realdata: Path) -> None:
    """Operating coal capacity of known start years, as counted in the tracker itself."""
    raw = pd.read_csv(realdata / "point_sources" / "gem_gcpt_july2023_china_units.csv")
    plants = read_tables().plants
    coal = plants[(plants["sector"] == "power") & (plants["technology"] != "gas")]
    for year in (2013, 2017):
        runs = (raw["Start year"] <= year) & ~(raw["Retired year"] <= year)
        known = (
            raw["Status"].isin(["operating", "retired", "mothballed"]) & raw["Start year"].notna()
        )
        there = raw.loc[runs & known & ~((raw["Status"] == "retired") & raw["Retired year"].isna())]
        mine = coal[(coal["start_year"] <= year) & ~(coal["retired_year"] <= year)]["value"].sum()
        # units without a start year get one: a little more than those with it
        assert 1.0 <= mine / there["Capacity (MW)"].sum() < 1.02
