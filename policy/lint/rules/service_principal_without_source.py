"""A service may act for anyone: nothing ties the statement to one's own resources.

Why:
    A service acts for many customers. Without `aws:SourceArn`, `aws:SourceAccount` or the like, another customer's
    resource can make it use this one: the confused deputy.

Bad:
    allow "CloudTrail" {
      principal  service cloudtrail.amazonaws.com  # <-- here
      action     kms:GenerateDataKey*
      resource   *
    }

Good:
    allow "CloudTrail" {
      principal  service cloudtrail.amazonaws.com
      action     kms:GenerateDataKey*
      resource   *
      when       aws:SourceArn == arn:aws:cloudtrail:us-east-1:111122223333:trail/example
    }

Source:
    IAM User Guide, "The confused deputy problem"; KMS Developer Guide, "Allow AWS services to access a KMS key".
"""

from collections.abc import Iterator

from policy.diagnostics import Severity
from policy.lint.holdings import CREATE_GRANT, USE
from policy.lint.rule import RESOURCE_BASED, Fault, Rule
from policy.lint.subject import Policy
from policy.model.document import PrincipalKind
from policy.model.kinds import PolicyKind
from policy.syntax.faults import clip

_MATTERS = USE | {CREATE_GRANT}

# What an encryption context holds, or the caller's account, ties the call to somebody as well.
_TIES = ("aws:source", "kms:encryptioncontext", "kms:calleraccount", "aws:principalorg", "aws:resourceaccount")


def _check(policy: Policy) -> Iterator[Fault]:
    for each in policy.allows:
        if any(entry.key.startswith(_TIES) for entry in each.conditions) or each.is_partial:
            continue
        # What a key is called and where it is, a service may well learn.
        if policy.kind is PolicyKind.KEY and not each.kms_actions & _MATTERS:
            continue
        for value in each.principals:
            if value.kind is PrincipalKind.SERVICE and not value.negated:
                yield Fault(
                    place=value.place,
                    message=f"`{clip(value.text)}` may act here for any customer's resource",
                    help="add a condition on `aws:SourceArn` or `aws:SourceAccount`",
                )
                break


RULE = Rule(
    code="WK210",
    name="service-principal-without-source",
    severity=Severity.SECURITY_WARNING,
    text=__doc__,
    check=_check,
    kinds=RESOURCE_BASED,
    analyzer=("RESTRICT_ACCESS_TO_SERVICE_PRINCIPAL", "RECOMMENDED_CONDITION_KEY_FOR_SERVICE_PRINCIPAL"),
)
