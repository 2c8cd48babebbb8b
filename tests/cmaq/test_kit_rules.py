"""The rules of mode ``run``: a day a job, restart chain, fake programs."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from scenair.cmaq.kit import require_runnable
from scenair.config.cmaq import CmaqConfig
from scenair.core.errors import ConfigError
from tests.cmaq.test_kit import fake_world, make_kit

PERIODS = [{"name": "january", "start": "01-10", "end": "01-11"}] + [
    {"name": n, "start": f"{m}-01", "end": f"{m}-01"}
    for n, m in (("april", "04"), ("july", "07"), ("october", "10"))
]


def settings(world: dict[str, str], **kit) -> dict:
    names = ("mcip", "icon", "bcon", "cctm")
    programs = {n: world[f"{n.upper()}_EXE"] for n in names} | {"build": world["CMAQ_BUILD"]}
    return {
        "mode": "run",
        "period": "representative",
        "kit": {
            "periods": PERIODS, "spinup_days": 1, "executables": programs,
            "wrf_out": world["WRF_OUT"], "boundary_source": world["BOUNDARY_SOURCE"],
            "boundary_met": world["BOUNDARY_MET"], **kit,
        },
    }  # fmt: skip


def test_what_a_run_lacks_is_said_at_once():
    with pytest.raises(ConfigError) as caught:
        require_runnable(CmaqConfig(mode="run"))
    for word in ("executables.mcip", "executables.cctm", "wrf_out", "boundary_source", "period"):
        assert word in str(caught.value)


def test_a_complete_run_passes(tmp_path):
    given = CmaqConfig.model_validate(settings(fake_world(tmp_path)))
    require_runnable(given)
    one = given.model_copy(
        update={"kit": given.kit.model_copy(update={"periods": given.kit.periods[:1]})}
    )
    with pytest.raises(ConfigError, match="every quarter"):
        require_runnable(one)


@pytest.mark.e2e
@pytest.mark.slow
def test_chain_as_rules(tmp_path, repo):
    """MCIP, ICON, BCON and CCTM of three days as jobs; a failed day is taken up again."""
    world = fake_world(tmp_path)
    work = tmp_path / "work"
    work.mkdir()
    for name in ("config", "resources", "workflow"):
        (work / name).symlink_to(repo / name)
    kit = make_kit(tmp_path, **settings(world)["kit"])
    for target in ("2030/peak", "2015/history"):
        folder = work / "results" / target / "cmaq"
        folder.parent.mkdir(parents=True)
        subprocess.run(["cp", "-r", str(kit), str(folder)], check=True)
    (work / "Snakefile").write_text(
        'configfile: "override.yaml"\n'
        'include: "workflow/rules/common.smk"\n'
        "rule air_quality:\n"
        '    output: "results/{year}/{scenario}/air_quality/annual.nc"\n'
        '    shell: "false"\n'
        'include: "workflow/rules/cmaq_run.smk"\n'
    )
    (work / "override.yaml").write_text(json.dumps({"case": "china-open", "cmaq": settings(world)}))
    goal = "results/2030/peak/cmaq/output/cctm/2015-01-11/CCTM_CGRID.nc"

    def snakemake(*arguments: str, fail: str = "") -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-m", "snakemake", "--cores", "1", "--directory", str(work)]
        return subprocess.run(
            [*command, "-s", str(work / "Snakefile"), *arguments],
            capture_output=True, text=True, check=False, cwd=work,
            env={"PATH": "/usr/bin:/bin", "HOME": str(tmp_path), "FAIL_ON": fail}
            | {"MCIP_GRID": world["MCIP_GRID"]},
        )  # fmt: skip

    stopped = snakemake("--", goal, fail="2015010")
    assert stopped.returncode != 0
    assert not (work / Path(goal).parent.parent / "2015-01-10" / "CCTM_CGRID.nc").exists()
    again = snakemake("--rerun-incomplete", "--", goal)
    assert again.returncode == 0, again.stderr
    assert "cctm_20150109" not in again.stderr
    assert (work / goal).read_text().split("\n")[:4] == [
        "icon", "2015009 T", "2015010 F", "2015011 F",
    ]  # fmt: skip
    plan = snakemake("-n", "--", "results/2030/peak/air_quality/annual.nc")
    assert plan.returncode == 0, plan.stderr
    assert "cmaq_air_quality" in plan.stdout + plan.stderr
    assert "cctm_20150401" in plan.stdout + plan.stderr
    # without its background run the surrogate's rule would take over unseen: stopped before
    bare = settings(world, background=str(tmp_path / "bare.nc"))
    (work / "override.yaml").write_text(json.dumps({"case": "china-open", "cmaq": bare}))
    lacks = snakemake("-n", "--", "results/2030/peak/air_quality/annual.nc")
    assert lacks.returncode != 0
    assert "bare.nc" in lacks.stdout + lacks.stderr
    (tmp_path / "bare.nc").touch()
    assert snakemake("-n", "--", "results/2030/peak/air_quality/annual.nc").returncode == 0
