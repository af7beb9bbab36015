"""A condition key has no form that a key can have.

Why:
    A key is `service:name`. AWS refuses any other.

Bad:
    deny "OnlyFromTheOffice" {
      action    kms:*
      resource  *
      when      SourceIp not in 192.0.2.0/24  # <-- here
    }

Good:
    deny "OnlyFromTheOffice" {
      action    kms:*
      resource  *
      when      aws:SourceIp not in 192.0.2.0/24
    }

Source:
    IAM User Guide, "IAM policy validation check reference", Error - Invalid condition key format.
"""

from collections.abc import Iterator

from policy.catalogue.keys import condition_keys
from policy.diagnostics import Severity
from policy.lint.rule import Fault, Rule
from policy.lint.subject import Policy
from policy.syntax.faults import clip


def _check(policy: Policy) -> Iterator[Fault]:
    for entry in policy.conditions:
        service, colon, name = entry.key.partition(":")
        if not (colon and service and name) and not entry.key.startswith("kms:encryptioncontext"):
            known = [facts.name for facts in condition_keys() if facts.name.lower().endswith(f":{entry.key}")]
            yield Fault(
                place=entry.place,
                message=f"`{clip(entry.condition.key)}` is no condition key, expected `service:name`",
                help=f"did you mean `{known[0]}`?" if known else None,
            )


RULE = Rule(
    code="WK502",
    name="invalid-condition-key",
    severity=Severity.ERROR,
    text=__doc__,
    check=_check,
    analyzer=("INVALID_CONDITION_KEY_FORMAT",),
)
