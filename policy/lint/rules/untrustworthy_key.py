"""An Allow rests on something that the caller can say as it likes.

Why:
    `aws:Referer` and `aws:UserAgent` are headers of the request. Anyone can send any value.

Bad:
    allow "OurApplication" {
      action    kms:Decrypt
      resource  arn:aws:kms:us-east-1:111122223333:key/*
      when      aws:UserAgent like "our-app/*"  # <-- here
    }

Good:
    allow "OurApplication" {
      action    kms:Decrypt
      resource  arn:aws:kms:us-east-1:111122223333:key/*
      when      aws:PrincipalTag/app == "our-app"
    }

Source:
    IAM User Guide, "AWS global condition context keys", aws:Referer and aws:UserAgent.
"""

from collections.abc import Iterator

from policy.diagnostics import Severity
from policy.lint.rule import Fault, Rule
from policy.lint.subject import Policy

_KEYS = frozenset({"aws:referer", "aws:useragent"})


def _check(policy: Policy) -> Iterator[Fault]:
    for entry in policy.conditions:
        if entry.key in _KEYS and entry.statement.is_allow and not entry.is_negated:
            yield Fault(
                place=entry.place,
                message=f"`{entry.condition.key}` is what the caller says it is",
                help="rest the Allow on who calls: `aws:PrincipalArn`, `aws:PrincipalTag`, `aws:SourceVpce`",
            )


RULE = Rule(
    code="WK525",
    name="untrustworthy-key",
    severity=Severity.SECURITY_WARNING,
    text=__doc__,
    check=_check,
    analyzer=("UNTRUSTWORTHY_CONDITION_KEY",),
)
