"""[tool.wardkey] of the nearest pyproject.toml: select, ignore, per-file-ignores; what it says in vain is a finding."""

from pathlib import Path

import pytest

from policy.lint.config import Config, ConfigError, find_config
from policy.lint.project import Options, lint_source, unused_ignores
from policy.source import Source

TEXT = 'allow "Read" {\n  action    kms:Lits\n  resource  *\n}\n'


def write(directory: Path, table: str) -> Config:
    (directory / "pyproject.toml").write_text(table)
    return find_config(directory)


def test_without_a_file_nothing_is_configured(tmp_path: Path) -> None:
    assert ((), ()) == (find_config(tmp_path).select, find_config(tmp_path).ignore)


def test_the_nearest_file_with_a_table_counts(tmp_path: Path) -> None:
    write(tmp_path, '[tool.wardkey]\nselect = ["WK5"]\nignore = ["WK501"]\n')
    inner = tmp_path / "inner"
    inner.mkdir()
    (inner / "pyproject.toml").write_text("[project]\nname = 'x'\n")
    config = find_config(inner)
    assert (("WK5",), ("WK501",)) == (config.select, config.ignore)


@pytest.mark.parametrize(
    "table",
    [
        "[tool.wardkey]\nselct = []\n",
        "[tool.wardkey]\nselect = 'WK5'\n",
        "[tool.wardkey]\nper-file-ignores = []\n",
        "[tool.wardkey.per-file-ignores]\n'*.json' = 'WK5'\n",
        "[tool.wardkey\n",
    ],
)
def test_a_table_that_says_what_it_cannot_is_refused(tmp_path: Path, table: str) -> None:
    with pytest.raises(ConfigError, match=r"pyproject\.toml"):
        write(tmp_path, table)


@pytest.mark.parametrize("pattern", ["a.policy", "*.policy", "policies/*", "policies/a.policy"])
def test_a_rule_is_ignored_in_the_files_of_a_pattern(tmp_path: Path, pattern: str) -> None:
    config = write(tmp_path, f'[tool.wardkey.per-file-ignores]\n"{pattern}" = ["WK301"]\n')
    result = lint_source(Source(str(tmp_path / "policies" / "a.policy"), TEXT), Options(config=config))
    assert () == result.findings
    assert [] == unused_ignores([result], Options(config=config))


def test_what_is_ignored_in_vain_is_a_finding_in_the_configuration(tmp_path: Path) -> None:
    config = write(tmp_path, '[tool.wardkey.per-file-ignores]\n"*.policy" = ["WK301", "WK501"]\n"*.json" = ["WK301"]\n')
    options = Options(config=config)
    result = lint_source(Source(str(tmp_path / "a.policy"), TEXT), options)
    (finding,) = unused_ignores([result], options)
    assert "`WK501` finds nothing to be ignored in `*.policy`" == finding.diagnostic.message
    assert finding.diagnostic.place.endswith("pyproject.toml:2:25")
