"""Who is responsible: contributions of source cities and sectors to the PM2.5 of each city.

Linear parts by footprints: ``M' psi = w`` gives the response at a receptor to emissions anywhere,
from one transposed solution (Marchuk 1995). The particle nitrate and ammonium of a receptor are
shared between total sulfate, nitrate and ammonium by the path integral of Aumann and Shapley, so
the contributions add up to the concentration.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np
import numpy.typing as npt
import scipy.sparse as sp

from scenair.core.species import MOLAR_MASS
from scenair.surrogate.aerosol import M_NH4, M_SO4, Response, path_response
from scenair.surrogate.frontal import FrontalFactor
from scenair.surrogate.model import Result
from scenair.surrogate.operator import with_loss
from scenair.surrogate.quarter import CONVERSIONS, Quarter

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from scenair.surrogate.parameters import Parameters

Array = npt.NDArray[np.float64]

#: Species of the responsibility matrix; PM25 is all primary particles.
SPECIES: Final = ("SO2", "NOx", "NMVOC", "NH3", "CO", "PM25")
#: Groups of the concentration that are scaled together: see :func:`weights_by_group`.
GROUPS: Final = ("carbon_and_other", "sulfate", "nitrate_ammonium")
#: Footprint that holds for a tracer, where it has not one of its own name.
FOOTPRINT_OF: Final = dict.fromkeys(("BC", "POA", "OTHER", "SOA"), "primary")


def receptor_weights(
    cells: npt.NDArray[np.int64],
    weight: Array,
    unit: npt.NDArray[np.int64],
    *,
    n_units: int,
    n_cells: int,
) -> sp.csr_matrix:
    """Weights (receptor, cell) that sum to 1, from weighted places.

    Parameters
    ----------
    cells, weight, unit : (n,)
        Cell (-1 outside), weight (population) and receptor number of each place.
    n_units, n_cells : int

    Returns
    -------
    csr_matrix
        A receptor outside the grid has an empty row.
    """
    inside = cells >= 0
    matrix = sp.csr_matrix(
        (weight[inside], (unit[inside], cells[inside])), shape=(n_units, n_cells)
    )
    total = np.asarray(matrix.sum(axis=1)).ravel()
    scale = np.divide(1.0, total, out=np.zeros_like(total), where=total > 0)
    return sp.csr_matrix(sp.diags_array(scale) @ matrix)


def weights_by_group(coarse: Mapping[str, Array], target: Mapping[str, Array]) -> dict[str, Array]:
    """Factor a receptor, by group, that brings the model to the target concentration.

    Both mappings hold (receptor,) concentrations by group, ug m-3.
    """
    return {
        name: np.divide(
            target[name], coarse[name], out=np.ones_like(target[name]), where=coarse[name] > 0
        )
        for name in GROUPS
    }


class Footprints:
    """Transposed solutions of a quarter for a set of receptors.

    Parameters
    ----------
    quarter : Quarter
    base : Result
        Solution of the base emissions; its particle shares and chemistry are held.
    weights : (receptor, cell)
        Weights of the surface cells.
    scale : mapping of group -> (receptor,)
    """

    def __init__(
        self, quarter: Quarter, base: Result, weights: sp.csr_matrix, scale: Mapping[str, Array]
    ) -> None:
        chemistry = quarter.with_oxidation(base.oxidation_nox)
        self._quarter = chemistry.with_nox(base.tracer["NOx"])
        self._base, self._weights, self._scale = base, weights, scale
        state = {name: field[0] for name, field in quarter.state.items()}
        c = {name: np.maximum(base.tracer[name][0], 0.0) for name in ("SO4", "TNO3", "TNH4")}
        self.share: Response = path_response(c["SO4"], c["TNO3"], c["TNH4"], **state)

    def _surface(self, group: str, slope: Array | None = None) -> Array:
        """Right-hand side (n, receptor): weights on the lowest layer times a local slope."""
        nz, ny, nx = self._quarter.transport.shape
        local = np.ones(ny * nx) if slope is None else slope.ravel()
        rows = (sp.diags_array(self._scale[group]) @ self._weights @ sp.diags_array(local)).T
        out = np.zeros((ny * nx, nz, rows.shape[1]))
        out[:, 0] = rows.toarray()
        return out.reshape(ny * nx * nz, -1)

    def _factor(self, tracer: str) -> FrontalFactor:
        share = self._base.particle_share.get(tracer)
        terms = self._quarter.loss_terms(tracer, particle_share=share)
        loss = self._quarter.transport.flat(np.sum(list(terms.values()), axis=0))
        # the transposed operator is factored: forward solutions of many columns are fast
        matrix = with_loss(self._quarter.transport, loss).T.tocsr()
        return FrontalFactor(matrix, shape=self._quarter.transport.shape)

    def _through(self, child: str, psi: Array) -> Array:
        """What a unit of the parent in the air means at the receptors by way of its child."""
        _, yield_, name = CONVERSIONS[child]
        transport = self._quarter.transport
        rate = transport.flat(np.broadcast_to(self._quarter.rate[name], transport.shape))
        return (yield_ * rate * transport.volume)[:, None] * psi

    def items(self) -> Iterator[tuple[str, Array]]:
        """Tracer and its footprints (n, receptor), ug m-3 per ug s-1, one after the other."""
        particle = self._factor("BC")
        primary = particle.solve(self._surface("carbon_and_other"))
        yield "primary", primary
        yield "PRECURSOR", self._factor("PRECURSOR").solve(self._through("SOA", primary))
        del primary
        sulfate = particle.solve(
            self._surface("sulfate") + self._surface("nitrate_ammonium", self.share.sulfate)
        )
        yield "SO4", sulfate
        del particle
        yield "SO2", self._factor("SO2").solve(self._through("SO4", sulfate))
        del sulfate
        nitrate = self._factor("TNO3").solve(self._surface("nitrate_ammonium", self.share.nitrate))
        yield "TNO3", nitrate
        yield "NOx", self._factor("NOx").solve(self._through("TNO3", nitrate))
        del nitrate
        yield (
            "TNH4",
            self._factor("TNH4").solve(self._surface("nitrate_ammonium", self.share.ammonium)),
        )


def with_outside(
    footprints: Footprints,
    fluxes: Mapping[str, Mapping[str, Array]],
    *,
    outside: Mapping[str, Array],
    weight: float,
) -> Iterator[tuple[str, Array]]:
    """Footprints as they come, while what enters from elsewhere is added up.

    Parameters
    ----------
    footprints : Footprints
    fluxes : mapping of origin -> tracer -> (n,)
        ug s-1.
    outside : mapping of origin -> (receptor,)
        Contributions, ug m-3; changed in place.
    weight : float
        Share of the quarter in the year.
    """
    for name, psi in footprints.items():
        for origin, flux in fluxes.items():
            for tracer, rate in flux.items():
                if FOOTPRINT_OF.get(tracer, tracer) == name:
                    outside[origin][...] += weight * (rate @ psi)
        yield name, psi


def species_of_tracer(tracer: str, *, par: Parameters) -> dict[str, float]:
    """Species that a footprint belongs to, with the mass of tracer a unit mass of species."""
    share = par["sulfate_share"]
    return {
        "primary": {"PM25": 1.0},
        "PRECURSOR": {"CO": par["soa_of_co"], "NMVOC": par["soa_of_nmvoc"]},
        "SO4": {"SO2": share * M_SO4 / MOLAR_MASS["SO2"]},
        "SO2": {"SO2": 1 - share},
        "NOx": {"NOx": 1.0},
        "TNO3": {},  # not emitted
        "TNH4": {"NH3": M_NH4 / MOLAR_MASS["NH3"]},
    }[tracer]


def add_contributions(
    out: Array,
    footprints: Iterable[tuple[str, Array]],
    *,
    emission: Mapping[str, Array],
    release: Array,
    shares: sp.csr_matrix,
    weight: float,
    shape: tuple[int, int, int],
    par: Parameters,
) -> Array:
    """Add a quarter's contributions at base to ``out``; return the primary surface footprint.

    Parameters
    ----------
    out : (species, sector, source, receptor)
        ug m-3, changed in place.
    footprints : iterable of tracer and (n, receptor)
        What :meth:`Footprints.items` gives.
    emission : mapping of species -> (sector, cell)
        ug s-1.
    release : (sector, layer)
    shares : (source, cell)
        Share of each cell's emissions that belongs to a source; columns sum to 1.
    weight : float
        Share of the quarter in the year.
    shape : (layer, y, x)
    par : Parameters

    Returns
    -------
    (cell, receptor)
        Footprint of primary particles emitted in the lowest layer, ug m-3 per ug s-1.
    """
    nz, ny, nx = shape
    profiles, which = np.unique(release, axis=0, return_inverse=True)
    surface = np.empty(0)
    for tracer, psi in footprints:
        by_layer = psi.reshape(ny * nx, nz, -1)
        if tracer == "primary":
            surface = by_layer[:, 0].copy()
        for p, profile in enumerate(profiles):
            column = np.einsum("ckr,k->cr", by_layer, profile, optimize=True)
            for species, factor in species_of_tracer(tracer, par=par).items():
                i = SPECIES.index(species)
                for s in np.flatnonzero(which.ravel() == p):
                    rate = emission[species][s]
                    if rate.any():
                        local = shares @ sp.diags_array(rate * factor * weight)
                        out[i, s] += local @ column
    return surface
