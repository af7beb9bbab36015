"""The intrinsic functions of CloudFormation templates: what follows from the template is a text, the rest is unknown.

Source: AWS CloudFormation User Guide, "Intrinsic function reference" and "Pseudo parameters reference".
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass

from policy.lint.subject import UNKNOWN
from policy.lint.values import Items, Members, Positioned, Text, Unknown
from policy.source import Span

# What stands for the pseudo parameters. An account and a Region are one each all through a template, whichever they
# are: nobody's account has this number, and messages have the parameter's name for it (`with_names`).
_ACCOUNT = "000000000000"
_PSEUDO = {
    "AWS::AccountId": _ACCOUNT,
    "AWS::Partition": "aws",
    "AWS::Region": "us-east-1",
    "AWS::URLSuffix": "amazonaws.com",
}

# `${Name}` is the template's, `${!Name}` is written out as `${Name}`. [CloudFormation, "Fn::Sub"]
_SUBSTITUTION = re.compile(r"\$\{(!?)([^}]*)\}")


def with_names(message: str) -> str:
    """A message about a policy of a template, with the names of pseudo parameters for what stands for them."""
    return message.replace(_ACCOUNT, "${AWS::AccountId}")


def resolve(template: Positioned) -> Positioned:
    """The template with its functions worked out."""
    return _Resolver(_defaults(template)).value(template)


def _defaults(template: Positioned) -> Mapping[str, str]:
    """The parameters whose default is a text of its own: not a list, and not the name of what holds the value."""
    parameters = template.get("Parameters") if isinstance(template, Members) else None
    found = {}
    for name, parameter in parameters.members if isinstance(parameters, Members) else ():
        type_ = parameter.get("Type") if isinstance(parameter, Members) else None
        default = parameter.get("Default") if isinstance(parameter, Members) else None
        is_plain = isinstance(type_, Text) and type_.text in {"String", "Number"}
        # An empty default is there to be told from a value that is given.
        if is_plain and isinstance(default, Text) and default.text:
            found[name.text] = default.text
    return found


@dataclass(frozen=True, slots=True)
class _Resolver:
    """Works out the functions of one template."""

    defaults: Mapping[str, str]

    def value(self, value: Positioned) -> Positioned:
        match value:
            case Items(items=items, span=span):
                return Items(tuple(map(self.value, items)), span)
            case Members(members=((name, argument),)) if _is_function(name.text):
                return self._function(name.text, self.value(argument), value.span)
            case Members(members=members, span=span):
                return Members(tuple((name, self.value(inner)) for name, inner in members), span)
            case _:
                return value

    def _function(self, name: str, argument: Positioned, span: Span) -> Positioned:
        first, *rest = argument.items if isinstance(argument, Items) and argument.items else (argument,)
        match name:
            case "Ref" | "Fn::GetAtt" if isinstance(first, Text):
                return self._named(first.text, span)
            case "Fn::Sub" if isinstance(first, Text):
                return Text(self._substituted(first.text, _members_of(rest)), span)
            case "Fn::Join" if isinstance(first, Text) and rest and isinstance(rest[0], Items):
                return Text(first.text.join(map(_text_of, rest[0].items)), span)
            case _:
                return Unknown(span)

    def _named(self, reference: str, span: Span) -> Positioned:
        known = self._known(reference)
        return Unknown(span, _resource(reference)) if known is None else Text(known, span)

    def _known(self, reference: str) -> str | None:
        return _PSEUDO.get(reference, self.defaults.get(reference))

    def _substituted(self, template: str, own: Mapping[str, Positioned]) -> str:
        def substitute(found: re.Match[str]) -> str:
            name = found[2].strip()
            if found[1]:
                return f"${{{found[2]}}}"
            if name in own:
                return _text_of(own[name])
            known = self._known(name)
            return UNKNOWN + (_resource(name) or "") if known is None else known

        return _SUBSTITUTION.sub(substitute, template)


def _is_function(name: str) -> bool:
    return name == "Ref" or name.startswith("Fn::")


def _members_of(values: list[Positioned]) -> Mapping[str, Positioned]:
    """The names that `Fn::Sub` is given in its second argument."""
    given = values[0] if values else None
    return {key.text: inner for key, inner in given.members} if isinstance(given, Members) else {}


def _text_of(value: Positioned) -> str:
    """A value as part of a text."""
    match value:
        case Text(text=text):
            return text
        case Unknown(name=name):
            return UNKNOWN + (name or "")
        case _:
            return UNKNOWN


def _resource(reference: str) -> str | None:
    """The logical id in `Key`, `Key.Arn`; None for a pseudo parameter (`AWS::StackName`)."""
    return None if ":" in reference else reference.partition(".")[0]
