"""Two statements have the same Sid.

Why:
    A Sid must be unique in an identity-based policy. Elsewhere AWS takes it, and logs no longer tell which statement
    decided.

Bad:
    allow "Read" {
      action    kms:ListKeys
      resource  *
    }
    allow "Read" {  # <-- here
      action    kms:ListAliases
      resource  *
    }

Good:
    allow "ReadKeys" {
      action    kms:ListKeys
      resource  *
    }
    allow "ReadAliases" {
      action    kms:ListAliases
      resource  *
    }

Source:
    IAM User Guide, "IAM JSON policy elements: Sid".
"""

from collections.abc import Iterator

from policy.diagnostics import Severity
from policy.lint.rule import Fault, Part, Place, Rule
from policy.lint.subject import Policy
from policy.model.kinds import PolicyKind
from policy.syntax.faults import clip


def _check(policy: Policy) -> Iterator[Fault]:
    seen: set[str] = set()
    for each in policy.statements:
        sid = each.statement.sid
        if sid and sid in seen:
            yield Fault(
                place=Place(each.index, Part.SID),
                message=f"another statement has the Sid `{clip(sid)}` already",
                help="give it another one",
                severity=None if policy.kind is PolicyKind.IDENTITY else Severity.WARNING,
            )
        if sid:
            seen.add(sid)


RULE = Rule(
    code="WK108",
    name="duplicate-sid",
    severity=Severity.ERROR,
    text=__doc__,
    check=_check,
    analyzer=("UNIQUE_SIDS_REQUIRED", "UNIQUE_SIDS_RECOMMENDED"),
)
