"""None of the statement's actions ever carries the condition key.

Why:
    The key is absent from every request that the statement is about: an Allow never applies, a Deny never or always.

Bad:
    allow "Sign" {
      action    kms:Sign
      resource  arn:aws:kms:us-east-1:111122223333:key/*
      when      kms:EncryptionContext:app == "web"  # <-- here
    }

Good:
    allow "Sign" {
      action    kms:Sign
      resource  arn:aws:kms:us-east-1:111122223333:key/*
      when      kms:SigningAlgorithm == "ECDSA_SHA_256"
    }

Source:
    Service Authorization Reference, "Actions, resources, and condition keys for AWS Key Management Service".
"""

from collections.abc import Iterator

from policy.diagnostics import Severity
from policy.lint.kms import carried_by
from policy.lint.rule import Fault, Rule
from policy.lint.subject import Policy

_DEPRECATED = frozenset({"kms:customermasterkeyspec", "kms:customermasterkeyusage"})


def _check(policy: Policy) -> Iterator[Fault]:
    for entry in policy.conditions:
        if entry.facts is None or not entry.key.startswith("kms:") or entry.key in _DEPRECATED:
            continue
        actions = entry.statement.kms_actions
        if not actions or entry.statement.actions[0].negated or entry.statement.is_partial:
            continue
        if not any(entry.facts.name in carried_by(action) for action in actions):
            yield Fault(
                place=entry.place,
                message=f"`{entry.condition.key}` is in no request for {_named(actions)}",
                help="use a key that the actions carry; `policy rules WK504` says where they are listed",
            )


def _named(actions: frozenset[str]) -> str:
    first = sorted(actions)[:3]
    return ", ".join(f"`{action}`" for action in first) + (" or the others" if len(actions) > 3 else "")


RULE = Rule(
    code="WK504",
    name="condition-key-without-action",
    severity=Severity.WARNING,
    text=__doc__,
    check=_check,
    analyzer=("UNSUPPORTED_ACTION_FOR_CONDITION_KEY", "IRRELEVANT_CONDITION_KEY_IN_POLICY"),
)
