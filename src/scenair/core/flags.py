"""Words of a CF flag variable (``flag_values``, ``flag_meanings``)."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    import xarray as xr


def flag_words(flags: xr.DataArray) -> dict[str, str]:
    """Value (as text) -> meaning of a flag variable, in the file's order.

    A variable of words, or without the attributes, has no entries: its values speak already.

    Parameters
    ----------
    flags : DataArray
        With the CF attributes ``flag_values`` and ``flag_meanings`` (blank-separated words).
    """
    values = np.atleast_1d(flags.attrs.get("flag_values", []))
    words = str(flags.attrs.get("flag_meanings", "")).split()
    return {str(value): word for value, word in zip(values, words, strict=True)}
