"""``scenair unpack``: an archive that someone sent, into a new folder."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from argparse import Namespace


def unpack(arguments: Namespace) -> int:
    """Unpack a zip or tar archive, whole or not at all; prints the files."""
    from scenair.core.io.safe import extract_archive

    limit = round(arguments.most_gb * 1e9)
    for path in extract_archive(arguments.archive, arguments.folder, maximum_bytes=limit):
        sys.stdout.write(f"{path}\n")
    return 0
