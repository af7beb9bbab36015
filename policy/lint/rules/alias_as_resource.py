"""Use of a key is allowed on the ARN of an alias.

Why:
    Encrypt, Decrypt and the like are decided on the key's ARN, however the request named it. An alias in `Resource` is
    the alias itself, which only CreateAlias, UpdateAlias and DeleteAlias are about.

Bad:
    allow "Use" {
      action    kms:Decrypt
      resource  arn:aws:kms:us-east-1:111122223333:alias/app  # <-- here
    }

Good:
    allow "Use" {
      action    kms:Decrypt
      resource  arn:aws:kms:us-east-1:111122223333:key/*
      when      any kms:ResourceAliases == "alias/app"
    }

Source:
    KMS Developer Guide, "Use aliases to control access to KMS keys".
"""

from collections.abc import Iterator

from policy.catalogue.actions import kms_actions
from policy.diagnostics import Severity
from policy.lint.rule import IDENTITY, Fault, Rule
from policy.lint.subject import Policy
from policy.syntax.faults import clip

_OF_ALIASES = frozenset(facts.name for facts in kms_actions() if "alias" in facts.resource_types)


def _check(policy: Policy) -> Iterator[Fault]:
    for value in policy.resources:
        if ":alias/" not in value.text or ":kms:" not in value.text or value.negated:
            continue
        actions = value.statement.kms_actions
        if actions and not actions & _OF_ALIASES:
            yield Fault(
                place=value.place,
                message=f"`{clip(value.text)}` is the alias, and the actions are decided on the key behind it",
                help="name the key, or add a condition on `kms:ResourceAliases`",
            )


RULE = Rule(
    code="WK407", name="alias-as-resource", severity=Severity.WARNING, text=__doc__, check=_check, kinds=IDENTITY
)
