"""What figures show, by hand."""

from __future__ import annotations

import io
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import xarray as xr

from scenair.core.errors import InputError, UnitsError
from scenair.core.grids import CN36
from scenair.core.regions import units
from scenair.core.sectors import SECTORS
from scenair.figures import fields
from scenair.figures.basemap import make_basemap, unit_paths
from scenair.figures.charts import double_chart, exposure_chart, peak_chart, ranking
from scenair.figures.io_readers import as_boolean, read_cities, read_trajectory
from scenair.figures.maps import (
    CHANGE_LEVELS,
    MARGIN_LEVELS,
    _level_style,
    change_map,
    margin_map,
)
from scenair.figures.style import (
    PART_COLORS,
    SCENARIO_COLORS,
    SECTOR_GROUPS,
    house_style,
    scenario_colors,
    type_colors,
)

FLUX = {"units": "kg m-2 s-1"}


def flux(value: float, **attrs: str) -> xr.DataArray:
    return xr.DataArray(
        np.full((12, 2, 1, 1), value),
        dims=("month", "sector", "y", "x"),
        coords={"month": np.arange(1, 13), "sector": ["a", "b"]},
        attrs=attrs or FLUX,
    )


@pytest.mark.parametrize(("year", "days"), [(2015, 365), (2016, 366)])
def test_density_counts_the_seconds_of_the_year(year: int, days: int) -> None:
    # two sectors of 1e-9 kg m-2 s-1 all year; 1 kg m-2 = 1000 Mg km-2
    expected = 2e-9 * days * 86400 * 1000
    density = fields.annual_density(flux(1e-9), year=year)
    assert float(density.squeeze()) == pytest.approx(expected, rel=1e-12)
    assert density.attrs["units"] == "Mg km-2 yr-1"


def test_density_of_another_unit_is_refused() -> None:
    with pytest.raises(UnitsError, match="g m-2 s-1"):
        fields.annual_density(flux(1.0, units="g m-2 s-1"), year=2015)


def test_grid_is_read_from_the_file_or_refused() -> None:
    ds = xr.Dataset({"crs": ((), 0, CN36.cf_attributes())})
    assert fields.grid_of(ds, where="f.nc") == CN36
    with pytest.raises(InputError, match="no grid mapping"):
        fields.grid_of(xr.Dataset(), where="f.nc")


def test_regions_cover_every_unit_once() -> None:
    table = units()
    named = fields.region_of_units(table.index.tolist(), table["province"].tolist())
    provinces = [p for group in fields.REGION_PROVINCES.values() for p in group]
    assert len(provinces) == len(set(provinces))
    assert set(named) == set(fields.REGION_PROVINCES)
    assert named.count(next(iter(fields.REGION_PROVINCES))) == 28
    assert len(named) == 369


def test_regional_parts_are_weighted_by_people() -> None:
    weights = pd.DataFrame({"All units": [1.0, 3.0], "south": [0.0, 3.0]})
    field = xr.DataArray([[10.0, 50.0]], dims=("y", "x"))
    table = fields.regional_parts({"SO4": field, "BC": field / 10}, weights)
    assert table.loc["All units"].tolist() == pytest.approx([40.0, 4.0])
    assert table.loc["south"].tolist() == pytest.approx([50.0, 5.0])


def test_people_of_regions_sum_to_all() -> None:
    table = units()
    people = np.full(CN36.shape, 100.0)
    people[0, 0] = np.nan
    weights = fields.region_weights(
        table.index.tolist(), table["province"].tolist(), grid=CN36, people=people
    )
    total = weights.drop(columns="All units").sum(axis=1)
    np.testing.assert_allclose(total, weights["All units"], rtol=1e-9, atol=1e-9)
    # a cell inside the mainland carries all its people, one in the ocean none
    inside = CN36.locate([116.0], [35.5])[0]
    assert weights["All units"][inside] == pytest.approx(100.0, rel=1e-3)
    assert weights["All units"][CN36.locate([130.0], [28.0])[0]] == 0


