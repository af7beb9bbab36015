"""`policy simulate --cli-input-json`: the input of AWS's simulate-custom-policy, answered in its shape."""

import json
from collections.abc import Mapping
from typing import Any

import click

from policy.cli.files import UNUSABLE, print_text, report
from policy.cli.worlds import WorldFiles
from policy.diagnostics import PolicyError
from policy.simulate import custom
from policy.simulate.custom_input import read_custom


def simulate_custom(options: Mapping[str, Any]) -> int:
    """Answer the input in a file; the exit status, which no decision changes."""
    path = options["cli_input_json"]
    beside = [name for name, value in options.items() if value and name not in {"cli_input_json", "output"}]
    if beside:
        raise click.UsageError(
            f"'--cli-input-json' brings everything along: '--{beside[0].replace('_', '-')}' cannot stand beside it."
        )
    files = WorldFiles()
    value = files.read_json(path)
    if files.has_faults:
        return UNUSABLE
    try:
        answer = custom.simulate_custom(read_custom(value))
    except PolicyError as error:
        report(error.diagnostics)
        return UNUSABLE
    except ValueError as error:
        click.echo(f"error[input]: `{path}`: {error}", err=True)
        return UNUSABLE
    print_text(json.dumps(answer, indent=2) + "\n")
    return 0
