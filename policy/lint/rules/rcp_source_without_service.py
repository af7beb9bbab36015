"""A resource control policy asks for whom an AWS service calls, and so stops callers that are no service.

Why:
    Only calls of service principals carry `aws:SourceOrgID` and the like, and not all of them. A negated operator holds
    without the key, so that every user and role is denied as well.

Bad:
    deny "DeputiesOfOthers" {
      principal  *
      action     kms:Decrypt
      resource   *
      when       aws:SourceOrgID? != "o-exampleorgid"  # <-- here
    }

Good:
    deny "DeputiesOfOthers" {
      principal  *
      action     kms:Decrypt
      resource   *
      when       aws:SourceOrgID? != "o-exampleorgid"
      when       aws:SourceAccount exists
      when       aws:PrincipalIsAWSService? == true
    }

Source:
    AWS Organizations User Guide, "Resource control policy examples", Cross-service confused deputy protection.
"""

from collections.abc import Iterator

from policy.diagnostics import Severity
from policy.lint.rule import CONTROL, Fault, Rule
from policy.lint.subject import Policy

_OF_SOURCE = ("aws:sourceorgid", "aws:sourceorgpaths", "aws:sourceaccount")
_GUARDS = {
    "aws:principalisawsservice": "`BoolIfExists` `aws:PrincipalIsAWSService` `true`",
    "aws:sourceaccount": "`Null` `aws:SourceAccount` `false`",
}


def _check(policy: Policy) -> Iterator[Fault]:
    for each in policy.statements:
        # Only an RCP has a principal.
        if each.is_allow or not each.is_open or each.is_partial:
            continue
        asked = [entry for entry in each.conditions if entry.is_negated and entry.key.startswith(_OF_SOURCE)]
        guards = {entry.key for entry in each.conditions if not entry.is_negated}
        # One of the two keys of a call's source says as well as the other that there is one.
        guards |= {"aws:sourceaccount"} if "aws:sourcearn" in guards else set()
        missing = [text for key, text in _GUARDS.items() if key not in guards]
        if asked and missing:
            yield Fault(
                place=asked[0].place,
                message=f"callers that are no service have no `{asked[0].condition.key}`, and are denied too",
                help=f"add {' and '.join(missing)}",
            )


RULE = Rule(
    code="WK540",
    name="rcp-source-without-service",
    severity=Severity.WARNING,
    text=__doc__,
    check=_check,
    kinds=CONTROL,
    analyzer=("RCP_MISSING_RELATED_SERVICE_PRINCIPAL_CONDITION_KEY", "RCP_MISSING_SERVICE_CONDITION_KEY_NULL_CHECK"),
)
