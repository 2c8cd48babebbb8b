"""Inventory species to the emission variables of a mechanism, with nothing lost.

Gases: moles of a variable a kilogram of the species. NOx counts as NO2 (46.0055 g mol-1) and is
split by mole, sulfur likewise; NMVOC goes from mass shares of compound classes to molecules of the
mechanism. Particles: BC -> PEC, OC -> POC, the organic matter that is not carbon -> PNCOM, the rest
of PM2.5 by a profile, PM10 - PM2.5 -> PMC.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import numpy.typing as npt

from scenair.core.errors import InputError
from scenair.core.species import MOLAR_MASS

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import pandas as pd

    from scenair.cmaq.check_names import Mechanism

Array = npt.NDArray[np.float64]

#: What the hourly files are made from: gases as they are, particles in parts that don't overlap.
GASES: Final = ("NOx", "SO2", "NH3", "CO", "NMVOC")
PARTICLES: Final = ("BC", "OC", "NCOM", "REST", "PMC")
PARTS: Final = GASES + PARTICLES
#: Mass of a VOC class that the mechanism does not react or carry.
UNREACTIVE: Final = "UNR"
_SUM_TOLERANCE = 1e-6
_G_PER_KG = 1000.0


@dataclass(frozen=True)
class SpeciationTables:
    """The tables of one mechanism, as read."""

    gas: pd.DataFrame
    om_oc: pd.DataFrame
    pm25: pd.DataFrame
    profiles: pd.DataFrame
    voc_classes: pd.DataFrame
    voc_molar_mass: pd.DataFrame
    voc_mechanism: pd.DataFrame


@dataclass(frozen=True)
class Speciation:
    """Factors of one mechanism.

    Attributes
    ----------
    mechanism : Mechanism
    sectors : tuple of str
    om_oc : array (sectors,)
        Organic matter over organic carbon, 1.
    variables : mapping
        Part -> variables that come from it, in file order.
    factors : mapping
        Part -> array (variables, sectors): mol kg-1 for gases, g kg-1 for particles.
    mass : mapping
        Part -> array (variables, sectors): kg of the part a kg of the part, carried by the
        variable.
    """

    mechanism: Mechanism
    sectors: tuple[str, ...]
    om_oc: Array
    variables: Mapping[str, tuple[str, ...]]
    factors: Mapping[str, Array]
    mass: Mapping[str, Array]

    def carried(self, part: str) -> Array:
        """Share (sectors,) of a part's mass that the variables carry; the rest is unreactive."""
        return np.asarray(self.mass[part].sum(axis=0))

    @property
    def names(self) -> tuple[str, ...]:
        """All variables, grouped by part."""
        return tuple(name for part in PARTS for name in self.variables[part])


def particle_parts(
    *, pm25: Array, pm10: Array, bc: Array, oc: Array, om_oc: Array | float
) -> tuple[dict[str, Array], dict[str, Array]]:
    """Particles as parts that don't overlap and are not negative.

    Parameters
    ----------
    pm25, pm10, bc, oc : array
        Same shape, same mass unit; BC and OC are part of PM2.5, PM2.5 of PM10.
    om_oc : array or float
        Organic matter over organic carbon, broadcastable.

    Returns
    -------
    parts : dict
        BC, OC, NCOM, REST (together PM2.5), PMC (PM10 - PM2.5).
    excess : dict
        BC, OC, PM10: what does not fit (BC + OC above PM2.5, PM2.5 above PM10), taken away from
        BC and OC in proportion or missing from PM10; zero in a consistent inventory.

    Notes
    -----
    Non-carbon organic matter gives way first: where BC + r OC > PM2.5, NCOM = PM2.5 - BC - OC.
    """
    carbon = bc + oc
    with np.errstate(divide="ignore", invalid="ignore"):
        keep = np.where(carbon > pm25, pm25 / np.where(carbon > 0, carbon, 1.0), 1.0)
    bc_kept, oc_kept = bc * keep, oc * keep
    room = np.maximum(pm25 - bc_kept - oc_kept, 0.0)
    ncom = np.minimum((np.asarray(om_oc) - 1.0) * oc_kept, room)
    parts = {
        "BC": bc_kept,
        "OC": oc_kept,
        "NCOM": ncom,
        "REST": np.maximum(room - ncom, 0.0),
        "PMC": np.maximum(pm10 - pm25, 0.0),
    }
    excess = {
        "BC": bc - bc_kept,
        "OC": oc - oc_kept,
        "PM10": np.maximum(pm25 - pm10, 0.0),
    }
    return parts, excess


