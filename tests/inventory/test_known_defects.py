"""Defects seen in tools for the same job, each turned into a test of ours.

=====================================================  ==========================================
defect                                                 test
=====================================================  ==========================================
cell centres by linspace over the outer edges          test_cell_centres_are_not_stretched
a month as four weeks                                  test_a_month_is_not_four_weeks
hourly profiles that do not sum to one                 test_hourly_profiles_are_normalised
31 days of seconds in every month                      test_seconds_of_each_month
10E-3 for 1e-3, and one area for all cells             test_flux_to_mass_by_hand
NOx to moles with the molar mass of NO                 test_nox_is_no2_until_speciation
one PM2.5 split of 1 for each of sixteen species       test_pm25_is_split_once
organic carbon counted twice, black carbon lost        test_carbon_is_counted_once
sulfate on top of all SO2                              test_sulfur_is_conserved
plume heights pasted on sigma layers by index          test_heights_are_metres
VOC classes without target dropped                     test_no_voc_class_is_lost
speciation by the sum over source profiles             test_voc_mass_is_not_inflated
zeros outside a mask, mass lost at borders             test_border_cells_keep_their_mass
profiles in UTC read as local time                     test_hours_are_local
texts padded with NUL                                  test_texts_are_padded_with_blanks
=====================================================  ==========================================
"""

from __future__ import annotations

import numpy as np
import pytest

from scenair.cmaq import hours, ioapi
from scenair.cmaq.check_names import read_mechanism
from scenair.cmaq.io_inputs import read_speciation_tables
from scenair.cmaq.speciation import Speciation, build_speciation, particle_parts
from scenair.core.grids import CN36
from scenair.core.io.tables import read_table
from scenair.core.periods import days_in_months, seconds_in_months
from scenair.core.regions import units
from scenair.core.sectors import SECTORS
from scenair.core.species import MOLAR_MASS
from scenair.inventory.places import cells_to_units
from scenair.inventory.readers import meic
from scenair.inventory.readers.form import AUTHALIC_RADIUS_M, flux_to_mass, month_seconds


@pytest.fixture(scope="module")
def speciation() -> Speciation:
    name = "cb6r5_ae7"
    return build_speciation(
        read_speciation_tables(name), mechanism=read_mechanism(name), sectors=SECTORS
    )


@pytest.fixture(scope="module")
def profiles() -> hours.Profiles:
    return hours.build_profiles(
        hours=read_table("cmaq/temporal_hours.csv"),
        week=read_table("cmaq/temporal_week.csv"),
        profiles=read_table("cmaq/temporal_profiles.csv"),
        sectors=SECTORS,
    )


def test_cell_centres_are_not_stretched() -> None:
    header = "ncols 320\nnrows 200\nxllcorner 70\nyllcorner 10\ncellsize 0.25\nNODATA_value -9999\n"
    text = header + "\n".join(" ".join(["1"] * 320) for _ in range(200))
    ds = meic.parse_asc(text, name="2017_01__power__SO2.asc")
    assert ds["lon"].values[[0, -1]].tolist() == [70.125, 149.875]
    assert ds["lat"].values[[0, -1]].tolist() == [10.125, 59.875]
    wrong = np.linspace(70, 150, 320)
    assert abs(wrong - ds["lon"].values).max() == pytest.approx(0.125)


def test_a_month_is_not_four_weeks(profiles: hours.Profiles) -> None:
    """The hours of January bring back the mass of January, not 31/28 of it."""
    weights = [hours.month_weights(profiles, year=2017, month=m, calendar={}) for m in (1, 2, 3)]
    mass = np.ones((len(SECTORS), 1))
    rates = hours.month_rates(mass, mass, mass, weights=(weights[0], weights[1], weights[2]))
    assert rates.mass() == pytest.approx(mass, rel=1e-12)


def test_hourly_profiles_are_normalised(profiles: hours.Profiles) -> None:
    assert profiles.hour.mean(axis=-1) == pytest.approx(np.ones(profiles.hour.shape[:2]), rel=1e-12)


def test_seconds_of_each_month() -> None:
    assert seconds_in_months(2017)[1] == 28 * 86400
    assert seconds_in_months(2016)[1] == 29 * 86400
    assert month_seconds(2017, [0])[0] == 365 * 86400
    assert days_in_months(2017).sum() == 365


