"""Names that the new climate data store gives to ERA5's precipitation."""

from __future__ import annotations

import numpy as np
import pytest

from scenair.core.errors import UnitsError
from scenair.surrogate.adapters import from_era5
from tests.surrogate.test_meteorology import era5


@pytest.mark.parametrize("name", ["avg_tprate", "mtpr"])
def test_rate_stands_for_the_total(name):
    ds = era5()
    total = from_era5(ds)["pr"]
    rate = ds.assign({name: (ds["tp"] * (1000 / 86_400)).assign_attrs(units="kg m**-2 s**-1")})
    np.testing.assert_allclose(from_era5(rate.drop_vars("tp"))["pr"], total)
    # where both are there the total counts
    np.testing.assert_allclose(from_era5(rate.assign({name: rate[name] * 2}))["pr"], total)


def test_rate_in_another_unit():
    ds = era5()
    wrong = ds.assign(mtpr=ds["tp"].assign_attrs(units="mm day-1")).drop_vars("tp")
    with pytest.raises(UnitsError, match="mtpr"):
        from_era5(wrong)


def test_frequency_of_hourly_rain_is_kept():
    """What was counted in hourly rain comes before any formula."""
    ds = era5()
    ds["wet_fraction"] = (ds["tp"] * 0 + 0.13).assign_attrs(units="1")
    assert float(from_era5(ds)["wet_fraction"].min()) == pytest.approx(0.13)
    ds["wet_fraction"].attrs["units"] = "%"
    with pytest.raises(UnitsError, match="wet_fraction"):
        from_era5(ds)
