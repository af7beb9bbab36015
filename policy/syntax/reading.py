"""Either spelling of a policy to the syntax tree, told apart by how it begins."""

from policy.source import Source
from policy.syntax.faults import Faults
from policy.syntax.iam_json import read_iam_json
from policy.syntax.text import read_text
from policy.syntax.tree import PolicyNode

_BYTE_ORDER_MARK = "\ufeff"


def is_json(text: str) -> bool:
    """Whether a policy is written in JSON: no line of the text form opens with a bracket or brace."""
    return text.lstrip()[:1] in {"{", "["}


def without_mark(source: Source) -> Source:
    """The source without a byte order mark, which some editors write and no reader counts as a column."""
    if not source.text.startswith(_BYTE_ORDER_MARK):
        return source
    return Source(source.name, source.text.removeprefix(_BYTE_ORDER_MARK))


def read_tree(source: Source, faults: Faults) -> PolicyNode | None:
    """The syntax tree of a policy, with every fault recorded; None when nothing could be made of the text."""
    return read_iam_json(source, faults) if is_json(source.text) else read_text(source, faults)
