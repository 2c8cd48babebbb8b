"""What surrounds a job: log, quiet libraries, one message for a wrong input."""

from __future__ import annotations

import logging
import os
import sys
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from scenair.core.audit.memory import peak_memory_mb
from scenair.core.errors import ScenairError

if TYPE_CHECKING:
    from collections.abc import Iterator

logger = logging.getLogger("scenair")


@contextmanager
def job(log: str | Path, *, name: str) -> Iterator[None]:
    """Run a job's body with its log.

    A :class:`ScenairError` ends the process with its one message, on the terminal and in the log.
    Any other exception leaves its traceback in the log, and the terminal says where that is.
    """
    path = Path(log)
    path.parent.mkdir(parents=True, exist_ok=True)
    handler = logging.FileHandler(path, mode="w", encoding="utf-8")
    handler.setFormatter(logging.Formatter("%(asctime)s %(levelname)s %(name)s: %(message)s"))
    root = logging.getLogger()
    root.addHandler(handler)
    root.setLevel(logging.INFO)
    # one thread a job: parallel work is Snakemake's business
    for variable in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
        os.environ.setdefault(variable, "1")
    try:
        logger.info("%s begins", name)
        yield
        logger.info("%s is done; peak memory %.0f MB", name, peak_memory_mb())
    except ScenairError as error:
        logger.error("%s", error)  # noqa: TRY400 - its traceback is of no use
        sys.stderr.write(f"\n[scenair] {name} stopped: {error}\n\n")
        sys.stderr.flush()
        raise SystemExit(1) from None
    except Exception:
        logger.exception("a defect")
        sys.stderr.write(
            f"\n[scenair] {name} failed on a defect of scenair; the traceback is in {path}\n\n"
        )
        sys.stderr.flush()
        raise SystemExit(1) from None
    finally:
        root.removeHandler(handler)
        handler.close()
