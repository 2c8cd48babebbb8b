"""``scenair anchor``: factors that bring the surrogate to a reference."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from argparse import Namespace


def anchor(arguments: Namespace) -> int:
    """Write the factors and print their spread by part of PM2.5."""
    import numpy as np

    from scenair.core.errors import InputError
    from scenair.core.io.netcdf import open_netcdf
    from scenair.surrogate.anchor import ANCHORED, LIMIT
    from scenair.surrogate.io.anchoring import build_anchor

    if Path(arguments.out).exists():
        raise InputError(
            "the file exists", value=arguments.out, remedy="take another name or remove it"
        )
    build_anchor(
        reference=arguments.reference,
        modelled=arguments.modelled,
        anchor=arguments.out,
        smoothing_cells=arguments.smoothing,
    )
    with open_netcdf(arguments.out) as ds:
        for name in ANCHORED:
            values = ds[f"factor_{name}"].values
            low, middle, high = np.percentile(values, [5, 50, 95])
            bounded = np.mean((values <= 1 / LIMIT + 1e-6) | (values >= LIMIT - 1e-6))
            sys.stdout.write(
                f"{name}: factor {middle:.2f} (5 to 95 % of cells {low:.2f} to {high:.2f}), "
                f"at the bounds {100 * bounded:.1f} %\n"
            )
    return 0
