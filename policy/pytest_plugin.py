"""pytest plugin: `*.scenario` files, and Markdown pages with ```scenario blocks, as tests; each expectation is a test.

Which Markdown pages are looked into is the ini option `wardkey_markdown`, a list of globs relative to pytest's root.
The engine is imported when the first file is collected, so that a run without scenarios costs nothing.
"""

from collections.abc import Iterator
from fnmatch import fnmatch
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from policy.scenario.model import Result, Scenario

_OPTION = "wardkey_markdown"
_DEFAULT_PAGES = ["tests/spec/*.md"]


def pytest_addoption(parser: pytest.Parser) -> None:
    """Declare the ini option."""
    parser.addini(_OPTION, "Markdown pages whose scenario blocks run (globs)", type="args", default=_DEFAULT_PAGES)


def pytest_collect_file(file_path: Path, parent: pytest.Collector) -> "ScenarioFile | None":
    """Collect scenario files, and the configured pages that have scenario blocks."""
    if file_path.suffix == ".scenario" or _is_page(file_path, parent.config):
        return ScenarioFile.from_parent(parent, path=file_path)
    return None


def _is_page(path: Path, config: pytest.Config) -> bool:
    if path.suffix != ".md":
        return False
    relative = path.relative_to(config.rootpath).as_posix() if path.is_relative_to(config.rootpath) else path.as_posix()
    if not any(fnmatch(relative, pattern) for pattern in config.getini(_OPTION)):
        return False
    from policy.scenario.markdown import has_scenario

    return has_scenario(path.read_text(encoding="utf-8", errors="replace"))


class ScenarioFile(pytest.File):
    """A file of scenarios."""

    def collect(self) -> Iterator["ExpectationItem"]:
        """One test for each expectation; a file with faults is a collection error that shows them."""
        from policy.diagnostics import render
        from policy.scenario.files import load_file

        try:
            loaded = load_file(self.path)
        except UnicodeDecodeError:
            raise self.CollectError(f"{self.path} is not UTF-8") from None
        if loaded.has_errors:
            raise self.CollectError("\n\n".join(map(render, loaded.diagnostics)))
        for scenario in loaded.scenarios:
            for number, check in enumerate(scenario.checks):
                name = f"line {check.line}: {check.text}"
                yield ExpectationItem.from_parent(self, name=name, scenario=scenario, number=number)


class ScenarioFailure(Exception):  # noqa: N818 - it is no error of the program, but a decision that was not expected
    """A decision that is not the expected one."""

    def __init__(self, result: "Result") -> None:
        from policy.scenario.failure import failure_text

        super().__init__(failure_text(result))


class ExpectationItem(pytest.Item):
    """One `expect` line."""

    def __init__(self, *, scenario: "Scenario", number: int, **given: object) -> None:
        super().__init__(**given)  # type: ignore[arg-type] # name and parent, as pytest gives them
        self._scenario = scenario
        self._check = scenario.checks[number]

    def runtest(self) -> None:
        """Try the request.

        Raises:
            ScenarioFailure: the decision is another.
        """
        from policy.scenario.model import run_check

        result = run_check(self._check, self._scenario.world)
        if not result.passed:
            raise ScenarioFailure(result)

    def repr_failure(self, excinfo: pytest.ExceptionInfo[BaseException], style: Any = None) -> str:
        """The explanation, without a traceback through pytest and the engine."""
        if isinstance(excinfo.value, ScenarioFailure):
            return str(excinfo.value)
        return str(super().repr_failure(excinfo, style))

    def reportinfo(self) -> tuple[Path, int, str]:
        """Where the line stands, for editors."""
        return self.path, self._check.line - 1, f"{self._scenario.title}: {self.name}"
