"""What single measures did: change of emission by the factor that each acts on."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np
import pandas as pd

from scenair.inventory.history import metrics

if TYPE_CHECKING:
    import xarray as xr

#: Measure -> sector, sources, factor that the measure acts on.
MEASURES: Final[dict[str, tuple[str, tuple[str, ...], str]]] = {
    "end-of-pipe control of power plants": ("power", ("coal",), "control"),
    "more or less coal in power plants": ("power", ("coal",), "activity"),
    "coal boilers replaced or closed": ("industrial_boilers", ("coal",), "activity"),
    "control of industrial boilers": ("industrial_boilers", ("coal",), "control"),
    "control of iron and steel": ("iron_steel", ("coal", "pig_iron", "steel"), "control"),
    "control of cement kilns": ("cement", ("cement", "coal"), "control"),
    "kilns for building materials closed": ("building_materials", ("coal",), "activity"),
    "control of building materials": (
        "building_materials", ("coal", "building_products"), "control",
    ),
    "clean fuel for homes": ("residential", ("coal", "biomass"), "activity"),
    "vehicle standards": ("on_road", ("gasoline", "diesel"), "control"),
    "growth of traffic": ("on_road", ("gasoline", "diesel"), "activity"),
}  # fmt: skip


def measures(parts: xr.DataArray, activity: xr.DataArray, removed: xr.DataArray) -> pd.DataFrame:
    """Change of emission by measure, first to last year: activity x control x rest, additive LMDI.

    Parameters
    ----------
    parts : DataArray
        Emission (year, province, sector, source, species), Mg yr-1.
    activity : DataArray
        (year, city, sector, source).
    removed : DataArray
        (year, sector, source, species), 0-1.

    Returns
    -------
    DataFrame
        measure, sector, factor, one column a species (Mg yr-1, negative: reduction).
    """
    start, end = (int(parts["year"].values[i]) for i in (0, -1))
    total = {y: parts.sel(year=y).sum("province") for y in (start, end)}
    used = {y: activity.sel(year=y).sum("city") for y in (start, end)}
    factors = []
    for y in (start, end):
        amount = total[y].transpose("sector", "source", "species").values
        a = np.broadcast_to(used[y].transpose("sector", "source").values[..., None], amount.shape)
        kept = 1 - removed.sel(year=y).transpose("sector", "source", "species").values
        below = a * kept
        rest = np.divide(amount, below, out=np.zeros(amount.shape), where=below > 0)
        factors.append([a.astype(float), kept, rest])
    more, control, _ = metrics.lmdi(factors[0], factors[1])
    effect = {"activity": more, "control": control}
    sectors = total[start]["sector"].values.tolist()
    sources = total[start]["source"].values.tolist()
    species = total[start]["species"].values.tolist()
    rows = []
    for name, (sector, members, factor) in MEASURES.items():
        place = [sources.index(m) for m in members]
        values = effect[factor][sectors.index(sector)][place].sum(axis=0)
        rows.append({"measure": name, "sector": sector, "factor": factor,
                     **dict(zip(species, values.tolist(), strict=True))})  # fmt: skip
    return pd.DataFrame(rows)
