"""Wet removal; dry removal is in :mod:`.deposition`."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[np.float64]


def intermittent_rate(event_rate: Array, *, wet_fraction: Array, wet_event: Array) -> Array:
    """Removal rate in a climate of dry spells and rain events.

    Two-state Markov renewal of Rodhe and Grandell (1972, Tellus 24, 442-454): the mean residence
    time of a particle that meets rain of mean length ``wet_event`` during the share
    ``wet_fraction`` of the time and is scavenged at ``event_rate`` while it rains. Limits:
    ``event_rate * wet_fraction`` for light rain, ``a (a + b) / b`` for heavy rain, with
    ``a`` and ``b`` the rates of onset and end.

    Parameters
    ----------
    event_rate : array
        Scavenging rate during rain, s-1.
    wet_fraction : array
        Share of time with rain, 0-1 (exclusive).
    wet_event : array
        Mean length of a rain event, s.

    Returns
    -------
    array
        Effective first-order rate, s-1; 0 where it never rains.
    """
    wet = np.clip(wet_fraction, 1e-9, 1 - 1e-9)
    end = 1 / wet_event
    onset = wet / ((1 - wet) * wet_event)
    rate = np.maximum(event_rate, 1e-30)
    time = (end + rate) / (rate * onset) + 1 / rate - 1 / (onset + end)
    return np.where((event_rate > 0) & (wet_fraction > 0), 1 / time, 0.0)


def scavenging_rate(
    precipitation: Array, *, wet_fraction: Array, in_cloud: float, below_cloud: float, cloudy: Array
) -> Array:
    """Scavenging rate during rain, EMEP form ``W P``.

    Simpson et al. (2012, ACP 12, 7825-7865, section 9): W in 1e6, scavenging depth 1000 m and
    water density 1000 kg m-3 cancel, so the rate is ``W * P`` with P in kg m-2 s-1.

    Parameters
    ----------
    precipitation : (...)
        Period-mean precipitation, kg m-2 s-1.
    wet_fraction : (...)
        Share of time with rain.
    in_cloud, below_cloud : float
        Scavenging ratios W (1e6).
    cloudy : (layer,)
        Share of a layer's removal that takes place in cloud.

    Returns
    -------
    (layer, ...)
        s-1.
    """
    ratio = cloudy * in_cloud + (1 - cloudy) * below_cloud
    rain = precipitation / np.clip(wet_fraction, 1e-9, None)
    return np.asarray(ratio.reshape((-1,) + (1,) * rain.ndim) * rain[None])
