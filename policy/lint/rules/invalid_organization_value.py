"""A condition compares the organization with something that is no organization id.

Why:
    `aws:PrincipalOrgID` and its kin hold `o-` and 10 to 32 letters and digits; nothing else ever matches.

Bad:
    deny "OnlyOurs" {
      action    kms:*
      resource  *
      when      aws:ResourceOrgID != "ou-ab12-11111111"  # <-- here
    }

Good:
    deny "OnlyOurs" {
      action    kms:*
      resource  *
      when      aws:ResourceOrgID != "o-exampleorgid"
    }

Source:
    AWS Organizations API Reference, "Organization" (Id); IAM User Guide, "AWS global condition context keys".
"""

from collections.abc import Iterator

from policy.diagnostics import Severity
from policy.lint.arns import is_wild
from policy.lint.rule import Fault, Rule
from policy.lint.subject import Policy
from policy.syntax.faults import clip

_KEYS = frozenset({"aws:principalorgid", "aws:resourceorgid", "aws:sourceorgid", "aws:vpceorgid"})


def _check(policy: Policy) -> Iterator[Fault]:
    for entry in policy.conditions:
        if entry.key in _KEYS and entry.operator.startswith("String"):
            for text, place in entry.values:
                # Examples shorten and decorate ids; what begins with `o-` is taken for one.
                if not text.startswith("o-") and not is_wild(text):
                    yield Fault(
                        place=place,
                        message=f"`{clip(text)}` is no organization id, so it is never `{entry.condition.key}`",
                        help="an organization id begins with `o-`; for its units there is `aws:PrincipalOrgPaths`",
                    )


RULE = Rule(code="WK533", name="invalid-organization-value", severity=Severity.ERROR, text=__doc__, check=_check)
