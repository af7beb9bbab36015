"""An action of the account stands with the ARN of a key alone.

Why:
    CreateKey, ListKeys, ListAliases, GenerateRandom and others are about no key: only `*` matches them.

Bad:
    allow "List" {
      action    kms:ListKeys  # <-- here
      resource  arn:aws:kms:us-east-1:111122223333:key/*
    }

Good:
    allow "List" {
      action    kms:ListKeys
      resource  *
    }

Source:
    Service Authorization Reference, "Actions, resources, and condition keys for AWS Key Management Service".
"""

from collections.abc import Iterator

from policy.catalogue.actions import action_facts
from policy.diagnostics import Severity
from policy.lint.rule import IDENTITY, Fault, Rule
from policy.lint.subject import Policy
from policy.syntax.faults import clip


def _check(policy: Policy) -> Iterator[Fault]:
    for each in policy.statements:
        resources = each.resources
        if not resources or resources[0].negated or each.is_partial or any(not v.text.strip("*") for v in resources):
            continue
        for value in each.actions:
            facts = action_facts(value.text)
            if facts is not None and not facts.resource_types and not value.negated:
                yield Fault(
                    place=value.place,
                    message=f"`{value.text}` is about no key, and `{clip(resources[0].text)}` does not match it",
                    help="give it a statement with `Resource` `*`",
                )


RULE = Rule(
    code="WK408", name="key-for-account-action", severity=Severity.WARNING, text=__doc__, check=_check, kinds=IDENTITY
)
