"""Findings in each format; SARIF by the structure that its specification asks for."""

import json
from typing import Any

from policy.lint.finding import Finding
from policy.lint.output import as_github, as_json, as_sarif, as_text
from policy.lint.project import Options, lint_source
from policy.source import Source

TEXT = """allow "Read" {
  action    kms:Lits, kms:List%*, kms:ListKeys, kms:ListKeys
  resource  *
}
"""


def findings() -> list[Finding]:
    return list(lint_source(Source("a dir/a,b.policy", TEXT), Options()).findings)


def test_text_shows_the_line_and_the_page() -> None:
    text = as_text(findings()[:1])
    assert "error[WK301]: `kms:Lits` is no action of AWS KMS" in text
    assert "--> a dir/a,b.policy:2:13" in text
    assert "^^^^^^^^" in text
    assert "= unknown-kms-action: policy rules WK301" in text
    assert "\033[" not in text
    assert "\033[" in as_text(findings()[:1], colour=True)


def test_json_has_all_that_a_finding_says() -> None:
    first = json.loads(as_json(findings()))[0]
    assert {
        "file": "a dir/a,b.policy",
        "line": 2,
        "column": 13,
        "end_line": 2,
        "end_column": 21,
        "code": "WK301",
        "name": "unknown-kms-action",
        "severity": "error",
        "message": "`kms:Lits` is no action of AWS KMS",
        "help": "did you mean `kms:ListGrants`?",
        "page": "policy rules WK301",
        "access_analyzer": ["INVALID_ACTION"],
        "fix": None,
    } == first


def test_json_of_nothing_is_an_empty_list() -> None:
    assert [] == json.loads(as_json([]))


def test_github_escapes_what_its_commands_would_take_for_their_own() -> None:
    lines = as_github(findings()).splitlines()
    assert lines[0].startswith("::error file=a dir/a%2Cb.policy,line=2,endLine=2,col=13,endColumn=21,title=WK301 ")
    assert "%0A" in lines[0]
    assert any("%25" in line for line in lines)
    assert lines[-1].startswith("::notice ")


def test_sarif_has_the_structure_of_version_2_1_0() -> None:
    found = findings()
    log = json.loads(as_sarif(found, "1.2.3"))
    assert {"$schema", "version", "runs"} == set(log)
    assert "2.1.0" == log["version"]
    (run,) = log["runs"]
    driver = run["tool"]["driver"]
    assert ("wardkey", "1.2.3") == (driver["name"], driver["semanticVersion"])
    assert len(found) == len(run["results"])
    for result in run["results"]:
        _check_result(result, driver["rules"])
    for rule in driver["rules"]:
        assert rule["shortDescription"]["text"]
        assert rule["help"]["markdown"].startswith("# WK")
        assert rule["defaultConfiguration"]["level"] in {"none", "note", "warning", "error"}


def _check_result(result: dict[str, Any], rules: list[dict[str, Any]]) -> None:
    assert rules[result["ruleIndex"]]["id"] == result["ruleId"]
    assert result["level"] in {"none", "note", "warning", "error"}
    assert result["message"]["text"]
    (location,) = result["locations"]
    physical = location["physicalLocation"]
    assert "a%20dir/a%2Cb.policy" == physical["artifactLocation"]["uri"]
    region = physical["region"]
    assert all(region[name] >= 1 for name in ("startLine", "startColumn", "endLine", "endColumn"))
    assert (region["startLine"], region["startColumn"]) <= (region["endLine"], region["endColumn"])


def test_sarif_of_nothing_has_a_run_without_results() -> None:
    assert [] == json.loads(as_sarif([], "1"))["runs"][0]["results"]
