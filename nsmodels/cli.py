"""The command line: read a file, call one function, write a file.

Exit codes of ``run``: 0 certified, no wider than the tolerance, and agreeing with what is expected; 1 answered, but one
of these fails; 2 bad input; 3 a solver failed and nothing can be said.
"""

from __future__ import annotations

import io
import os
import sys
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from .command.output import give_up_output, one_line_errors, put, say, shown
from .errors import InputError

app = typer.Typer(
    name="nsmodels",
    help="Tight bounds, inequalities and hidden-variable models without signalling.",
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
    no_args_is_help=True,
)


class Format(StrEnum):
    """How ``derive`` writes an inequality."""

    TEXT = "text"
    LATEX = "latex"
    JSON = "json"


def _complete_problem(incomplete: str) -> list[str]:
    from .files.problem import shipped

    files = [str(path) for path in Path().glob("*.toml")]
    return [name for name in [*shipped(), *files] if name.startswith(incomplete)]


def _complete_name(incomplete: str) -> list[str]:
    from .command.explain import names

    return [name for name in names() if name.startswith(incomplete)]


ProblemArguments = Annotated[
    list[str],
    typer.Argument(metavar="PROBLEM…", help="Problem files (TOML), folders of them, or names of shipped problems.",
                   autocompletion=_complete_problem),
]  # fmt: skip
WorkersOption = Annotated[int, typer.Option(help="So many processes share the work.")]
SchedulerOption = Annotated[str | None, typer.Option(help="Address of a Dask scheduler, tcp://…, that does the work.")]
ToleranceOption = Annotated[float | None, typer.Option(help="Wanted width, instead of the file's tolerance.")]
TimeLimitOption = Annotated[float | None, typer.Option(help="Seconds a problem, instead of time_limit_s.")]
SeedOption = Annotated[int | None, typer.Option(help="Instead of the file's seed.")]


def _version(wanted: bool) -> None:
    if wanted:
        from . import __version__

        print(f"nsmodels {__version__}")
        raise typer.Exit


@app.callback()
def _options(
    version: Annotated[bool, typer.Option("--version", callback=_version, is_eager=True, help="Print it.")] = False,
) -> None:
    """Tight bounds, inequalities and hidden-variable models without signalling."""


@app.command()
def run(
    problems: ProblemArguments,
    out: Annotated[Path, typer.Option(help="Folder of the result files.")] = Path("results"),
    json: Annotated[bool, typer.Option("--json", help="Print results instead: of many, one a line.")] = False,
    picture: Annotated[Path | None, typer.Option(help="Also draw the result (SVG, PDF or PNG).")] = None,
    workers: WorkersOption = 1,
    scheduler: SchedulerOption = None,
    tolerance: ToleranceOption = None,
    time_limit: TimeLimitOption = None,
    seed: SeedOption = None,
) -> None:
    """Answer problems and write OUT/<stem>.json of each; of many, print a table at the end.

    Exit code 0: certified, no wider than the tolerance, agreeing with what is expected; 1: answered, but one of these
    fails; 2: bad input; 3: a solver failed. Of many problems the worst.
    """
    from .command.run import run_many, run_one
    from .common.workers import engine
    from .files.answering import check_options

    with one_line_errors():
        options = check_options(tolerance, time_limit, seed)
        if len(problems) > 1 or os.path.isdir(problems[0]):
            if picture is not None:
                raise InputError(f"{shown(picture)}: --picture draws the answer to one problem; give one")
            run_many(problems, out, options, workers, scheduler, json=json)
        with engine(workers, scheduler) as where:
            run_one(problems[0], out, options, where.submits, picture, json=json)


@app.command()
def verify(
    results: Annotated[list[str], typer.Argument(metavar="RESULT.json|DIR…", help="Result files, sweeps, or folders.")],
    workers: WorkersOption = 1,
) -> None:
    """Re-check every claim in result files, or in all those of a sweep or a folder, without any solver.

    Exit code 0: all proved; 1: some claim is not; 2: unreadable. Of several the worst.
    """
    from .command.verify import are_files, verify_files

    with one_line_errors():
        if workers == 1 and are_files(results):
            raise typer.Exit(verify_files(results))
        from .command.verify_folders import verify_all

        raise typer.Exit(verify_all(results, workers))


