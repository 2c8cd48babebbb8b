"""The report holds the numbers of the tables and needs nothing from outside."""

from __future__ import annotations

import json
import re
from dataclasses import fields
from html.parser import HTMLParser
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import xarray as xr

from scenair.config.figures import FIGURES
from scenair.report.content import Contents, co2_peak, number
from scenair.report.rows import emission_rows, hindcast_rows, synthetic_groups
from tests.figures.contract_case import TYPES, Made, write_case
from tests.report.conftest import write_report


class Page(HTMLParser):
    """Tags balance; attributes and table cells are kept."""

    VOID = frozenset({"meta", "img", "br", "link", "input", "hr"})

    def __init__(self, text: str) -> None:
        super().__init__()
        self.stack: list[str] = []
        self.addresses: list[str] = []
        self.rows: list[list[str]] = []
        self.feed(text)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag not in self.VOID:
            self.stack.append(tag)
        if tag == "tr":
            self.rows.append([])
        if tag in ("td", "th"):
            self.rows[-1].append("")
        self.addresses += [v or "" for k, v in attrs if k in ("src", "href")]

    def handle_endtag(self, tag: str) -> None:
        assert self.stack.pop() == tag

    def handle_data(self, data: str) -> None:
        if "tr" in self.stack and ("td" in self.stack or "th" in self.stack):
            self.rows[-1][-1] += data.strip()


@pytest.fixture(scope="module")
def text(made_once: Made) -> str:
    return (made_once.result / "report.html").read_text(encoding="utf-8")


def test_page_is_whole_and_alone(text: str) -> None:
    page = Page(text)
    assert page.stack == []
    pictures = [a for a in page.addresses if a.startswith("data:image/png;base64,")]
    assert len(pictures) == len(FIGURES)
    places = [a for a in page.addresses if a not in pictures]
    assert all(f'id="{place.removeprefix("#")}"' in text for place in places)
    assert not re.search(r"(src|href)=[\"']?https?:|@import|url\(", text)
    # no address at all outside of the text of a citation, and none that a browser would fetch
    assert not re.search(r"https?://", text)
    assert not re.search(r"<(link|iframe|object|embed|base|form|video|audio)\b", text)
    assert not re.search(r"fetch\(|XMLHttpRequest|WebSocket|sendBeacon|import\(", text)
    names = re.findall(r'\bid="([^"]+)"', text)
    assert len(names) == len(set(names))


def test_page_holds_the_numbers_of_the_tables(made_once: Made, text: str) -> None:
    rows = {row[0]: row for row in Page(text).rows if row}
    cities = pd.read_csv(made_once.result / "attainment/cities.csv")
    monitored = cities[cities["monitored"]]
    for city in monitored.itertuples():
        row = rows[str(city.adcode)]
        assert row[1:3] == [city.name_en, city.name_zh]
        assert row[5:8] == [f"{city.pm25_base * 1.08:.1f}", f"{city.pm25_base:.1f}", "9.0"]
        assert row[8:10] == [f"{city.pm25 / city.pm25_base:.3f}", f"{city.pm25:.1f}"]
        assert row[10] == ("yes" if city.pm25_attains is True else "no")
        assert 0 <= int(row[11]) <= 100
    assert f"{int(monitored['pm25_attains'].sum())} of {len(monitored)} monitored" in text
    assert "limit in force on 31 December 2030" in text
    assert "7 at or below 35" in text
    assert "30.5 to 31.5 with 0.5 to 1.5 × background" in text
    assert rows["0.5 × B"] == ["0.5 × B", "9 of 24", "9 of 24", "30.5"]
    assert rows["fused"][:2] == ["fused", "24"]
    types = [row[1] for row in Page(text).rows if row[0] == "city type"]
    assert types == [name.replace("_", " ") for name in TYPES]


def table_of(text: str, name: str) -> list[list[str]]:
    """Rows of the table with this id."""
    return Page(text[text.index(f'id="{name}"') - 30 :].split("</table>")[0] + "</table>").rows


