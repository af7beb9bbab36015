"""`keyservice jobs`: what the service does by itself, what it did last, and what comes next."""

import time
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path

import click
import orjson

from keyservice.data_directory import DataDirectory
from keyservice.identity.control import ControlError, NoServiceError
from keyservice.jobs.served import MOST_NEXT, JobReport, JobsReport, jobs_here, jobs_there
from keyservice.model.job_run import JobRun
from keyservice.store.opening import open_store
from keyservice.store.port import StoreError


@click.command("jobs")
@click.option(
    "--data", type=click.Path(path_type=Path), default=Path("wardkey-data"), show_default=True, help="Data directory."
)
@click.option(
    "--next",
    "limit",
    type=click.IntRange(0, MOST_NEXT),
    default=3,
    show_default=True,
    help="How many keys to name that a job has to do with next.",
)
@click.option(
    "--run", is_flag=True, help="Have the running service do first what is due, without waiting for its turn."
)
@click.option("--output", type=click.Choice(["text", "json"]), default="text", show_default=True)
def command(data: Path, limit: int, run: bool, output: str) -> None:
    """Show the jobs: rotation, deletion, expiry of imported material.

    \b
    Example:
      keyservice jobs --data ./wardkey-data
    """
    try:
        report = _report(DataDirectory(data), limit, run)
    except (ControlError, StoreError, OSError) as error:
        raise click.ClickException(str(error)) from None
    if output == "json":
        click.echo(orjson.dumps(asdict(report), option=orjson.OPT_INDENT_2).decode("utf-8"))
        return
    for line in _lines(report):
        click.echo(line)


def _report(directory: DataDirectory, limit: int, run: bool) -> JobsReport:
    try:
        return jobs_there(directory.control_socket, limit=limit, run=run)
    except NoServiceError:
        if run:
            raise
    store = open_store(directory, read_only=True)
    try:
        return jobs_here(store, limit=limit)
    finally:
        store.close()


def _lines(report: JobsReport) -> Iterator[str]:
    looked = f"last looked after at {_date(report.last_look)}" if report.last_look else "no service runs here"
    yield f"jobs: {looked}"
    for job in report.jobs:
        yield ""
        yield from _job_lines(job)


def _job_lines(job: JobReport) -> Iterator[str]:
    yield f"{job.name}: {job.does}"
    yield f"  last  {_outcome(job.last)}"
    if not job.next:
        yield "  next  nothing"
    for each in job.next:
        yield f"  next  {_date(each.due)}  {each.key}"


def _outcome(last: JobRun | None) -> str:
    if last is None:
        return "never had anything to do"
    failed = f", {last.failed} failed (the last: {last.fault})" if last.failed else ""
    return f"{_date(last.ran)}  {last.done} done{failed}"


def _date(moment: float) -> str:
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(moment))
