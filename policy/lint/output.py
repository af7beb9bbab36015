"""Findings for people and for machines: text, JSON, SARIF 2.1.0, and GitHub's annotations."""

import json
from collections.abc import Callable, Iterable
from typing import Any

from policy.diagnostics import Severity, render
from policy.lint.finding import Finding
from policy.lint.page import page_of, print_page
from policy.lint.rule import Rule

_COLOURS = {
    Severity.ERROR: "\033[1;31m",
    Severity.SECURITY_WARNING: "\033[1;35m",
    Severity.WARNING: "\033[1;33m",
    Severity.SUGGESTION: "\033[1;36m",
}
_PLAIN = "\033[0m"


def as_text(findings: Iterable[Finding], *, colour: bool = False) -> str:
    """Each finding with its source line, a blank line behind it."""
    return "".join(f"{_one_as_text(finding, colour=colour)}\n\n" for finding in findings)


def _one_as_text(finding: Finding, *, colour: bool) -> str:
    text = render(finding.diagnostic)
    first, _, rest = text.partition("\n")
    if colour:
        head, _, message = first.partition(": ")
        first = f"{_COLOURS[finding.diagnostic.severity]}{head}{_PLAIN}: {message}"
    fixable = ", --fix repairs it" if finding.fix else ""
    return f"{first}\n{rest}\n  = {finding.rule.name}: policy rules {finding.rule.code}{fixable}"


def as_json(findings: Iterable[Finding]) -> str:
    """A list of objects."""
    return json.dumps([_record(finding) for finding in findings], indent=2, ensure_ascii=False) + "\n"


def _record(finding: Finding) -> dict[str, Any]:
    diagnostic = finding.diagnostic
    source, span = diagnostic.source, diagnostic.span
    line, column = source.line_column(span.start)
    end_line, end_column = source.line_column(span.end)
    return {
        "file": source.name,
        "line": line,
        "column": column,
        "end_line": end_line,
        "end_column": end_column,
        "code": finding.rule.code,
        "name": finding.rule.name,
        "severity": str(diagnostic.severity),
        "message": diagnostic.message,
        "help": diagnostic.help,
        "page": page_link(finding.rule),
        "access_analyzer": list(finding.rule.analyzer),
        "fix": {"start": finding.fix.span.start, "end": finding.fix.span.end, "text": finding.fix.text}
        if finding.fix
        else None,
    }


def page_link(rule: Rule) -> str:
    """Where the rule's page is read."""
    return f"policy rules {rule.code}"


# GitHub knows three levels; a suggestion is a notice. [GitHub Docs, "Workflow commands for GitHub Actions"]
_GITHUB = {Severity.ERROR: "error", Severity.SECURITY_WARNING: "warning", Severity.WARNING: "warning"}


def as_github(findings: Iterable[Finding]) -> str:
    """A workflow command for each finding."""
    return "".join(f"{_annotation(_record(finding), finding.diagnostic.severity)}\n" for finding in findings)


def _annotation(record: dict[str, Any], severity: Severity) -> str:
    places = {
        "file": record["file"],
        "line": record["line"],
        "endLine": record["end_line"],
        "col": record["column"],
        "endColumn": record["end_column"],
        "title": f"{record['code']} {record['name']}",
    }
    if record["end_line"] != record["line"]:
        # Columns are only for annotations of one line.
        del places["col"], places["endColumn"]
    properties = ",".join(f"{name}={_property(str(value))}" for name, value in places.items())
    message = record["message"] + (f"\n{record['help']}" if record["help"] else "")
    return f"::{_GITHUB.get(severity, 'notice')} {properties}::{_data(message)}"


def _data(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")


# SARIF's levels. [OASIS, "Static Analysis Results Interchange Format (SARIF) Version 2.1.0", 3.58.6]
_SARIF = {
    Severity.ERROR: "error",
    Severity.SECURITY_WARNING: "warning",
    Severity.WARNING: "warning",
    Severity.SUGGESTION: "note",
}


def as_sarif(findings: Iterable[Finding], version: str) -> str:
    """One SARIF log with one run; `version` is that of this program."""
    found = list(findings)
    rules = list({finding.rule.code: finding.rule for finding in found}.values())
    index = {rule.code: position for position, rule in enumerate(rules)}
    log = {
        "$schema": "https://json.schemastore.org/sarif-2.1.0.json",
        "version": "2.1.0",
        "runs": [
            {
                "tool": {
                    "driver": {
                        "name": "wardkey",
                        "semanticVersion": version,
                        "rules": [_sarif_rule(rule) for rule in rules],
                    }
                },
                # Columns here count characters, as Python does.
                "columnKind": "unicodeCodePoints",
                "results": [_sarif_result(finding, index) for finding in found],
            }
        ],
    }
    return json.dumps(log, indent=2, ensure_ascii=False) + "\n"


def _sarif_rule(rule: Rule) -> dict[str, Any]:
    page = page_of(rule)
    return {
        "id": rule.code,
        "name": rule.name,
        "shortDescription": {"text": page.summary},
        "fullDescription": {"text": page.why or page.summary},
        "help": {"text": page_link(rule), "markdown": print_page(rule)},
        "defaultConfiguration": {"level": _SARIF[rule.severity]},
        "properties": {"tags": ["security" if rule.severity is Severity.SECURITY_WARNING else "correctness"]},
    }


def _sarif_result(finding: Finding, index: dict[str, int]) -> dict[str, Any]:
    record = _record(finding)
    help_text = f" ({record['help']})" if record["help"] else ""
    return {
        "ruleId": finding.rule.code,
        "ruleIndex": index[finding.rule.code],
        "level": _SARIF[finding.diagnostic.severity],
        "message": {"text": record["message"] + help_text},
        "locations": [
            {
                "physicalLocation": {
                    "artifactLocation": {"uri": _uri(record["file"])},
                    "region": {
                        "startLine": record["line"],
                        "startColumn": record["column"],
                        "endLine": record["end_line"],
                        "endColumn": record["end_column"],
                    },
                }
            }
        ],
    }


def _uri(path: str) -> str:
    """A path as a relative URI reference."""
    from urllib.parse import quote  # only SARIF needs it

    return quote(path.removeprefix("./"))


Writer = Callable[[list[Finding]], str]
