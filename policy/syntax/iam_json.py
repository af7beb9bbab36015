"""IAM JSON, as values with positions, to the syntax tree: the shape of AWS's grammar, every departure recorded.

Source: IAM User Guide, "Grammar of the IAM JSON policy language" and "IAM JSON policy elements reference".
"""

from collections.abc import Callable, Mapping
from typing import TypeVar

from policy.catalogue.operators import Operator, split_operator
from policy.source import Source, Span
from policy.syntax.conditions import operator_help, refuse_repeated
from policy.syntax.elements import (
    EFFECTS,
    OLD_VERSION,
    POLICY_ELEMENTS,
    PRINCIPAL_MEMBERS,
    STATEMENT_ELEMENTS,
    VERSIONS,
)
from policy.syntax.faults import Faults, clip, did_you_mean, one_of
from policy.syntax.json_values import (
    JsonArray,
    JsonBoolean,
    JsonFault,
    JsonMember,
    JsonNull,
    JsonNumber,
    JsonObject,
    JsonString,
    JsonValue,
    parse_json,
)
from policy.syntax.tree import Element, Entry, Header, PolicyNode, StatementNode, Value

Read = TypeVar("Read")


def read_iam_json(source: Source, faults: Faults) -> PolicyNode | None:
    """The syntax tree of an IAM JSON document, with every fault recorded; the tree is whole only if there is none."""
    value = parse_json(source, faults)
    return _Reader(faults).policy(value) if value is not None else None