def build_speciation(
    tables: SpeciationTables, *, mechanism: Mechanism, sectors: Sequence[str]
) -> Speciation:
    """Factors from checked tables.

    Raises
    ------
    InputError
        Shares that don't sum to 1, a variable that the mechanism does not have, a sector or class
        without rows.
    """
    order = tuple(sectors)
    profile = {
        str(kind): {str(k): v for k, v in group.set_index("sector")["value"].items()}
        for kind, group in tables.profiles.groupby("kind")
    }
    variables: dict[str, tuple[str, ...]] = {}
    factors: dict[str, Array] = {}
    mass: dict[str, Array] = {}
    for species in ("NOx", "SO2", "NH3", "CO"):
        rows = tables.gas[tables.gas["species"] == species]
        variables[species], mass[species] = _shares(
            rows, keys={s: s for s in order}, column="sector"
        )
        factors[species] = mass[species] * _G_PER_KG / MOLAR_MASS[species]
    moles, carried = voc_yields(tables)
    variables["NMVOC"], factors["NMVOC"], mass["NMVOC"] = _voc(moles, carried, profile, order)
    for part, name in (("BC", "PEC"), ("OC", "POC"), ("NCOM", "PNCOM"), ("PMC", "PMC")):
        variables[part], mass[part] = (name,), np.ones((1, len(order)))
    keys = {s: str(profile["pm25"].get(s)) for s in order}
    variables["REST"], mass["REST"] = _shares(tables.pm25, keys=keys, column="profile")
    for part in PARTICLES:
        factors[part] = mass[part] * _G_PER_KG
    _check_variables(variables, mechanism)
    om_oc = tables.om_oc.set_index("sector")["value"].reindex(list(order)).to_numpy(dtype=float)
    if not (om_oc >= 1).all():
        raise InputError(
            "no organic matter over organic carbon of at least 1 for a sector",
            where="cmaq/speciation_om_oc.csv",
            value=order[int(np.argmin(np.nan_to_num(om_oc)))],
        )
    return Speciation(mechanism, order, om_oc, variables, factors, mass)


def _shares(
    rows: pd.DataFrame, *, keys: Mapping[str, str], column: str
) -> tuple[tuple[str, ...], Array]:
    """Variables and shares (variables, sectors) of the profile that each sector names."""
    table = rows.pivot_table(index="variable", columns=column, values="value", sort=False)
    table = table.fillna(0.0)
    missing = [s for s, key in keys.items() if key not in table.columns]
    if missing:
        raise InputError(
            "no speciation profile",
            where=f"sector {missing[0]}",
            value=keys[missing[0]],
            allowed=", ".join(map(str, table.columns)),
        )
    shares = table[[keys[s] for s in keys]].to_numpy(dtype=np.float64)
    total = shares.sum(axis=0)
    wrong = (np.abs(total - 1) > _SUM_TOLERANCE) | (shares < 0).any(axis=0)
    if wrong.any():
        key = list(keys.values())[int(wrong.argmax())]
        raise InputError(
            "a speciation profile doesn't sum to 1 or has a negative share",
            where=f"profile {key}",
            value=float(total[wrong.argmax()]),
            allowed=f"1 within {_SUM_TOLERANCE:g}",
        )
    return tuple(map(str, table.index)), shares / total


