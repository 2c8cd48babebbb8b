"""Peak year: last year of a tie, never in the last year."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from scenair.projection.peaks import peak_years

YEARS = (2015, 2016, 2017, 2018)


def test_hand_cases() -> None:
    co2 = np.array(
        [
            [1.0, 5.0, 2.0, 3.0, 0.0],
            [3.0, 4.0, 2.0, 3.0, 0.0],
            [3.0, 3.0, 2.0, 1.0, 0.0],
            [2.0, 2.0, 9.0, 3.0, 0.0],
        ]
    )
    year, peaked = peak_years(co2, YEARS)
    # a tie counts to its last year; a maximum in the last year, also a tied one, is no peak
    assert year.tolist() == [2017, 2015, 2018, 2018, 2018]
    assert peaked.tolist() == [True, True, False, False, False]


def test_tolerance_asks_for_a_clear_fall() -> None:
    co2 = np.array([[1.0, 1.0], [2.0, 2.0], [1.99, 1.5]])
    _, peaked = peak_years(co2, (2028, 2029, 2030), tolerance=0.02)
    assert peaked.tolist() == [False, True]


@given(arrays(np.float64, (6, 3), elements=st.floats(0, 1e9)))
def test_peak_is_the_maximum_and_nothing_later_reaches_it(co2: np.ndarray) -> None:
    years = tuple(range(2030, 2036))
    year, peaked = peak_years(co2, years)
    for c in range(3):
        at = year[c] - 2030
        assert co2[at, c] >= co2[:, c].max() * (1 - 1e-12)
        assert (co2[at + 1 :, c] < co2[:, c].max()).all()
        assert peaked[c] == (at < 5 and co2[:, c].max() > 0)
