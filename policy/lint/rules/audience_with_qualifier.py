"""The audience of a token is compared with a set operator.

Why:
    With most providers the audience is one value: `ForAnyValue` adds nothing, and `ForAllValues` holds without any
    audience at all.

Bad:
    allow "Workflow" {
      principal  federated arn:aws:iam::111122223333:oidc-provider/oidc.example.com
      action     sts:AssumeRoleWithWebIdentity
      when       any oidc.example.com:aud == "sts.amazonaws.com"  # <-- here
    }

Good:
    allow "Workflow" {
      principal  federated arn:aws:iam::111122223333:oidc-provider/oidc.example.com
      action     sts:AssumeRoleWithWebIdentity
      when       oidc.example.com:aud == "sts.amazonaws.com"
    }

Source:
    IAM User Guide, "IAM policy validation check reference", Security Warning - ForAnyValue with audience claim type;
    Suggestion - Confirm audience claim type.
"""

from collections.abc import Iterator

from policy.catalogue.operators import Operator, Qualifier
from policy.diagnostics import Severity
from policy.lint.rule import TRUST, Fault, Rule
from policy.lint.subject import Policy

# Amazon Cognito gives its `amr` in several values, and its audience in one.
_ONE_AUDIENCE = ("token.actions.githubusercontent.com:", "cognito-identity.amazonaws.com:", "accounts.google.com:")


def _check(policy: Policy) -> Iterator[Fault]:
    for entry in policy.conditions:
        qualifier = entry.condition.qualifier
        if qualifier is None or not entry.key.endswith(":aud") or entry.operator is Operator.NULL:
            continue
        is_sure = entry.key.startswith(_ONE_AUDIENCE) or qualifier is Qualifier.FOR_ALL_VALUES
        yield Fault(
            place=entry.place,
            message=f"`{entry.condition.key}` is compared as if tokens had several audiences",
            help=f"write `{entry.condition.operator_name.rpartition(':')[2]}` if they have one",
            severity=Severity.SECURITY_WARNING if is_sure else None,
        )


RULE = Rule(
    code="WK546",
    name="audience-with-qualifier",
    severity=Severity.SUGGESTION,
    text=__doc__,
    check=_check,
    kinds=TRUST,
    analyzer=("FORANYVALUE_WITH_AUDIENCE_CLAIM_TYPE", "CONFIRM_AUDIENCE_CLAIM_TYPE"),
)
