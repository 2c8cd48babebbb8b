"""``scenair crate``: a result described for handing it on."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from argparse import Namespace


def crate(arguments: Namespace) -> int:
    """Write ``ro-crate-metadata.json`` into a result's folder."""
    from scenair.report.rocrate import export

    path = export(arguments.result, license_url=arguments.license, author=arguments.author)
    sys.stdout.write(f"{path}\n")
    return 0
