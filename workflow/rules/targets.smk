# `results/{year}/{scenario}` as alias rules over ordinary files, and words for a wrong target.

# the second name takes the slash that shell completion adds
for target in TARGETS:
    for slash in ("", "/"):

        rule:
            name:
                f"{target}{slash}"
            input:
                product_files(target),


# reached only where no alias rule has the name
rule unknown_target:
    input:
        explain_unknown_target,
    output:
        directory("results/{year,[0-9][^/]*}/{scenario,[^/.]+}"),
    log:
        "logs/unknown_target/{year}_{scenario}.log",
    shell:
        "false"
