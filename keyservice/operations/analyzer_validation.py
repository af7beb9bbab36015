"""ValidatePolicy: what is wrong with a policy, or could be better. Answered by the linter.

Source: IAM Access Analyzer API Reference, "ValidatePolicy".
"""

import hashlib
from dataclasses import dataclass
from typing import Annotated

from keyservice.auth.markers import open_marker, seal_marker
from keyservice.errors import VALIDATION, ServiceError
from keyservice.operations.analyzer_findings import POLICY_TYPES, TRUST_POLICY, PolicyFinding, find, told
from keyservice.operations.locate import account_target
from keyservice.operations.operation import Kind, Operation, Run
from keyservice.operations.shapes import Choice, Number, Text, Wire
from keyservice.operations.sts_session import NumberAsText
from policy.lint.json_path import JsonPaths

MOST_POLICY = 65_536
"""Characters of a policy: of Access Analyzer no page says. None of AWS's policies may be longer than half of that."""

_DEFAULT_RESULTS = 100
_MOST_RESULTS = 1000


@dataclass(frozen=True, slots=True, kw_only=True)
class ValidatePolicyInput:
    """The parameters of ValidatePolicy; findings are in English, whatever the locale."""

    locale: Annotated[
        str | None,
        Choice(("DE", "EN", "ES", "FR", "IT", "JA", "KO", "PT_BR", "ZH_CN", "ZH_TW")),
        Wire("locale"),
    ] = None
    max_results: Annotated[int | None, NumberAsText(Number(1, _MOST_RESULTS)), Wire("maxResults")] = None
    next_token: Annotated[str | None, Text(0, 2048), Wire("nextToken")] = None
    policy_document: Annotated[str, Text(0, MOST_POLICY, secret=True), Wire("policyDocument")]
    policy_type: Annotated[str, Choice(tuple(POLICY_TYPES)), Wire("policyType")]
    validate_policy_resource_type: Annotated[
        str | None,
        Choice(
            (
                *("AWS::S3::Bucket", "AWS::S3::AccessPoint", "AWS::S3::MultiRegionAccessPoint"),
                *("AWS::S3ObjectLambda::AccessPoint", TRUST_POLICY, "AWS::DynamoDB::Table"),
            )
        ),
        Wire("validatePolicyResourceType"),
    ] = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ValidatePolicyOutput:
    """What ValidatePolicy answers."""

    findings: Annotated[tuple[PolicyFinding, ...], Wire("findings")]
    next_token: Annotated[str | None, Wire("nextToken")]


def validate_policy(run: Run, given: ValidatePolicyInput) -> ValidatePolicyOutput:
    """Tell the findings in a policy, a page of them."""
    if given.validate_policy_resource_type is not None and given.policy_type != "RESOURCE_POLICY":
        raise VALIDATION(detail="validatePolicyResourceType is only supported for the policy type RESOURCE_POLICY")
    scope = _scope(run, given)
    start = _start(run, scope, given.next_token)
    found = find(given.policy_document, given.policy_type, given.validate_policy_resource_type)
    end = start + (given.max_results or _DEFAULT_RESULTS)
    paths = JsonPaths(given.policy_document)
    ports = run.ports
    return ValidatePolicyOutput(
        findings=tuple(told(finding, paths, given.policy_type) for finding in found[start:end]),
        next_token=seal_marker(ports.domain_key, scope, str(end), random=ports.random) if end < len(found) else None,
    )


def _scope(run: Run, given: ValidatePolicyInput) -> str:
    """What a token belongs to: the account, and the very policy as it was validated."""
    what = "\0".join((given.policy_type, given.validate_policy_resource_type or "", given.policy_document))
    digest = hashlib.sha256(what.encode("utf-8", "surrogatepass")).hexdigest()
    return f"{run.caller.account}/ValidatePolicy/{digest}"


def _start(run: Run, scope: str, token: str | None) -> int:
    if token is None:
        return 0
    try:
        return int(open_marker(run.ports.domain_key, scope, token))
    except ServiceError:
        raise VALIDATION(detail="Invalid nextToken") from None


VALIDATE_POLICY = Operation(
    name="ValidatePolicy",
    page="ValidatePolicy",
    input=ValidatePolicyInput,
    kind=Kind.READ,
    locate=lambda run, _: account_target(run, "access-analyzer:ValidatePolicy"),
    answer=validate_policy,
    is_analysis=True,
    redacted=frozenset({"policy_document"}),
    service="access-analyzer",
)