def voc_yields(tables: SpeciationTables) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Moles (mol kg-1) and mass (kg kg-1) of each variable a kg NMVOC, by profile.

    The mass of a class is shared between its variables in proportion to carbon; the unreactive
    share keeps its mass under ``UNR`` and has no moles in the file.

    Returns
    -------
    moles, mass : DataFrame
        Index variable, columns profile.
    """
    import pandas as pd

    rules = tables.voc_mechanism.rename(columns={"value": "molecules"})
    rules = rules[["class", "variable", "carbon", "molecules"]].copy()
    rules["atoms"] = rules["carbon"] * rules["molecules"]
    rules["share"] = rules["atoms"] / rules.groupby("class")["atoms"].transform("sum")
    molar = tables.voc_molar_mass.set_index("class")["value"]
    rules["moles"] = rules["molecules"] * _G_PER_KG / rules["class"].map(molar)
    joined = tables.voc_classes[["profile", "class", "value"]].merge(rules, on="class", how="left")
    if joined[["share", "moles"]].isna().to_numpy().any():
        lost = joined.loc[joined["moles"].isna() | joined["share"].isna(), "class"].iloc[0]
        raise InputError(
            "a class of NMVOC without a rule or molar mass",
            where="cmaq/speciation_voc_*.csv",
            value=lost,
            remedy="add its rows; nothing may be lost to an unmapped class",
        )
    joined["moles"] *= joined["value"]
    joined["mass"] = joined["share"] * joined["value"]
    total = joined.groupby("profile")["mass"].sum()
    if (np.abs(total - 1) > _SUM_TOLERANCE).any():
        raise InputError(
            "a profile of NMVOC classes doesn't sum to 1",
            where=f"profile {total.index[int(np.abs(total - 1).argmax())]}",
            value=float(total.loc[np.abs(total - 1).idxmax()]),
            allowed=f"1 within {_SUM_TOLERANCE:g}",
        )
    tabled = joined.pivot_table(
        index="variable", columns="profile", values=["moles", "mass"], aggfunc="sum", sort=False
    ).fillna(0.0)
    mass = pd.DataFrame(tabled["mass"])
    return pd.DataFrame(tabled["moles"]), mass / mass.sum()


def _voc(
    moles: pd.DataFrame, mass: pd.DataFrame, profile: Mapping[str, dict[str, object]],
    order: tuple[str, ...],
) -> tuple[tuple[str, ...], Array, Array]:  # fmt: skip
    wanted = [str(profile["nmvoc"].get(s)) for s in order]
    missing = [s for s, name in zip(order, wanted, strict=True) if name not in moles.columns]
    if missing:
        raise InputError(
            "no NMVOC profile",
            where=f"sector {missing[0]}",
            value=profile["nmvoc"].get(missing[0]),
            allowed=", ".join(map(str, moles.columns)),
            remedy="name a profile of cmaq/speciation_voc_classes.csv",
        )
    kept = [v for v in moles.index if v != UNREACTIVE]
    return (
        tuple(map(str, kept)),
        moles.loc[kept, wanted].to_numpy(dtype=np.float64),
        mass.loc[kept, wanted].to_numpy(dtype=np.float64),
    )


def _check_variables(variables: Mapping[str, tuple[str, ...]], mechanism: Mechanism) -> None:
    names = [name for part in PARTS for name in variables[part]]
    for name in names:
        if name not in mechanism.phase:
            raise InputError(
                "a speciation profile names a variable that the mechanism does not have",
                where=f"mechanism {mechanism.name}",
                value=name,
                allowed=", ".join(mechanism.phase),
                remedy="CMAQ would drop it without a word: correct the profile",
            )
    for part, members in variables.items():
        gas = [mechanism.phase[name] == "gas" for name in members]
        if not (all(gas) if part in GASES else not any(gas)):
            raise InputError(
                "a speciation profile mixes gases and particles", where=f"part {part}",
                value=", ".join(members),
            )  # fmt: skip


def species_of_parts(parts: Mapping[str, Any]) -> dict[str, Any]:
    """Inventory species from parts (arrays or numbers of mass); parts that are missing are zero."""
    fine = sum((parts.get(p, 0.0) for p in ("BC", "OC", "NCOM", "REST")), 0.0)
    return {
        **{name: parts.get(name, 0.0) for name in GASES},
        "PM25": fine,
        "PM10": fine + parts.get("PMC", 0.0),
        "BC": parts.get("BC", 0.0),
        "OC": parts.get("OC", 0.0),
    }
