"""Why a call was refused, for those who may know: sealed for the way through the caller's hands.

A refusal tells the caller little, as the caller may not be allowed to know more. The rest goes with it, sealed, and
sts:DecodeAuthorizationMessage opens it for whoever in the caller's account has that permission.
Source: STS API Reference, "DecodeAuthorizationMessage"; the decoded form is that of its Example.
"""

import json
import zlib
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

from keyservice.auth.caller import Caller
from keyservice.crypto.kbkdf import Purpose
from keyservice.crypto.tokens import InvalidToken, open_token, seal_token
from keyservice.errors import STS_INVALID_AUTHORIZATION_MESSAGE
from policy.evaluate.decision import Decision, Determining, Outcome
from policy.model.document import Patterns, Principals
from policy.model.request import Request

MOST_TEXT = 4096
"""Characters of an encoded message: some clients take no more than 8 or 16 KiB of headers in all."""

_Member = dict[str, Any]


def encode_denial(
    domain_key: bytes, caller: Caller, request: Request, decision: Decision, *, random: Callable[[int], bytes]
) -> str:
    """The encoded message of a refused request. Condition keys are left out from the end if it gets too long."""
    told = _told(caller, request, decision)
    conditions: list[_Member] = told["context"]["conditions"]["items"]
    while True:
        plaintext = zlib.compress(json.dumps([caller.account, told], separators=(",", ":")).encode())
        text = seal_token(domain_key, Purpose.DENIAL, plaintext, salt=random(16), iv=random(12))
        if len(text) <= MOST_TEXT or not conditions:
            return text
        del conditions[len(conditions) // 2 :]


def decode_denial(domain_key: bytes, account: str, text: str) -> str:
    """The message, as JSON, of a refusal to somebody of this account.

    Raises:
        ServiceError: InvalidAuthorizationMessageException, also for a message of another account.
    """
    try:
        owner, told = json.loads(zlib.decompress(open_token(domain_key, Purpose.DENIAL, text)))
    except InvalidToken:
        raise STS_INVALID_AUTHORIZATION_MESSAGE() from None
    if owner != account:
        raise STS_INVALID_AUTHORIZATION_MESSAGE()
    return json.dumps(told, separators=(",", ":"))


def _told(caller: Caller, request: Request, decision: Decision) -> _Member:
    return {
        "allowed": decision.is_allowed,
        "explicitDeny": decision.outcome is Outcome.EXPLICIT_DENY,
        "matchedStatements": _items(map(_statement, decision.determining)),
        "failures": _items(_failures(decision)),
        "context": {
            "principal": {"id": caller.unique_id, "name": caller.name or "", "arn": caller.arn},
            "action": request.action,
            "resource": request.resource_text,
            "conditions": _items(_conditions(request.context)),
        },
    }


def _statement(where: Determining) -> _Member:
    statement = where.statement
    return {
        "statementId": statement.sid or "",
        "effect": statement.effect.upper(),
        # Unlike AWS, which does not say it here: of which kind of policy the statement is.
        "policyType": where.layer,
        "principals": _values(_named(statement.principals)),
        "actions": _values(_patterns(statement.actions)),
        "resources": _values(_patterns(statement.resources)),
        "conditions": _items(
            {"key": each.key, "operator": each.operator_name, "values": _values(each.values)}
            for each in statement.conditions
        ),
    }


def _failures(decision: Decision) -> Iterator[_Member]:
    """The kind of policy whose allow was wanting. What AWS has there is undocumented: its example has an empty list."""
    if decision.missing is not None:
        yield {"policyType": decision.missing}


def _conditions(context: Mapping[str, tuple[str, ...]]) -> Iterator[_Member]:
    return ({"key": key, "values": _values(values)} for key, values in sorted(context.items()))


def _named(principals: Principals | None) -> Iterator[str]:
    return (entry.value for entry in principals.entries) if principals else iter(())


def _patterns(patterns: Patterns | None) -> tuple[str, ...]:
    return patterns.values if patterns else ()


def _items(members: Iterable[_Member]) -> _Member:
    return {"items": list(members)}


def _values(texts: Iterable[str]) -> _Member:
    return _items({"value": text} for text in texts)
