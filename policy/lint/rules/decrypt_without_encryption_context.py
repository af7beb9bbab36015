"""A principal may decrypt under any encryption context, on a key whose other users are held to theirs.

Why:
    Where statements tell users apart by the encryption context, one that does not lets its principal read what belongs
    to all of the others.

Bad:
    allow "Web" {
      principal  arn:aws:iam::111122223333:role/Web
      action     kms:Decrypt
      resource   *
      when       kms:EncryptionContext:app == "web"
    }
    allow "Batch" {
      principal  arn:aws:iam::111122223333:role/Batch
      action     kms:Decrypt  # <-- here
      resource   *
    }

Good:
    allow "Web" {
      principal  arn:aws:iam::111122223333:role/Web
      action     kms:Decrypt
      resource   *
      when       kms:EncryptionContext:app == "web"
    }
    allow "Batch" {
      principal  arn:aws:iam::111122223333:role/Batch
      action     kms:Decrypt
      resource   *
      when       kms:EncryptionContext:app == "batch"
    }

Source:
    KMS Developer Guide, "Encryption context" and "AWS KMS condition keys", kms:EncryptionContext.
"""

from collections.abc import Iterator

from policy.diagnostics import Severity
from policy.lint.kms import kms_matches
from policy.lint.rule import KEY, Fault, Rule
from policy.lint.subject import Policy, StatementFacts
from policy.model.document import PrincipalKind

_CONTEXT = "kms:encryptioncontext"
_DECRYPTING = frozenset({"kms:Decrypt", "kms:ReEncryptFrom"})


def _check(policy: Policy) -> Iterator[Fault]:
    decrypting = [each for each in policy.allows if each.kms_actions & _DECRYPTING and not each.is_partial]
    is_shared = any(_is_held(each) and not _is_of_services(each) for each in decrypting)
    if not is_shared or any(
        entry.key.startswith(_CONTEXT) for entry in policy.conditions if not entry.statement.is_allow
    ):
        return
    for each in decrypting:
        is_delegation = all(value.account for value in each.principals)
        is_narrow = any(each.restricting("kms:viaservice", "kms:recipientattestation"))
        if not (_is_held(each) or is_delegation or is_narrow or _is_of_services(each)):
            value = next((value for value in each.actions if kms_matches(value.text) & _DECRYPTING), each.actions[0])
            yield Fault(
                place=value.place,
                message=f"{each.title} decrypts under any encryption context, and others are held to theirs",
                help="add a condition on `kms:EncryptionContext:NAME`",
            )


def _is_held(statement: StatementFacts) -> bool:
    return any(statement.restricting(_CONTEXT))


def _is_of_services(statement: StatementFacts) -> bool:
    return all(value.kind is PrincipalKind.SERVICE for value in statement.principals)


RULE = Rule(
    code="WK611",
    name="decrypt-without-encryption-context",
    severity=Severity.WARNING,
    text=__doc__,
    check=_check,
    kinds=KEY,
)
