"""Two questions to one policy by itself: does it grant this access, does it grant anything to everybody?

They are those of IAM Access Analyzer's custom policy checks. "No" is sure; "yes" means that the policy may: conditions
are taken to be met, and only a Deny that surely takes a grant back in whole counts against it.

Source: IAM Access Analyzer API Reference, "CheckAccessNotGranted", "CheckNoPublicAccess"; Amazon S3 User Guide,
"Blocking public access to your Amazon S3 storage", The meaning of "public".
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

from policy.analyze.overlap import overlap, surely_covers
from policy.catalogue.operators import Operator, Qualifier
from policy.model.document import Condition, Effect, Patterns, PolicyDocument, PrincipalKind, Statement

_EVERYONE = (PrincipalKind.EVERYONE, PrincipalKind.AWS)

# A fixed value of one of these says whose requests are meant ("kms:CallerAccount": KMS Developer Guide).
_SAYS_WHO = frozenset(
    {
        "aws:principalaccount",
        "aws:principalarn",
        "aws:principalorgid",
        "aws:principalorgpaths",
        "aws:sourceaccount",
        "aws:sourcearn",
        "aws:sourceorgid",
        "aws:sourceorgpaths",
        "aws:sourceip",
        "aws:sourceowner",
        "aws:sourcevpc",
        "aws:sourcevpcarn",
        "aws:sourcevpce",
        "aws:userid",
        "aws:vpceaccount",
        "aws:vpceorgid",
        "aws:vpceorgpaths",
        "kms:calleraccount",
        "s3:dataaccesspointaccount",
        "s3:dataaccesspointarn",
    }
)
_ASKS_FOR_VALUE = frozenset(
    {
        Operator.STRING_EQUALS,
        Operator.STRING_EQUALS_IGNORE_CASE,
        Operator.STRING_LIKE,
        Operator.ARN_EQUALS,
        Operator.ARN_LIKE,
        Operator.IP_ADDRESS,
    }
)
_EXACT = frozenset({Operator.STRING_EQUALS, Operator.STRING_EQUALS_IGNORE_CASE, Operator.IP_ADDRESS})
_EVERY_ADDRESS = frozenset({"0.0.0.0/0", "::/0"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Access:
    """Access to ask about: any of the actions on any of the resources, as patterns; none named means all."""

    actions: tuple[str, ...] = ()
    resources: tuple[str, ...] = ()


def granting_access(document: PolicyDocument, access: Access, *, of_resource: bool) -> tuple[Statement, ...]:
    """The Allow statements that may grant some of the access; none if the policy surely does not.

    The policy is a resource's, or one of identities.
    """
    allows, denies = _in_effect(document, of_resource=of_resource)
    return tuple(each for each in allows if _grants(each, access, denies, _is_for))


def granting_everybody(document: PolicyDocument) -> tuple[Statement, ...]:
    """The Allow statements of a resource's policy that may grant something to everybody."""
    allows, denies = _in_effect(document, of_resource=True)
    return tuple(
        each
        for each in allows
        if _is_open(each) and not any(map(_says_who, each.conditions)) and _grants(each, Access(), denies, _is_open)
    )


def effort(document: PolicyDocument, access: Access) -> int:
    """How much work a question is, about: comparisons of two characters. Time grows with it."""
    allowed = _texts(each for each in document.statements if each.effect is Effect.ALLOW)
    denied = _texts(each for each in document.statements if each.effect is Effect.DENY)
    wanted = (*access.actions, *access.resources)
    length = _length(allowed) * _length(wanted) + (_length(allowed) + _length(wanted)) * _length(denied)
    return length + (1 + len(allowed)) * (1 + len(wanted)) * (1 + len(denied))


def _texts(statements: Iterable[Statement]) -> list[str]:
    elements = (element for each in statements for element in (each.actions, each.resources) if element is not None)
    return [value for element in elements for value in element.values]


def _length(texts: Iterable[str]) -> int:
    return sum(map(len, texts))


def _in_effect(document: PolicyDocument, *, of_resource: bool) -> tuple[tuple[Statement, ...], tuple[Statement, ...]]:
    """The Allow and the Deny statements, without those that lack an element that their kind of policy needs.

    Only trust policies do without Resource; a key policy's statement has no effect then ("Key policies in AWS KMS").
    """
    needs_resource = not of_resource or any(each.resources is not None for each in document.statements)
    whole = [
        each
        for each in document.statements
        if each.actions is not None
        and (each.resources is not None or not needs_resource)
        and (each.principals is not None) is of_resource
    ]
    allows = tuple(each for each in whole if each.effect is Effect.ALLOW)
    return allows, tuple(each for each in whole if each.effect is Effect.DENY)


