"""Speciation: nothing lost, particles in parts, profiles validated."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from scenair.cmaq import check_names, speciation
from scenair.cmaq.io_inputs import read_speciation_tables
from scenair.core.errors import InputError
from scenair.core.sectors import SECTORS

MECHANISM = "cb6r5_ae7"


@pytest.fixture(scope="module")
def tables():
    return read_speciation_tables(MECHANISM)


def build(tables):
    mechanism = check_names.read_mechanism(MECHANISM)
    return speciation.build_speciation(tables, mechanism=mechanism, sectors=SECTORS)


@pytest.fixture(scope="module")
def factors(tables):
    return build(tables)


def test_nox_by_hand(factors):
    """1 kg NOx (as NO2) of traffic: 1000 / 46.0055 mol, 90 % of them NO."""
    i = factors.variables["NOx"].index("NO")
    moles = factors.factors["NOx"][i, SECTORS.index("on_road")]
    assert moles == pytest.approx(0.9 * 1000 / 46.0055, rel=1e-12)
    total = factors.factors["NOx"].sum(axis=0)
    assert total == pytest.approx(np.full(len(SECTORS), 1000 / 46.0055), rel=1e-12)


def test_sulfur_is_conserved(factors):
    assert factors.factors["SO2"].sum(axis=0) == pytest.approx(
        np.full(len(SECTORS), 1000 / 64.0638), rel=1e-12
    )


@pytest.mark.parametrize("mechanism", ["cb6r5_ae7", "saprc07tic_ae7i"])
def test_nmvoc_mass_is_carried_or_declared_unreactive(mechanism):
    moles, mass = speciation.voc_yields(read_speciation_tables(mechanism))
    assert mass.sum().to_numpy() == pytest.approx(np.ones(mass.shape[1]), rel=1e-12)
    assert (moles.to_numpy() >= 0).all()


def test_toluene_of_a_pure_class_by_hand(tables):
    rows = tables.voc_classes.iloc[:1].copy()
    rows["profile"], rows["class"], rows["value"] = "pure", "toluene", 1.0
    pure = speciation.SpeciationTables(**{**vars(tables), "voc_classes": rows})
    moles, mass = speciation.voc_yields(pure)
    assert moles.loc["TOL", "pure"] == pytest.approx(1000 / 92.14, rel=1e-12)
    assert mass.loc["TOL", "pure"] == 1


def test_propene_mass_follows_carbon(tables):
    """CB6: propene is one OLE (two carbons) and one PAR."""
    rows = tables.voc_classes.iloc[:1].copy()
    rows["profile"], rows["class"], rows["value"] = "pure", "propene", 1.0
    _, mass = speciation.voc_yields(
        speciation.SpeciationTables(**{**vars(tables), "voc_classes": rows})
    )
    assert mass.loc[["OLE", "PAR"], "pure"].to_numpy() == pytest.approx([2 / 3, 1 / 3], rel=1e-12)


def test_an_unmapped_class_is_refused(tables):
    rows = tables.voc_mechanism[tables.voc_mechanism["class"] != "esters"]
    with pytest.raises(InputError, match="esters"):
        build(speciation.SpeciationTables(**{**vars(tables), "voc_mechanism": rows}))


def test_a_variable_the_mechanism_lacks_is_refused(tables):
    rows = tables.gas.copy()
    rows.loc[rows["variable"] == "HONO", "variable"] = "HNO2"
    with pytest.raises(InputError, match="HNO2"):
        build(speciation.SpeciationTables(**{**vars(tables), "gas": rows}))


def test_a_profile_that_does_not_sum_to_one_is_refused(tables):
    rows = tables.pm25.copy()
    rows.loc[rows.index[0], "value"] += 0.01
    with pytest.raises(InputError, match="doesn't sum to 1"):
        build(speciation.SpeciationTables(**{**vars(tables), "pm25": rows}))


def test_a_sector_without_profile_is_refused(tables):
    rows = tables.profiles[tables.profiles["sector"] != "cement"]
    with pytest.raises(InputError, match="cement"):
        build(speciation.SpeciationTables(**{**vars(tables), "profiles": rows}))


@pytest.mark.parametrize("mechanism", ["cb6r5_ae7", "saprc07tic_ae7i"])
def test_every_core_variable_is_made(mechanism):
    made = speciation.build_speciation(
        read_speciation_tables(mechanism),
        mechanism=check_names.read_mechanism(mechanism),
        sectors=SECTORS,
    )
    assert set(made.mechanism.core) <= set(made.names)
    assert len(made.names) == len(set(made.names))


def split(pm25, pm10, bc, oc, om_oc=1.4):
    values = (np.array([v], dtype=float) for v in (pm25, pm10, bc, oc))
    keys = ("pm25", "pm10", "bc", "oc")
    return speciation.particle_parts(**dict(zip(keys, values, strict=True)), om_oc=om_oc)


def test_particles_by_hand():
    parts, excess = split(10.0, 14.0, 2.0, 3.0)
    expected = {"BC": 2.0, "OC": 3.0, "NCOM": 1.2, "REST": 3.8, "PMC": 4.0}
    assert {k: float(v[0]) for k, v in parts.items()} == pytest.approx(expected, rel=1e-12)
    assert all(float(v[0]) == 0 for v in excess.values())


def test_organic_matter_gives_way_before_carbon():
    parts, _ = split(10.0, 10.0, 4.0, 5.5, om_oc=1.7)
    assert float(parts["NCOM"][0]) == pytest.approx(0.5)
    assert float(parts["REST"][0]) == 0


def test_carbon_above_pm25_is_capped_and_said():
    parts, excess = split(6.0, 5.0, 4.0, 4.0)
    assert float(parts["BC"][0] + parts["OC"][0]) == pytest.approx(6.0)
    assert [float(excess[k][0]) for k in ("BC", "OC", "PM10")] == pytest.approx([1, 1, 1])


amount = st.floats(0, 1e6)


@given(amount, amount, amount, amount, st.floats(1, 2.2))
def test_parts_always_sum_to_pm25_and_are_not_negative(pm25, pm10, bc, oc, om_oc):
    parts, excess = split(pm25, pm10, bc, oc, om_oc)
    fine = sum(float(parts[k][0]) for k in ("BC", "OC", "NCOM", "REST"))
    assert fine == pytest.approx(pm25, rel=1e-9, abs=1e-9)
    assert all(float(v[0]) >= 0 for v in parts.values())
    back = speciation.species_of_parts({k: float(v[0]) for k, v in parts.items()})
    assert back["PM10"] == pytest.approx(pm10 + float(excess["PM10"][0]), rel=1e-9, abs=1e-9)
    assert back["BC"] + float(excess["BC"][0]) == pytest.approx(bc, rel=1e-9, abs=1e-9)