class _Reader:
    """Reads values as the elements they should be; what is unfit is recorded and left out."""

    def __init__(self, faults: Faults) -> None:
        self._faults = faults

    def policy(self, value: JsonValue) -> PolicyNode | None:
        if not isinstance(value, JsonObject):
            self._wrong(value, "a policy document", "an object with `Version` and `Statement`")
            return None
        members = self._members(value, POLICY_ELEMENTS, "element of a policy")
        version = self._take(members, "Version", self._version)
        id_ = self._take(members, "Id", lambda value: self._text(value, "`Id`"))
        if "Statement" not in members:
            self._missing(value, "the policy has no `Statement`", "Statement")
        return PolicyNode(
            version=version or Header(value=OLD_VERSION),
            id=Header(value=id_.text, span=id_.span) if id_ else None,
            statements=self._take(members, "Statement", self._statements) or (),
        )

    def _version(self, value: JsonValue) -> Header | None:
        text = self._text(value, "`Version`")
        if text and text.text not in VERSIONS:
            self._faults.add(
                "invalid-version",
                text.span,
                f"`{clip(text.text)}` is no version of the policy language, expected {one_of(VERSIONS)}",
                hint="the version is that of the language, not the date of the policy",
            )
        return Header(value=text.text, span=text.span) if text else None

    def _statements(self, value: JsonValue) -> tuple[StatementNode, ...]:
        items = value.items if isinstance(value, JsonArray) else (value,)
        if not items:
            self._faults.add("empty-policy", value.span, "the policy has no statement, expected at least one")
        return tuple(node for node in map(self._statement, items) if node is not None)

    def _statement(self, value: JsonValue) -> StatementNode | None:
        if not isinstance(value, JsonObject):
            self._wrong(value, "a statement", "an object")
            return None
        members = self._members(value, STATEMENT_ELEMENTS, "element of a statement")
        if "Effect" not in members:
            self._missing(value, "the statement has no `Effect`", "Effect", hint=f"write `Effect` as {one_of(EFFECTS)}")
        sid = self._take(members, "Sid", lambda value: self._text(value, "`Sid`"))
        return StatementNode(
            effect=self._take(members, "Effect", self._effect) or "",
            sid=sid.text if sid else None,
            principal=self._element(members, "Principal", self._principals),
            action=self._element(members, "Action", lambda value: self._values(value, "an action")),
            resource=self._element(members, "Resource", lambda value: self._values(value, "a resource")),
            conditions=self._take(members, "Condition", self._conditions) or (),
            span=value.span,
        )

    def _effect(self, value: JsonValue) -> str | None:
        text = self._text(value, "`Effect`")
        if text and text.text not in EFFECTS:
            self._faults.add(
                "invalid-effect",
                text.span,
                f"`{clip(text.text)}` is no effect, expected {one_of(EFFECTS)}",
                hint=did_you_mean(text.text, EFFECTS),
            )
            return None
        return text.text if text else None

    def _element(
        self, members: Mapping[str, JsonMember], name: str, read: Callable[[JsonValue], tuple[Value, ...]]
    ) -> Element | None:
        """An element or its Not form; both at once are refused, as AWS does."""
        plain, negated = members.get(name), members.get(f"Not{name}")
        if plain and negated:
            self._faults.add(
                "both-forms",
                negated.name.span,
                f"the statement has both `{name}` and `Not{name}`, expected one of them",
                hint="make two statements of it",
            )
        elements = [
            Element(values=read(member.value), negated=member is negated, span=member.span)
            for member in (plain, negated)
            if member
        ]
        return elements[0] if elements else None

    def _values(self, value: JsonValue, what: str) -> tuple[Value, ...]:
        texts = (self._text(item, what) for item in _listed(value))
        return tuple(text for text in texts if text is not None)

    def _principals(self, value: JsonValue) -> tuple[Value, ...]:
        if isinstance(value, JsonString) and value.value == "*":
            return (Value(text="*", member="*", span=value.span),)
        if not isinstance(value, JsonObject):
            self._wrong(value, "`Principal`", f'`"*"` or an object with {one_of(PRINCIPAL_MEMBERS)}')
            return ()
        members = self._members(value, PRINCIPAL_MEMBERS, "type of principal", code="unknown-principal-type")
        return tuple(
            Value(text=text.text, member=name, span=text.span)
            for name, member in members.items()
            for text in self._values(member.value, "a principal")
        )

    def _conditions(self, value: JsonValue) -> tuple[Entry, ...]:
        if not isinstance(value, JsonObject):
            self._wrong(value, "`Condition`", "an object of operators")
            return ()
        self._refuse_duplicates(value)
        entries: list[Entry] = []
        for member in value.members:
            entries.extend(self._operator(member))
        refuse_repeated(entries, self._faults)
        return tuple(entries)

    def _operator(self, member: JsonMember) -> list[Entry]:
        name = member.name
        parts = split_operator(name.value)
        if parts is None:
            self._faults.add(
                "unknown-operator",
                name.span,
                f"`{clip(name.value)}` is no condition operator",
                hint=operator_help(name.value),
            )
        if not isinstance(member.value, JsonObject):
            self._wrong(member.value, f"the conditions of `{clip(name.value)}`", "an object of condition keys")
            return []
        self._refuse_duplicates(member.value)
        qualifier, operator, if_exists = parts or (None, Operator.NULL, False)
        entries = [
            Entry(
                operator=operator,
                qualifier=qualifier,
                if_exists=if_exists,
                key=key.name.value,
                values=self._condition_values(key.value),
                span=key.span,
            )
            for key in member.value.members
        ]
        return entries if parts else []

    def _condition_values(self, value: JsonValue) -> tuple[Value, ...]:
        values = (self._condition_value(item) for item in _listed(value))
        return tuple(found for found in values if found is not None)

    def _condition_value(self, value: JsonValue) -> Value | None:
        match value:
            case JsonNumber(text=text):
                return Value(text=text, span=value.span)
            case JsonBoolean(value=flag):
                return Value(text="true" if flag else "false", span=value.span)
            case JsonString(value=text):
                return Value(text=text, span=value.span, quoted=True)
            case _:
                self._wrong(value, "a condition value", "a string, a number, `true` or `false`")
                return None

    def _text(self, value: JsonValue, what: str) -> Value | None:
        if isinstance(value, JsonString):
            return Value(text=value.value, span=value.span, quoted=True)
        self._wrong(value, what, "a string")
        return None

    def _members(
        self, value: JsonObject, known: tuple[str, ...], what: str, code: str = "unknown-element"
    ) -> dict[str, JsonMember]:
        """The members of an object by name; unknown names and repeated ones are recorded."""
        self._refuse_duplicates(value)
        for member in value.members:
            name = member.name
            if name.value not in known and not self._faults.full:
                self._faults.add(
                    code,
                    name.span,
                    f"`{clip(name.value)}` is no {what}, expected {one_of(known)}",
                    hint=did_you_mean(name.value, known),
                )
        return {member.name.value: member for member in value.members if member.name.value in known}

    def _refuse_duplicates(self, value: JsonObject) -> None:
        seen: set[str] = set()
        for member in value.members:
            name = member.name
            if name.value in seen:
                self._faults.add(
                    "duplicate-key",
                    name.span,
                    f"`{clip(name.value)}` stands twice in one object",
                    hint="JSON would keep only one of them; put the values into one list",
                )
            seen.add(name.value)

    def _take(
        self, members: Mapping[str, JsonMember], name: str, read: Callable[[JsonValue], Read | None]
    ) -> Read | None:
        return read(members[name].value) if name in members else None

    def _missing(self, value: JsonObject, message: str, name: str, hint: str | None = None) -> None:
        """Record an element that is not there, unless it may have been lost to a fault or to its spelling."""
        misspelt = any(did_you_mean(member.name.value, (name,)) for member in value.members[:20])
        if not value.damaged and not misspelt:
            self._faults.add("missing-element", Span(value.span.start, value.span.start + 1), message, hint=hint)

    def _wrong(self, value: JsonValue, what: str, expected: str) -> None:
        if not isinstance(value, JsonFault):
            self._faults.add("wrong-type", value.span, f"found {_kind(value)} as {what}, expected {expected}")


def _listed(value: JsonValue) -> tuple[JsonValue, ...]:
    return value.items if isinstance(value, JsonArray) else (value,)


def _kind(value: JsonValue) -> str:
    match value:
        case JsonString(value=text):
            return f"the string `{clip(text)}`"
        case JsonNumber(text=text):
            return f"the number `{clip(text)}`"
        case JsonBoolean(value=flag):
            return "`true`" if flag else "`false`"
        case JsonNull():
            return "`null`"
        case JsonArray():
            return "a list"
        case _:
            return "an object"
