"""Words of CF flags."""

from __future__ import annotations

import numpy as np
import pytest
import xarray as xr

from scenair.core.flags import flag_words


def test_words_by_value() -> None:
    flags = xr.DataArray([3, 1], attrs={"flag_values": np.array([1, 3]), "flag_meanings": "a b"})
    assert flag_words(flags) == {"1": "a", "3": "b"}


def test_one_flag_and_none() -> None:
    attrs = {"flag_values": np.int32(1), "flag_meanings": "only"}
    assert flag_words(xr.DataArray([1], attrs=attrs)) == {"1": "only"}
    assert flag_words(xr.DataArray(["tourism"])) == {}


def test_lists_of_other_lengths_are_refused() -> None:
    with pytest.raises(ValueError, match="zip"):
        flag_words(xr.DataArray([1], attrs={"flag_values": [1, 2], "flag_meanings": "a"}))
