"""Anchoring: a multiplicative, bounded, recorded correction to a reference field.

The reference is the base year of a CMAQ run or a fused observation field; scenarios take the same
factors, so relative responses of each part stay those of the surrogate.
"""

from __future__ import annotations

from typing import Final

import numpy as np
import numpy.typing as npt
import xarray as xr

from scenair.core.errors import InputError

Array = npt.NDArray[np.float64]

#: Parts of PM2.5 that are anchored; the background is what it is.
ANCHORED: Final = ("SO4", "NO3", "NH4", "BC", "OA", "OTHER")
LIMIT: Final = 3.0


def anchor_factor(
    reference: Array, modelled: Array, *, smoothing_cells: float = 0.0, limit: float = LIMIT
) -> Array:
    """Factor that brings the model to the reference, bounded.

    Parameters
    ----------
    reference, modelled : (..., y, x)
        Concentrations of the same period, ug m-3.
    smoothing_cells : float
        Width of a Gaussian over the logarithm of the factor, cells; 0 reproduces the reference
        exactly where the bound allows.
    limit : float
        Factors stay within ``1 / limit`` and ``limit``.

    Raises
    ------
    InputError
        Shapes differ, values missing or negative, or a limit below 1.
    """
    from scipy.ndimage import gaussian_filter

    if reference.shape != modelled.shape:
        raise InputError(
            "reference and model differ in shape",
            value=reference.shape,
            allowed=str(modelled.shape),
        )
    for name, values in (("reference", reference), ("model", modelled)):
        if not np.isfinite(values).all() or (values < 0).any():
            raise InputError("concentrations must be finite and not negative", where=name)
    if limit < 1:
        raise InputError("the limit of anchoring is below 1", value=limit, allowed=">= 1")
    with np.errstate(divide="ignore", invalid="ignore"):
        ratio = np.where(modelled > 0, reference / np.where(modelled > 0, modelled, 1.0), 1.0)
    bounded = np.clip(ratio, 1 / limit, limit)
    if smoothing_cells == 0:
        return np.asarray(bounded)
    width = [0.0] * (bounded.ndim - 2) + [smoothing_cells] * 2
    return np.asarray(np.exp(gaussian_filter(np.log(bounded), width, mode="nearest")))


def anchor_dataset(
    reference: xr.Dataset, modelled: xr.Dataset, *, smoothing_cells: float = 0.0
) -> xr.Dataset:
    """Factors ``factor_NAME(quarter, y, x)`` for each anchored part the reference has.

    A reference with ``PM25`` alone (a fused field) gives all parts the factor of the controlled
    sum: the modelled background is taken from it first.

    Raises
    ------
    InputError
        The reference has neither the parts nor PM25.
    """
    order = ("quarter", "y", "x")

    def get(ds: xr.Dataset, name: str) -> Array:
        return ds[name].transpose(*order).values.astype(np.float64)

    factors: dict[str, Array] = {}
    if all(name in reference for name in ANCHORED):
        for name in ANCHORED:
            factors[name] = anchor_factor(
                get(reference, name), get(modelled, name), smoothing_cells=smoothing_cells
            )
    elif "PM25" in reference:
        background = get(modelled, "BACKGROUND")
        controlled = get(modelled, "PM25") - background
        target = np.maximum(get(reference, "PM25") - background, 0.0)
        one = anchor_factor(target, np.maximum(controlled, 0.0), smoothing_cells=smoothing_cells)
        factors = dict.fromkeys(ANCHORED, one)
    else:
        raise InputError(
            "nothing to anchor to", value=", ".join(map(str, reference.data_vars)),
            allowed=f"{', '.join(ANCHORED)}, or PM25",
        )  # fmt: skip
    data = {f"factor_{name}": (order, values, {"units": "1"}) for name, values in factors.items()}
    coords = {name: modelled[name] for name in order if name in modelled.coords}
    return xr.Dataset(data, coords=coords)
