"""The value lists of the text form: quoted and bare values, principals with their kind, names of lists."""

import re

from lark import Token, Tree

from policy.source import Span
from policy.syntax.comments import split_comments
from policy.syntax.faults import Faults, clip, did_you_mean
from policy.syntax.names import BUILT_IN, expand
from policy.syntax.strings import unquote
from policy.syntax.tree import Comments, Reference, Value, Values

Branch = Tree[Token]

_MEMBERS = {"AWS": "AWS", "SERVICE": "Service", "FEDERATED": "Federated", "CANONICAL": "CanonicalUser"}
_PUNCTUATION = frozenset({"COMMA", "LBRACKET", "RBRACKET"})

# What needs no quotes as an AWS principal: an ARN, an account id, everyone, a unique id.
# [IAM User Guide, "JSON policy elements: Principal"; "IAM identifiers", "Unique identifiers"]
_PRINCIPAL = re.compile(r"arn:.*|[0-9]{12}|\*|A[A-Z0-9]{15,}", re.ASCII)

_PRINCIPAL_FORMS = "an ARN, an account id, `*`, `service …`, `federated …` or `canonical …`"

# A few names of names could stand for more values than a machine holds.
_MOST_NAMED_VALUES = 100_000


def span_of(token: Token) -> Span:
    """Where a token stands."""
    return Span(token.start_pos or 0, token.end_pos or 0)


class ValueReader:
    """Reads the lists of one document and knows its names."""

    def __init__(self, faults: Faults) -> None:
        self._faults = faults
        self._named_values = 0
        self.names = dict(BUILT_IN)

    def string(self, token: Token) -> str:
        """The text of a quoted or bare token."""
        if token.type != "STRING":
            return str(token)
        try:
            return unquote(str(token))
        except ValueError as error:
            self._faults.add("string", span_of(token), f"the string holds {error}")
            return ""

    def values(self, listed: Branch) -> Values:
        """A list as written, with the comments behind and between its commas."""
        found: list[Value | Reference] = []
        leading: tuple[str, ...] = ()
        for child, end in zip(listed.children, [*listed.children[1:], None], strict=True):
            if isinstance(child, Token) and child.type in _PUNCTUATION:
                continue
            trailing, following = split_comments(end if isinstance(end, Token) else None)
            found.append(self._value(child, Comments(leading=leading, trailing=trailing)))
            leading = tuple(line for line in following if line)
        return tuple(found)

    def plain_values(self, listed: Branch) -> Values:
        """A list of actions, resources or condition values: nothing in it may be a principal of some kind."""
        values = self.values(listed)
        for value in values:
            if isinstance(value, Reference) and any(named.member for named in self.names.get(value.name, ())):
                self._faults.add("wrong-list", value.span, f"`@{value.name}` names principals, which cannot stand here")
        return values

    def principals(self, listed: Branch) -> Values:
        """A list of principals, each under its kind."""
        return tuple(self._principal(value) for value in self.values(listed))

    def knows(self, values: Values) -> bool:
        """Whether every name in a list is known."""
        return all(not isinstance(value, Reference) or value.name in self.names for value in values)

    def name(self, token: Token, values: Values) -> None:
        """Give a list its name, for the lines below."""
        name = str(token)
        if name in BUILT_IN:
            self._faults.add("duplicate-name", span_of(token), f"`{name}` is the name of a built-in action class")
        elif name in self.names:
            self._faults.add(
                "duplicate-name", span_of(token), f"`{name}` names a list already", hint="choose another name"
            )
        else:
            self.names[name] = tuple(expand(values, self.names))

    def _value(self, child: Branch | Token, comments: Comments) -> Value | Reference:
        member, token = child.children if isinstance(child, Tree) else (None, child)
        if not isinstance(token, Token):
            raise TypeError(token)  # pragma: no cover - the grammar has tokens here
        span = span_of(token)
        if token.type == "REFERENCE":
            return self._reference(str(token)[1:], comments, span)
        return Value(
            text=self.string(token),
            member=_MEMBERS[member.type] if isinstance(member, Token) else None,
            comments=comments,
            quoted=token.type == "STRING",
            span=span,
        )

    def _reference(self, name: str, comments: Comments, span: Span) -> Reference:
        if name not in self.names:
            self._faults.add(
                "unknown-name",
                span,
                f"`@{clip(name)}` names no list: expected a `let` above this line, or a built-in action class",
                hint=None if self._faults.full else did_you_mean(f"@{name}", (f"@{known}" for known in self.names)),
            )
        self._named_values += len(self.names.get(name, ()))
        if self._named_values > _MOST_NAMED_VALUES:
            self._faults.add("too-many-values", span, f"the names stand for more than {_MOST_NAMED_VALUES:,} values")
            self.names[name] = ()
        return Reference(name=name, comments=comments, span=span)

    def _principal(self, value: Value | Reference) -> Value | Reference:
        if isinstance(value, Reference):
            for named in self.names.get(value.name, ()):
                self._check_principal(named, value.span)
            return value
        self._check_principal(value, value.span)
        member = value.member or ("*" if value.text == "*" else "AWS")
        return Value(text=value.text, member=member, comments=value.comments, quoted=value.quoted, span=value.span)

    def _check_principal(self, value: Value, span: Span) -> None:
        if value.member or value.quoted or _PRINCIPAL.fullmatch(value.text):
            return
        hint = f"write `service {value.text}`" if re.search(r"\.amazonaws\.com(\.cn)?$", value.text) else None
        self._faults.add(
            "unknown-principal",
            span,
            f"`{clip(value.text)}` is no principal, expected {_PRINCIPAL_FORMS}",
            hint=hint or "a principal of any other form stands in double quotes",
        )


def is_bare_principal(text: str) -> bool:
    """Whether an AWS principal needs no quotes."""
    return _PRINCIPAL.fullmatch(text) is not None
