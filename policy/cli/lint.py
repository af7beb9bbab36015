"""`policy lint`: faults and risks in policies."""

import os
import sys
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field
from functools import partial
from importlib.metadata import version
from pathlib import Path

import click

from policy.cli.completion import CODES, FILE
from policy.cli.files import STDIN, UNUSABLE, UnreadableError, print_text, read_source, report_unreadable, write_whole
from policy.cli.lint_paths import PathError, find_paths, may_be_policy
from policy.lint.config import Config, ConfigError, find_config
from policy.lint.edits import apply_fixes
from policy.lint.finding import LEVELS, Finding, reaches
from policy.lint.kinds import KIND_NAMES
from policy.lint.output import as_github, as_json, as_sarif, as_text
from policy.lint.project import FileResult, Options, lint_source, unusable_file, unused_ignores
from policy.lint.selection import select, unknown_selectors
from policy.lint.table import RULES
from policy.source import Source

FOUND = 1

# Below this many files, starting processes costs more than it saves.
_WORTH_PROCESSES = 100

_FORMATS = ("text", "json", "sarif", "github")


@dataclass(frozen=True, slots=True, kw_only=True)
class _Answer:
    """What came of one path: a result, or why the file cannot be read. `fixed` counts repairs made."""

    path: str
    result: FileResult = field(default_factory=FileResult)
    error: str | None = None
    fixed: int = 0


@click.command("lint")
@click.argument("paths", nargs=-1, required=True, metavar="PATH...", type=FILE)
@click.option("--kind", type=click.Choice(list(KIND_NAMES)), help="What the policies are; otherwise it is detected.")
@click.option("--output", type=click.Choice(_FORMATS), default="text", show_default=True, help="How to print findings.")
@click.option(
    "--fail-on",
    type=click.Choice(list(LEVELS)),
    default="warning",
    show_default=True,
    help="The least severity that makes the exit status 1.",
)
@click.option("--skip-others", is_flag=True, help="Pass over named files that hold no policy, as in directories.")
@click.option("--fix", is_flag=True, help="Repair what can be repaired safely, and print what is left.")
@click.option(
    "--select",
    "selected",
    multiple=True,
    metavar="CODES",
    type=CODES,
    help="Only these rules; `,` between codes.",
)
@click.option("--ignore", "ignored", multiple=True, type=CODES, help="Not these rules.")
@click.option("--jobs", type=click.IntRange(min=0), default=0, help="Processes; 0 is as many as cores.")
def command(  # noqa: PLR0913 - an argument for each option
    paths: tuple[str, ...],
    kind: str | None,
    output: str,
    fail_on: str,
    *,
    skip_others: bool,
    fix: bool,
    selected: tuple[str, ...],
    ignored: tuple[str, ...],
    jobs: int,
) -> None:
    """Find faults and risks in the policies in PATHS: files, directories, globs, and `-` for the standard input.

    Policies are read in IAM JSON and in the text form, and inside of CloudFormation templates and the JSON of Terraform
    plans. `policy rules CODE` prints the page of a rule. A comment `# wardkey: ignore CODE`, or `ignore` and
    `per-file-ignores` under [tool.wardkey] in pyproject.toml, silence one.

    Exit status: 0; 1 if there are findings at or above --fail-on; 2 if a file cannot be used.

    \b
    Examples:
      policy lint key.json --kind key
      policy lint policies/ --fail-on error --output github
      terraform show -json plan | policy lint -
      policy lint 'stacks/**/*.yaml' --select WK5,WK6 --ignore WK509
    """
    try:
        options = _options(kind, selected, ignored)
        found = find_paths(paths)
    except (ConfigError, PathError) as error:
        click.echo(f"error: {error}", err=True)
        sys.exit(UNUSABLE)
    named = frozenset() if skip_others else frozenset(paths)
    work = partial(_lint_file, options=options, named=named, fix=fix)
    answers = _run(work, found, jobs)
    findings = [finding for answer in answers for finding in answer.result.findings]
    findings += unused_ignores([answer.result for answer in answers], options)
    _print(findings, output)
    for answer in answers:
        if answer.error is not None:
            report_unreadable(answer.path, UnreadableError(answer.error))
    _summary(answers, findings)
    if any(answer.error is not None or answer.result.is_unusable for answer in answers):
        sys.exit(UNUSABLE)
    sys.exit(FOUND if any(reaches(each.diagnostic.severity, LEVELS[fail_on]) for each in findings) else 0)


