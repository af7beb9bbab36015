"""`policy simulate --requests` without an account: a table that brings its policies, answered as it is read."""

import json
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import click

from policy.cli.files import STDIN, UNUSABLE, UnreadableError, report_unreadable
from policy.simulate.table import Table


def answer_table(options: Mapping[str, Any]) -> int:
    """Answer a table as it is read: a line's answer is out before the next line is waited for."""
    beside = [name for name, value in options.items() if value and name not in {"requests", "output"}]
    if beside:
        raise click.UsageError(
            f"'--requests' brings everything along: '--{beside[0].replace('_', '-')}' cannot stand beside it."
        )
    if options["output"] not in {"text", "json"}:
        raise click.UsageError("'--requests' without '--account' is answered in JSON, an object a line.")
    table, path = Table(), options["requests"]
    try:
        with sys.stdin.buffer if path == STDIN else Path(path).open("rb") as lines:
            for answer in table.answers(lines):
                sys.stdout.write(json.dumps(answer) + "\n")
                sys.stdout.flush()
    except BrokenPipeError:
        # Whoever reads the answers has seen enough.
        sys.stderr.close()
        return UNUSABLE
    except (OSError, ValueError) as error:
        report_unreadable(path, UnreadableError(f"cannot be read: {getattr(error, 'strerror', None) or error}"))
        return UNUSABLE
    return UNUSABLE if table.has_faults else 0
