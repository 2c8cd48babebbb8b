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
