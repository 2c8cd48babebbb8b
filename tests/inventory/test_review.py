"""Tables that a reader asks for, by hand, and the command that prints them."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import xarray as xr

from scenair.cli import main as command
from scenair.core.errors import InputError
from scenair.core.io.netcdf import write_netcdf
from scenair.core.io.tables import read_table, write_csv
from scenair.core.regions import adcodes
from scenair.inventory import closing, conflicts, outputs, review
from scenair.inventory.estimate import Estimate, Tables
from scenair.inventory.fusion import apply_own, change_rows
from scenair.inventory.quality import quality_table

TANGSHAN = 130200


def test_totals_and_published_changes(result_2017: Estimate, tables: Tables) -> None:
    table = review.totals({2017: result_2017.emission}, tables.meic)
    assert set(table["year"]) == set(range(2010, 2018))
    assert table["relative_difference"].max() < 1e-9
    assert table.loc[table["year"] < 2017, "inventory"].isna().all()
    found = review.published_changes(table, read_table("inventory/published_changes.csv"))
    assert len(found) == 10
    assert found["reproduced"].all()
    # a total that is one percent off is seen
    off = table.copy()
    off["inventory"] *= 1.01
    again = review.published_changes(off, read_table("inventory/published_changes.csv"))
    assert not again["reproduced"].all()


def test_causes() -> None:
    table = pd.DataFrame(
        {
            "province": [110000, 120000, 130000],
            "sector": ["power"] * 3,
            "species": ["SO2"] * 3,
            "k": [0.1, 0.3, 1.0],
            "outside_band": [True, True, False],
            "reason": ["nation: x", "nation: x", ""],
        }
    )
    row = review.causes(table).iloc[0]
    assert (row["cause"], row["provinces"], row["least"], row["most"]) == ("nation", 2, 0.1, 0.3)


def test_provinces_and_trackers(result_2017: Estimate, tables: Tables) -> None:
    reas = tables.reas[tables.reas["year"] == 2015]
    table = review.provinces(result_2017.emission, result_2017.province, reas, species="NOx")
    assert len(table) == 31
    assert table["inventory"].sum() == pytest.approx(table["reas"].sum())
    points = outputs.points_table(result_2017, tables.stacks, cities=adcodes())
    shares = review.trackers(result_2017.emission, result_2017.province, points, reas)
    sums = shares.groupby("sector")[["inventory", "capacity", "reas"]].sum()
    np.testing.assert_allclose(sums.to_numpy(), 100.0)
    # all cement is made in listed kilns: the share is that of capacity
    cement = shares[shares["sector"] == "cement"]
    np.testing.assert_allclose(cement["inventory"], cement["capacity"], rtol=1e-9, atol=1e-9)


def test_ratios_of_ten_cities(result_2017: Estimate, tables: Tables) -> None:
    empty = pd.DataFrame(columns=["adcode", "sector", "species", "value", "source"])
    quality = quality_table(
        result_2017, bands=tables.ratios, own=empty, cities=adcodes(), low=0.5, high=2.0
    )
    table = review.ratios(quality, tables.ratios)
    row = table[(table["sector"] == "power") & (table["ratio"] == "nox_co2")].iloc[0]
    emission = result_2017.emission.sel(city=TANGSHAN, sector="power")
    by_hand = 1e3 * float(emission.sel(species="NOx")) / float(emission.sel(species="CO2"))
    assert row[str(TANGSHAN)] == pytest.approx(by_hand)
    assert row["inside"].endswith("of 10")


@pytest.fixture(scope="module")
def before(result_2017: Estimate) -> xr.Dataset:
    return outputs.dataset(result_2017, cities=adcodes())


def test_doubling(before: xr.Dataset) -> None:
    table = review.doubled(before, city=TANGSHAN, sector="coking", source="coke_output")
    np.testing.assert_allclose(table["ratio"], 2.0)
    assert len(table) == 9
    with pytest.raises(InputError, match="unknown source"):
        review.doubled(before, city=TANGSHAN, sector="coking", source="magic")
    with pytest.raises(InputError, match="nothing to double"):
        review.doubled(before, city=TANGSHAN, sector="coking", source="gasoline")


@pytest.fixture(scope="module")
def own_run(result_2017: Estimate) -> tuple[Estimate, list[dict[str, object]]]:
    """Tangshan brings half of its SO2 of iron and steel."""
    cell = {"sector": "iron_steel", "species": "SO2"}
    half = 0.5 * float(result_2017.emission.sel(city=TANGSHAN, **cell))
    own = pd.DataFrame([{"adcode": TANGSHAN, "value": half, "source": "bureau", **cell}])
    moved, changes = apply_own(result_2017, own, floor=0.5)
    return moved, change_rows(changes)


def test_what_an_own_inventory_changes(
    before: xr.Dataset, own_run: tuple[Estimate, list[dict[str, object]]]
) -> None:
    levels, sectors = review.compared(
        before, outputs.dataset(own_run[0], cities=adcodes()), city=TANGSHAN
    )
    table = levels[levels["species"] == "SO2"].set_index("level")
    assert table.loc["nation", "change"] == pytest.approx(0, abs=1e-12)
    assert table.loc["city", "change"] < 0
    assert table.loc["other cities of the province", "change"] > 0
    lost = table.loc["city", "before"] - table.loc["city", "after"]
    rest = table.loc[["other cities of the province", "other provinces"]]
    assert (rest["after"] - rest["before"]).sum() == pytest.approx(lost)
    assert len(sectors) == 1
    assert sectors["change"].iloc[0] == pytest.approx(-0.5)
    with pytest.raises(InputError, match="unknown city"):
        review.compared(before, before, city=999999)
    with pytest.raises(InputError, match="different cities"):
        review.compared(before, before.isel(city=slice(5)), city=TANGSHAN)


@pytest.fixture(scope="module")
def folder(
    tmp_path_factory: pytest.TempPathFactory,
    before: xr.Dataset,
    result_2017: Estimate,
    tables: Tables,
    own_run: tuple[Estimate, list[dict[str, object]]],
) -> Path:
    """A finished run, and one with an own inventory."""
    out = tmp_path_factory.mktemp("run")
    write_netcdf(before, out / "2017.nc", title="test", attrs={"year": 2017})
    write_netcdf(
        outputs.dataset(own_run[0], cities=adcodes()),
        out / "own.nc",
        title="x",
        attrs={"year": 2017},
    )
    write_csv(
        closing.factor_table(result_2017.factor, result_2017.base, low=0.5, high=2.0),
        out / "closing_factors_2017.csv",
    )
    common = {"reas": tables.reas, "edgar": tables.edgar, "sulfur": tables.sulfur, "year": 2017}
    found = conflicts.conflict_table(result_2017, **common, threshold=0.1, changes=own_run[1])
    write_csv(found, out / "conflicts_2017.csv")
    write_csv(
        outputs.points_table(result_2017, tables.stacks, cities=adcodes()),
        out / "points_2017.csv",
    )
    empty = pd.DataFrame(columns=["adcode", "sector", "species", "value", "source"])
    write_csv(
        quality_table(
            result_2017, bands=tables.ratios, own=empty, cities=adcodes(), low=0.5, high=2.0
        ),
        out / "quality_2017.csv",
    )
    return out


@pytest.mark.parametrize(
    ("what", "words"),
    [
        ("totals", "largest relative difference to Zheng et al., 2017-2017:"),
        ("factors", "closing factors outside the band"),
        ("provinces", "beside REAS's share"),
        ("trackers", "iron_steel: share of CO2"),
        ("conflicts", "sulfur limits of fuels in force"),
        ("ratios", "nox_co2"),
        ("double", "activity of 130200,coking,coke_output doubled"),
    ],
)
def test_show(what: str, words: str, folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert command(["inventory", "show", what, "--folder", str(folder)]) == 0
    assert words in capsys.readouterr().out


def test_template_is_read_back(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = folder / "template.csv"
    run = ["inventory", "template", str(folder / "2017.nc"), "--city", str(TANGSHAN)]
    assert command(run) == 0
    file.write_text(capsys.readouterr().out)
    assert command(["inventory", "check", "--as", "own", str(file)]) == 0
    assert "1 units, years 2017" in capsys.readouterr().out
    assert command([*run[:-1], "999999"]) == 2


def test_compare(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    files = [str(folder / name) for name in ("2017.nc", "own.nc")]
    extra = ["--city", str(TANGSHAN), "--conflicts", str(folder / "conflicts_2017.csv")]
    assert command(["inventory", "compare", *files, *extra]) == 0
    out = capsys.readouterr().out
    assert "iron_steel" in out
    assert "own inventory (bureau) comes first; totals stay" in out


def test_a_wrong_cell_and_an_empty_folder(folder: Path, tmp_path: Path) -> None:
    run = ["inventory", "show", "double", "--folder", str(folder), "--cell"]
    assert command([*run, "Tangshan"]) == 2
    assert command(["inventory", "show", "totals", "--folder", str(tmp_path)]) == 2


def test_sulfur_limits_beside_the_published_total(result_2017: Estimate, tables: Tables) -> None:
    found = conflicts.conflict_table(
        result_2017, reas=tables.reas, edgar=tables.edgar, sulfur=tables.sulfur, year=2017,
        threshold=0.1, changes=[],
    )  # fmt: skip
    row = found[found["loser"] == "sulfur limits of fuels in force"].iloc[0]
    rows = tables.activity[tables.activity["year"] == 2017].set_index(["sector", "source_name"])
    use = rows["value"]
    # two tonnes of SO2 a tonne of sulfur; 10 ppm on roads, 200 ppm (mean of 350 and 50) off them
    by_hand = 2e-6 * (
        10 * use["on_road", "diesel"] / 0.04265
        + 10 * use["on_road", "gasoline"] / 0.04307
        + 200 * use["off_road", "diesel"] / 0.04265
    )
    assert row["loser_value"] == pytest.approx(by_hand)
    assert row["winner"] == "MEIC (Zheng et al. 2018)"


def test_own_figures_are_told_however_small(result_2017: Estimate, tables: Tables) -> None:
    cell = {"sector": "power", "species": "SO2"}
    value = 1.01 * float(result_2017.emission.sel(city=TANGSHAN, **cell))
    own = pd.DataFrame([{"adcode": TANGSHAN, "value": value, "source": "bureau", **cell}])
    moved, changes = apply_own(result_2017, own, floor=0.5)
    found = conflicts.conflict_table(
        moved, reas=tables.reas, edgar=tables.edgar, sulfur=tables.sulfur, year=2017,
        threshold=0.1, changes=change_rows(changes),
    )  # fmt: skip
    row = found[found["level"] == "city"].iloc[0]
    assert row["winner"] == "own inventory (bureau)"
    assert row["winner_value"] == pytest.approx(value)
