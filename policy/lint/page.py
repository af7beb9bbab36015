"""A rule's page, read from its docstring: summary, Why, Bad, Good, Source."""

from dataclasses import dataclass
from inspect import cleandoc

from policy.lint.rule import Rule

# Behind a line of a bad example: the fault is here.
MARK = "# <-- here"

_SECTIONS = ("Why", "Bad", "Good", "Source")


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """The parts of a page. Examples are policies in either spelling, the bad one with its marks."""

    summary: str
    why: str
    bad: str
    good: str
    source: str

    @property
    def bad_policy(self) -> str:
        """The bad example without its marks."""
        return "".join(f"{line.removesuffix(MARK).rstrip()}\n" for line in self.bad.splitlines())

    @property
    def marked_lines(self) -> tuple[int, ...]:
        """The lines of the bad example where the fault is, counted from 1."""
        return tuple(number for number, line in enumerate(self.bad.splitlines(), 1) if line.endswith(MARK))


def page_of(rule: Rule) -> Page:
    """The page of a rule; a section that is not there is empty."""
    sections: dict[str, list[str]] = {"": []}
    current = sections[""]
    for line in cleandoc(rule.text).splitlines():
        if line.removesuffix(":") in _SECTIONS and line.endswith(":"):
            current = sections.setdefault(line[:-1], [])
        else:
            current.append(line)
    texts = {name: cleandoc("\n" + "\n".join(lines)).strip("\n") for name, lines in sections.items()}
    return Page(
        summary=texts[""],
        why=texts.get("Why", ""),
        bad=texts.get("Bad", ""),
        good=texts.get("Good", ""),
        source=texts.get("Source", ""),
    )


def print_page(rule: Rule) -> str:
    """A page for a terminal, and good as Markdown."""
    page = page_of(rule)
    kinds = ", ".join(sorted(rule.kinds)) or "every kind of policy"
    facts = [f"Severity: {rule.severity}.", f"For: {kinds}."]
    if rule.analyzer:
        facts.append(f"IAM Access Analyzer: {', '.join(rule.analyzer)}.")
    facts_text = "  \n".join(facts)
    return (
        f"# {rule.code} {rule.name}\n\n{page.summary}\n\n{facts_text}\n\n## Why\n\n{page.why}\n\n"
        f"## Bad\n\n```\n{page.bad}\n```\n\n## Good\n\n```\n{page.good}\n```\n\n## Source\n\n{page.source}\n"
    )
