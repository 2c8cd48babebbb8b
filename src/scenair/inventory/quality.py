"""How far a city's figure can be trusted: data behind it, ratios of species, closing.

Score (0-1) = 0.5 x data + 0.3 x plausible ratios + 0.2 x closing factors inside the band. Data:
own inventory 1, plants 0.7, shared out 0.3, weighted by what they give of the emission.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np
import pandas as pd

from scenair.inventory.estimate import point_emissions

if TYPE_CHECKING:
    from collections.abc import Sequence

    import xarray as xr

    from scenair.inventory.estimate import Estimate

#: Worth of the data behind a figure.
WORTH: Final = {"own inventory": 1.0, "plants": 0.7, "downscaled": 0.3}
WEIGHTS: Final = {"data": 0.5, "ratios": 0.3, "closing": 0.2}
RATIOS: Final = {"CO": "co_co2", "NOx": "nox_co2", "SO2": "so2_co2"}


def ratios_to_co2(emission: xr.DataArray) -> pd.DataFrame:
    """CO, NOx and SO2 over CO2 by city and sector, kg per Mg of CO2; NaN without CO2."""
    co2 = emission.sel(species="CO2")
    frame = pd.DataFrame(
        {
            name: (1e3 * emission.sel(species=species) / co2.where(co2 > 0))
            .transpose("city", "sector")
            .values.ravel()
            for species, name in RATIOS.items()
        }
    )
    frame.insert(0, "sector", np.tile(emission["sector"].values, emission.sizes["city"]))
    frame.insert(0, "adcode", np.repeat(emission["city"].values, emission.sizes["sector"]))
    return frame


def plausible(ratios: pd.DataFrame, bands: pd.DataFrame) -> pd.Series:
    """Share of a row's ratios that lie in the band of the sector; NaN where there is none.

    ``bands``: sector, ratio (co_co2, nox_co2, so2_co2), bound (low, high), value (kg Mg-1).
    """
    table = bands.set_index(["sector", "ratio", "bound"])["value"]
    total = pd.Series(0.0, index=ratios.index)
    count = pd.Series(0.0, index=ratios.index)
    for name in RATIOS.values():
        low, high = (
            pd.Series(ratios["sector"].map(table.xs((name, side), level=("ratio", "bound"))))
            for side in ("low", "high")
        )
        known = ratios[name].notna() & low.notna()
        total += (known & ratios[name].between(low, high)).astype(float)
        count += known.astype(float)
    return (total / count).where(count > 0)


def _plant_share(result: Estimate) -> pd.DataFrame:
    """Share of plants in the CO2 of a city and sector: adcode, sector, plant_share."""
    points = point_emissions(result)["CO2"]
    sums = points.groupby([result.plants["adcode"], result.plants["sector"]]).sum()
    sums.index.names = ["adcode", "sector"]
    whole = result.emission.sel(species="CO2")
    codes, sectors = (sums.index.get_level_values(i) for i in (0, 1))
    position = {s: i for i, s in enumerate(whole["sector"].values.tolist())}
    values = whole.transpose("city", "sector").values
    total = values[
        np.searchsorted(whole["city"].values, codes), [position[str(s)] for s in sectors]
    ]
    share = np.divide(sums.to_numpy(), total, out=np.zeros(len(sums)), where=total > 0)
    return pd.DataFrame({"adcode": codes, "sector": sectors, "plant_share": np.minimum(share, 1.0)})


def _own_share(result: Estimate, own: pd.DataFrame) -> pd.DataFrame:
    """Share of the nine pollutants and CO2 of a city and sector that its own table gives."""
    count = own.groupby(["adcode", "sector"])["species"].nunique()
    emits = (result.emission > 0).sum("species").transpose("city", "sector").to_pandas()
    there = [emits.loc[city, sector] for city, sector in count.index]
    return pd.DataFrame(
        {
            "adcode": count.index.get_level_values(0),
            "sector": count.index.get_level_values(1),
            "own_share": np.minimum(count.to_numpy() / np.maximum(np.asarray(there), 1), 1.0),
        }
    )


def _closing_share(result: Estimate, *, low: float, high: float) -> pd.DataFrame:
    """Share of the emitted species whose closing factor lies in the band, (province, sector)."""
    emitted = result.base > 0
    inside = emitted & (result.factor >= low) & (result.factor <= high)
    count = emitted.sum("species")
    share = (inside.sum("species") / count.where(count > 0)).rename("closing")
    return share.to_dataframe().reset_index()


def quality_table(
    result: Estimate,
    *,
    bands: pd.DataFrame,
    own: pd.DataFrame,
    cities: Sequence[int],
    low: float,
    high: float,
) -> pd.DataFrame:
    """Score of every city and sector that emits.

    Returns
    -------
    DataFrame
        adcode, sector, tier (best source), own_share, plant_share, co_co2, nox_co2, so2_co2
        (kg Mg-1), plausible, closing, score (0-1).
    """
    frame = ratios_to_co2(result.emission)
    emits = (result.emission.sum("species") > 0).transpose("city", "sector").values.ravel()
    place = dict(
        zip(result.emission["city"].values.tolist(), result.province.tolist(), strict=True)
    )
    frame["province"] = frame["adcode"].map(place)
    frame["plausible"] = plausible(frame, bands)
    frame = frame[emits & frame["adcode"].isin(cities)]
    frame = frame.merge(_plant_share(result), on=["adcode", "sector"], how="left")
    frame = frame.merge(_own_share(result, own), on=["adcode", "sector"], how="left")
    frame = frame.merge(
        _closing_share(result, low=low, high=high), on=["province", "sector"], how="left"
    )
    frame[["own_share", "plant_share"]] = frame[["own_share", "plant_share"]].fillna(0.0)
    rest = 1 - frame["own_share"]
    worth = frame["own_share"] * WORTH["own inventory"] + rest * (
        frame["plant_share"] * WORTH["plants"] + (1 - frame["plant_share"]) * WORTH["downscaled"]
    )
    # a sector without CO2 (solvent, agriculture) is judged by data and closing alone
    ratio_weight = WEIGHTS["ratios"] * frame["plausible"].notna()
    total = WEIGHTS["data"] + WEIGHTS["closing"] + ratio_weight
    frame["score"] = (
        WEIGHTS["data"] * worth
        + ratio_weight * frame["plausible"].fillna(0.0)
        + WEIGHTS["closing"] * frame["closing"].fillna(0.0)
    ) / total
    frame["tier"] = np.select(
        [frame["own_share"] > 0, frame["plant_share"] > 0],
        ["own inventory", "plants"],
        "downscaled",
    )
    columns = ["adcode", "sector", "tier", "own_share", "plant_share", *RATIOS.values(),
               "plausible", "closing", "score"]  # fmt: skip
    return frame[columns].sort_values(["adcode", "sector"], ignore_index=True)