def test_a_city_without_a_record_is_an_estimate_and_no_more(made_once: Made, text: str) -> None:
    cities = pd.read_csv(made_once.result / "attainment/cities.csv")
    judged = {row[0] for row in table_of(text, "city-table")[1:]}
    guessed = {row[0]: row for row in table_of(text, "estimate-table")[1:]}
    monitored = cities["monitored"]
    assert judged == set(cities.loc[monitored, "adcode"].astype(str))
    assert set(guessed) == set(cities.loc[~monitored, "adcode"].astype(str))
    assert {row[-1] for row in guessed.values()} == {
        "fused field", "shape of the model only: no monitor near",
    }  # fmt: skip
    assert all(row[5] == "33.0" for row in guessed.values())


def test_measures_say_where_and_how_strongly(text: str) -> None:
    found = {row[0]: row[3:] for row in Page(text).rows if len(row) == 6}
    assert found["P1 non-fossil generation"] == ["10 of 10", "best: all types", "-3.00"]
    assert "published 2017" not in text  # a regional case has no published totals
    assert [row[0] for row in Page(text).rows if row[1:2] == ["all"]] == ["case"]
    assert found["R1 scattered coal replaced"] == ["2 of 10", "enhanced: energy (50 %)", "-4.00"]
    assert not any(name.startswith("C1") for name in found)
    assert "alone in 2030;" in text


def test_health_names_its_function_and_what_is_assumed(made: Made, text: str) -> None:
    assert "Health, indicative" not in text
    path = made.result / "attainment/summary.json"
    summary = json.loads(path.read_text("utf-8"))
    summary["health"] = {
        "deaths_avoided": 1234.5,
        "deaths_avoided_95_percent": [900.0, 1500.0],
        "function": "GEMM NCD+LRI",
        "attribution": "pwrr",
        "value_note": "rate is assumed",
    }
    path.write_text(json.dumps(summary), "utf-8")
    page = (write_report(made) / "report.html").read_text("utf-8")
    assert "1,230 deaths a year fewer" in page
    assert "900 to 1,500" in page
    assert "rate is assumed" in page


def test_counts_at_every_limit_with_the_one_in_force_named(made: Made, text: str) -> None:
    assert "At the limits of the standard" not in text
    path = made.result / "attainment/summary.json"
    summary = json.loads(path.read_text("utf-8"))
    summary["national"]["expected_attaining_monitored"] = 6.4
    summary["national"]["by_limit"] = {
        "25": {"n_attain_monitored": 3, "n_attain_fused": 4},
        "30": {
            "n_attain_monitored": 7,
            "n_attain_fused": 9,
            "double_monitored": {"counts": {"both": 5}},
        },
    }
    path.write_text(json.dumps(summary), "utf-8")
    page = (write_report(made) / "report.html").read_text("utf-8")
    assert "6 to be expected by the probabilities" in page
    rows = {row[0]: row[1:] for row in Page(page).rows}
    assert rows["30 (in force)"] == ["7 of 24", "9 of 28", "5"]
    assert rows["25"] == ["3 of 24", "4 of 28", "–"]


def test_the_note_of_a_variable_is_no_synthetic_content() -> None:
    def row(kind: str, variable: str, text: str) -> dict[str, str]:
        return {"file": "a.nc", "variable": variable, "kind": kind, "text": text}

    notes = [row("synthetic", "", "rain"), row("note", "", "B"), row("note", "O3", "relative only")]
    blank = dict.fromkeys(field.name for field in fields(Contents))
    synthetic, other = synthetic_groups(Contents(**(blank | {"manifest": {"synthetic": notes}})))
    assert [r["text"] for r in synthetic] == ["rain", "B"]
    assert other == [{"text": "relative only", "files": "a.nc, O3"}]


def test_page_says_what_it_must(text: str) -> None:
    for words in (
        "made up for tests",  # synthetic content
        "no national ozone record",
        "Base years: monitors 2015, inventory",
        "For tests only",
        "A &lt;made-up&gt; description &amp; more.",
        "Closure of mass",
        "review number",
    ):
        assert words in text
    assert "Counterfactual" not in text


def test_a_nest_names_its_parent(made: Made) -> None:
    """With inflow the case is no longer for tests only."""
    path = made.result / "air_quality/annual.nc"
    with xr.open_dataset(path) as ds:
        changed = ds.load()
    changed.attrs["inflow"] = "parent china-open CN36 2030/peak, sha256 abc"
    changed.to_netcdf(path)
    page = (write_report(made) / "report.html").read_text("utf-8")
    assert "A nest: what enters through its borders" in page
    assert "parent china-open CN36 2030/peak" in page
    assert "For tests only" not in page


