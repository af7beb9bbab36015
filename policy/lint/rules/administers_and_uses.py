"""One principal both administers the key and uses it.

Why:
    Who can schedule a key's deletion, or disable it, should not be who decrypts with it: one stolen credential is then
    enough to read the data and to take the key away.

Bad:
    allow "Administration" {
      principal  arn:aws:iam::111122223333:role/App
      action     @administration
      resource   *
    }
    allow "Use" {
      principal  arn:aws:iam::111122223333:role/App  # <-- here
      action     @usage
      resource   *
    }

Good:
    allow "Administration" {
      principal  arn:aws:iam::111122223333:role/KeyAdmin
      action     @administration
      resource   *
    }
    allow "Use" {
      principal  arn:aws:iam::111122223333:role/App
      action     @usage
      resource   *
    }

Source:
    KMS Developer Guide, "Default key policy", Allows key administrators to administer the KMS key; Allows key users to
    use the KMS key.
"""

from collections.abc import Iterator

from policy.diagnostics import Severity
from policy.lint.holdings import ADMINISTRATION, USE, holdings
from policy.lint.rule import KEY, Fault, Rule
from policy.lint.subject import Policy
from policy.syntax.faults import clip


def _check(policy: Policy) -> Iterator[Fault]:
    for holding in holdings(policy):
        if holding.actions & USE and holding.actions & ADMINISTRATION:
            value = holding.last_with(USE)
            yield Fault(
                place=value.place,
                message=f"`{clip(value.text)}` both administers the key and uses it",
                help="give administration and use to two roles",
            )


RULE = Rule(
    code="WK603", name="administers-and-uses", severity=Severity.SECURITY_WARNING, text=__doc__, check=_check, kinds=KEY
)