def test_flux_to_mass_by_hand() -> None:
    """1e-9 kg m-2 s-1 on cells of one degree at 60 N and on the equator, February."""
    lat, lon = np.array([-0.5, 0.5]), np.array([100.5, 101.5])
    low = flux_to_mass(
        np.full((1, 1, 2, 2), 1e-9), lat=lat, lon=lon, seconds=month_seconds(2017, [2]), where="x"
    )
    high = flux_to_mass(
        np.full((1, 1, 2, 2), 1e-9), lat=lat + 60, lon=lon, seconds=month_seconds(2017, [2]),
        where="x",
    )  # fmt: skip
    side = np.radians(1) * AUTHALIC_RADIUS_M
    assert low[0, 0, 0, 0] == pytest.approx(1e-9 * side**2 * 28 * 86400 * 1e-3, rel=1e-4)
    assert high[0, 0, 0, 0] / low[0, 0, 0, 0] == pytest.approx(np.cos(np.radians(59.5)), rel=1e-3)


def test_nox_is_no2_until_speciation(speciation: Speciation) -> None:
    moles = speciation.factors["NOx"].sum(axis=0)
    assert moles == pytest.approx(np.full(len(SECTORS), 1000 / 46.0055), rel=1e-9)
    assert MOLAR_MASS["NOx"] == 46.0055


def test_pm25_is_split_once(speciation: Speciation) -> None:
    assert speciation.carried("REST") == pytest.approx(np.ones(len(SECTORS)), rel=1e-9)


def test_carbon_is_counted_once() -> None:
    parts, _ = particle_parts(
        pm25=np.array([10.0]), pm10=np.array([14.0]), bc=np.array([2.0]), oc=np.array([3.0]),
        om_oc=1.4,
    )  # fmt: skip
    assert parts["BC"] == 2.0
    assert parts["OC"] == 3.0
    fine = parts["BC"] + parts["OC"] + parts["NCOM"] + parts["REST"]
    assert fine == pytest.approx(np.array([10.0]))
    assert parts["PMC"] == 4.0


def test_sulfur_is_conserved(speciation: Speciation) -> None:
    moles = speciation.factors["SO2"].sum(axis=0)
    assert moles == pytest.approx(np.full(len(SECTORS), 1000 / MOLAR_MASS["SO2"]), rel=1e-9)


def test_heights_are_metres() -> None:
    """Power plants emit most above 184 m, whatever layers a model has."""
    table = read_table("gridding/heights.csv")
    power = table[table["profile"] == "power"]
    assert power["value"].sum() == pytest.approx(1.0, abs=0.003)
    assert power.loc[power["bottom_m"] >= 184, "value"].sum() > 0.9
    assert {"bottom_m", "top_m"} <= set(table.columns)


def test_no_voc_class_is_lost(speciation: Speciation) -> None:
    """What the variables carry and what is named unreactive make up the whole mass."""
    carried = speciation.carried("NMVOC")
    assert (carried > 0.8).all()
    assert (carried <= 1 + 1e-9).all()


def test_voc_mass_is_not_inflated(speciation: Speciation) -> None:
    assert speciation.carried("NMVOC").max() <= 1 + 1e-9


def test_border_cells_keep_their_mass() -> None:
    """Every cell that touches a unit gives away its whole mass, at borders too."""
    lat, lon = np.arange(30.25, 45, 0.5), np.arange(110.25, 125, 0.5)
    share = cells_to_units(lat, lon, units())
    total = np.asarray(share.sum(axis=0)).ravel()
    touched = total > 0
    assert total[touched] == pytest.approx(np.ones(touched.sum()), rel=1e-12)
    # the coast of Shandong: cells half in the sea are there
    assert touched.reshape(len(lat), len(lon))[
        np.isclose(lat, 37.75), np.isclose(lon, 120.75)
    ].all()


def test_hours_are_local(profiles: hours.Profiles) -> None:
    """00Z is eight in the morning in China: traffic is higher than at 16Z (midnight)."""
    weights = hours.month_weights(profiles, year=2017, month=3, calendar={})
    traffic = weights[SECTORS.index("on_road")]
    morning, two_at_night = traffic[0], traffic[18]
    assert morning > 2 * two_at_night


def test_texts_are_padded_with_blanks() -> None:
    attributes = ioapi.header(
        CN36,
        variables={"NO": ("moles/s", "nitric oxide"), "PEC": ("g/s", "elemental carbon")},
        start=None,
        upname="scenair",
        description="made for a test",
    )
    assert attributes["VAR-LIST"] == "NO" + " " * 14 + "PEC" + " " * 13
    assert not any("\0" in v for v in attributes.values() if isinstance(v, str))
