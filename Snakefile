"""scenair: from an emission scenario to an attained (or missed) air-quality standard.

The target is `results/{year}/{scenario}`, for example `snakemake --cores 32 results/2030/peak`.
"""

from snakemake.utils import min_version

min_version("9.20")


configfile: Path(workflow.basedir, "config", "config.yaml")


container: "docker://python:3.13-slim"


include: "workflow/rules/common.smk"
include: "workflow/rules/inventory.smk"
include: "workflow/rules/projection_inputs.smk"
include: "workflow/rules/projection.smk"
include: "workflow/rules/gridding.smk"
include: "workflow/rules/cmaq.smk"
include: "workflow/rules/surrogate.smk"


if CONFIG.cmaq.mode == "run":

    include: "workflow/rules/cmaq_run.smk"


include: "workflow/rules/attainment.smk"
include: "workflow/rules/figures.smk"
include: "workflow/rules/report.smk"
include: "workflow/rules/targets.smk"
