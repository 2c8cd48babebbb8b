"""``scenair verify``: is a result still what its manifest says?"""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from argparse import Namespace


def verify(arguments: Namespace) -> int:
    """Recompute checksums and closures of a result; 1 where they differ."""
    from scenair.report.verify import verify as findings_of

    found = findings_of(arguments.result)
    for finding in found:
        sys.stdout.write(f"{finding}\n")
    serious = sum(finding.serious for finding in found)
    said = "as its manifest says" if not serious else f"{serious} serious finding(s)"
    sys.stderr.write(f"{arguments.result}: {said}, {len(found) - serious} note(s)\n")
    return int(serious > 0)
