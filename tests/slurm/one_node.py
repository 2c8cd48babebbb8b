"""A real SLURM of one node, in a folder of its own: munged, slurmctld and slurmd.

No systemd, no cgroups, no accounting data base, nothing in /etc: the daemons read a configuration
in ``folder`` (clients through ``SLURM_CONF``) and end with the ``with`` block. By hand::

    python tests/slurm/one_node.py FOLDER COMMAND [ARGUMENT ...]
"""

from __future__ import annotations

import os
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import time
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

PROGRAMS = ("munged", "slurmctld", "slurmd", "sbatch", "squeue", "scancel", "sinfo", "srun")
_SBIN = ("/usr/sbin", "/usr/local/sbin")

#: ``config_overrides``: a machine of two cores poses as eight, so that rules of many threads run.
#: ``EnforcePartLimits``: what can never start is refused at once. ``MinJobAge``: squeue still
#: knows a job that ended. ``linuxproc`` and ``task/none``: no cgroup is needed.
_CONF = """\
ClusterName=ci
SlurmctldHost={host}({address})
SlurmctldPort={port}
SlurmdPort={node_port}
SlurmUser={user}
SlurmdUser={user}
AuthType=auth/munge
AuthInfo=socket={folder}/munge.socket
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
JobAcctGatherType=jobacct_gather/linux
JobAcctGatherFrequency=2
AccountingStorageType=accounting_storage/none
SelectType=select/cons_tres
SelectTypeParameters=CR_Core_Memory
SlurmdParameters=config_overrides
EnforcePartLimits=ALL
ReturnToService=2
MinJobAge=300
KillWait=5
MaxArraySize=1001
MpiDefault=none
SwitchType=switch/none
SlurmctldPidFile={folder}/slurmctld.pid
SlurmdPidFile={folder}/slurmd.pid
SlurmdSpoolDir={folder}/slurmd
StateSaveLocation={folder}/state
SlurmctldLogFile={folder}/slurmctld.log
SlurmdLogFile={folder}/slurmd.log
NodeName={host} NodeAddr={address} CPUs={cpus} RealMemory={memory} State=UNKNOWN
PartitionName=main Nodes={host} Default=YES MaxTime=INFINITE State=UP
"""


def missing() -> str | None:
    """Why no cluster can be started here, or None."""
    absent = [p for p in PROGRAMS if _program(p) is None]
    if absent:
        return f"SLURM is not installed ({', '.join(absent)}); .ci/install-system installs it"
    if os.geteuid() != 0:
        return "slurmd starts jobs as other users: it needs root"
    return None


def _program(name: str) -> str | None:
    return shutil.which(name, path=os.pathsep.join([os.environ.get("PATH", ""), *_SBIN]))


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _memory_mb() -> int:
    pages = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    return int(pages / 2**20 * 0.9)


def _write_configuration(folder: Path, *, cpus: int) -> Path:
    for name in ("slurmd", "state"):
        (folder / name).mkdir(parents=True, exist_ok=True)
    key = folder / "munge.key"
    key.write_bytes(secrets.token_bytes(128))
    key.chmod(0o400)
    conf = folder / "slurm.conf"
    conf.write_text(
        _CONF.format(
            host=socket.gethostname().split(".")[0],
            address="127.0.0.1",
            port=_free_port(),
            node_port=_free_port(),
            user="root",
            folder=folder,
            cpus=cpus,
            memory=_memory_mb(),
        ),
        encoding="utf-8",
    )
    return conf


def _srun(folder: Path, conf: Path) -> Path:
    """A folder with an ``srun`` that knows the configuration.

    Snakemake's job step takes ``SLURM_CONF`` out of the environment of the srun that it starts.
    """
    script = folder / "bin" / "srun"
    script.parent.mkdir(exist_ok=True)
    script.write_text(f'#!/bin/sh\nSLURM_CONF={conf} exec {_program("srun")} "$@"\n')
    script.chmod(0o755)
    return script.parent


@contextmanager
def _daemon(command: list[str], *, log: Path, env: dict[str, str]) -> Iterator[subprocess.Popen]:
    """A daemon in the foreground of its own process group, ended with the block."""
    with log.open("ab") as stream:
        process = subprocess.Popen(
            command, stdout=stream, stderr=stream, env=env, start_new_session=True
        )
    try:
        yield process
    finally:
        for sign in (signal.SIGTERM, signal.SIGKILL):
            if process.poll() is not None:
                break
            os.killpg(process.pid, sign)
            try:
                process.wait(timeout=10)
            except subprocess.TimeoutExpired:
                continue


@contextmanager
def one_node(folder: Path, *, cpus: int = 8) -> Iterator[dict[str, str]]:
    """Start the cluster; yields the environment in which clients find it.

    Raises
    ------
    RuntimeError
        Where the node does not come up within 20 s, with the end of the daemons' logs.
    """
    folder = folder.resolve()
    conf = _write_configuration(folder, cpus=cpus)
    env = {k: v for k, v in os.environ.items() if not k.startswith(("SLURM_", "SNAKEMAKE_"))}
    env |= {"SLURM_CONF": str(conf), "PATH": f"{_srun(folder, conf)}:{os.environ['PATH']}"}
    munged = [
        _program("munged"), "--foreground", "--force",
        f"--socket={folder}/munge.socket", f"--key-file={folder}/munge.key",
        f"--pid-file={folder}/munged.pid", f"--log-file={folder}/munged.log",
        f"--seed-file={folder}/munged.seed",
    ]  # fmt: skip
    with ExitStack() as stack:
        out = folder / "daemons.log"
        stack.enter_context(_daemon(munged, log=out, env=env))
        _wait(lambda: (folder / "munge.socket").exists(), folder=folder)
        for name in ("slurmctld", "slurmd"):
            command = [_program(name), "-D", "-f", str(conf)]
            stack.enter_context(_daemon(command, log=out, env=env))
        stack.callback(_cancel_all, env)
        _wait(lambda: "idle" in _client(["sinfo", "-h", "-o", "%T"], env=env), folder=folder)
        yield env


def _cancel_all(env: dict[str, str]) -> None:
    """Ends the jobs of this cluster before its daemons go; nothing else is touched."""
    _client(["scancel", "--state=PENDING"], env=env)
    _client(["scancel", "--signal=KILL", "--state=RUNNING"], env=env)
    end = time.monotonic() + 10
    while time.monotonic() < end and _client(["squeue", "-h", "-t", "R,CG"], env=env).strip():
        time.sleep(0.2)


def _client(command: list[str], *, env: dict[str, str]) -> str:
    done = subprocess.run(command, env=env, capture_output=True, text=True, timeout=30, check=False)
    return done.stdout


def _wait(ready, *, folder: Path) -> None:
    end = time.monotonic() + 20
    while time.monotonic() < end:
        if ready():
            return
        time.sleep(0.1)
    tails = [
        f"--- {log.name}\n" + log.read_text(errors="replace")[-1500:]
        for log in sorted(folder.glob("*.log"))
    ]
    raise RuntimeError("the SLURM node did not come up\n" + "\n".join(tails))


if __name__ == "__main__":
    if (why := missing()) is not None:
        sys.exit(why)
    with one_node(Path(sys.argv[1])) as environment:
        sys.exit(subprocess.call(sys.argv[2:] or ["bash"], env=environment))
