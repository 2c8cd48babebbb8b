"""The figures of the surrogate: one cited table, two climates, interpolation by temperature."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np
import numpy.typing as npt

from scenair.core.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Mapping

    import pandas as pd

Array = npt.NDArray[np.float64]

CLIMATES: Final = ("all", "cold", "warm")


@dataclass(frozen=True)
class Parameters:
    """Figures by name; some are given for a cold and a warm climate.

    Attributes
    ----------
    constant : mapping
        Figures that hold everywhere.
    cold, warm : mapping
        Figures at the two ends of the temperature range (``cold_below_k``, ``warm_above_k``).
    """

    constant: Mapping[str, float]
    cold: Mapping[str, float]
    warm: Mapping[str, float]

    def __getitem__(self, name: str) -> float:
        """A figure that holds everywhere."""
        try:
            return self.constant[name]
        except KeyError:
            raise InputError(
                "parameter missing", value=name, where="surrogate parameters"
            ) from None

    def warmth(self, temperature: Array) -> Array:
        """0 in the cold climate, 1 in the warm one, linear between; ``temperature`` in K."""
        low, high = self["cold_below_k"], self["warm_above_k"]
        return np.clip((temperature - low) / (high - low), 0.0, 1.0)

    def at(self, name: str, warmth: Array) -> Array:
        """A climate-dependent figure at ``warmth`` (0-1)."""
        if name not in self.cold:
            return np.full_like(warmth, self[name])
        return self.cold[name] + (self.warm[name] - self.cold[name]) * warmth

    def replace(self, **factors: float) -> Parameters:
        """The same with some figures multiplied (sensitivity, calibration)."""

        def scaled(values: Mapping[str, float]) -> dict[str, float]:
            return {k: v * factors.get(k, 1.0) for k, v in values.items()}

        unknown = set(factors) - set(self.constant) - set(self.cold)
        if unknown:
            raise InputError("unknown parameter", value=", ".join(sorted(unknown)))
        return Parameters(scaled(self.constant), scaled(self.cold), scaled(self.warm))


def parameters_from_table(frame: pd.DataFrame) -> Parameters:
    """Parameters from a table with columns ``parameter, climate, value``.

    Raises
    ------
    InputError
        Unknown climate, a parameter twice, a climate without its partner, or a negative value.
    """
    unknown = ~frame["climate"].isin(CLIMATES)
    if unknown.any():
        raise InputError(
            "unknown climate",
            value=frame.loc[unknown, "climate"].iloc[0],
            allowed="all, cold, warm",
        )
    double = frame.duplicated(["parameter", "climate"])
    if double.any():
        raise InputError("a parameter twice", value=frame.loc[double, "parameter"].iloc[0])
    bad = ~(frame["value"].astype(float) >= 0)
    if bad.any():
        raise InputError("a negative parameter", value=frame.loc[bad, "parameter"].iloc[0])
    values = {
        climate: dict(zip(part["parameter"], part["value"].astype(float), strict=True))
        for climate, part in frame.groupby("climate")
    }
    cold, warm = values.get("cold", {}), values.get("warm", {})
    if set(cold) != set(warm):
        raise InputError(
            "a parameter needs both climates, cold and warm",
            value=", ".join(sorted(set(cold) ^ set(warm))),
        )
    return Parameters(values.get("all", {}), cold, warm)
