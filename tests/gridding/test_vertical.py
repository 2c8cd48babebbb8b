"""Release heights by metres."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from scenair.core.errors import InputError
from scenair.core.io.tables import read_table
from scenair.core.layers import remap_heights
from scenair.core.sectors import SECTORS
from scenair.gridding import vertical


def test_overlap_by_hand():
    shares = remap_heights(
        np.array([0.0, 100.0]),
        np.array([100.0, 300.0]),
        np.array([0.4, 0.6]),
        layer_tops=np.array([50.0, 150.0, 400.0]),
    )
    assert shares == pytest.approx([0.2, 0.2 + 0.15, 0.45], rel=1e-14)


def test_what_lies_above_the_top_layer_stays_in_it():
    shares = remap_heights(
        np.array([0.0]), np.array([1000.0]), np.array([1.0]), layer_tops=np.array([100.0, 400.0])
    )
    assert shares == pytest.approx([0.1, 0.9], rel=1e-14)


@given(st.lists(st.floats(5, 500), min_size=1, max_size=12))
def test_any_layers_keep_the_sum(thickness):
    heights = read_table("gridding/heights.csv")
    power = heights[heights["profile"] == "power"]
    shares = remap_heights(
        power["bottom_m"].to_numpy(float),
        power["top_m"].to_numpy(float),
        power["value"].to_numpy(float),
        layer_tops=np.cumsum(thickness),
    )
    assert shares.sum() == pytest.approx(power["value"].sum(), rel=1e-12)
    assert (shares >= 0).all()


def test_layers_that_vary_from_cell_to_cell():
    tops = np.array([[50.0, 200.0], [100.0, 200.0]])
    shares = remap_heights(np.array([0.0]), np.array([200.0]), np.array([1.0]), layer_tops=tops)
    assert shares == pytest.approx(np.array([[0.25, 0.75], [0.5, 0.5]]), rel=1e-14)


def test_shipped_release_of_power_is_aloft_and_stoves_are_not():
    release = vertical.release_shares(
        read_table("gridding/heights.csv"),
        read_table("gridding/sector_heights.csv"),
        sectors=SECTORS,
    )
    assert release.sum(axis=1) == pytest.approx(np.ones(len(SECTORS)), rel=1e-12)
    assert release[SECTORS.index("power"), 0] == 0
    assert release[SECTORS.index("residential"), 0] == 1


def test_a_sector_without_profile_is_named():
    table = read_table("gridding/sector_heights.csv")
    with pytest.raises(InputError, match="sector coking"):
        vertical.release_shares(
            read_table("gridding/heights.csv"),
            table[table["sector"] != "coking"],
            sectors=SECTORS,
        )