def _grants(
    allow: Statement, access: Access, denies: tuple[Statement, ...], is_for: Callable[[Statement, Statement], bool]
) -> bool:
    """Whether some of the access is granted and not taken back; `is_for` says whether a Deny is for those allowed."""
    denies = tuple(each for each in denies if set(each.conditions) <= set(allow.conditions) and is_for(each, allow))
    actions = _common(allow.actions, access.actions, ignore_case=True)
    resources = _common(allow.resources, access.resources, ignore_case=False)
    # A common part is known by the Denies about all of it, a bit for each: one of both parts takes the access back.
    of_actions = {_about(denies, _denied_actions, each) for each in actions}
    of_resources = {_about(denies, _denied_resources, each) for each in resources}
    return any(not one & other for one in of_actions for other in of_resources)


_Common = tuple[str, str]
"""Two patterns: what texts of both are in common of."""


def _common(patterns: Patterns | None, wanted: tuple[str, ...], *, ignore_case: bool) -> Iterator[_Common]:
    """What an element and the patterns asked for have in common, one for each pair that meets.

    A policy without a Resource element (a trust policy) is about its own resource.
    """
    own = patterns.values if patterns is not None and not patterns.negated else ("*",)
    excluded = patterns.values if patterns is not None and patterns.negated else ()
    fold = str.lower if ignore_case else str
    for one in map(fold, own):
        for other in map(fold, wanted or ("*",)):
            common = (one, other)
            if overlap(one, other) and not any(_covers(fold(each), common) for each in excluded):
                yield common


def _covers(wider: str, common: _Common) -> bool:
    """Whether a pattern surely takes in a common part: it does if it takes in one of what the part is common to."""
    return any(surely_covers(wider, each) for each in common)


def _about(denies: tuple[Statement, ...], is_denied: Callable[[Statement, _Common], bool], part: _Common) -> int:
    """The Denies that are surely about all of a common part, as bits."""
    return sum(1 << number for number, deny in enumerate(denies) if is_denied(deny, part))


def _denied_actions(deny: Statement, part: _Common) -> bool:
    return _denies_part(deny.actions, part, ignore_case=True)


def _denied_resources(deny: Statement, part: _Common) -> bool:
    return deny.resources is None or _denies_part(deny.resources, part, ignore_case=False)


def _denies_part(patterns: Patterns | None, common: _Common, *, ignore_case: bool) -> bool:
    if patterns is None:
        return False
    fold = str.lower if ignore_case else str
    values = [fold(value) for value in patterns.values]
    if patterns.negated:
        return all(any(not overlap(value, each) for each in common) for value in values)
    return any(_covers(value, common) for value in values)


def _is_for(deny: Statement, allow: Statement) -> bool:
    """Whether a Deny is surely for all whom an Allow names; an identity-based policy names nobody."""
    if deny.principals is None or deny.principals == allow.principals:
        return True
    return not deny.principals.negated and _is_open(deny)


def _is_open(statement: Statement, _: Statement | None = None) -> bool:
    """Whether a statement is for everybody: `*`, or all but some."""
    principals = statement.principals
    if principals is None:
        return False
    return principals.negated or any(each.kind in _EVERYONE and each.value == "*" for each in principals.entries)


def _says_who(condition: Condition) -> bool:
    """Whether a condition keeps all but some known callers out: it asks for fixed values of a key that says who calls.

    A value with a wildcard is not fixed, but for an ARN's resource part: account and organisation must stand there.
    """
    key = condition.key.lower()
    if key not in _SAYS_WHO or condition.operator not in _ASKS_FOR_VALUE or condition.if_exists:
        return False
    if condition.qualifier is Qualifier.FOR_ALL_VALUES:
        return False  # a request without the key meets it
    return all(_is_fixed(value, is_pattern=condition.operator not in _EXACT) for value in condition.values)


def _is_fixed(value: str, *, is_pattern: bool) -> bool:
    if value in _EVERY_ADDRESS or "${" in value:
        return False
    if not is_pattern:
        return True
    if value.startswith("arn:"):
        # S3's ARNs name no account: there the bucket must be fixed.
        parts = value.split(":", 5)
        return not _has_wildcard(parts[4] if len(parts) == 6 and parts[4] else parts[-1].partition("/")[0])
    # Of a path (`o-exampleorgid/r-…/*`) the organisation must be fixed.
    return not _has_wildcard(value.partition("/")[0])


def _has_wildcard(text: str) -> bool:
    return "*" in text or "?" in text
