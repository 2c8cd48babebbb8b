"""Trackers, users' tables, and gridded inventories summed to the units."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import xarray as xr

from scenair.core.errors import InputError, UnitsError
from scenair.core.regions import adcodes, units
from scenair.inventory.io_inputs import population
from scenair.inventory.places import aggregate, unit_of_points
from scenair.inventory.readers import declared, trackers
from scenair.inventory.readers.form import gridded


def coal(**change: object) -> pd.DataFrame:
    rows = pd.DataFrame(
        {
            "Capacity (MW)": ["1,000", "300", "300", "600", "50"],
            "Status": ["operating", "Retired", "operating", "announced", "retired"],
            "Start year": ["2010", "1990", "unknown", "2025", "1980"],
            "Retired year": ["", "2016", "", "", "unknown"],
            "Combustion technology": ["ultra-supercritical", "subcritical", "subcritical",
                                      "unknown", "unknown"],
            "Latitude": [39.9, 39.9, 39.9, 39.9, 39.9],
            "Longitude": [116.4, 116.4, 116.4, 116.4, 116.4],
        }
    )  # fmt: skip
    for column, value in change.items():
        rows[column.replace("_", " ")] = value
    return rows


def test_coal_units_by_hand() -> None:
    out = trackers.coal_units(coal(), where="tracker")
    # the planned unit and the one retired at an unknown date are gone
    assert out["value"].tolist() == [1000.0, 300.0, 300.0]
    assert out["retired_year"].tolist()[1] == 2016
    # unknown start: median of the same technology and size (1990)
    assert out["start_year"].tolist() == [2010, 1990, 1990]
    assert out["filled"].tolist() == [False, False, True]


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"Status": "sleeping"}, "unknown status"),
        ({"Start_year": "soon"}, "not a number"),
        ({"Retired_year": "-5"}, "below zero"),
    ],
)
def test_coal_units_refuse(change: dict[str, object], message: str) -> None:
    with pytest.raises(InputError, match=message):
        trackers.coal_units(coal(**change), where="tracker")


def test_trackers_of_another_kind() -> None:
    with pytest.raises(InputError, match="not the tracker"):
        trackers.steel_plants(coal(), where="file")
    with pytest.raises(InputError, match="without rows"):
        trackers.coal_units(coal().iloc[:0], where="file")


def test_steel_text_numbers() -> None:
    frame = pd.DataFrame(
        {
            "Status": ["operating", "operating", "operating"],
            "Coordinates": ["30.5, 117.2", "39.6,118.2", " 31.0 , 121.0 "],
            "Start date": ["2010", "unknown", "2014-05-01"],
            "Closed/idled date": ["", "", ""],
            "Nominal crude steel capacity (ttpa)": [2000.0, 1000.0, 500.0],
            "Nominal BOF steel capacity (ttpa)": ["2000", "1,000", ""],
            "Nominal EAF steel capacity (ttpa)": ["", ">0", ""],
            "Nominal BF capacity (ttpa)": ["1800", "unknown", ""],
            "Main production process": ["integrated (BF)", "integrated (BF)", "electric"],
        }
    )
    out = trackers.steel_plants(frame, where="file").set_index(["technology", "lat"])["value"]
    assert out["pig_iron", 30.5] == 1.8e6
    # the unknown furnace gets the ratio 1800/2000
    assert out["pig_iron", 39.6] == pytest.approx(0.9e6)
    assert out["eaf_steel", 31.0] == 0.5e6
    frame.loc[1, "Coordinates"] = "unknown"
    with pytest.raises(InputError, match="coordinates"):
        trackers.steel_plants(frame, where="file")


def test_points_off_the_coast_and_far_away() -> None:
    code, snapped = unit_of_points([116.4, 121.95], [39.9, 30.72], units(), where="plants")
    assert code[0] == 110000
    assert not snapped[0]
    with pytest.raises(InputError, match="far from every unit"):
        unit_of_points([30.0], [110.0 - 70], units(), where="plants")
    with pytest.raises(InputError, match="without coordinates"):
        unit_of_points([np.nan], [30.0], units(), where="plants")


@pytest.mark.realdata
def test_shipped_clusters_are_the_trackers(realdata: Path) -> None:
    """The reader gives the capacity of the shipped table back."""
    from scenair.inventory.io_inputs import read_tables

    shipped = read_tables().plants
    folder = realdata / "point_sources"
    coal_frame = pd.read_csv(folder / "gem_gcpt_july2023_china_units.csv")
    steel = pd.read_csv(folder / "gem_gspt_mar2023_china_steel.csv")
    cement = pd.read_csv(folder / "sfi_cement_july2021_china.csv", low_memory=False)
    plants = {
        "power": trackers.coal_units(coal_frame, where="GCPT"),
        "iron_steel": trackers.steel_plants(steel, where="GSPT"),
        "cement": trackers.cement_plants(cement, where="SFI"),
    }
    for sector, frame in plants.items():
        runs = frame[(frame["start_year"] <= 2017) & ~(frame["retired_year"] <= 2017)][
            "value"
        ].sum()
        mine = shipped[(shipped["sector"] == sector) & (shipped["technology"] != "gas")]
        there = mine[(mine["start_year"] <= 2017) & ~(mine["retired_year"] <= 2017)]["value"].sum()
        assert runs == pytest.approx(there, rel=0.005), sector
    table = trackers.clusters(plants["cement"], units(), where="SFI")
    assert table["value"].sum() == pytest.approx(plants["cement"]["value"].sum())


def own(**change: object) -> pd.DataFrame:
    frame = pd.DataFrame(
        {
            "adcode": [130200, 130200],
            "year": 2017,
            "sector": ["iron_steel", "on_road"],
            "species": ["SO2", "NOx"],
            "value": [30.0, 40_000.0],
            "unit": ["Gg yr-1", "Mg yr-1"],
            "source": "made for a test",
        }
    )
    for column, value in change.items():
        frame[column] = value
    return frame


def test_own_inventory() -> None:
    out = declared.emissions_table(own(), adcodes=adcodes(), where="own.csv")
    assert out["value"].tolist() == [30_000.0, 40_000.0]


@pytest.mark.parametrize(
    ("change", "error", "message"),
    [
        ({"adcode": 139999}, InputError, "unknown adcode"),
        ({"sector": "steel"}, InputError, "unknown sector"),
        ({"species": "PM2.5"}, InputError, "unknown species"),
        ({"value": -1.0}, InputError, "below zero"),
        ({"value": "many"}, InputError, "no number"),
        ({"unit": "bags"}, UnitsError, "unknown unit"),
        ({"unit": "EJ"}, UnitsError, "different dimension"),
        ({"source": None}, InputError, "empty cell"),
        ({"sector": "power", "species": "CO"}, InputError, "given twice"),
    ],
)
def test_own_inventory_refuses(
    change: dict[str, object], error: type[Exception], message: str
) -> None:
    with pytest.raises(error, match=message):
        declared.emissions_table(own(**change), adcodes=adcodes(), where="own.csv")


def test_schema_is_in_the_message() -> None:
    with pytest.raises(InputError, match="Mg yr-1, kg yr-1"):
        declared.emissions_table(own().drop(columns="unit"), adcodes=adcodes(), where="own.csv")
    with pytest.raises(InputError, match="no rows"):
        declared.emissions_table(own().iloc[:0], adcodes=adcodes(), where="own.csv")


def test_city_statistics() -> None:
    frame = pd.DataFrame(
        {
            "adcode": [130200], "year": [2017], "gdp": [7106.0],
            "share_primary": [8.0], "share_secondary": [57.0], "share_tertiary": [35.0],
        }
    )  # fmt: skip
    assert len(declared.city_statistics(frame, adcodes=adcodes(), where="x")) == 1
    with pytest.raises(InputError, match="percent"):
        declared.city_statistics(frame.assign(share_secondary=0.57), adcodes=adcodes(), where="x")
    with pytest.raises(InputError, match="below zero"):
        declared.city_statistics(frame.assign(gdp=-1.0), adcodes=adcodes(), where="x")


def _field(lat: np.ndarray, lon: np.ndarray, values: np.ndarray) -> xr.Dataset:
    return gridded(
        values[None, None], sectors=["power"], months=[0], lat=lat, lon=lon,
        units="Mg cell-1 yr-1", attrs={"product": "test", "species": "SO2", "year": 2017},
        where="test",
    )  # fmt: skip


def test_grid_to_units_conserves_mass_and_finds_flipped_rows() -> None:
    lat, lon = np.arange(10.25, 60, 0.5), np.arange(70.25, 140, 0.5)
    values = np.zeros((len(lat), len(lon)))
    # around Chengdu, Xi'an and Urumqi: their mirror images in 35 N lie in the sea and in Mongolia
    for x, y, amount in ((104.25, 30.75, 5.0), (108.75, 34.25, 7.0), (87.75, 43.75, 3.0)):
        values[np.isclose(lat, y)[:, None] & np.isclose(lon, x)[None]] = amount
    table = aggregate(_field(lat, lon, values), units(), where="test")
    assert table["value"].sum() == pytest.approx(15.0, rel=1e-12)
    assert table.set_index("adcode").loc[510100, "value"] > 2.0
    north = np.zeros_like(values)
    north[np.isclose(lat, 52.25)[:, None] & np.isclose(lon, 108.75)[None]] = 10.0
    with pytest.raises(InputError, match="flipped or the grid is shifted"):
        aggregate(_field(lat, lon, north), units(), where="test")


def test_flipped_rows_of_all_cities() -> None:
    """Mass at every city's centre, then rows upside down: refused."""
    centre = units().geometry.representative_point()
    lat, lon = np.arange(10.25, 60, 0.5), np.arange(70.25, 140, 0.5)
    values = np.zeros((len(lat), len(lon)))
    i = np.floor((centre.y.to_numpy() - 10) / 0.5).astype(int)
    j = np.floor((centre.x.to_numpy() - 70) / 0.5).astype(int)
    np.add.at(values, (i[i >= 0], j[i >= 0]), 1.0)
    # Sansha lies south of this grid
    found = aggregate(_field(lat, lon, values), units(), where="x")["value"].sum()
    assert found == pytest.approx(values.sum()) == pytest.approx(368.0)
    with pytest.raises(InputError, match="flipped"):
        aggregate(_field(lat, lon, values[::-1]), units(), where="x")


