"""Streams: a partition of the sectors, labels, plants apart."""

from __future__ import annotations

import datetime as dt

import numpy as np
import pytest

from scenair.cmaq import hours, streams, streams_dates
from scenair.cmaq.io_inputs import read_calendar
from scenair.cmaq.streams_hourly import MASS_SPECIES
from scenair.core.errors import ConfigError, InputError
from scenair.core.io.tables import read_table
from scenair.core.sectors import SECTORS


def build(name="five", *, pcvoc=False, table=None):
    return streams.build_streams(
        read_table("cmaq/streams.csv") if table is None else table,
        name=name,
        sectors=SECTORS,
        species=MASS_SPECIES,
        pcvoc=pcvoc,
    )


@pytest.mark.parametrize(("name", "count"), [("five", 5), ("six", 6)])
def test_streams_share_out_every_sector(name, count):
    made = build(name)
    assert len(made) == count
    total = np.zeros((len(SECTORS), len(MASS_SPECIES)))
    for stream in made:
        for sector, share in zip(stream.sectors, stream.share, strict=True):
            total[SECTORS.index(sector)] += share
    assert total == pytest.approx(np.ones_like(total), abs=1e-12)


def test_the_stove_stream_has_the_label_without_pcvoc():
    assert "GR_RES_FIRES" in [s.label for s in build()]
    assert "GR_RES_FIRES" not in [s.label for s in build(pcvoc=True)]


def test_only_solid_fuel_has_it_where_that_is_apart():
    labels = {s.name: s.label for s in build("six")}
    assert labels["residential_solid"] == "GR_RES_FIRES"
    assert labels["residential"] == "GR_RESIDENTIAL"


def test_an_unknown_set_is_refused():
    with pytest.raises(InputError, match="unknown set"):
        build("seventeen")


def test_shares_that_do_not_sum_to_one_are_refused():
    table = read_table("cmaq/streams.csv").copy()
    table.loc[table.index[0], "value"] = 0.9
    with pytest.raises(InputError, match="don't sum to 1"):
        build(table=table)


def test_an_unknown_sector_is_refused():
    table = read_table("cmaq/streams.csv").copy()
    table.loc[table.index[0], "sector"] = "magic"
    with pytest.raises(InputError, match="magic"):
        build(table=table)


@pytest.mark.parametrize("year", [2016, 2017, 2030])
def test_representative_days_stand_for_every_date(year):
    """Same weights as the date's own file, in every record: nothing is approximated."""
    calendar = read_calendar(year)
    mapping = streams_dates.representative_days(year=year, calendar=calendar)
    assert len(mapping) == (366 if year == 2016 else 365)
    assert mapping["file_date"].nunique() < 130
    profiles = hours.build_profiles(
        hours=read_table("cmaq/temporal_hours.csv"),
        week=read_table("cmaq/temporal_week.csv"),
        profiles=read_table("cmaq/temporal_profiles.csv"),
        sectors=SECTORS,
    )
    for month in (1, 2, 10):
        weights = hours.month_weights(profiles, year=year, month=month, calendar=calendar)
        for row in mapping.itertuples():
            if row.date.month == month:
                assert row.file_date.month == month
                own, served = 24 * (row.date.day - 1), 24 * (row.file_date.day - 1)
                assert np.array_equal(weights[:, own : own + 25], weights[:, served : served + 25])


def test_a_29th_of_february_in_a_common_year_is_refused():
    assert len(streams_dates.named_days(["02-29"], year=2016)) == 1
    with pytest.raises(ConfigError, match="2017-02-29"):
        streams_dates.named_days(["02-29"], year=2017)


def test_ranges():
    days = streams_dates.date_range(dt.date(2016, 2, 27), dt.date(2016, 3, 1))
    assert [d.day for d in days] == [27, 28, 29, 1]
    with pytest.raises(ConfigError, match="in one year"):
        streams_dates.date_range(dt.date(2016, 3, 1), dt.date(2016, 2, 1))
    with pytest.raises(ConfigError, match="in one year"):
        streams_dates.date_range(dt.date(2016, 12, 31), dt.date(2017, 1, 1))


def test_default_days_are_ordinary_wednesdays():
    for year in range(2013, 2036):
        calendar = read_calendar(year)
        for date in streams_dates.default_days(year=year, calendar=calendar):
            assert date.weekday() == 2
            assert hours.day_class(date, calendar) == "weekday"