def test_double_counts() -> None:
    double = pd.DataFrame(
        {
            "city_type": ["a", "a", "b", "b"],
            "class": ["both", "neither", "both", None],
        }
    )
    table = fields.double_counts(double)
    assert table.loc["all"].tolist() == [2, 0, 0, 1]
    assert table.loc["b"].tolist() == [1, 0, 0, 0]


def test_peak_in_the_last_year_is_none() -> None:
    table, rest = fields.peak_counts([2015, 2015, 2035], ["a", "b", "a"], last_year=2035)
    assert table.loc[2015].to_dict() == {"a": 1, "b": 1}
    assert rest.to_dict() == {"a": 1}


def test_history_has_no_double_attainment_but_a_figure() -> None:
    counts = fields.double_counts(pd.DataFrame({"city_type": [], "class": []}))
    with house_style():
        fig = double_chart(counts, heading="x")
    assert "no future to peak in" in fig.axes[0].texts[-1].get_text()


def test_few_years_have_every_label() -> None:
    table, rest = fields.peak_counts([2013, 2017], ["a", "a"], last_year=2017)
    with house_style():
        fig = peak_chart(table, rest, year=2015, last_year=2017, rest_label="end", heading="x")
    labels = [t.get_text() for t in fig.axes[0].get_xticklabels()]
    assert labels == ["2013", "2014", "2015", "2016", "end"]


def test_ranking_shows_every_city_in_order() -> None:
    n = 130
    cities = pd.DataFrame(
        {"pm25": np.arange(n, 0, -1.0), "pm25_base": np.full(n, 140.0), "pm25_attains": True}
    )
    names = pd.Series([f"c{i}" for i in range(n)])
    with house_style():
        fig = ranking(
            cities, names=names, limit=30, other_limit=35, heading="x", labels=("then", "now")
        )
    labels = [t.get_text() for ax in fig.axes for t in ax.get_yticklabels()]
    assert len(labels) == n
    assert labels[0] == f"c{n - 1}  1"
    assert labels[-1] == f"c0  {n}"
    assert all(ax.get_xlim()[1] >= 140 for ax in fig.axes)


def test_chinese_names_have_their_glyphs() -> None:
    # a missing glyph is a warning, and warnings are errors here
    names = pd.Series(units()["name_zh"].to_numpy())
    cities = pd.DataFrame({"pm25": 1.0, "pm25_base": 2.0, "pm25_attains": True}, index=names.index)
    with house_style(names="zh"):
        fig = ranking(
            cities, names=names, limit=30, other_limit=35, heading="x", labels=("then", "now")
        )
        fig.savefig(io.BytesIO(), format="png", dpi=40)


def test_every_sector_and_part_has_one_colour() -> None:
    grouped = [s for group, _ in SECTOR_GROUPS.values() for s in group]
    assert sorted(grouped) == sorted(SECTORS)
    assert set(PART_COLORS) == set(fields.PARTS)


def test_a_scenario_and_a_type_keep_their_colour() -> None:
    alone, together = scenario_colors(["peak"]), scenario_colors(["mine", "ozone", "peak", "other"])
    assert alone["peak"] == together["peak"] == SCENARIO_COLORS["peak"]
    assert len(set(together.values())) == 4
    assert type_colors(["tourism", "z"])["tourism"] == type_colors(["tourism"])["tourism"]
    shipped = {
        path.stem for path in (Path(__file__).parents[2] / "config/scenarios").glob("*.yaml")
    }
    assert shipped <= set(SCENARIO_COLORS)
    assert len(set(SCENARIO_COLORS.values())) == len(SCENARIO_COLORS)


