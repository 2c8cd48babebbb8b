"""One estimate of the whole country for the tests of the stage."""

from __future__ import annotations

import numpy as np
import pytest

from scenair.config.case import CaseConfig
from scenair.config.inventory import InventoryConfig
from scenair.core.regions import units
from scenair.inventory.estimate import Estimate, Tables, estimate
from scenair.inventory.io_inputs import read_tables


@pytest.fixture(scope="session")
def tables() -> Tables:
    """The shipped tables."""
    return read_tables()


@pytest.fixture(scope="session")
def config() -> dict[str, object]:
    """Sections that the rule hands over, for the 28 cities."""
    case = CaseConfig(name="bth", units="2+26", tests_only=True)
    return {
        "case": case.model_dump(mode="json"),
        "inventory": InventoryConfig().model_dump(mode="json"),
    }


def run(tables: Tables, year: int) -> Estimate:
    """National estimate of a year with the default options."""
    table = units()
    return estimate(
        tables,
        year=year,
        cities=table.index.to_numpy(np.int32),
        province=table["province"].to_numpy(np.int32),
        floor=InventoryConfig().residual_floor,
    )


@pytest.fixture(scope="session")
def result_2017(tables: Tables) -> Estimate:
    """2017, the base year."""
    return run(tables, 2017)


@pytest.fixture(scope="session")
def result_2013(tables: Tables) -> Estimate:
    """2013, the first year."""
    return run(tables, 2013)
