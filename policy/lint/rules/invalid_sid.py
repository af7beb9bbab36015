"""The Sid of an identity-based policy holds other characters than letters and digits.

Why:
    IAM refuses the policy. Key policies may have spaces in a Sid, identity-based policies not.

Bad:
    allow "List all keys" {  # <-- here
      action    kms:ListKeys
      resource  *
    }

Good:
    allow "ListAllKeys" {
      action    kms:ListKeys
      resource  *
    }

Source:
    IAM User Guide, "IAM JSON policy elements: Sid".
"""

import re
from collections.abc import Iterator

from policy.diagnostics import Severity
from policy.lint.rule import IDENTITY, Fault, Part, Place, Rule
from policy.lint.subject import Policy
from policy.syntax.faults import clip

_SID = re.compile(r"[A-Za-z0-9]*")


def _check(policy: Policy) -> Iterator[Fault]:
    for each in policy.statements:
        sid = each.statement.sid
        if sid and not _SID.fullmatch(sid):
            yield Fault(
                place=Place(each.index, Part.SID),
                message=f"the Sid `{clip(sid)}` holds other characters than letters and digits, which IAM refuses",
                help=f"write `{''.join(word[:1].upper() + word[1:] for word in re.findall('[A-Za-z0-9]+', sid))}`",
            )


RULE = Rule(
    code="WK109",
    name="invalid-sid",
    severity=Severity.ERROR,
    text=__doc__,
    check=_check,
    kinds=IDENTITY,
    analyzer=("UNSUPPORTED_SID",),
)
