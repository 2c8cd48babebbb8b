"""The command ``scenair``.

Subcommands live in modules of this package and are imported when they are called, so that help and
completion stay fast. A wrong input ends with one message and status 2; ``check`` and ``verify``
end with 1 where they find errors.
"""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command line; returns the exit status."""
    from scenair.cli.parser import build_parser
    from scenair.core.errors import ScenairError

    parser = build_parser()
    arguments = parser.parse_args(argv)
    if not hasattr(arguments, "run"):
        arguments.help()
        return 2
    try:
        return int(arguments.run(arguments))
    except ScenairError as error:
        sys.stderr.write(f"[scenair] {error}\n")
        return 2
    except BrokenPipeError:
        # the reader (head, less) has seen enough
        sys.stderr.close()
        return 1
