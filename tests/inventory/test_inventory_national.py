"""National arrays, targets and published trends."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
import xarray as xr

from scenair.core.errors import InputError, MassBalanceError
from scenair.core.sectors import MEIC_SECTORS, SECTORS
from scenair.core.species import SPECIES
from scenair.inventory import national
from scenair.inventory.estimate import Estimate, Tables, require_national

#: Changes of 2010-2017 in percent as the abstract of Zheng et al. 2018 gives them.
PUBLISHED_CHANGE = {
    "SO2": -62, "NOx": -17, "NMVOC": 11, "NH3": 1, "CO": -27,
    "PM10": -38, "PM25": -35, "BC": -27, "OC": -35, "CO2": 16,
}  # fmt: skip


@pytest.mark.parametrize(("species", "percent"), PUBLISHED_CHANGE.items())
def test_published_change(tables: Tables, species: str, percent: int) -> None:
    first = national.meic_totals(tables.meic, year=2010).sum("meic_sector")
    last = national.meic_totals(tables.meic, year=2017).sum("meic_sector")
    change = 100 * (last / first - 1).sel(species=species).item()
    assert round(change) == percent


@pytest.mark.parametrize("fixture", ["result_2013", "result_2017"])
def test_national_sums_are_published(fixture: str, request: pytest.FixtureRequest) -> None:
    result: Estimate = request.getfixturevalue(fixture)
    for meic, sectors in MEIC_SECTORS.items():
        found = result.emission.sel(sector=list(sectors)).sum(("city", "sector"))
        goal = result.totals.sel(meic_sector=meic)
        np.testing.assert_allclose(found.values, goal.values, rtol=1e-9, atol=0)


def test_targets_partition_the_totals(result_2017: Estimate) -> None:
    again = national.by_meic(result_2017.targets)
    np.testing.assert_allclose(
        again.transpose("meic_sector", "species").values,
        result_2017.totals.transpose("meic_sector", "species").values,
        rtol=1e-12,
    )


def test_block_shares_by_hand() -> None:
    """Two blocks: 2012 shares 0.6/0.4, the first halves, the second keeps its emission."""
    coords = {"sector": list(SECTORS), "species": list(SPECIES)}
    anchor = xr.DataArray(np.ones((15, 10)), dims=("sector", "species"), coords=coords)
    now = anchor.copy()
    now.loc[{"sector": "on_road"}] = 0.5
    totals = xr.DataArray(
        np.zeros((6, 10)),
        dims=("meic_sector", "species"),
        coords={"meic_sector": list(MEIC_SECTORS), "species": list(SPECIES)},
    )
    totals.loc[{"meic_sector": "transportation", "species": "NOx"}] = 70.0
    rows = pd.DataFrame(
        {
            "species": "NOx",
            "meic_sector": "transportation",
            "sectors": ["on_road", "off_road"],
            "value": [0.6, 0.4],
        }
    )
    out = national.sector_targets(totals, rows, now=now, anchor=anchor)
    # 0.6 x 0.5 : 0.4 x 1 = 3 : 4
    assert out.sel(sector="on_road", species="NOx").item() == pytest.approx(30.0)
    assert out.sel(sector="off_road", species="NOx").item() == pytest.approx(40.0)
    assert out.sum().item() == pytest.approx(70.0)


def test_total_without_carrier_stops() -> None:
    coords = {"sector": list(SECTORS), "species": list(SPECIES)}
    nothing = xr.DataArray(np.zeros((15, 10)), dims=("sector", "species"), coords=coords)
    totals = xr.DataArray(
        np.ones((6, 10)),
        dims=("meic_sector", "species"),
        coords={"meic_sector": list(MEIC_SECTORS), "species": list(SPECIES)},
    )
    empty = pd.DataFrame({"species": [], "meic_sector": [], "sectors": [], "value": []})
    with pytest.raises(InputError, match="no activity or factor"):
        national.sector_targets(totals, empty, now=nothing, anchor=nothing)


def test_removal_is_linear_between_years(tables: Tables) -> None:
    cell = {"sector": "cement", "source": "cement", "species": "PM25"}
    a, b, mid = (
        national.removal(tables.removal, year=y).sel(cell).item() for y in (2013, 2017, 2015)
    )
    assert mid == pytest.approx((a + b) / 2)
    assert national.removal(tables.removal, year=2030).sel(cell).item() == pytest.approx(b)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"sector": "powr"}, "unknown sector"),
        ({"species": "PM2.5"}, "unknown species"),
        ({"unit": "kg GJ-1"}, "does not fit its source"),
        ({"value": -1.0}, "below zero"),
        ({"value": np.nan}, "no number"),
    ],
)
def test_bad_factor_row(tables: Tables, change: dict[str, object], message: str) -> None:
    bad = tables.factors.copy()
    for column, value in change.items():
        bad.loc[5, column] = value
    with pytest.raises(InputError, match=message):
        national.emission_factors(bad)


def test_factor_given_twice(tables: Tables) -> None:
    bad = pd.concat([tables.factors, tables.factors.iloc[[3]]])
    with pytest.raises(InputError, match="twice"):
        national.emission_factors(bad)


def test_activity_in_another_unit(tables: Tables) -> None:
    bad = tables.activity.copy()
    bad.loc[bad.index[0], "unit"] = "PJ"
    with pytest.raises(InputError, match="another unit"):
        national.national_activity(bad, year=2013)


def test_year_without_figures(tables: Tables) -> None:
    with pytest.raises(InputError, match="2013"):
        national.national_activity(tables.activity, year=2030)
    with pytest.raises(InputError, match="not complete"):
        national.meic_totals(tables.meic, year=2018)


def test_missing_meic_cell(tables: Tables) -> None:
    with pytest.raises(InputError, match="not complete"):
        national.meic_totals(tables.meic.drop(index=tables.meic.index[7]), year=2017)


def test_national_miss_stops(result_2017: Estimate) -> None:
    bad = result_2017.emission.copy()
    bad[3, 0, 0] *= 1.001
    with pytest.raises(MassBalanceError, match="misses the published total"):
        require_national(bad, result_2017.totals)


def test_carbon_balance(result_2017: Estimate) -> None:
    """Fuels derived from CO2 give the published CO2 back without closing."""
    raw = national.by_meic(
        national.bottom_up(
            result_2017.activity.sum("city"), result_2017.factors, result_2017.removed
        )
    )
    for meic in ("power", "industry", "residential", "transportation"):
        ratio = raw.sel(meic_sector=meic, species="CO2") / result_2017.totals.sel(
            meic_sector=meic, species="CO2"
        )
        assert ratio.item() == pytest.approx(1.0, abs=2e-3)
