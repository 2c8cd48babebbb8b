"""Arguments of the command ``scenair``.

A new subcommand is one function here that declares its arguments and names the function that runs
it as ``"module:function"``; the module is imported when the command is called.
"""

from __future__ import annotations

import argparse
from importlib import import_module
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any

from scenair import __version__
from scenair.core.errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import Callable

    Run = Callable[[argparse.Namespace], int]
    Commands = argparse._SubParsersAction[argparse.ArgumentParser]


_EXAMPLES = """\
examples:
  snakemake --cores 2 results/2030/peak        make a result (not a command of scenair)
  scenair verify results/2030/peak             is it still what its manifest says?
  scenair cmaq check emis/*.nc                 what is wrong with files meant for CMAQ?
  scenair unpack v8.1_SO2.zip edgar            an archive into a new folder, safely

exit status: 0 as asked; 1 checked, and errors were found; 2 a wrong input or command, told in one
message.
"""


def lazy(target: str) -> Run:
    """A command's function, imported on the first call.

    Parameters
    ----------
    target : str
        ``"scenair.cli.cmaq:check"``.

    Raises
    ------
    ConfigError
        On the call, where this installation lacks the function.
    """
    module, _, name = target.partition(":")

    def run(arguments: argparse.Namespace) -> int:
        function = getattr(import_module(module), name, None) if _exists(module) else None
        if function is None:
            raise ConfigError(
                "this installation of scenair lacks the command",
                value=target,
                remedy="install a version that has it",
            )
        return int(function(arguments))

    return run


def _exists(module: str) -> bool:
    try:
        return find_spec(module) is not None
    except ModuleNotFoundError:
        return False


