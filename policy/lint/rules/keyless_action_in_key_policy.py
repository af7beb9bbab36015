"""A key policy names an action that no key is the resource of.

Why:
    CreateKey, ListKeys, ListAliases and others are about the account; no key policy is asked about them.

Bad:
    allow "List" {
      principal  arn:aws:iam::111122223333:role/App
      action     kms:DescribeKey, kms:ListAliases  # <-- here
      resource   *
    }

Good:
    allow "Describe" {
      principal  arn:aws:iam::111122223333:role/App
      action     kms:DescribeKey
      resource   *
    }

Source:
    Service Authorization Reference, "Actions, resources, and condition keys for AWS Key Management Service".
"""

from collections.abc import Iterator

from policy.catalogue.actions import action_facts
from policy.diagnostics import Severity
from policy.lint.rule import KEY, Fault, Rule
from policy.lint.subject import Policy


def _check(policy: Policy) -> Iterator[Fault]:
    for value in policy.actions:
        # Patterns such as AWS's own `kms:List*` reach further than they need to; that does no harm.
        facts = action_facts(value.text)
        if facts is not None and "key" not in facts.resource_types:
            yield Fault(
                place=value.place,
                message=f"`{value.text}` is about no key, so it has no effect in a key policy",
                help="put it into an IAM policy",
            )


RULE = Rule(
    code="WK306",
    name="keyless-action-in-key-policy",
    severity=Severity.WARNING,
    text=__doc__,
    check=_check,
    kinds=KEY,
    analyzer=("UNSUPPORTED_ACTION_IN_POLICY",),
)
