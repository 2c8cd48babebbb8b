"""Emission streams: which sectors, and which share of them, go into which CMAQ stream."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np
import numpy.typing as npt

from scenair.core.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pandas as pd

#: The label for which CMAQ's shipped rules switch potential combustion SOA off.
NO_PCVOC_LABEL: Final = "GR_RES_FIRES"
#: Streams of stoves with coal and biomass: the ones that the choice of PCVOC is about.
_SOLID: Final = ("residential_solid", "residential")


@dataclass(frozen=True)
class Stream:
    """A stream of gridded files.

    Attributes
    ----------
    name : str
        In file names.
    label : str
        GR_EMIS_LAB_nnn of CMAQ; upper case.
    sectors : tuple of str
    share : array (sectors, species)
        Share of each sector's emission that goes here, 1.
    """

    name: str
    label: str
    sectors: tuple[str, ...]
    share: npt.NDArray[np.float64]

    @property
    def point_label(self) -> str:
        """STK_EMIS_LAB_nnn of the plants of these sectors."""
        return f"PT_{self.name.upper()}"


def build_streams(
    table: pd.DataFrame, *, name: str, sectors: Sequence[str], species: Sequence[str], pcvoc: bool
) -> tuple[Stream, ...]:
    """The streams of one set.

    Parameters
    ----------
    table : DataFrame
        Columns set, stream, sector, species (``*`` for those not named), value (share).
    name : str
        The set.
    pcvoc : bool
        False labels the stove stream GR_RES_FIRES, for which CMAQ makes no potential combustion
        SOA (it was fitted to vehicle exhaust).

    Raises
    ------
    InputError
        Unknown set or sector; shares of a sector and species that don't sum to 1.
    """
    rows = table[table["set"] == name]
    if rows.empty:
        raise InputError(
            "unknown set of streams", where="cmaq.streams", value=name,
            allowed=", ".join(sorted(set(table["set"]))),
        )  # fmt: skip
    for column, known in (("sector", sectors), ("species", ("*", *species))):
        odd = sorted(set(rows[column]) - set(known))
        if odd:
            raise InputError(f"unknown {column} in a stream", where=f"set {name}", value=odd[0])
    streams = list(dict.fromkeys(rows["stream"]))
    share = np.zeros((len(streams), len(sectors), len(species)))
    for row in rows.sort_values("species").itertuples():
        # '*' sorts before names, so that a named species overrides it
        columns = slice(None) if row.species == "*" else [list(species).index(str(row.species))]
        i, j = streams.index(row.stream), list(sectors).index(str(row.sector))
        share[i, j, columns] = float(row.value)  # type: ignore[arg-type]
    total = share.sum(axis=0)
    if (np.abs(total - 1) > 1e-9).any():
        j, k = (int(a[0]) for a in np.nonzero(np.abs(total - 1) > 1e-9))
        raise InputError(
            "shares of streams don't sum to 1",
            where=f"set {name}, sector {sectors[j]}, species {species[k]}",
            value=float(total[j, k]),
        )
    solid = next((s for s in _SOLID if s in streams), None)
    out = []
    for stream, part in zip(streams, share, strict=True):
        used = np.flatnonzero(part.any(axis=1))
        out.append(
            Stream(
                name=str(stream),
                label=NO_PCVOC_LABEL if stream == solid and not pcvoc else f"GR_{stream}".upper(),
                sectors=tuple(sectors[int(i)] for i in used),
                share=part[used],
            )
        )
    return tuple(out)
