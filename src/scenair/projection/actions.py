"""What measures do to activity: the operators of the library on the table (year, city, pair)."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from scenair.core.errors import InputError
from scenair.projection.library import Destination, Parameter, close_gap, progress

if TYPE_CHECKING:
    from collections.abc import Mapping

    import numpy.typing as npt

    from scenair.projection.state import State

    Array = npt.NDArray[np.float64]


class Actions:
    """Operators on one activity table, changed in place.

    Parameters
    ----------
    state : State
        Base year.
    activity : ndarray, shape (year, city, pair)
    efficiency : mapping
        (sector or ``*``, source) -> useful over final energy.
    """

    def __init__(
        self, state: State, activity: Array, *, efficiency: Mapping[tuple[str, str], float]
    ) -> None:
        self.state = state
        self.activity = activity
        self.efficiency = efficiency
        self.abated: list[tuple[npt.NDArray[np.intp], str, float, Array]] = []

    def apply(self, parameter: Parameter, values: Array) -> None:
        """Apply one parameter.

        Parameters
        ----------
        parameter : Parameter
        values : ndarray, shape (year, city)
            The national path of the level that each city has.
        """
        operator = parameter.operator
        if operator == "set":
            return
        pairs = self.state.match(parameter.sector, parameter.sources)
        if not pairs.size:
            raise InputError(
                "a measure acts on sources that the sector does not have",
                where=f"measures, {parameter.measure}, {parameter.sector}, {parameter.name}",
                value="|".join(parameter.sources),
                allowed=", ".join(f for j, f in self.state.pairs if j == parameter.sector),
            )
        if operator == "ratio":
            self.activity[:, :, pairs] *= (values / parameter.x0)[:, :, None]
        elif operator == "cut":
            self.activity[:, :, pairs] *= (1.0 - values)[:, :, None]
        elif operator == "abate":
            for item in parameter.to:
                self.abated.append((pairs, item.source, item.share, values))
        elif operator == "price":
            raise InputError("a price needs its elasticity", where=parameter.measure)
        else:
            share = self._mix_share(parameter, pairs, values) if operator == "mix" else values
            self._replace(parameter, pairs, share)

    def price(self, parameter: Parameter, values: Array, *, carbon_cost: float, e: float) -> None:
        """Fuel times (1 + price x carbon_cost)^-e; ``carbon_cost`` = t CO2 per CNY of fuel."""
        pairs = self.state.match(parameter.sector, parameter.sources)
        self.activity[:, :, pairs] *= ((1.0 + values * carbon_cost) ** -e)[:, :, None]

    def _mix_share(self, parameter: Parameter, pairs: npt.NDArray[np.intp], values: Array) -> Array:
        """Share of ``pairs`` to replace so that each city closes its own gap (year, city)."""
        fuels = np.array([i for i in self.state.of_sector(parameter.sector) if self._is_fuel(i)])
        total = self.activity[:1, :, fuels].sum(axis=2)
        own = self.activity[:1, :, pairs].sum(axis=2)
        other = np.where(total > 0, 1.0 - own / np.where(total > 0, total, 1.0), parameter.goal)
        target = close_gap(other[0], parameter.goal, progress(parameter, values))
        return np.where(
            other < 1.0, 1.0 - (1.0 - target) / np.where(other < 1.0, 1.0 - other, 1.0), 0.0
        )

    def _is_fuel(self, pair: int) -> bool:
        return self.state.is_energy(pair) and self.state.pairs[pair][1] not in (
            "electricity",
            "heat",
        )

    def _replace(self, parameter: Parameter, pairs: npt.NDArray[np.intp], share: Array) -> None:
        """Take ``share`` of ``pairs`` away and deliver the service by the destinations."""
        taken = self.activity[:, :, pairs] * share[:, :, None]
        self.activity[:, :, pairs] -= taken
        for local, pair in enumerate(pairs):
            if not self.state.is_energy(int(pair)):
                continue
            for to in parameter.to:
                if to.source == "none":
                    continue
                ratio = to.ratio
                if ratio is None:
                    ratio = self._ratio(parameter.sector, self.state.pairs[pair][1], to)
                self.activity[:, :, self._find(parameter, to)] += (
                    taken[:, :, local] * to.share * ratio
                )

    def _ratio(self, sector: str, source: str, to: Destination) -> float:
        return self._eta(sector, source) / self._eta(to.sector, to.source)

    def _eta(self, sector: str, source: str) -> float:
        for key in ((sector, source), ("*", source)):
            if key in self.efficiency:
                return self.efficiency[key]
        raise InputError(
            "no end-use efficiency",
            where="end_use_efficiency.csv",
            value=f"{sector}, {source}",
            remedy="add a row, or give the energy ratio after @ in column to",
        )

    def _find(self, parameter: Parameter, to: Destination) -> int:
        pair = (to.sector, to.source)
        if pair not in self.state.position:
            raise InputError(
                "unknown destination",
                where=f"measures, {parameter.measure}, {parameter.sector}, column to",
                value=f"{to.sector}/{to.source}",
                allowed=", ".join(f for j, f in self.state.pairs if j == to.sector) + ", none",
            )
        return self.state.position[pair]
