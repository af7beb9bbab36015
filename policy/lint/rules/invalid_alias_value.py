"""A condition compares an alias with something that is no alias name.

Why:
    `kms:RequestAlias` and `kms:ResourceAliases` hold names such as `alias/app`; an ARN or a bare name never matches.

Bad:
    allow "ByAlias" {
      action    kms:Decrypt
      resource  arn:aws:kms:us-east-1:111122223333:key/*
      when      kms:RequestAlias == "arn:aws:kms:us-east-1:111122223333:alias/app"  # <-- here
    }

Good:
    allow "ByAlias" {
      action    kms:Decrypt
      resource  arn:aws:kms:us-east-1:111122223333:key/*
      when      kms:RequestAlias == "alias/app"
    }

Source:
    KMS Developer Guide, "AWS KMS condition keys", kms:RequestAlias and kms:ResourceAliases.
"""

from collections.abc import Iterator

from policy.diagnostics import Severity
from policy.lint.rule import Fault, Rule
from policy.lint.subject import Policy
from policy.syntax.faults import clip


def _check(policy: Policy) -> Iterator[Fault]:
    for entry in policy.conditions:
        if entry.key in ("kms:requestalias", "kms:resourcealiases") and entry.operator.startswith("String"):
            for text, place in entry.values:
                if not text.startswith(("alias/", "*", "${")):
                    name = text.rpartition("alias/")[2]
                    yield Fault(
                        place=place,
                        message=f"`{clip(text)}` is no alias name, so it is never `{entry.condition.key}`",
                        help=f"write `alias/{clip(name)}`",
                    )


RULE = Rule(code="WK535", name="invalid-alias-value", severity=Severity.ERROR, text=__doc__, check=_check)
