"""`keyservice usage`: how many calls each key, principal or operation made, by price class."""

import csv
import io
from collections.abc import Sequence
from dataclasses import asdict, astuple
from pathlib import Path

import click
import orjson

from keyservice.cli.audit import open_trail, warn_of_damage
from keyservice.metering.usage import By, UsageRow, count_usage

_HEADINGS = ("account", "name", "price_class", "count")


@click.command("usage")
@click.option(
    "--data", type=click.Path(path_type=Path), default=Path("wardkey-data"), show_default=True, help="Data directory."
)
@click.option("--by", type=click.Choice([by.value for by in By]), default=By.KEY.value, show_default=True)
@click.option("--output", type=click.Choice(["text", "json", "csv"]), default="text", show_default=True)
def command(data: Path, by: str, output: str) -> None:
    """Count the calls on the trail; the account is the caller's, who pays for the call."""
    with open_trail(data) as reader:
        rows = count_usage(reader.entries(), by=By(by))
        warn_of_damage(reader)
    click.echo({"text": _as_text, "json": _as_json, "csv": _as_csv}[output](rows, by), nl=False)


def _as_text(rows: Sequence[UsageRow], by: str) -> str:
    headings = ("ACCOUNT", by.upper(), "CLASS", "COUNT")
    cells = [headings, *(tuple(str(value) or "-" for value in astuple(row)) for row in rows)]
    widths = [max(len(row[column]) for row in cells) for column in range(len(headings))]
    lines = ("  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in cells)
    return "".join(f"{line}\n" for line in lines)


def _as_json(rows: Sequence[UsageRow], by: str) -> str:
    named = [{by if member == "name" else member: value for member, value in asdict(row).items()} for row in rows]
    return orjson.dumps(named, option=orjson.OPT_INDENT_2).decode("utf-8") + "\n"


def _as_csv(rows: Sequence[UsageRow], by: str) -> str:
    table = io.StringIO()
    writer = csv.writer(table, lineterminator="\n")
    writer.writerow([by if heading == "name" else heading for heading in _HEADINGS])
    writer.writerows(astuple(row) for row in rows)
    return table.getvalue()