def test_margin_map_counts_what_it_shows() -> None:
    codes = [110000, 120000, 130100, 130200]
    cities = pd.DataFrame(
        {
            "adcode": codes,
            "basis": ["monitor", "fused", "fused_far", ""],
            "margin": [5.0, -3.0, 1.0, np.nan],
            "probability_attains": [0.9, 0.1, 0.5, np.nan],
        }
    )
    with house_style():
        fig = margin_map(make_basemap(CN36, codes), cities, limit=30.0, heading="x")
    words = [text.get_text() for text in fig.legends[0].get_texts()]
    assert words == [
        "monitored: 1", "estimate by the fused field: 1", "estimate far from any monitor: 1",
        "not judged: 1",
    ]  # fmt: skip


def test_margin_classes_part_where_rounding_does() -> None:
    style = _level_style(MARGIN_LEVELS, "PuOr")
    above, below = (style["cmap"](style["norm"](v)) for v in (-0.4, -0.6))
    assert above[2] > above[0]  # violet
    assert below[0] > below[2]  # orange


def test_no_change_is_said_and_not_left_blank() -> None:
    field = xr.DataArray(np.full(CN36.shape, 20.0), dims=("y", "x"))
    with house_style():
        base = make_basemap(CN36, [110000, 120000])
        same = change_map(base, before=field, after=field, heading="x")
        other = change_map(base, before=field, after=field - 1, heading="x")
    assert [len(ax.texts) for ax in same.axes[:2]] == [1, 1]
    assert not other.axes[0].texts


def test_exposure_chart_draws_shares_in_per_cent() -> None:
    table = pd.DataFrame(
        {"lower": [0.0, 5.0], "share_above_base": [1.0, 0.5], "share_above": [1.0, 0.25]}
    )
    with house_style():
        fig = exposure_chart(
            table, limits={"a": 3.0}, labels=("then", "now"), colors=("k", "b"), heading="x"
        )
        same = exposure_chart(
            table, limits={}, labels=("now", "now"), colors=("k", "b"), heading="x"
        )
    assert len(same.axes[0].lines) == 1
    now = fig.axes[0].lines[1]
    assert now.get_ydata().tolist() == [100.0, 25.0]
    assert fig.axes[0].texts[0].get_text().strip() == "a: 3"


def test_no_change_has_the_middle_colour() -> None:
    style = _level_style(CHANGE_LEVELS, "RdBu_r", centre=0.0)
    red, green, blue, _ = style["cmap"](style["norm"](0.0))
    assert min(red, green, blue) > 0.9


def test_basemap_and_unit_paths() -> None:
    base = make_basemap(CN36, [110000, 120000])
    assert base.extent[0] < base.extent[1] < CN36.bounds[2]
    assert base.borders
    (path,) = unit_paths(base, [120000])
    x, y = CN36.project(117.3, 39.2)
    assert path.contains_point((float(x), float(y)))


def test_booleans_in_words_only() -> None:
    column = pd.Series(["true", "False", None])
    assert as_boolean(column, where="f")[:2].tolist() == [True, False]
    with pytest.raises(InputError, match="neither true nor false"):
        as_boolean(pd.Series(["yes"]), where="f")


def test_damaged_city_table_is_refused(tmp_path) -> None:
    path = tmp_path / "cities.csv"
    path.write_text("adcode,name_zh\n110000,x\n", encoding="utf-8")
    with pytest.raises(InputError, match="columns missing"):
        read_cities(path)
    with pytest.raises(InputError, match="file not found"):
        read_cities(tmp_path / "none.csv")


def test_trajectory_without_facts_is_refused(tmp_path) -> None:
    emission = xr.DataArray([1.0], dims="city", attrs={"units": "Mg yr-1"})
    emission.to_dataset(name="emission").to_netcdf(tmp_path / "t.nc")
    with pytest.raises(InputError, match="co2_peak_year"):
        read_trajectory(tmp_path / "t.nc")
    bad = emission.copy(data=[np.nan]).to_dataset(name="emission")
    bad.assign(city_type=("city", [1]), co2_peak_year=("city", [2020])).to_netcdf(tmp_path / "n.nc")
    with pytest.raises(InputError, match="no number"):
        read_trajectory(tmp_path / "n.nc")
