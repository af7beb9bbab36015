"""`policy test`: scenario files, run."""

import sys
from collections.abc import Iterator
from pathlib import Path

import click

from policy.cli.completion import FILE
from policy.cli.files import UNUSABLE, UnreadableError, print_text, report, report_unreadable
from policy.explain.reasons import reasons
from policy.scenario.failure import failure_text
from policy.scenario.files import Loaded, find_files, load_file
from policy.scenario.model import Result, Scenario, run_check

FAILED = 1


@click.command("test")
@click.argument("paths", nargs=-1, required=True, metavar="PATH...", type=FILE)
@click.option("--verbose", "-v", is_flag=True, help="Print every line, with its reasons.")
@click.option("--watch", is_flag=True, help="Run again whenever a scenario or a policy changes, until Ctrl-C.")
def command(paths: tuple[str, ...], *, verbose: bool, watch: bool) -> None:
    """Run the scenarios in PATHS: scenario files, Markdown pages with ```scenario blocks, and directories of them.

    A failed line prints its explanation, and which statement to change.

    \b
    Examples:
      policy test examples/
      policy test files.scenario --watch

    Exit status: 0 if all hold, 1 if one fails, 2 if a file cannot be used; under --watch that of the last run.
    """
    if watch:
        from policy.cli.watch import run_and_watch

        sys.exit(run_and_watch(lambda: _run(paths, verbose=verbose)))
    sys.exit(_run(paths, verbose=verbose)[0])


def _run(paths: tuple[str, ...], *, verbose: bool) -> tuple[int, set[Path]]:
    """Run everything once; the exit status, and the files that it depended on."""
    run = _Run(verbose=verbose)
    for path in paths:
        run.path(path)
    run.summary()
    return run.status, run.files


class _Run:
    """The count of what was run."""

    def __init__(self, *, verbose: bool) -> None:
        self._verbose = verbose
        self._passed = 0
        self._failed = 0
        self._unusable = 0
        self._scenarios = 0
        self.files: set[Path] = set()

    @property
    def status(self) -> int:
        """The exit status."""
        if self._unusable or not self._scenarios:
            return UNUSABLE
        return FAILED if self._failed else 0

    def path(self, path: str) -> None:
        """Run a file, or the files of a directory."""
        # A directory changes when a file is added to it.
        self.files |= {each for each in (Path(path), *Path(path).rglob("*/")) if each.is_dir()}
        for file in find_files([Path(path)]):
            self.files.add(file)
            try:
                self._file(file)
            except (OSError, ValueError) as error:
                self._unusable += 1
                reason = error.strerror if isinstance(error, OSError) else "it is not UTF-8"
                report_unreadable(str(file), UnreadableError(f"cannot be read: {reason}"))

    def summary(self) -> None:
        """Say how it went."""
        parts = [f"{self._passed} passed", f"{self._failed} failed"]
        if self._unusable:
            parts.append(f"{self._unusable} files unusable")
        if not self._scenarios and not self._unusable:
            parts.append("no scenario found")
        print_text(f"{', '.join(parts)}\n")

    def _file(self, file: Path) -> None:
        loaded: Loaded = load_file(file)
        self.files.update(loaded.policies)
        report(loaded.diagnostics)
        if loaded.has_errors:
            self._unusable += 1
            return
        for scenario in loaded.scenarios:
            self._scenario(scenario, file)

    def _scenario(self, scenario: Scenario, file: Path) -> None:
        self._scenarios += 1
        results = [run_check(check, scenario.world) for check in scenario.checks]
        failed = sum(not result.passed for result in results)
        self._passed += len(results) - failed
        self._failed += failed
        print_text(
            f"{'FAIL' if failed else 'ok  '} {file}: {scenario.title} ({len(results) - failed}/{len(results)})\n"
        )
        for result in results:
            if not result.passed:
                print_text(f"{failure_text(result)}\n\n")
            elif self._verbose:
                print_text("\n".join(_reasons(result)) + "\n")


def _reasons(result: Result) -> Iterator[str]:
    yield f"  line {result.check.line}: {result.check.text}"
    yield from (f"    - {reason}" for reason in reasons(result.trial.explanation))