def _options(kind: str | None, selected: tuple[str, ...], ignored: tuple[str, ...]) -> Options:
    config: Config = find_config(Path.cwd())
    wanted = _codes(selected) or config.select
    unwanted = (*config.ignore, *_codes(ignored))
    of_files = [selector for selectors in config.per_file_ignores.values() for selector in selectors]
    for selector in unknown_selectors(RULES, (*wanted, *unwanted, *of_files)):
        raise ConfigError(f"`{selector}` is no rule; `policy rules` lists them")
    return Options(rules=select(RULES, wanted, unwanted), kind=KIND_NAMES[kind] if kind else None, config=config)


def _codes(values: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(code for value in values for code in value.replace(",", " ").split())


def _run(work: Callable[[str], _Answer], paths: list[str], jobs: int) -> list[_Answer]:
    """Lint the files, in their order; in several processes if there are many."""
    count = min(jobs or os.cpu_count() or 1, len(paths))
    if count <= 1 or (not jobs and len(paths) < _WORTH_PROCESSES):
        return [work(path) for path in paths]
    with ProcessPoolExecutor(count) as pool:
        return list(pool.map(work, paths, chunksize=max(1, min(64, len(paths) // (count * 4)))))


def _lint_file(path: str, *, options: Options, named: frozenset[str], fix: bool) -> _Answer:
    try:
        source = read_source(path)
    except UnreadableError as error:
        # What the operating system refuses has no place; what is in a file has.
        if path != STDIN and not Path(path).is_file():
            return _Answer(path=path, error=str(error))
        return _Answer(path=path, result=unusable_file(path, f"the file {error}", error.text, error.offset))
    # A directory holds other files too: what is not a policy is passed over, but not what is named.
    is_named = path in named
    if not is_named and not may_be_policy(source):
        return _Answer(path=path)
    result = lint_source(source, options)
    if is_named and not result.policies and not result.findings:
        return _Answer(path=path, result=unusable_file(source.name, "the file holds no policy"))
    return _fixed(source, result, options) if fix else _Answer(path=path, result=result)


def _fixed(source: Source, result: FileResult, options: Options) -> _Answer:
    """Apply the safe fixes; a fix may make way for another, so that a few rounds are made."""
    path, text, count = source.name, source.text, 0
    for _ in range(5):
        fixes = [finding.fix for finding in result.findings if finding.fix is not None]
        if not fixes or result.is_unusable:
            break
        text, made = apply_fixes(text, fixes)
        count += made
        result = lint_source(Source(path, text), options)
    if path == "<stdin>":
        print_text(text)
    elif count:
        try:
            write_whole(path, text)
        except OSError as error:
            return _Answer(path=path, error=f"cannot be written: {error.strerror}")
    return _Answer(path=path, result=result, fixed=count)


def _print(findings: list[Finding], output: str) -> None:
    match output:
        case "json":
            print_text(as_json(findings))
        case "sarif":
            print_text(as_sarif(findings, version("wardkey")))
        case "github":
            print_text(as_github(findings))
        case _:
            print_text(as_text(findings, colour=sys.stdout.isatty() and "NO_COLOR" not in os.environ))


def _summary(answers: list[_Answer], findings: list[Finding]) -> None:
    """One line to the standard error, so that the output stays what a machine reads."""
    click.echo(", ".join(_counts(answers, findings)), err=True)


def _counts(answers: list[_Answer], findings: list[Finding]) -> Iterator[str]:
    policies = sum(answer.result.policies for answer in answers)
    yield f"{policies} {'policy' if policies == 1 else 'policies'}"
    if not findings:
        yield "no findings"
    for severity in LEVELS.values():
        count = sum(finding.diagnostic.severity is severity for finding in findings)
        if count:
            yield f"{count} {severity}{'s' if count > 1 else ''}"
    if fixed := sum(answer.fixed for answer in answers):
        yield f"{fixed} fixed"
