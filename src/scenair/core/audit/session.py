"""What surrounds a job: log, quiet libraries, one message for a wrong input."""

from __future__ import annotations

import faulthandler
import logging
import os
import sys
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from scenair.core.audit.memory import peak_memory_mb
from scenair.core.errors import InputError, ScenairError

if TYPE_CHECKING:
    from collections.abc import Iterator

logger = logging.getLogger("scenair")


def _snakemake() -> object | None:
    """What Snakemake hands to the script that runs, if one does."""
    return getattr(sys.modules["__main__"], "snakemake", None)


def _stamps() -> dict[str, tuple[int, int] | None]:
    """Time and size of the inputs of the script that runs."""
    return {str(name): _stamp(str(name)) for name in getattr(_snakemake(), "input", ())}


def _stamp(name: str) -> tuple[int, int] | None:
    try:
        found = os.stat(name)  # noqa: PTH116 - a name as Snakemake gives it
    except OSError:
        return None
    return found.st_mtime_ns, found.st_size


def _require_unchanged(before: dict[str, tuple[int, int] | None]) -> None:
    changed = [name for name, stamp in before.items() if _stamp(name) != stamp]
    if changed:
        raise InputError(
            "an input changed while the job ran",
            where=", ".join(changed),
            remedy="let the input rest and give the same command again",
        )


def _set_threads() -> None:
    """One thread a job where the rule asks for no more: parallel work is Snakemake's business.

    Only what is imported later looks at these, therefore a script imports its stage inside the job.
    """
    threads = int(getattr(_snakemake(), "threads", 1))
    for variable in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
        os.environ.setdefault(variable, "1")
    os.environ.setdefault("DASK_SCHEDULER", "threads" if threads > 1 else "synchronous")
    os.environ.setdefault("DASK_NUM_WORKERS", str(threads))


@contextmanager
def job(log: str | Path, *, name: str) -> Iterator[None]:
    """Run a job's body with its log.

    A :class:`ScenairError` ends the process with its one message, on the terminal and in the log.
    Any other exception leaves its traceback in the log, and the terminal says where that is. Inputs
    of a Snakemake script are watched: one that changes while the job runs makes the result worth
    nothing, and Snakemake compares it only with the time of the finished output.
    """
    path = Path(log)
    path.parent.mkdir(parents=True, exist_ok=True)
    handler = logging.FileHandler(path, mode="w", encoding="utf-8")
    handler.setFormatter(logging.Formatter("%(asctime)s %(levelname)s %(name)s: %(message)s"))
    root = logging.getLogger()
    root.addHandler(handler)
    root.setLevel(logging.INFO)
    # a library that crashes (HDF5 on a damaged file) leaves at least where it was
    crash_log = None if faulthandler.is_enabled() else path.open("a", encoding="utf-8")
    if crash_log is not None:
        faulthandler.enable(crash_log)
    _set_threads()
    try:
        logger.info("%s begins", name)
        before = _stamps()
        yield
        _require_unchanged(before)
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
        if crash_log is not None:
            faulthandler.disable()
            crash_log.close()
        root.removeHandler(handler)
        handler.close()
