"""Which operator a comparison of the text form means: symbol and literals decide, or the IAM operator's own name."""

from lark import Token, Tree

from policy.catalogue.operators import Operator, split_operator
from policy.source import Span
from policy.syntax.conditions import operator_help
from policy.syntax.faults import Faults, clip
from policy.syntax.names import Names, expand
from policy.syntax.spelling import OPERATORS, Literal, can_be, literal_of
from policy.syntax.text_values import span_of
from policy.syntax.tree import Value, Values

# What people write who know other notations.
_OTHER_NAMES = {
    "equals": "==",
    "is": "==",
    "eq": "==",
    "matches": "like",
    "contains": "like",
    "has": "exists",
    "present": "exists",
    "absent": "missing",
}


def choose_operator(comparison: Tree[Token], values: Values, names: Names, faults: Faults) -> Operator | None:
    """The operator of a comparison with its values; None, and a fault, if they decide none."""
    tokens = [token for token in comparison.children if isinstance(token, Token)]
    span = Span(span_of(tokens[0]).start, span_of(tokens[-1]).end)
    if tokens[0].type == "OPERATOR":
        return _named(str(tokens[0]), span, faults)
    symbol = " ".join(tokens)
    written = tuple(expand(values, names))
    literal = _common_literal(written, values, span, faults)
    if literal is None:
        return None
    operator = OPERATORS.get((symbol, literal))
    if operator is None:
        fitting = dict.fromkeys(kind for known, kind in OPERATORS if known == symbol)
        faults.add(
            "wrong-literal",
            values[0].span,
            f"`{symbol}` does not take {literal}, expected {' or '.join(fitting)}",
            hint=_symbol_help(symbol, literal, written),
        )
    return operator


def _named(name: str, span: Span, faults: Faults) -> Operator | None:
    parts = split_operator(name)
    if parts is None:
        symbol = _OTHER_NAMES.get(name.lower())
        hint = f"write `{symbol}`" if symbol else operator_help(name)
        faults.add("unknown-operator", span, f"`{clip(name)}` is no operator", hint=hint)
        return None
    qualifier, operator, if_exists = parts
    if qualifier or if_exists:
        faults.add(
            "unknown-operator",
            span,
            f"`{clip(name)}` says more than the operator, expected `{operator}`",
            hint="`any` or `all` before the key is the set qualifier, and `?` behind it is IfExists",
        )
        return None
    return operator


def _common_literal(written: tuple[Value, ...], values: Values, span: Span, faults: Faults) -> Literal | None:
    """The one kind of literal that all values are."""
    if not written:
        faults.add(
            "wrong-literal",
            span,
            "no value decides the operator",
            hint="use the IAM operator's own name: `StringEquals []`",
        )
        return None
    # A named list is faulted where it is used: its own line says nothing of conditions.
    places = [value.span for value in values if isinstance(value, Value)] or [values[0].span]
    kinds = {literal_of(value): value for value in written}
    if None in kinds:
        word = kinds[None]
        place = word.span if word in values else places[0]
        faults.add(
            "wrong-literal",
            place,
            f"`{clip(word.text)}` is a bare word that decides no operator",
            hint=f'as a string it stands in double quotes: `"{clip(word.text)}"`',
        )
        return None
    if len(kinds) > 1:
        faults.add(
            "wrong-literal",
            places[-1],
            f"the values are of different kinds: {' and '.join(str(kind) for kind in kinds)}",
            hint="one line compares values of one kind; quote them all, or make two lines",
        )
        return None
    return next(kind for kind in kinds if kind is not None)


def _symbol_help(symbol: str, literal: Literal, written: tuple[Value, ...]) -> str | None:
    if symbol in {"in", "not in"}:
        if all(can_be(value.text, Literal.ADDRESS) for value in written):
            return "an address stands without quotes"
        return f"`{'==' if symbol == 'in' else '!='}` takes several values, one of which must match"
    if literal is Literal.BOOLEAN:
        return "a Boolean is compared with `==`, to `true` or `false`"
    return "another comparison is named by its IAM operator, before values in double quotes"
