"""What a shell is offered, by way of the environment variables that its script sets."""

import pytest
from click.testing import CliRunner

from policy.cli.main import main

OFFERED = [
    ("policy li", {"plain,lint"}),
    ("policy lint --output sa", {"plain,sarif"}),
    ("policy lint exa", {"file,exa"}),
    ("policy simulate --key-policy exa", {"file,exa"}),
    ("policy who-can kms:Enc", {"plain,kms:Encapsulate", "plain,kms:Encrypt"}),
    ("policy who-can @us", {"plain,@usage"}),
    ("policy rules WK10", {f"plain,WK10{number}" for number in range(1, 10)}),
    ("policy lint --select WK1,unknown-kms", {"plain,WK1,unknown-kms-action"}),
]


@pytest.mark.parametrize(("line", "offered"), OFFERED, ids=[line for line, _ in OFFERED])
def test_a_word_is_completed(line: str, offered: set[str]) -> None:
    words = line.split()
    environment = {
        "_POLICY_COMPLETE": "bash_complete",
        "COMP_WORDS": line,
        "COMP_CWORD": str(len(words) - 1),
    }
    result = CliRunner().invoke(main, [], env=environment, prog_name="policy", complete_var="_POLICY_COMPLETE")
    assert offered == set(result.output.splitlines())


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_each_shell_has_its_script(shell: str) -> None:
    environment = {"_POLICY_COMPLETE": f"{shell}_source"}
    result = CliRunner().invoke(main, [], env=environment, prog_name="policy", complete_var="_POLICY_COMPLETE")
    assert "_POLICY_COMPLETE" in result.output
