"""The language reference held to its word: what its pages print, pair, list and link is so; scenarios run besides.

A ```json block right behind a ```policy block is its other spelling, unless it is a file of another name. The commands
of a ```console block run on the page's named blocks; `...` in what they print stands for anything. A block marked
`faulty` has faults.
"""

import json
import re
import shlex
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

import pytest
from click.testing import CliRunner

import policy
from policy.catalogue.operators import Operator
from policy.cli.main import main
from policy.evaluate.compiled import compile_policies
from policy.evaluate.reference import decide
from policy.model.document import PrincipalKind
from policy.model.kinds import PolicyKind
from policy.model.policies import Layer, PolicySet
from policy.model.principal import RootUser
from policy.model.reading import parse, read_policy
from policy.model.request import Request, RequestContext
from policy.model.writing import to_json, to_text
from policy.scenario.declarations import KINDS
from policy.scenario.markdown import Block, blocks_of
from policy.source import Source
from policy.syntax.elements import POLICY_ELEMENTS, STATEMENT_ELEMENTS
from policy.syntax.spelling import KEYWORDS, Row, spelling_table

HERE = Path(__file__).parent
PAGES = {path.name: path.read_text(encoding="utf-8") for path in sorted(HERE.glob("*.md"))}
BLOCKS = [(name, block) for name, text in PAGES.items() for block in blocks_of(Source(name, text))]

# What each page must name, each in backticks: adding an operator, an element or a layer asks for its documentation.
NAMED = {
    "operators.md": [str(operator) for operator in Operator],
    "elements.md": [*POLICY_ELEMENTS, *STATEMENT_ELEMENTS],
    "layers.md": [str(layer) for layer in Layer],
    "principals.md": [str(kind) for kind in PrincipalKind],
    "json.md": [str(kind) for kind in PolicyKind],
    "language.md": sorted(KEYWORDS),
    "scenarios.md": list(KINDS),
    "public-api.md": policy.__all__,
}


def without_blocks(page: str) -> str:
    return re.sub(r"^```.*?^```$", "", PAGES[page], flags=re.MULTILINE | re.DOTALL)


def line_of(block: Block) -> int:
    """The line in its page at which a block's text begins."""
    text = block.source.text
    return block.source.line_column(len(text) - len(text.lstrip()))[0]


def place(page: str, block: Block) -> str:
    return f"{page}:{line_of(block)}"


def is_policy(block: Block) -> bool:
    """Whether a block is a whole policy; other JSON is grants."""
    return block.language == "policy" or (block.language == "json" and '"Statement"' in block.source.text)


def is_faulty(page: str, block: Block) -> bool:
    above = reversed(PAGES[page].splitlines()[: line_of(block) - 1])
    return "faulty" in next(line for line in above if line.startswith("```")).split()


POLICIES = [(page, block) for page, block in BLOCKS if is_policy(block)]


@pytest.mark.parametrize(("page", "block"), POLICIES, ids=[place(*each) for each in POLICIES])
def test_a_policy_has_faults_just_where_the_page_says_so(page: str, block: Block) -> None:
    reading = read_policy(block.source)
    assert is_faulty(page, block) == (reading.document is None), reading.diagnostics


def pairs() -> Iterator[tuple[str, Block, Block]]:
    for (page, first), (other_page, second) in pairwise(BLOCKS):
        languages = (first.language, second.language)
        if page != other_page or languages != ("policy", "json") or not is_policy(second):
            continue
        if second.file is None or (first.file and Path(first.file).stem == Path(second.file).stem):
            yield page, first, second


@pytest.mark.parametrize(("page", "text", "other"), list(pairs()), ids=[place(page, text) for page, text, _ in pairs()])
def test_a_policy_and_the_json_behind_it_mean_the_same(page: str, text: Block, other: Block) -> None:
    document = parse(text.source.text, page)
    assert json.loads(to_json(parse(other.source.text, page))) == json.loads(to_json(document))
    assert document == parse(other.source.text, page)
    assert document == parse(to_text(document)) == parse(to_json(document))


