"""The policy is of the old version of the language, 2008-10-17, perhaps because it does not say.

Why:
    Without `Version` a policy is of the old version, in which policy variables are literal text.

Bad:
    {  # <-- here
      "Statement": {"Effect": "Allow", "Action": "kms:ListKeys", "Resource": "*"}
    }

Good:
    {
      "Version": "2012-10-17",
      "Statement": {"Effect": "Allow", "Action": "kms:ListKeys", "Resource": "*"}
    }

Source:
    IAM User Guide, "IAM JSON policy elements: Version".
"""

from collections.abc import Iterator

from policy.diagnostics import Severity
from policy.lint.rule import Fault, Place, Rule
from policy.lint.subject import Policy
from policy.model.document import Version


def _check(policy: Policy) -> Iterator[Fault]:
    if policy.document.version is Version.OLD:
        yield Fault(
            place=Place(),
            message="the policy is of version 2008-10-17, which it is also without a `Version`",
            help='write `"Version": "2012-10-17"`; in the old version policy variables are literal text',
        )


RULE = Rule(
    code="WK107",
    name="old-version",
    severity=Severity.WARNING,
    text=__doc__,
    check=_check,
    analyzer=("MISSING_VERSION",),
)
