"""Plants of a year."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from scenair.core.errors import InputError
from scenair.inventory import plants as plant_model
from scenair.inventory.estimate import Estimate, Tables


def test_fleet_of_2015_by_hand(tables: Tables) -> None:
    fleet = plant_model.in_operation(tables.plants, year=2015)
    coal = fleet[(fleet["sector"] == "power") & (fleet["technology"] != "gas")]
    # GEM July 2023: 873 GW with known years; units with an unknown start year add to it
    assert coal["value"].sum() / 1e3 == pytest.approx(875, abs=10)


def test_start_and_end_of_service() -> None:
    plants = pd.DataFrame(
        {
            "value": [1.0, 1.0, 1.0, 1.0],
            "lon": 110.0,
            "lat": 30.0,
            "start_year": [2016, 2015, 2000, 2000],
            "retired_year": [np.nan, np.nan, 2015, 2016],
            "name": ["too young", "starts", "gone", "last year"],
        }
    )
    assert list(plant_model.in_operation(plants, year=2015)["name"]) == ["starts", "last year"]


@pytest.mark.parametrize(("column", "value"), [("value", 0.0), ("value", np.nan), ("lat", 110.0)])
def test_broken_plant(tables: Tables, column: str, value: float) -> None:
    bad = tables.plants.copy()
    bad.loc[10, column] = value
    with pytest.raises(InputError, match="line 12"):
        plant_model.in_operation(bad, year=2015)


def test_coal_use_meets_the_national_intensity() -> None:
    fleet = pd.DataFrame(
        {"value": [600.0, 300.0], "technology": ["a", "b"], "size_class": ["x", "y"]}
    )
    rates = pd.DataFrame({"technology": ["a", "b"], "size_class": ["x", "y"], "value": [9.0, 12.0]})
    operation = {"coal_hours": 4000.0, "coal_intensity": 300.0, "own_use": 0.0}
    use = plant_model.coal_use(fleet, rates, operation=operation)
    # 900 MW x 4000 h x 300 gce/kWh x 29.3076 kJ/gce = 3.6e9 kWh x 8.79228 MJ
    assert use.sum() == pytest.approx(3.6e9 * 8.79228e-6, rel=1e-12)
    # per MW in the ratio of the heat rates
    assert (use[1] / 300) / (use[0] / 600) == pytest.approx(12 / 9)


def test_plants_get_their_share_of_the_national_coal(tables: Tables, result_2017: Estimate) -> None:
    national = result_2017.activity.sum("city")
    small = national.copy()
    small.loc[{"sector": "power", "source": "coal"}] = 1e6
    operation = plant_model.operation_of(tables.operation, year=2017)
    use, found = plant_model.plant_activity(
        result_2017.plants, small, tables.heat_rates, operation=operation
    )
    power = (result_2017.plants["sector"] == "power").to_numpy()
    assert use.loc[power, "coal"].sum() == pytest.approx(operation["listed_share"] * 1e6)
    assert found["power_coal_plants"] > 1e6


def test_unknown_technology(tables: Tables) -> None:
    fleet = pd.DataFrame({"value": [1.0], "technology": ["fusion"], "size_class": [">=600"]})
    operation = plant_model.operation_of(tables.operation, year=2017)
    with pytest.raises(InputError, match="fusion"):
        plant_model.coal_use(fleet, tables.heat_rates, operation=operation)


def test_tracker_heat_rates_leave_a_residual(result_2017: Estimate) -> None:
    """Units of 30 MW and more burn most, not all, of the national coal of power."""
    share = (
        result_2017.reconciliation["power_coal_plants"]
        / result_2017.reconciliation["power_coal_national"]
    )
    assert 0.7 < share < 1.0