def commands() -> Iterator[tuple[str, str, str]]:
    """Every command of the console blocks, with what it prints."""
    for page, block in BLOCKS:
        if block.language == "console":
            for part in re.split(r"^\s*\$ ", block.source.text, flags=re.MULTILINE)[1:]:
                command, _, printed = re.sub(r"\\\n\s*", "", part).partition("\n")
                yield page, command, printed


COMMANDS = list(commands())


@pytest.mark.parametrize(
    ("page", "command", "printed"), COMMANDS, ids=[f"{page}: {text}" for page, text, _ in COMMANDS]
)
def test_a_command_prints_what_the_page_says(
    page: str, command: str, printed: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    for other_page, block in BLOCKS:
        if other_page == page and block.file:
            Path(block.file).write_text(block.source.text.lstrip(), encoding="utf-8")
    program, *arguments = shlex.split(command)
    assert "policy" == program
    result = CliRunner().invoke(main, arguments)
    found = result.output + (f"[exit {result.exit_code}]\n" if result.exit_code else "")
    assert re.fullmatch(".*".join(map(re.escape, printed.split("..."))), found, re.DOTALL), found


@pytest.mark.parametrize("code", [block.source.text for _, block in BLOCKS if block.language == "python"])
def test_the_python_runs(code: str) -> None:
    exec(compile(code, "page", "exec"), {})


@pytest.mark.parametrize(("page", "names"), NAMED.items(), ids=NAMED)
def test_a_page_names_everything_that_it_is_about(page: str, names: list[str]) -> None:
    marked = " ".join(text for _, text in re.findall(r"(`+)(.+?)\1", without_blocks(page)))
    assert [] == [name for name in names if not re.search(rf"(?<![\w]){re.escape(name)}(?![\w])", marked)]


def printed_spellings() -> str:
    """The table of operators.md."""
    rows = [f"| `{row.iam}` | `{row.text}` |" for row in spelling_table()]
    return "\n".join(["| IAM | text form |", "|---|---|", *rows])


def test_the_table_of_spellings_is_printed_from_the_table_of_the_language() -> None:
    found = PAGES["operators.md"].partition("<!-- spellings -->\n")[2].partition("\n<!-- end -->")[0]
    assert printed_spellings() == found


def table(header: str) -> dict[str, dict[str, bool]]:
    """A table of yes and no on operators.md, by the first cell of its rows and the titles of its columns."""
    lines = PAGES["operators.md"].partition(f"| {header} |")[2].splitlines()
    titles = [cell.strip(" `") for cell in lines[0].split("|")[:-1]]
    rows = (line.strip("| ").split(" | ") for line in lines[2 : lines.index("")])
    return {name: dict(zip(titles, (cell == "yes" for cell in cells), strict=True)) for name, *cells in rows}


def column(row: Row) -> str:
    """`any key?`, from `when any key? == …`."""
    found = re.match(r"when ((?:any |all )?key\??) ", row.text)
    assert found
    return found[1]


# What each operator's example in the table of spellings lists, twice, and what it does not.
LISTED = {
    "String": (("a", "b"), ("c", "d")),
    "Bool": (("true", "TRUE"), ("false", "False")),
    "Binary": (("QQ==", "QQ=="), ("Qg==", "Qw==")),
    "IpAddress": (("192.0.2.7", "2001:db8::7"), ("198.51.100.7", "2001:db9::7")),
    "Arn": (
        ("arn:aws:iam::111122223333:role/app-1", "arn:aws:iam::111122223333:role/app-2"),
        ("arn:aws:iam::111122223333:role/x", "arn:aws:iam::444455556666:role/app-1"),
    ),
    "NumericLessThanEquals": (("3600", "1"), ("3601", "3600.5")),
    "NumericLessThan": (("3599", "1"), ("3600", "3601")),
    "NumericGreaterThanEquals": (("3600", "3601"), ("3599", "1")),
    "NumericGreaterThan": (("3601", "3602"), ("3600", "1")),
    "Numeric": (("3600", "3600.0"), ("1", "2")),
    "DateLessThanEquals": (("2026-01-31", "2025-01-31"), ("2026-02-01", "2027-01-01")),
    "DateLessThan": (("2026-01-30", "2025-01-31"), ("2026-01-31", "2027-01-01")),
    "DateGreaterThanEquals": (("2026-01-31", "2027-01-31"), ("2026-01-30", "2025-01-01")),
    "DateGreaterThan": (("2026-02-01", "2027-01-31"), ("2026-01-31", "2025-01-01")),
    "Date": (("2026-01-31", "1769817600"), ("2026-02-01", "2025-01-01")),
}
COMPARING = [row for row in spelling_table() if "Null" not in row.iam]


def values_of(request: str, row: Row) -> tuple[str, ...]:
    """The values that a row of the second table speaks of."""
    plain = row.iam.replace("Not", "").partition(":")[2] or row.iam.replace("Not", "")
    listed, others = next(values for family, values in LISTED.items() if plain.startswith(family))
    count, _, which = request.partition(", ")
    if count == "one value":
        return listed[:1] if which == "listed" else others[:1]
    return {"one listed": (listed[0], others[0]), "both listed": listed, "none listed": others}[which]


def holds(row: Row, values: tuple[str, ...] | None) -> bool:
    """Whether the condition of a row holds, for both engines, when the key has these values (None: it is absent)."""
    test = row.text.replace('"a", "b"', '"QQ=="') if "Binary" in row.iam else row.text
    policies = PolicySet(identity=(parse(f"allow {{\naction *\nresource *\n{test}\n}}"),))
    context = RequestContext({} if values is None else {"key": values})
    request = Request(principal=RootUser(account="111122223333"), action="kms:ListKeys", context=context)
    # The root user needs no statement: what counts is whether this one determined the decision.
    found = {bool(each.determining) for each in (decide(request, policies), compile_policies(policies).decide(request))}
    assert 1 == len(found)
    return found.pop()


@pytest.mark.parametrize("row", COMPARING, ids=lambda row: row.iam)
def test_every_operator_says_of_an_absent_key_what_the_page_says(row: Row) -> None:
    which = f"a {'negated' if 'Not' in row.iam else 'positive'} operator holds"
    assert table("the key is absent")[which][column(row)] == holds(row, None) == holds(row, ())


@pytest.mark.parametrize("row", [row for row in spelling_table() if row not in COMPARING], ids=lambda row: row.text)
def test_null_asks_whether_there_is_a_value(row: Row) -> None:
    is_missing = row.text.endswith("missing")
    assert (is_missing, is_missing, not is_missing) == tuple(holds(row, values) for values in (None, (), ("a",)))


@pytest.mark.parametrize("row", COMPARING, ids=lambda row: row.iam)
def test_every_operator_says_of_several_values_what_the_page_says(row: Row) -> None:
    sign = ": negated" if "Not" in row.iam else ": positive"
    for request, columns in table("the request has").items():
        if request.endswith(sign):
            values = values_of(request.removesuffix(sign), row)
            assert columns[column(row).removesuffix("?")] == holds(row, values), request


def anchors(page: str) -> set[str]:
    """The anchors of a page's headings, as GitHub makes them."""
    headings = re.findall(r"^#+ (.+)$", without_blocks(page), flags=re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


@pytest.mark.parametrize("page", PAGES)
def test_every_link_leads_somewhere(page: str) -> None:
    for target in re.findall(r"\]\(([^)\s]+)\)", PAGES[page]):
        path, _, anchor = target.partition("#")
        assert (HERE / path).exists() or not path, target
        if anchor:
            assert anchor in anchors(path or page), target


def test_the_index_lists_every_page() -> None:
    linked = set(re.findall(r"\]\((\w[\w-]*\.md)\)", PAGES["README.md"]))
    assert set(PAGES) - {"README.md"} == linked
