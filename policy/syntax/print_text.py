"""The syntax tree in the text form, in the one canonical spelling, with its comments: what the formatter writes."""

from collections.abc import Callable, Iterable, Iterator

from policy.catalogue.operators import Operator
from policy.syntax.elements import CURRENT_VERSION
from policy.syntax.names import Names, names_of
from policy.syntax.spelling import (
    NULL_VALUES,
    SPELLINGS,
    Literal,
    can_be,
    literal_of,
    spell_subject,
    spell_word,
)
from policy.syntax.strings import quote
from policy.syntax.text_values import is_bare_principal
from policy.syntax.tree import (
    NO_COMMENTS,
    Comments,
    Entry,
    Header,
    Let,
    PolicyNode,
    Reference,
    StatementNode,
    Value,
    Values,
)

_INDENT = "  "
_WIDTH = 100

# Elements line up in a column, which `not principal` pushes out.
_KEYWORD_WIDTH = len("principal")

Spell = Callable[[Value], str]

_MEMBER_WORDS = {"Service": "service", "Federated": "federated", "CanonicalUser": "canonical"}
_NULL_WORDS = {value: word for word, value in NULL_VALUES.items()}


def print_text(tree: PolicyNode) -> str:
    """The policy in the text form, ending in a newline."""
    names = names_of(tree.lets)
    blocks = [list(_headers(tree)), *map(list, _let_blocks(tree.lets))]
    blocks.extend(list(_statement(statement, names)) for statement in tree.statements)
    blocks.append(list(tree.closing))
    return "\n\n".join("\n".join(block) for block in blocks if block) + "\n"


def spell_condition(entry: Entry) -> str:
    """One condition on one line, without its `when`."""
    return " ".join(line.strip() for line in _condition("", entry, {}))


def _headers(tree: PolicyNode) -> Iterator[str]:
    if tree.id is not None:
        yield from _commented(f"policy {quote(tree.id.value)}", tree.id.comments)
    if _says_version(tree.version):
        yield from _commented(f"version {tree.version.value}", tree.version.comments)


def _says_version(version: Header) -> bool:
    # The current version goes without saying, but a comment on its line must not be lost.
    return version.value != CURRENT_VERSION or version.comments != NO_COMMENTS


def _let_blocks(lets: tuple[Let, ...]) -> Iterator[Iterator[str]]:
    if lets:
        starts = ((f"let {let.name} =", let) for let in lets)
        yield (
            line for start, let in starts for line in _listed(start, len(start), let.values, _as_written, let.comments)
        )


def _statement(node: StatementNode, names: Names) -> Iterator[str]:
    sid = "" if node.sid is None else f" {quote(node.sid)}"
    yield from _commented(f"{node.effect.lower()}{sid} {{", node.comments)
    elements = [
        (f"{'not ' if element.negated else ''}{name}", element, spell)
        for name, element, spell in (
            ("principal", node.principal, _principal),
            ("action", node.action, _word),
            ("resource", node.resource, _word),
        )
        if element is not None
    ]
    width = max([_KEYWORD_WIDTH, *(len(keyword) for keyword, _, _ in elements)]) + 1
    for keyword, element, spell in elements:
        yield from _indented(_listed(f"{keyword:{width}}", width, element.values, spell, element.comments))
    for entry in node.conditions:
        yield from _indented(_condition(f"{'when':{width}}", entry, names))
    yield from _indented(node.closing)
    yield "}"


def _condition(keyword: str, entry: Entry, names: Names) -> Iterator[str]:
    start = f"{keyword} {spell_subject(entry.key, entry.qualifier, entry.if_exists)}"
    word = _null_word(entry)
    if word is not None:
        yield from _commented(f"{start} {word}", entry.comments)
        return
    symbol, spell = _test(entry, names)
    yield from _listed(f"{start} {symbol}", len(keyword) + len(_INDENT), entry.values, spell, entry.comments)


def _null_word(entry: Entry) -> str | None:
    """`exists` or `missing`, if the Null operator has one of its two plain values."""
    if entry.operator is not Operator.NULL or len(entry.values) != 1:
        return None
    value = entry.values[0]
    return _NULL_WORDS.get(value.text) if isinstance(value, Value) and value.comments == NO_COMMENTS else None


def _test(entry: Entry, names: Names) -> tuple[str, Spell]:
    """The symbol, where every value can be its literal; else the operator's name, with quoted values."""
    if entry.operator in SPELLINGS:
        symbol, literal = SPELLINGS[entry.operator]
        if _all_are(literal, entry.values, names):
            return symbol, _quoted if literal is Literal.STRING else _bare
    return str(entry.operator), _quoted


def _all_are(literal: Literal, values: Values, names: Names) -> bool:
    """Whether all values, and there is one, can be written as a kind of literal; named values are written already."""
    named = [each for value in values if isinstance(value, Reference) for each in names.get(value.name, ())]
    own = [value for value in values if isinstance(value, Value)]
    fitting = all(can_be(value.text, literal) for value in own) and all(literal_of(each) is literal for each in named)
    return fitting and bool(own or named)


def _principal(value: Value) -> str:
    member = value.member or "AWS"
    if member in _MEMBER_WORDS:
        return f"{_MEMBER_WORDS[member]} {spell_word(value.text)}"
    if member == "AWS" and value.text == "*":
        return "aws *"
    return spell_word(value.text) if is_bare_principal(value.text) else quote(value.text)


def _word(value: Value) -> str:
    return spell_word(value.text)


def _quoted(value: Value) -> str:
    return quote(value.text)


def _bare(value: Value) -> str:
    return value.text


def _as_written(value: Value) -> str:
    """A named value: whether it is quoted decides what it means in a condition."""
    if value.member == "AWS":
        return f"aws {quote(value.text) if value.quoted else value.text}"
    if value.member is not None:
        return _principal(value)
    return quote(value.text) if value.quoted else value.text


def _listed(start: str, margin: int, values: Values, spell: Spell, comments: Comments) -> Iterator[str]:
    """A list behind its start: on one line if it fits there and no comment stands inside, else a value a line."""
    words = [f"@{value.name}" if isinstance(value, Reference) else spell(value) for value in values]
    line = f"{start} {', '.join(words) or '[]'}"
    commented = any(value.comments != NO_COMMENTS for value in values)
    if not commented and (len(words) < 2 or len(line) + len(_INDENT) <= _WIDTH):
        yield from _commented(line, comments)
        return
    yield from comments.leading
    indent = " " * (margin + 1)
    for index, (word, value) in enumerate(zip(words, values, strict=True)):
        is_last = index == len(words) - 1
        own = comments if is_last else value.comments
        yield from (f"{indent}{comment}" for comment in value.comments.leading)
        yield _with_trailing(f"{indent if index else start + ' '}{word}{'' if is_last else ','}", own.trailing)


def _commented(line: str, comments: Comments) -> Iterator[str]:
    yield from comments.leading
    yield _with_trailing(line, comments.trailing)


def _with_trailing(line: str, comment: str | None) -> str:
    return line if comment is None else f"{line}  {comment}"


def _indented(lines: Iterable[str]) -> Iterator[str]:
    return (f"{_INDENT}{line}" if line else "" for line in lines)
