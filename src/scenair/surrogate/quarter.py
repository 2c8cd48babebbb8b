"""The physics of a quarter: transport, removal and conversion of every tracer."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

import numpy as np
import numpy.typing as npt

from scenair.core.species import MOLAR_MASS
from scenair.surrogate.aerosol import M_NO3, M_SO4
from scenair.surrogate.deposition import deposition_velocities, mean_speed, surface_of
from scenair.surrogate.layers import middle
from scenair.surrogate.meteorology import LAPSE_K_PER_M
from scenair.surrogate.nitrogen import nitric_acid
from scenair.surrogate.operator import Mixing, Transport, assemble
from scenair.surrogate.removal import intermittent_rate, scavenging_rate
from scenair.surrogate.sulfur import sulfate_formation
from scenair.surrogate.winds import volume_flow

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    import xarray as xr

    from scenair.surrogate.geometry import Geometry
    from scenair.surrogate.nitrogen import NitricAcid
    from scenair.surrogate.parameters import Parameters
    from scenair.surrogate.sulfur import SulfateFormation

Array = npt.NDArray[np.float64]

TRACERS: Final = (
    "BC", "POA", "OTHER", "SO2", "SO4", "NOx", "TNO3", "TNH4", "PRECURSOR", "SOA",
)  # fmt: skip
TERMS: Final = (
    "emission", "production", "inflow", "dry_deposition", "wet_deposition", "conversion", "outflow",
)  # fmt: skip
#: child <- (parent, mass of child made of a unit mass of parent, name of the rate)
CONVERSIONS: Final[dict[str, tuple[str, float, str]]] = {
    "SO4": ("SO2", M_SO4 / MOLAR_MASS["SO2"], "oxidation_so2"),
    "TNO3": ("NOx", M_NO3 / MOLAR_MASS["NOx"], "oxidation_nox"),
    "SOA": ("PRECURSOR", 1.0, "oxidation_precursor"),
}
#: tracer -> names of its removal, gas (or the only phase) and particle
PHASES: Final[dict[str, tuple[str, ...]]] = {
    "SO2": ("so2",),
    "NOx": ("nox",),
    "PRECURSOR": ("precursor",),
    "TNO3": ("hno3", "nitrate"),
    "TNH4": ("nh3", "ammonium"),
}
#: phases that rain removes like another
_SCAVENGED_AS: Final = {"nitrate": "particle", "ammonium": "particle"}


@dataclass(frozen=True)
class Quarter:
    """The physics of a quarter, ready for any sources.

    Attributes
    ----------
    transport : Transport
    area : (y, x)
        m2.
    dry : mapping of phase -> (y, x)
        Deposition velocity seen by the lowest layer, m s-1.
    wet : mapping of phase -> (layer, y, x)
        Effective scavenging rate, s-1.
    rate : mapping of name -> (y, x) or (layer, y, x)
        First-order conversions, s-1; those of NOx and SO2 in clean air.
    nitric_acid : NitricAcid
        What slows the conversion of NOx where there is much of it.
    sulfate : SulfateFormation
        What SO2 is converted by.
    warmth : (y, x)
        0 in the cold climate, 1 in the warm one.
    state : mapping
        ``temperature``, ``humidity``, ``pressure`` (layer, y, x) for the equilibrium.
    """

    transport: Transport
    area: Array
    dry: Mapping[str, Array]
    wet: Mapping[str, Array]
    rate: Mapping[str, Array]
    nitric_acid: NitricAcid
    sulfate: SulfateFormation
    warmth: Array
    state: Mapping[str, Array]

    def with_oxidation(self, rate: Array) -> Quarter:
        """The same with another rate (layer, y, x) of NOx to nitric acid, s-1."""
        return replace(self, rate={**self.rate, "oxidation_nox": rate})

    def with_nox(self, nox: Array) -> Quarter:
        """The same with the hydroxyl that NOx (layer, y, x; as NO2, ug m-3) leaves for SO2."""
        rate = self.sulfate.rate(self.nitric_acid.hydroxyl_left(nox))
        return replace(self, rate={**self.rate, "oxidation_so2": rate})

    def loss_terms(self, tracer: str, *, particle_share: Array | None = None) -> dict[str, Array]:
        """Rate times volume (layer, y, x) of each loss of a tracer, m3 s-1.

        ``particle_share`` (layer, y, x) weighs the phases of total nitrate and ammonium.
        """
        phases = PHASES.get(tracer, ("particle",))
        nz = self.transport.shape[0]
        volume = self.transport.field(self.transport.volume)
        share = [np.ones(self.transport.shape)]
        if len(phases) == 2:
            if particle_share is None:
                raise ValueError(f"{tracer} needs the share of its particle phase")
            share = [1 - particle_share, particle_share]
        dry = np.zeros(self.transport.shape)
        dry[0] = sum(s[0] * self.dry[p] for s, p in zip(share, phases, strict=True)) * self.area
        wet = sum(s * self.wet[p] for s, p in zip(share, phases, strict=True)) * volume
        terms = {"dry_deposition": dry, "wet_deposition": np.asarray(wet)}
        for parent, _, name in CONVERSIONS.values():
            if parent == tracer:
                terms["conversion"] = (
                    np.broadcast_to(self.rate[name], (nz, *self.area.shape)) * volume
                )
        return terms


def _scavenging(get: Callable[[str], Array], *, layers: int, par: Parameters) -> dict[str, Array]:
    """Effective scavenging rate of every phase, (layer, y, x), s-1."""
    rain, wet, event = get("precipitation"), get("wet_fraction"), get("wet_event")
    cloudy = np.array([par[f"cloudy_layer_{k + 1}"] for k in range(layers)])
    scavenged = {}
    for phase in ("particle", "so2", "nox", "hno3", "nh3", "precursor"):
        during = scavenging_rate(
            rain, wet_fraction=wet, in_cloud=par[f"wet_in_{phase}"],
            below_cloud=par[f"wet_below_{phase}"], cloudy=cloudy,
        )  # fmt: skip
        scavenged[phase] = intermittent_rate(during, wet_fraction=wet, wet_event=event)
    return scavenged | {phase: scavenged[like] for phase, like in _SCAVENGED_AS.items()}


def prepare_quarter(met: xr.Dataset, quarter: int, *, geo: Geometry, par: Parameters) -> Quarter:
    """The physics of quarter number ``quarter`` (0-3) from a meteorology dataset."""

    def get(name: str) -> Array:
        da = met[name]
        values = da.isel(quarter=quarter).values if "quarter" in da.dims else da.values
        return np.asarray(values, dtype=np.float64)

    mixing = Mixing(
        get("diffusivity_x"), get("diffusivity_y"), get("diffusivity_z"), par["top_exchange"]
    )
    flow = volume_flow(get("wind_x"), get("wind_y"), geo=geo)
    temperature = get("temperature")
    warmth = par.warmth(temperature)
    depth = float(geo.depth[0])
    speed = mean_speed((get("wind_x")[0], get("wind_y")[0]), (mixing.x[0], mixing.y[0]), par=par)
    surface = surface_of(
        speed=speed, land=get("land"), temperature=temperature, humidity=get("humidity"),
        height=depth / 2, par=par,
    )  # fmt: skip
    dry = deposition_velocities(surface, depth=depth, par=par)
    height = middle(tuple(np.cumsum(geo.depth)))[:, None, None]
    state = {
        "temperature": temperature - LAPSE_K_PER_M * height,
        "humidity": np.broadcast_to(get("humidity"), geo.shape),
        "pressure": get("pressure") * np.exp(-height / 8000.0),
    }
    limits = nitric_acid(
        par, warmth=warmth, temperature=state["temperature"], pressure=state["pressure"],
        height=height,
    )  # fmt: skip
    sulfate = sulfate_formation(
        par, warmth=warmth, temperature=state["temperature"], pressure=state["pressure"]
    )
    rate = {
        "oxidation_so2": sulfate.rate(),
        "oxidation_nox": limits.rate(np.zeros(geo.shape)),
        "oxidation_precursor": par.at("oxidation_precursor", warmth),
    }
    return Quarter(
        transport=assemble(flow, mixing, geo=geo),
        area=geo.area,
        dry=dry,
        wet=_scavenging(get, layers=geo.shape[0], par=par),
        rate=rate,
        nitric_acid=limits,
        sulfate=sulfate,
        warmth=warmth,
        state=state,
    )
