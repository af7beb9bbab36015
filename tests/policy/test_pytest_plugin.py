"""The pytest plugin, run by pytest on small projects."""

import subprocess
import sys
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest

import policy.pytest_plugin

pytest_plugins = ["pytester"]

POLICY = "allow {\n  principal  *\n  action     kms:*\n  resource   *\n}\n"
SCENARIO = 'account 111122223333\nkey k policy "key.policy"\nexpect {} anonymous kms:Decrypt k\n'
PLUGIN = ("-p", "policy.pytest_plugin")
PAGE = "# Keys\n\n```scenario\n" + SCENARIO.format("allow") + "```\n"


@pytest.fixture
def project(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> pytest.Pytester:
    # An installed wardkey brings the plugin by its entry point, which must not meet the one named here.
    monkeypatch.setenv("PYTEST_DISABLE_PLUGIN_AUTOLOAD", "1")
    pytester.makefile(".policy", key=POLICY)
    return pytester


def run(project: pytest.Pytester, *arguments: str) -> pytest.RunResult:
    return project.runpytest_inprocess(*PLUGIN, *arguments)


def test_each_expectation_is_a_test(project: pytest.Pytester) -> None:
    project.makefile(".scenario", a=SCENARIO.format("allow") + "expect deny anonymous s3:GetObject k\n")
    result = run(project, "-v")
    result.assert_outcomes(passed=2)
    result.stdout.fnmatch_lines(["a.scenario::line 3: expect allow anonymous kms:Decrypt k PASSED*"])


def test_a_failure_is_the_explanation(project: pytest.Pytester) -> None:
    project.makefile(".scenario", a=SCENARIO.format("explicit deny"))
    result = run(project)
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(["*a.scenario:3: expected explicit deny, decided allow", "*key policy statement 1*"])
    assert "Traceback" not in result.stdout.str()
    assert "pytest_plugin.py" not in result.stdout.str()


def test_junit_xml_has_a_case_for_each_expectation_and_the_explanation_of_a_failure(project: pytest.Pytester) -> None:
    project.makefile(".scenario", a=SCENARIO.format("allow") + "expect explicit deny anonymous kms:Decrypt k\n")
    run(project, "--junitxml=report.xml")
    suite = ET.parse(project.path / "report.xml").getroot()[0]
    assert ("2", "1", "0") == (suite.get("tests"), suite.get("failures"), suite.get("errors"))
    cases = {case.get("name"): case for case in suite.iter("testcase")}
    assert {
        "line 3: expect allow anonymous kms:Decrypt k",
        "line 4: expect explicit deny anonymous kms:Decrypt k",
    } == cases.keys()
    failure = cases["line 4: expect explicit deny anonymous kms:Decrypt k"].find("failure")
    assert failure is not None
    assert "expected explicit deny, decided allow" in (failure.text or "")
    assert "What to change:" in (failure.text or "")


def test_a_file_with_faults_is_an_error_that_shows_them(project: pytest.Pytester) -> None:
    project.makefile(".scenario", a="rloe X\naccount 1\n")
    result = run(project)
    result.assert_outcomes(errors=1)
    result.stdout.fnmatch_lines(["*found `rloe`*", "*did you mean `role`*", "*`1` is no account id*"])


def test_pages_run_where_the_option_says(project: pytest.Pytester) -> None:
    (project.path / "docs").mkdir()
    (project.path / "docs" / "keys.md").write_text(PAGE.replace("key.policy", "../key.policy"))
    run(project).assert_outcomes()
    project.makeini("[pytest]\nwardkey_markdown = docs/*.md\n")
    run(project).assert_outcomes(passed=1)


def test_the_language_reference_runs_by_default(project: pytest.Pytester) -> None:
    (project.path / "tests" / "spec").mkdir(parents=True)
    (project.path / "tests" / "spec" / "keys.md").write_text(PAGE.replace("key.policy", "../../key.policy"))
    run(project).assert_outcomes(passed=1)


def test_without_scenarios_it_is_silent_and_imports_nothing(project: pytest.Pytester) -> None:
    (project.path / "README.md").write_text("# Nothing\n")
    project.makepyfile("def test_a() -> None: pass")
    run(project).assert_outcomes(passed=1)
    code = (
        "import sys, policy.pytest_plugin; sys.exit(any(name in sys.modules for name in ('lark', 'policy.evaluate')))"
    )
    root = Path(policy.pytest_plugin.__file__).parents[1]
    assert 0 == subprocess.run([sys.executable, "-c", code], cwd=root, check=False).returncode