def test_a_mirror_image_that_keeps_its_mass_inside() -> None:
    """People of the north China plain upside down stay in China, but not where people live."""
    table = units()
    people = population()
    centre = table.geometry.representative_point()
    lat, lon = np.arange(10.25, 60, 0.5), np.arange(70.25, 140, 0.5)
    values = np.zeros((len(lat), len(lon)))
    inside = ((centre.y > 22) & (centre.y < 48)).to_numpy()
    i = np.floor((centre.y.to_numpy() - 10) / 0.5).astype(int)[inside]
    j = np.floor((centre.x.to_numpy() - 70) / 0.5).astype(int)[inside]
    np.add.at(values, (i, j), people.reindex(table.index).to_numpy()[inside])
    aggregate(_field(lat, lon, values), table, where="x", people=people)
    with pytest.raises(InputError, match="rows are flipped"):
        aggregate(_field(lat, lon, values[::-1]), table, where="x", people=people, most_outside=1.0)
    # one province says nothing about the rows of the country
    tibet = np.where((lon < 95)[None] & (lat < 34)[:, None], values, 0.0)
    aggregate(_field(lat, lon, tibet), table, where="x", people=people)


def test_a_grid_beside_china_is_refused() -> None:
    lat, lon = np.arange(10.25, 60, 0.5), np.arange(140.25, 170, 0.5)
    values = np.ones((len(lat), len(lon)))
    with pytest.raises(InputError, match="outside the units"):
        aggregate(_field(lat, lon, values), units(), where="x")


def test_swapped_coordinates_are_told() -> None:
    with pytest.raises(InputError, match="not on the globe"):
        unit_of_points([39.6], [118.2], units(), where="x")
