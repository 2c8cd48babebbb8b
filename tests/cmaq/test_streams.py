"""Streams: a partition of the sectors, labels, plants apart."""

from __future__ import annotations

import numpy as np
import pytest

from scenair.cmaq import streams
from scenair.cmaq.streams_hourly import MASS_SPECIES
from scenair.core.errors import InputError
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
