"""Units of a case are known before the first job."""

from __future__ import annotations

import pytest

from scenair.config.case import CaseConfig


def test_adcodes_in_any_order() -> None:
    assert CaseConfig(units=(130200, 110000)).adcodes() == (110000, 130200)


@pytest.mark.parametrize("units", [(110000, 130199), (810000,), ()])
def test_an_unknown_unit_is_refused_by_name(units: tuple[int, ...]) -> None:
    with pytest.raises(ValueError, match="no such units"):
        CaseConfig(units=units)
