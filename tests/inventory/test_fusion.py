"""Own and regional inventories: who wins, what moves, what must stay."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from scenair.config.case import CaseConfig
from scenair.config.inventory import InventoryConfig
from scenair.core.errors import InputError
from scenair.core.io.netcdf import open_netcdf
from scenair.core.regions import CITIES_2_26
from scenair.inventory import outputs
from scenair.inventory.activity import provincial_sum
from scenair.inventory.estimate import Estimate, Tables, require_national
from scenair.inventory.fusion import apply_own, regional_targets, require_parts
from scenair.inventory.io import build_inventory
from scenair.inventory.quality import plausible, quality_table, ratios_to_co2

TANGSHAN, HEBEI = 130200, 130000


def tangshan(
    result: Estimate, factor: float, sectors: tuple[str, ...] = ("iron_steel",)
) -> pd.DataFrame:
    """A synthetic own inventory: the shared-out figure times ``factor``."""
    rows = [
        {
            "adcode": TANGSHAN,
            "sector": sector,
            "species": species,
            "value": factor
            * float(result.emission.sel(city=TANGSHAN, sector=sector, species=species)),
            "source": "synthetic",
        }
        for sector in sectors
        for species in ("SO2", "NOx", "PM25")
    ]
    return pd.DataFrame(rows)


def test_city_changes_province_and_nation_stay(result_2017: Estimate) -> None:
    own = tangshan(result_2017, 0.6)
    fused, changes = apply_own(result_2017, own, floor=0.5)
    for row in own.itertuples():
        cell = {"city": TANGSHAN, "sector": row.sector, "species": row.species}
        assert float(fused.emission.sel(cell)) == pytest.approx(row.value, rel=1e-12)
    before = provincial_sum(result_2017.emission, result_2017.province)
    after = provincial_sum(fused.emission, fused.province)
    np.testing.assert_allclose(after.values, before.values, rtol=1e-12)
    require_national(fused.emission, fused.totals)
    others = fused.emission.sel(city=130100, sector="iron_steel", species="SO2") / (
        result_2017.emission.sel(city=130100, sector="iron_steel", species="SO2")
    )
    assert others > 1
    assert changes[0].others == pytest.approx(float(others))
    assert "totals stay" in changes[0].reason()
    # what was not reported does not move
    np.testing.assert_array_equal(
        fused.emission.sel(sector="residential").values,
        result_2017.emission.sel(sector="residential").values,
    )


def test_other_cities_keep_a_floor_and_other_provinces_pay(result_2017: Estimate) -> None:
    own = tangshan(result_2017, 2.0)
    fused, changes = apply_own(result_2017, own, floor=0.8)
    assert changes[0].others == 0.8
    assert changes[0].nation > 0
    ratio = fused.emission.sel(city=130100, sector="iron_steel") / result_2017.emission.sel(
        city=130100, sector="iron_steel"
    )
    assert float(ratio.sel(species="SO2")) == pytest.approx(0.8)
    require_national(fused.emission, fused.totals)
    # Jiangsu gave a little
    assert float(fused.emission.sel(city=320200, sector="iron_steel", species="SO2")) < float(
        result_2017.emission.sel(city=320200, sector="iron_steel", species="SO2")
    )


def test_fused_emission_is_still_recomputable(result_2017: Estimate) -> None:
    fused, _ = apply_own(result_2017, tangshan(result_2017, 0.7), floor=0.5)
    ds = outputs.dataset(fused, cities=CITIES_2_26)
    assert "city" in ds["emission_factor"].dims
    outputs.require_recomputable(ds, where="test")


def test_doubling_activity_still_doubles_after_fusion(result_2017: Estimate) -> None:
    fused, _ = apply_own(result_2017, tangshan(result_2017, 0.7), floor=0.5)
    ds = outputs.dataset(fused, cities=CITIES_2_26)
    ds["activity"] = ds["activity"] * 2
    np.testing.assert_allclose(outputs.recomputed(ds).values, 2 * ds["emission"].values, rtol=1e-12)


def test_own_inventory_without_activity(result_2017: Estimate) -> None:
    own = pd.DataFrame(
        {"adcode": [460100], "sector": ["iron_steel"], "species": ["SO2"], "value": [5.0],
         "source": ["x"]}
    )  # fmt: skip
    with pytest.raises(InputError, match="no activity"):
        apply_own(result_2017, own, floor=0.5)


def test_own_inventory_in_the_wrong_unit(result_2017: Estimate) -> None:
    with pytest.raises(InputError, match="check the unit"):
        apply_own(result_2017, tangshan(result_2017, 1e4), floor=0.5)


def test_regional_targets(result_2017: Estimate) -> None:
    target = (result_2017.base * result_2017.factor).transpose("province", "sector", "species")
    one = pd.DataFrame(
        {"adcode": [HEBEI], "sector": ["residential"], "species": ["SO2"], "value": [1e5]}
    )
    moved, changes = regional_targets(target, one, totals=result_2017.totals)
    cell = {"sector": "residential", "species": "SO2"}
    assert float(moved.sel(province=HEBEI, **cell)) == pytest.approx(1e5)
    assert float(moved.sel(cell).sum()) == pytest.approx(float(target.sel(cell).sum()), rel=1e-12)
    assert len(changes) == 1
    with pytest.raises(InputError, match="exceeds the national total"):
        regional_targets(target, one.assign(value=1e9), totals=result_2017.totals)


def test_regional_pattern_of_all_provinces(result_2017: Estimate) -> None:
    target = (result_2017.base * result_2017.factor).transpose("province", "sector", "species")
    whole = pd.DataFrame(
        {
            "adcode": target["province"].values,
            "sector": "residential",
            "species": "SO2",
            "value": 2.0,
        }
    )
    moved, _ = regional_targets(target, whole, totals=result_2017.totals)
    values = moved.sel(sector="residential", species="SO2").values
    np.testing.assert_allclose(values, values[0])


def test_the_rule_with_an_own_inventory(tmp_path: Path, result_2017: Estimate) -> None:
    own = tangshan(result_2017, 0.5).assign(year=2017, unit="Mg yr-1")
    own.to_csv(tmp_path / "own.csv", index=False)
    config = {
        "case": CaseConfig(name="bth", units="2+26", tests_only=True).model_dump(mode="json"),
        "inventory": InventoryConfig(own_inventory=str(tmp_path / "own.csv")).model_dump(
            mode="json"
        ),
    }
    names = ("points", "closure", "factors", "conflicts", "quality")
    files = {name: tmp_path / f"{name}.csv" for name in names}
    build_inventory(year=2017, config=config, inventory=tmp_path / "y.nc", **files)
    ds = open_netcdf(tmp_path / "y.nc")
    cell = {"city": TANGSHAN, "sector": "iron_steel", "species": "SO2"}
    assert float(ds["emission"].sel(cell)) == pytest.approx(own["value"].iloc[0])
    conflicts = pd.read_csv(files["conflicts"])
    mine = conflicts[conflicts["adcode"] == TANGSHAN]
    assert mine["winner"].str.startswith("own inventory").all()
    assert mine["relative_difference"].iloc[0] == pytest.approx(1.0)
    quality = pd.read_csv(files["quality"]).set_index(["adcode", "sector"])
    assert quality.loc[(TANGSHAN, "iron_steel"), "tier"] == "own inventory"
    # plants of the city carry the new figure too
    points = pd.read_csv(files["points"])
    here = points[(points["adcode"] == TANGSHAN) & (points["sector"] == "iron_steel")]
    assert here["SO2"].sum() <= float(ds["emission"].sel(cell)) * (1 + 1e-9)


def test_quality_scores(result_2017: Estimate, tables: Tables) -> None:
    empty = pd.DataFrame(columns=["adcode", "sector", "species"])
    table = quality_table(
        result_2017, bands=tables.ratios, own=empty, cities=CITIES_2_26, low=0.5, high=2.0
    )
    assert table["score"].between(0, 1).all()
    best = table.set_index(["adcode", "sector"])["score"]
    # a city whose steel is made in listed plants against one with traffic by census drivers
    assert best[TANGSHAN, "iron_steel"] > best[TANGSHAN, "on_road"]
    solvent = table[table["sector"] == "solvent"]
    assert solvent["plausible"].isna().all()


def test_an_implausible_ratio_lowers_the_share(result_2017: Estimate, tables: Tables) -> None:
    ratios = ratios_to_co2(result_2017.emission)
    good = plausible(ratios, tables.ratios)
    row = (ratios["adcode"] == TANGSHAN) & (ratios["sector"] == "iron_steel")
    ratios.loc[row, "co_co2"] = 1e6
    bad = plausible(ratios, tables.ratios)
    assert bad[row].item() < good[row].item()


def test_national_ratios_are_in_their_bands(result_2017: Estimate, tables: Tables) -> None:
    national = result_2017.emission.sum("city").expand_dims(city=[0])
    ratios = ratios_to_co2(national)
    share = plausible(ratios, tables.ratios)
    assert share[share.notna()].mean() > 0.9


def test_a_part_is_not_larger_than_its_whole(result_2017: Estimate) -> None:
    cell = {"adcode": 130200, "sector": "iron_steel", "source": "bureau"}
    whole = float(result_2017.emission.sel(city=130200, sector="iron_steel", species="PM10"))
    own = pd.DataFrame([{**cell, "species": "PM25", "value": 1.5 * whole}])
    moved, _ = apply_own(result_2017, own, floor=0.5)
    with pytest.raises(InputError, match="PM25 larger than PM10"):
        require_parts(moved.emission, own)
    both = pd.concat([own, own.assign(species="PM10", value=2 * whole)], ignore_index=True)
    moved, _ = apply_own(result_2017, both, floor=0.5)
    require_parts(moved.emission, both)
