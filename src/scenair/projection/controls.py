"""End-of-pipe control: technologies of a sector, their shares under a policy, what they remove.

In a chain of a sector (for SO2, NOx, PM, VOC ...) the shares of the technologies sum to at most 1,
the rest is uncontrolled. A part of the raw emission never reaches a stack (hoods, doors, yards,
small furnaces beside the main one): removal = (1 - fugitive) x sum of share x efficiency. The
inventory's own removal holds in the base year; afterwards its remainder is scaled by
(1 - R(t)) / (1 - R(base)), and R never falls.
The efficiency given for PM10 is that of its coarse part, so that PM10 never gets below PM25.
New plants get the best shares of their year. Co-effects (limestone CO2, ammonia slip, fuel for the
filters) are added by the fuel that is treated; they are never multiples of what was there before.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, TypeAlias

import numpy as np

from scenair.core.errors import InputError
from scenair.core.species import SPECIES

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import numpy.typing as npt
    import pandas as pd

    Array = npt.NDArray[np.float64]

POLICIES: Final = ("current", "enhanced", "best")
_Shares: TypeAlias = "dict[tuple[str, str, str], dict[int, dict[str, float]]]"


@dataclass(frozen=True)
class Chain:
    """One chain: efficiencies (technology, species) and shares policy -> year -> (technology,).

    ``fugitive`` policy -> year -> share of the raw emission that no technology sees (empty: none);
    ``effects`` (effect, source) -> value by technology, for the pairs of that source.
    """

    sector: str
    name: str
    source: str
    technologies: tuple[str, ...]
    efficiency: Array
    shares: Mapping[str, Mapping[int, Array]]
    effects: Mapping[tuple[str, str], Array]
    fugitive: Mapping[str, Mapping[int, float]]

    def share(self, policy: str, years: Array) -> Array:
        """Shares interpolated to (possibly fractional) years, shape (year, technology)."""
        knots = sorted(self.shares[policy])
        table = np.array([self.shares[policy][k] for k in knots])
        return np.stack([np.interp(years, knots, column) for column in table.T], axis=1)

    def escaped(self, policy: str, years: Array) -> Array:
        """Fugitive share in (possibly fractional) years, shape (year,)."""
        series = self.fugitive.get(policy)
        if not series:
            return np.zeros(np.shape(years))
        knots = sorted(series)
        out: Array = np.interp(years, knots, [series[k] for k in knots])
        return out

    def removal(self, share: Array, escaped: Array | float = 0.0) -> Array:
        """Removal by species of shares (..., technology) -> (..., species)."""
        caught = 1.0 - np.asarray(escaped)[..., None]
        return caught * (share @ self.efficiency)


def build_chains(
    technologies: pd.DataFrame,
    shares: pd.DataFrame,
    coeffects: pd.DataFrame,
    fugitive: pd.DataFrame,
) -> tuple[Chain, ...]:
    """Chains from the four tables, checked.

    Raises
    ------
    InputError
        Shares that sum to more than 1, efficiencies or fugitive shares outside 0-1, a technology
        without efficiency or shares, fugitive shares of a chain that does not exist.
    """
    by_key: dict[tuple[str, str], dict[str, dict[str, float]]] = defaultdict(dict)
    source: dict[tuple[str, str], str] = {}
    for row in technologies.to_dict("records"):
        key = (str(row["sector"]), str(row["chain"]))
        source[key] = str(row["source_name"])
        by_key[key].setdefault(str(row["technology"]), {})[str(row["species"])] = row["value"]
        if not 0 <= row["value"] <= 1:
            raise InputError(
                "a removal outside 0 to 1",
                where=f"control_technologies, {', '.join(key)}, {row['technology']}, "
                f"{row['species']}",
                value=row["value"],
            )
    wide: _Shares = {}
    for row in shares.to_dict("records"):
        group = (str(row["sector"]), str(row["chain"]), str(row["policy"]))
        years = wide.setdefault(group, {}).setdefault(int(row["year"]), {})
        years[str(row["technology"])] = float(row["value"])
    effects = coeffects.to_dict("records")
    escaped = _fugitive(fugitive, set(by_key))
    out = []
    for key, techs in by_key.items():
        names = tuple(techs)
        eta = np.array([[techs[t].get(s, 0.0) for s in SPECIES] for t in names])
        added: dict[tuple[str, str], Array] = {}
        for row in effects:
            if (row["sector"], row["chain"]) == key:
                effect = (str(row["effect"]), str(row["source_name"]))
                values = added.setdefault(effect, np.zeros(len(names)))
                values[names.index(str(row["technology"]))] = float(row["value"])
        out.append(
            Chain(
                sector=key[0],
                name=key[1],
                source=source[key],
                technologies=names,
                efficiency=eta,
                shares={p: _shares(wide, key, p, names) for p in POLICIES},
                effects=added,
                fugitive=escaped.get(key, {}),
            )
        )
    return tuple(out)


def _fugitive(
    frame: pd.DataFrame, chains: set[tuple[str, str]]
) -> dict[tuple[str, str], dict[str, dict[int, float]]]:
    out: dict[tuple[str, str], dict[str, dict[int, float]]] = {}
    for row in frame.to_dict("records"):
        key, policy = (str(row["sector"]), str(row["chain"])), str(row["policy"])
        where = f"control_fugitive, {', '.join(key)}, {policy}, {row['year']}"
        if key not in chains or policy not in POLICIES:
            raise InputError(
                "a fugitive share of an unknown chain or policy",
                where=where,
                allowed=f"chains of control_technologies; {', '.join(POLICIES)}",
            )
        if not 0 <= row["value"] < 1:
            raise InputError("a fugitive share outside 0 to 1", where=where, value=row["value"])
        out.setdefault(key, {}).setdefault(policy, {})[int(row["year"])] = float(row["value"])
    for key, policies in out.items():
        if set(policies) != set(POLICIES):
            raise InputError(
                "fugitive shares of a policy are missing",
                where=f"control_fugitive, {', '.join(key)}",
                value=", ".join(sorted(set(POLICIES) - set(policies))),
            )
    return out


def _shares(
    wide: _Shares, key: tuple[str, str], policy: str, names: tuple[str, ...]
) -> dict[int, Array]:
    where = f"control_shares, {', '.join(key)}, {policy}"
    years = wide.get((*key, policy), {})
    out = {}
    for year, shares in sorted(years.items()):
        if set(shares) != set(names):
            raise InputError(
                "shares of a technology are missing",
                where=f"{where}, {year}",
                value=", ".join(sorted(set(names) ^ set(shares))),
            )
        row = np.array([shares[t] for t in names])
        if (row < 0).any() or row.sum() > 1 + 1e-9:
            raise InputError(
                "shares of one chain outside 0 to 1",
                where=f"{where}, {year}",
                value=float(row.sum()),
                allowed="each >= 0, sum <= 1",
            )
        out[year] = row
    if not out:
        raise InputError("a chain without shares", where=where)
    return out


@dataclass(frozen=True)
class ControlResult:
    """Outcome of the end-of-pipe policy.

    ``remainder`` (year, region, pair, species): what is left over what was left in the base year;
    ``added`` (year, region, pair, species) Mg per unit: declared co-effects; ``penalty``
    (year, region, pair): extra fuel as a share.
    """

    remainder: Array
    added: Array
    penalty: Array


def apply_controls(
    chains: Sequence[Chain],
    *,
    years: Array,
    pairs: Sequence[tuple[str, str]],
    policy: Sequence[str],
    pace: Array,
    new_share: Mapping[str, Array],
    diverge: int,
) -> ControlResult:
    """Remainder by year, region and pair.

    Parameters
    ----------
    years : ndarray, shape (year,)
        Base year first.
    pairs : sequence of (sector, source)
    policy : sequence of str, one a control region
    pace : ndarray, shape (region,)
        A region with pace 1.2 is at 2027 where the nation is at 2029 (from a base year of 2017).
    new_share : mapping
        Sector -> share of new plants in its capacity, (year, region); best shares hold for these.
    diverge : int
        Years between the base year and this one follow the policy ``enhanced``, as it happened.
    """
    n_years, n_regions = years.size, len(policy)
    shape = (n_years, n_regions, len(pairs), len(SPECIES))
    remainder, added = np.ones(shape), np.zeros(shape)
    penalty = np.zeros(shape[:3])
    for chain in chains:
        chosen = [
            i for i, (j, f) in enumerate(pairs) if j == chain.sector and chain.source in ("*", f)
        ]
        fresh = new_share.get(chain.sector, np.zeros((n_years, n_regions)))
        share, removal = _policy_removal(chain, years, policy, pace, fresh, diverge)
        removal = np.maximum.accumulate(removal, axis=0)
        # (1 - R) / (1 - R0); a chain that removes all in the base year can't be scaled
        ratio = (1.0 - removal) / np.maximum(1.0 - removal[:1], 1e-9)
        remainder[:, :, chosen] *= ratio[:, :, None]
        for (effect, source), by_technology in chain.effects.items():
            change = np.maximum((share - share[:1]) @ by_technology, 0.0)
            treated = [i for i in chosen if source in ("*", pairs[i][1])]
            if effect == "energy":
                penalty[:, :, treated] += change[:, :, None]
            else:
                added[:, :, treated, SPECIES.index(effect)] += change[:, :, None]
    return ControlResult(remainder=remainder, added=added, penalty=penalty)


def _policy_removal(
    chain: Chain, years: Array, policy: Sequence[str], pace: Array, fresh: Array, diverge: int
) -> tuple[Array, Array]:
    """Shares (year, region, technology) and removal (year, region, species).

    Existing plants go by policy, new ones by the policy best.
    """
    base = years[0]
    share = np.empty((years.size, len(policy), len(chain.technologies)))
    removal = np.empty((years.size, len(policy), len(SPECIES)))
    common = (years > base) & (years < diverge)
    known: dict[tuple[str, float], tuple[Array, Array, Array, Array]] = {}
    for r, key in enumerate(zip(policy, pace.tolist(), strict=True)):
        if key not in known:
            own = base + (years - base) * key[1]
            existing, escaped = chain.share(key[0], own), chain.escaped(key[0], own)
            existing[common] = chain.share("enhanced", own)[common]
            escaped[common] = chain.escaped("enhanced", own)[common]
            known[key] = existing, escaped, chain.share("best", own), chain.escaped("best", own)
        existing, escaped, best, best_escaped = known[key]
        weight = fresh[:, r : r + 1]
        mixed = (1.0 - weight) * existing + weight * best
        lost = (1.0 - weight[:, 0]) * escaped + weight[:, 0] * best_escaped
        before, after = chain.removal(existing, escaped), chain.removal(mixed, lost)
        # what has been fitted is not taken out again when the mix changes
        worse = after.sum(axis=1) < before.sum(axis=1)
        share[:, r] = np.where(worse[:, None], existing, mixed)
        removal[:, r] = np.where(worse[:, None], before, after)
    return share, removal


def net_after(net: Array, result: ControlResult) -> Array:
    """Net factors after control, shape (year, region, pair, species), Mg per unit.

    Parameters
    ----------
    net : ndarray, shape (region, pair, species)
        Of the base year.
    """
    out = net * result.remainder + result.added
    fine, pm10 = SPECIES.index("PM25"), SPECIES.index("PM10")
    coarse = net[..., pm10] - net[..., fine]
    out[..., pm10] = np.where(
        coarse >= 0,
        out[..., fine] + coarse * result.remainder[..., pm10],
        net[..., pm10] * result.remainder[..., fine],
    )
    return out
