"""Holds a job at its worst moment: the file is written, but not yet under its final name.

Python imports this module at its start where its folder is in PYTHONPATH. A job that flushes a file
whose name contains the content of ``$SCENAIR_TEST_HOLD/hold`` writes its process id to ``held`` and
waits there for as long as ``hold`` exists.
"""

import os
import time
from pathlib import Path

_folder = os.environ.get("SCENAIR_TEST_HOLD")
_fsync = os.fsync


def _wait_before_rename(descriptor: int) -> None:
    _fsync(descriptor)
    hold = Path(_folder or "", "hold")
    try:
        wanted = hold.read_text(encoding="utf-8")
        name = Path(f"/proc/self/fd/{descriptor}").readlink().name
    except OSError:
        return
    if wanted in name:
        note = hold.with_name(".held")
        note.write_text(str(os.getpid()), encoding="utf-8")
        note.replace(hold.with_name("held"))
        while hold.exists():
            time.sleep(0.02)


if _folder:
    os.fsync = _wait_before_rename
