"""City types: k-means into six, labelled by archetypes, with silhouette and stability.

Features come from the census (employment shares, urban share) and from the inventory (CO2 of
energy and of heavy industry a person), or from a user's yearbook. Each feature is
winsorised (1 and 99 %) and standardised. Clusters get their names by the assignment that fits the
archetypes best (Hungarian method), so that names are unique and do not depend on the seed.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np
import pandas as pd

if TYPE_CHECKING:
    import numpy.typing as npt

    Array = npt.NDArray[np.float64]

#: Order of the type codes 0-5.
TYPES: Final = (
    "agriculture",
    "comprehensive_service",
    "tourism",
    "energy",
    "heavy_industry",
    "light_industry",
)
TYPES_ZH: Final = ("农业型", "综合服务型", "旅游型", "能源生产加工型", "重工业型", "轻工业型")
FEATURES: Final = (
    "employment_agriculture",
    "services_of_nonfarm",
    "hotel_catering_of_nonfarm",
    "employment_mining_utilities",
    "employment_manufacturing",
    "urban_share",
    "ln_co2_energy_per_person",
    "ln_co2_heavy_per_person",
)
#: Archetypes in standard deviations of FEATURES: what each type is known for.
ARCHETYPES: Final = np.array(
    [
        [1.2, -0.6, -0.3, -0.4, -0.3, -1.0, -0.8, -0.5],
        [-1.1, 1.6, 0.3, -0.3, -0.3, 1.4, 0.0, 0.0],
        [0.3, 0.0, 1.8, 0.0, -1.0, -0.3, -0.6, -0.3],
        [-0.1, -0.2, 0.0, 1.8, -0.7, 0.5, 1.5, 0.0],
        [-0.3, -0.1, -0.3, 0.1, 0.3, 0.3, 0.3, 1.6],
        [-0.7, -0.2, -0.6, -0.6, 1.7, 0.4, 0.2, -0.3],
    ]
)


@dataclass(frozen=True)
class Typology:
    """Outcome: ``code`` by city (index of :data:`TYPES`), z-scores, quality of the clustering."""

    code: npt.NDArray[np.int32]
    z: pd.DataFrame
    silhouette: float
    stability: float
    distance: Array


def standardise(features: pd.DataFrame) -> pd.DataFrame:
    """Winsorise at 1 and 99 %, then z-scores; a constant feature becomes 0."""
    low, high = features.quantile(0.01), features.quantile(0.99)
    cut = features.clip(low, high, axis=1)
    spread = cut.std(ddof=0).replace(0.0, 1.0)
    return (cut - cut.mean()) / spread


def assign_names(centres: Array) -> npt.NDArray[np.intp]:
    """Archetype of each cluster: the one-to-one assignment with the least squared distance.

    Parameters
    ----------
    centres : ndarray, shape (cluster, feature)

    Returns
    -------
    ndarray of int, shape (cluster,)
    """
    from scipy.optimize import linear_sum_assignment

    cost = ((centres[:, None, :] - ARCHETYPES[None]) ** 2).sum(axis=2)
    rows, columns = linear_sum_assignment(cost)
    names = np.full(centres.shape[0], -1, dtype=np.intp)
    names[rows] = columns
    return names


def classify(features: pd.DataFrame, *, k: int, seed: int, seeds: int) -> Typology:
    """Types of all cities.

    Parameters
    ----------
    features : DataFrame
        Columns :data:`FEATURES`, one row a city.
    k : int
        Number of clusters; fewer than six leaves archetypes without a cluster. Fewer cities than
        k give the nearest archetype to each.
    seed : int
    seeds : int
        Number of single-start runs of the stability test.

    Returns
    -------
    Typology
        ``stability`` is the mean adjusted Rand index of ``seeds`` other runs against this one.
    """
    from sklearn.cluster import KMeans
    from sklearn.metrics import adjusted_rand_score, silhouette_score
    from threadpoolctl import threadpool_limits

    z = standardise(features[list(FEATURES)])
    values = z.to_numpy()
    if len(z) < 4 * k:
        code = np.argmin(((values[:, None] - ARCHETYPES[None]) ** 2).sum(axis=2), axis=1)
        distance = np.sqrt(((values - ARCHETYPES[code]) ** 2).sum(axis=1))
        return Typology(code.astype(np.int32), z, float("nan"), float("nan"), distance)
    # the matrix is small: more threads than one only wait for each other
    with threadpool_limits(1):
        best = KMeans(n_clusters=k, n_init=100, random_state=seed).fit(values)
        names = assign_names(best.cluster_centers_)
        runs = (
            KMeans(n_clusters=k, n_init=10, random_state=seed + 1 + i).fit_predict(values)
            for i in range(seeds)
        )
        scores = [adjusted_rand_score(best.labels_, labels) for labels in runs]
    distance = np.sqrt(((values - best.cluster_centers_[best.labels_]) ** 2).sum(axis=1))
    return Typology(
        code=names[best.labels_].astype(np.int32),
        z=z,
        silhouette=float(silhouette_score(values, best.labels_)),
        stability=float(np.mean(scores)),
        distance=distance,
    )


def feature_table(census: pd.DataFrame, co2: Array, sectors: tuple[str, ...]) -> pd.DataFrame:
    """The features of :data:`FEATURES` from the census (or yearbook) and the inventory.

    Parameters
    ----------
    census : DataFrame
        Index city; employment shares (1) and urban_share_2020 (1).
    co2 : ndarray, shape (city, sector)
        CO2 of the base year (Mg yr-1).
    sectors : tuple of str
    """
    people = census["population_2020"].to_numpy(dtype=np.float64)
    energy = [sectors.index(s) for s in ("power", "coking")]
    heavy = [sectors.index(s) for s in ("iron_steel", "cement", "nonferrous")]
    nonfarm = np.maximum(1.0 - census["employment_agriculture"], 1e-6)
    return pd.DataFrame(
        {
            "employment_agriculture": census["employment_agriculture"],
            "services_of_nonfarm": census["employment_services"] / nonfarm,
            "hotel_catering_of_nonfarm": census["employment_hotel_catering"] / nonfarm,
            "employment_mining_utilities": census["employment_mining"]
            + census["employment_utilities"],
            "employment_manufacturing": census["employment_manufacturing"],
            "urban_share": census["urban_share_2020"],
            "ln_co2_energy_per_person": np.log1p(co2[:, energy].sum(axis=1) / people),
            "ln_co2_heavy_per_person": np.log1p(co2[:, heavy].sum(axis=1) / people),
        },
        index=census.index,
    )