def test_counterfactual_is_labelled(tmp_path: Path) -> None:
    made = write_case(tmp_path, scenario="reference")
    folder = write_report(made, title="Reference", counterfactual=True)
    assert "<strong>Counterfactual.</strong>" in (folder / "report.html").read_text("utf-8")


def test_relative_ozone_is_shown_where_there_is_one(made: Made, text: str) -> None:
    assert "O3 response" not in text
    path = made.result / "attainment/cities.csv"
    cities = pd.read_csv(path)
    cities["o3_response_factor"] = 0.871
    cities.to_csv(path, index=False)
    page = (write_report(made) / "report.html").read_text(encoding="utf-8")
    assert "O3 response: warm-season ozone of 2030 over that of 2015" in page
    assert any("0.87" in row for row in Page(page).rows)


def test_history_shows_an_amount_and_no_peak(tmp_path: Path) -> None:
    made = write_case(tmp_path, year=2015, scenario="history")
    page = (write_report(made, title="History") / "report.html").read_text(encoding="utf-8")
    assert "in 2015; highest of 2013-2017" in page
    assert "no peak in" not in page
    assert '<div class="label">double attainment' not in page


def test_same_bytes_twice(made: Made) -> None:
    before = (made.result / "report.html").read_bytes()
    write_report(made)
    assert (made.result / "report.html").read_bytes() == before


def test_hindcast_stands_beside_what_was_observed(made_once: Made) -> None:
    summary = json.loads((made_once.result / "attainment/summary.json").read_text("utf-8"))
    for item in summary["sensitivity"]:
        item |= {"n_judged": 28, "n_attain_fused": 11}
    observed = pd.DataFrame(
        {
            "year": [2030, 2030, 2029],
            "item": ["attain_35_count", "peaked", "attain_35_count"],
            "value": [271.0, 1.0, 2.0],
            "source": "ministry",
            "note": "of 339",
        }
    )

    def contents(**other: object) -> Contents:
        blank = dict.fromkeys(field.name for field in fields(Contents))
        words = {"year": 2030, "scenario": "peak", "summary": summary, "observed": observed}
        return Contents(**(blank | words | other))

    (row,) = hindcast_rows(contents())
    assert row["observed"] == "271"
    assert row["run"] == "11 of 28"
    assert row["monitored"] == "7 of 24"
    assert row["source"] == "ministry; of 339"
    assert hindcast_rows(contents(observed=None)) == []
    assert hindcast_rows(contents(scenario="history")) == []


def test_published_totals_stand_beside_the_whole_mainland(made_once: Made) -> None:
    config = {"case": {"base_year": 2017, "monitor_year": 2015}}
    years = [2013, 2015, 2017, 2030]
    national = xr.DataArray(
        [[4.0], [3.0], [2.0], [1.0]],
        dims=("year", "species"),
        coords={"year": years, "species": ["SO2"]},
    )
    published = pd.DataFrame(
        {"species": ["SO2", "SO2", "SO2"], "year": [2017, 2017, 2016], "value": [1.5, 0.5, 9.0]}
    )
    blank = dict.fromkeys(field.name for field in fields(Contents))
    words = {"year": 2030, "config": config, "national": national, "published": published}
    (row,) = emission_rows(Contents(**(blank | words)))
    assert (row["base"], row["published"], row["change"]) == ("2.00", "2.00", "-50.0")


@pytest.mark.parametrize(
    ("values", "expected"),
    [([1, 3, 3, 2], (2015, 3.0, True)), ([1, 2, 3, 3], (2016, 3.0, False))],
)
def test_national_peak_is_the_last_of_a_tie(values: list[float], expected: tuple) -> None:
    years = np.arange(2013, 2017)
    assert co2_peak(xr.DataArray(values, dims="year", coords={"year": years})) == expected


def test_number() -> None:
    assert [number(None, 1), number(float("nan"), 1), number(1234.56, 1)] == ["–", "–", "1,234.6"]
