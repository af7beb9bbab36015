"""A statement asks for an encryption context that it excludes.

Why:
    `kms:EncryptionContextKeys` under `ForAllValues` lists all keys that the context may have. A condition on the value
    of another key can never hold beside it.

Bad:
    allow "Use" {
      action    kms:Decrypt
      resource  arn:aws:kms:us-east-1:111122223333:key/*
      when      kms:EncryptionContext:app == "web"  # <-- here
      when      kms:EncryptionContextKeys exists
      when      all kms:EncryptionContextKeys == "tenant"
    }

Good:
    allow "Use" {
      action    kms:Decrypt
      resource  arn:aws:kms:us-east-1:111122223333:key/*
      when      kms:EncryptionContext:app == "web"
      when      kms:EncryptionContextKeys exists
      when      all kms:EncryptionContextKeys == "app", "tenant"
    }

Source:
    KMS Developer Guide, "AWS KMS condition keys", kms:EncryptionContext and kms:EncryptionContextKeys.
"""

from collections.abc import Iterator

from policy.catalogue.operators import Operator, Qualifier
from policy.diagnostics import Severity
from policy.lint.rule import Fault, Rule
from policy.lint.subject import ConditionFacts, Policy
from policy.syntax.faults import clip

_PREFIX = "kms:encryptioncontext:"


def _check(policy: Policy) -> Iterator[Fault]:
    for each in policy.statements:
        if "kms:encryptioncontextkeys" not in each.keys:
            continue
        limits = [_limit(entry) for entry in each.conditions if _limits(entry)]
        for entry in each.restricting(_PREFIX):
            name = entry.key.removeprefix(_PREFIX)
            if any(name not in limit for limit in limits):
                yield Fault(
                    place=entry.place,
                    message=f"the statement allows no key `{clip(name)}` in the encryption context, and asks for one",
                    help="list it under `kms:EncryptionContextKeys` as well",
                )


def _limits(entry: ConditionFacts) -> bool:
    is_all = entry.condition.qualifier is Qualifier.FOR_ALL_VALUES and entry.is_known
    return is_all and entry.key == "kms:encryptioncontextkeys" and entry.operator is Operator.STRING_EQUALS


def _limit(entry: ConditionFacts) -> set[str]:
    return {text.lower() for text, _ in entry.values}


RULE = Rule(code="WK536", name="encryption-context-never-matches", severity=Severity.ERROR, text=__doc__, check=_check)