@app.command()
def sweep(
    sweep: Annotated[str, typer.Argument(metavar="SWEEP.toml", help="A sweep file, or the name of a shipped sweep.")],
    out: Annotated[Path | None, typer.Option(help="Folder of the points and tables [results/<name>].")] = None,
    workers: WorkersOption = 1,
    scheduler: SchedulerOption = None,
    json: Annotated[bool, typer.Option("--json", help="Print DIR/table.json instead of a summary.")] = False,
    tolerance: ToleranceOption = None,
    time_limit: TimeLimitOption = None,
    seed: SeedOption = None,
) -> None:
    """Answer a problem at every point of a grid; what was interrupted or killed goes on with the same command.

    Exit code 0: every point certified and no wider than the tolerance; 1: one of these fails, or points are missing;
    2: bad input; 3: a solver or a worker failed.
    """
    from .command.progress import tally
    from .common.interrupts import first_interrupts, held
    from .files.answering import check_options
    from .files.sweeps.grid import read_sweep
    from .files.sweeps.run import run

    with one_line_errors():
        options = check_options(tolerance, time_limit, seed)
        grid = read_sweep(sweep)
        folder = out if out is not None else Path("results") / grid.name
        with first_interrupts(), held(), tally(len(grid), "point", wanted=not json) as show:
            found = run(grid, folder, options, workers, scheduler, show.told)
        if json:
            put((folder / "table.json").read_text(encoding="utf-8"))
        else:
            from .command.summary import as_text, sweep_summary

            put(as_text(found.title, sweep_summary(found)) + "\n")
        if not found.complete:
            again = "run the same command again to go on from there"
            kept = f"{len(found)} of {found.total} points are kept"
            say(f"{shown(folder)}: {shown(found.reason)}: {kept}; {again}\n")
        raise typer.Exit(found.code)


@app.command()
def derive(
    problem: Annotated[str, typer.Argument(metavar="PROBLEM|RESULT.json", autocompletion=_complete_problem)],
    form: Annotated[Format, typer.Option("--format", help="How to write the inequality.")] = Format.TEXT,
) -> None:
    """Print the inequality of a visibility problem or a design; of a result file without solving.

    Exit codes as for run. Where the correlations themselves have a model there is none, and that is said.
    """
    from .command.derive import check, derivation, from_result
    from .command.run import ask, print_notes
    from .common.interrupts import first_interrupts, held
    from .files import result as results
    from .files.problem import load

    with one_line_errors():
        if problem.endswith(".json") and results.is_result(problem):
            question, text, code, notes = from_result(problem, form.value)
            put(text + "\n")
            print_notes(question, notes)
            raise typer.Exit(code)
        question = load(problem)
        check(question)
        with first_interrupts(), held():
            _, answer = ask(question, quiet=form is Format.JSON)
        code, notes = results.verdict(question, answer)
        put(derivation(question, answer, form.value) + "\n")
        print_notes(question, notes)
        raise typer.Exit(code)


@app.command()
def report(
    results: Annotated[list[Path], typer.Argument(metavar="RESULT.json…", help="Result files.")],
    out: Annotated[Path, typer.Option(help="The page to write.")] = Path("report.html"),
) -> None:
    """Write a self-contained HTML page with pictures about one or more results."""
    from .command import report as page

    with one_line_errors():
        page.write(results, out)
        put(f"written to {shown(out)}\n")


class Section(StrEnum):
    """What ``list`` can be narrowed to."""

    PROBLEMS = "problems"
    RECORDS = "records"
    SWEEPS = "sweeps"
    MODELS = "models"
    FAMILIES = "families"
    FUNCTIONALS = "functionals"
    BEHAVIOURS = "behaviours"
    WORDS = "words"


@app.command("list")
def list_names(
    section: Annotated[Section | None, typer.Argument(help="Only this kind of names.")] = None,
) -> None:
    """List the shipped problems, models, families of settings, functionals, behaviours, and words."""
    from .command.explain import catalogue

    with one_line_errors():
        for name, entries in catalogue().items():
            if section is None or section.value == name:
                lines = [f"  {entry.name:<28}{shown(entry.line)}\n" for entry in entries]
                put("".join([f"{name}:\n", *lines]))


@app.command()
def explain(
    name: Annotated[str, typer.Argument(help="A name that `nsmodels list` shows.", autocompletion=_complete_name)],
) -> None:
    """Say what is known about a problem, model, family of settings, functional, behaviour or word, with its source."""
    from .command.explain import explanation

    with one_line_errors():
        put(explanation(name) + "\n")


@app.command()
def explore(
    problem: Annotated[str, typer.Argument(help="A problem.", autocompletion=_complete_problem)] = "leggett_l3",
    port: Annotated[int, typer.Option(help="Of 127.0.0.1; any free one by default.")] = 0,
) -> None:
    """Show a page on which directions are dragged and the certified bound follows, until Ctrl-C."""
    from .explore.server import serve

    with one_line_errors():
        serve(problem, port, lambda address: put(f"exploring at {address}   (Ctrl-C ends it)\n"))


@app.command()
def schema() -> None:
    """Print the JSON Schema of problem files, from which editors complete and check."""
    from .files.schema import as_text

    with one_line_errors():
        put(as_text() + "\n")


def main() -> None:
    """Run the command line; a closed pipe on the other side is no error of ours."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")  # where ± cannot be written, \xb1 is
    try:
        app()
    except BrokenPipeError:
        give_up_output()
        sys.exit(1)
    except OSError as error:  # from printing the help
        give_up_output()
        say(f"standard output: cannot be written ({error.strerror or error})\n")
        sys.exit(1)


if __name__ == "__main__":
    main()
