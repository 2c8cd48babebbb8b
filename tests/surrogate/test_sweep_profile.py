"""The profile of sweeps is that of clusters, with the emissions in a group of their own."""

from __future__ import annotations

from scenair.config.load import read_yaml

EMISSIONS = {"city_emissions", "gridded", "cmaq", "desid"}


def test_only_the_groups_of_emissions_differ(repo):
    slurm, sweep = (
        read_yaml(repo / "profiles" / name / "profile.yaml") for name in ("slurm", "slurm_sweep")
    )
    differ = {name for name in slurm["groups"] if slurm["groups"][name] != sweep["groups"][name]}
    assert differ == EMISSIONS
    assert {sweep["groups"][name] for name in EMISSIONS} == {"emissions_{year}_{scenario}"}
    assert {k: v for k, v in slurm.items() if k != "groups"} == {
        k: v for k, v in sweep.items() if k != "groups"
    }