def build_parser() -> argparse.ArgumentParser:
    """The whole tree of commands."""
    parser = argparse.ArgumentParser(
        prog="scenair",
        description="From an emission scenario to an attained air-quality standard.",
        epilog=_EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--version", action="version", version=f"scenair {__version__}")
    parser.set_defaults(help=parser.print_help)
    commands = parser.add_subparsers(title="commands", metavar="COMMAND")
    _cmaq(commands)
    _inventory(commands)
    _monitors(commands)
    _anchor(commands)
    _verify(commands)
    _crate(commands)
    _unpack(commands)
    return parser


def _add(commands: Commands, name: str, *, run: str | None, text: str) -> argparse.ArgumentParser:
    parser = commands.add_parser(name, help=text, description=text)
    defaults: dict[str, Any] = {"help": parser.print_help}
    if run is not None:
        defaults["run"] = lazy(run)
    parser.set_defaults(**defaults)
    return parser


def _cmaq(commands: Commands) -> None:
    group = _add(commands, "cmaq", run=None, text="WRF-CMAQ inputs and outputs")
    inner = group.add_subparsers(title="commands", metavar="COMMAND")
    _cmaq_check(inner)
    _cmaq_desid(inner)
    _cmaq_kit(inner)
    _cmaq_read(inner)
    _cmaq_budget(inner)
    _cmaq_met(inner)
    _cmaq_write(inner)


def _cmaq_check(inner: Commands) -> None:
    check = _add(
        inner, "check", run="scenair.cli.cmaq:check",
        text="find what is wrong with files meant for CMAQ (status 1 with errors)",
    )  # fmt: skip
    check.add_argument("files", nargs="+", metavar="FILE", help="emissions, stacks or masks")
    check.add_argument("--griddesc", metavar="FILE", help="GRIDDESC of the model run")
    check.add_argument("--grid", metavar="NAME", help="grid in GRIDDESC (the only one by default)")
    check.add_argument("--mechanism", default="cb6r5_ae7", help="default: %(default)s")
    check.add_argument("--table", metavar="CSV", help="expected totals: variable,value,unit[,file]")
    check.add_argument("--kind", help="what the files are, where that is not plain from them")
    check.add_argument("--complete", action="store_true", help="these are all streams of the run")
    check.add_argument("--no-land", action="store_true", help="no test for flipped rows")
    check.add_argument("--format", choices=("text", "csv"), default="text")
    check.add_argument("--quiet", action="store_true", help="errors and warnings only")


def _cmaq_desid(inner: Commands) -> None:
    desid = _add(
        inner, "desid", run="scenair.cli.cmaq:desid",
        text="a scenario as DESID namelists and masks, instead of emission files",
    )  # fmt: skip
    _result(desid)
    desid.add_argument(
        "--base", required=True, help="results/{year}/{scenario} whose files CMAQ reads"
    )
    desid.add_argument("--by", help="auto, city, equal, similar, type, province, everywhere")
    desid.add_argument(
        "--cells", action="store_true", help="round trip by cell as well (gridded.nc)"
    )
    desid.add_argument(
        "--namelist", metavar="FILE", help="CMAQ_Control_DESID_{mechanism}.nml to merge with"
    )
    desid.add_argument("--folder", help="where to write (default: the result's cmaq/desid)")


def _result(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("result", help="results/{year}/{scenario}")
    parser.add_argument("--case", help="case by name or YAML file (default: config/config.yaml)")


def _cmaq_kit(inner: Commands) -> None:
    kit = _add(inner, "kit", run="scenair.cli.cmaq:kit", text="namelists and run scripts anew")
    _result(kit)
    kit.add_argument("--folder", help="where to write (default: the result's cmaq)")


def _cmaq_read(inner: Commands) -> None:
    read = _add(
        inner, "read", run="scenair.cli.cmaq:read",
        text="CMAQ output into air_quality/annual.nc and daily.nc",
    )  # fmt: skip
    read.add_argument("result", help="results/{year}/{scenario} that gets air_quality/")
    read.add_argument("files", nargs="+", metavar="FILE", help="ACONC, AELMO or COMBINE files")
    read.add_argument("--background", metavar="NC", help="annual.nc of a run without controls")
    read.add_argument("--partial", action="store_true", help="accept fewer than 324 days")


def _cmaq_budget(inner: Commands) -> None:
    budget = _add(
        inner, "budget", run="scenair.cli.cmaq:budget",
        text="what CMAQ says it emitted (CTM_BUDGET) against the emission files of that day",
    )  # fmt: skip
    budget.add_argument("budget", metavar="TXT", help="CCTM_BUDGET_*.txt of one UTC day")
    budget.add_argument("files", nargs="+", metavar="FILE", help="all emission files of the day")
    budget.add_argument("--mechanism", default="cb6r5_ae7", help="default: %(default)s")


def _cmaq_met(inner: Commands) -> None:
    met = _add(
        inner, "met", run="scenair.cli.cmaq:met",
        text="wrfout files or MCIP folders as quarterly means in SI units",
    )  # fmt: skip
    met.add_argument("inputs", nargs="+", metavar="PATH", help="wrfout files, or folders of MCIP")
    met.add_argument("--out", default="meteorology.nc", help="default: %(default)s")
    met.add_argument(
        "--surrogate", action="store_true",
        help="the form that surrogate.meteorology of a case reads (hours of all quarters)",
    )  # fmt: skip
    met.add_argument("--griddesc", metavar="FILE", help="the grid it must be on, or be cut to")
    met.add_argument("--grid", metavar="NAME")


def _cmaq_write(inner: Commands) -> None:
    write = _add(
        inner, "write", run="scenair.cli.cmaq:write", text="emission files of a range of dates"
    )
    _result(write)
    write.add_argument("--start", required=True, metavar="YYYY-MM-DD")
    write.add_argument("--end", required=True, metavar="YYYY-MM-DD", help="last day, included")
    write.add_argument("--folder", required=True, help="where to write")


def _verify(commands: Commands) -> None:
    verify = _add(
        commands, "verify", run="scenair.cli.verify:verify",
        text="recompute the checksums and closures of a result, say what changed since (status 1 "
        "where a file is missing or changed or mass does not close)",
    )  # fmt: skip
    verify.add_argument("result", help="results/{year}/{scenario}")


def _crate(commands: Commands) -> None:
    crate = _add(
        commands, "crate", run="scenair.cli.crate:crate",
        text="describe a result as an RO-Crate, for handing it on",
    )  # fmt: skip
    crate.add_argument("result", help="results/{year}/{scenario}")
    crate.add_argument("--author", required=True, help="person or organisation")
    crate.add_argument(
        "--license", required=True, metavar="ADDRESS", help="licence under which you hand it on"
    )


def _inventory(commands: Commands) -> None:
    group = _add(commands, "inventory", run=None, text="what the inventory holds and who disagrees")
    inner = group.add_subparsers(title="commands", metavar="COMMAND")
    check = _add(
        inner, "check", run="scenair.cli.inventory:check",
        text="is my file understood? (status 2 where one is refused)",
    )  # fmt: skip
    check.add_argument("files", nargs="+", metavar="FILE", help="a grid or a table")
    check.add_argument(
        "--as", dest="kind", choices=("grid", "own", "regional", "plants", "cities"),
        default="grid", help="what the files are (default: %(default)s)",
    )  # fmt: skip
    check.add_argument(
        "--together", action="store_true", help="files of MEIC that are one species and year"
    )
    show = _add(inner, "show", run="scenair.cli.inventory:show", text="tables of a finished run")
    show.add_argument(
        "what",
        choices=("totals", "factors", "provinces", "trackers", "conflicts", "ratios", "double"),
    )
    show.add_argument("--folder", default="results/inventory", help="default: %(default)s")
    show.add_argument("--year", type=int, default=2017, help="default: %(default)s")
    show.add_argument("--species", default="SO2", help="provinces, conflicts; default: %(default)s")
    show.add_argument("--cell", default="130200,coking,coke_output", metavar="CITY,SECTOR,SOURCE")
    template = _add(
        inner, "template", run="scenair.cli.inventory:template",
        text="a city's figures as the table to fill in with its own",
    )  # fmt: skip
    template.add_argument("inventory", help="results/inventory/{year}.nc")
    template.add_argument("--city", type=int, required=True, metavar="ADCODE")
    compare = _add(
        inner, "compare", run="scenair.cli.inventory:compare",
        text="what a source of your own changed: city, province, nation",
    )  # fmt: skip
    compare.add_argument("before", help="results/inventory/{year}.nc without it")
    compare.add_argument("after", help="results/inventory/{year}.nc with it")
    compare.add_argument("--city", type=int, required=True, metavar="ADCODE")
    compare.add_argument("--conflicts", metavar="CSV", help="conflicts_{year}.csv beside the new")


def _monitors(commands: Commands) -> None:
    group = _add(commands, "monitors", run=None, text="observations: judged, tracked, exchanged")
    inner = group.add_subparsers(title="commands", metavar="COMMAND")
    judge = _add(
        inner, "evaluate", run="scenair.cli.monitors:evaluate",
        text="judge a year of hourly archives by GB 3095, HJ 663 and HJ 633",
    )  # fmt: skip
    _hourly_files(judge)
    judge.add_argument("--year", type=int, required=True)
    judge.add_argument("--source", default="own archive", help="named in the monitor table")
    judge.add_argument("--standard", default="auto-by-year", help="profile; default: %(default)s")
    judge.add_argument("--out", required=True, metavar="FOLDER", help="where the tables go")
    judge.add_argument(
        "--as-reported", action="store_true", help="flag suspicious values, but take none out"
    )
    track = _add(
        inner, "track", run="scenair.cli.monitors:track",
        text="observed years beside a scenario's path (status 1 where the plan is missed)",
    )  # fmt: skip
    track.add_argument("plan", help="results/attainment/path_{scenario}.csv")
    track.add_argument("observed", nargs="+", help="monitors_{year}.csv of each observed year")
    track.add_argument("--out", required=True, metavar="CSV")
    write = _add(
        inner, "to-smat", run="scenair.cli.monitors:to_smat",
        text="daily values as a monitor file of SMAT-CE and MATS",
    )  # fmt: skip
    _hourly_files(write)
    write.add_argument("--pollutant", default="PM25", help="default: %(default)s")
    write.add_argument("--out", required=True, metavar="CSV")
    read = _add(
        inner, "from-smat", run="scenair.cli.monitors:from_smat",
        text="a monitor file of SMAT-CE or MATS as a table",
    )  # fmt: skip
    read.add_argument("file")
    read.add_argument("--out", required=True, metavar="CSV")


def _hourly_files(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("files", nargs="+", metavar="FILE")
    parser.add_argument("--stations", required=True, metavar="CSV", help="station,lon,lat,control")
    parser.add_argument(
        "--format", choices=("wide", "long", "csv"), default="wide",
        help="one column a station, one row a station and hour, or time,station,pollutants",
    )  # fmt: skip
    parser.add_argument(
        "--label", choices=("ending", "beginning"), default="ending", help="what an hour names"
    )
    parser.add_argument(
        "--column", action="append", default=[], type=_pair, metavar="COLUMN=ITEM",
        help="csv: what a column holds, for example PM2.5=PM25 (again for each)",
    )  # fmt: skip
    parser.add_argument(
        "--unit", action="append", default=[], type=_pair, metavar="ITEM=UNIT",
        help='csv: a unit other than ug m-3 (CO mg m-3), for example "CO=ug m-3"',
    )  # fmt: skip


def _pair(text: str) -> str:
    if "=" not in text.strip("="):
        raise argparse.ArgumentTypeError(f"{text!r} is not NAME=VALUE")
    return text


def _anchor(commands: Commands) -> None:
    anchor = _add(
        commands, "anchor", run="scenair.cli.surrogate:anchor",
        text="factors that bring the surrogate to a CMAQ base run or to a fused field, for "
        "surrogate.anchor of a case",
    )  # fmt: skip
    anchor.add_argument(
        "reference", metavar="REFERENCE",
        help="annual.nc of CMAQ (parts of PM2.5 by quarter), or fused.nc of the monitors' year",
    )  # fmt: skip
    anchor.add_argument(
        "modelled", metavar="MODELLED", help="annual.nc of the surrogate, same year, not anchored"
    )
    anchor.add_argument("--out", required=True, metavar="FILE", help="must not exist yet")
    anchor.add_argument(
        "--smoothing", type=float, default=0.0, metavar="CELLS",
        help="width of a Gaussian over the logarithm of the factor (default: none)",
    )  # fmt: skip


def _unpack(commands: Commands) -> None:
    unpack = _add(
        commands, "unpack", run="scenair.cli.unpack:unpack",
        text="unpack a zip or tar archive into a new folder: no links, nothing outside it, whole "
        "or not at all",
    )  # fmt: skip
    unpack.add_argument("archive", metavar="ARCHIVE")
    unpack.add_argument("folder", metavar="FOLDER", help="must not exist yet")
    unpack.add_argument(
        "--most-gb", type=float, default=50.0, metavar="GB",
        help="stop where it unpacks to more (default: %(default)g)",
    )  # fmt: skip
