"""CheckAccessNotGranted and CheckNoPublicAccess: whether a policy grants what it must not. Answered by the analysis.

Source: IAM Access Analyzer API Reference, the two operations and their examples in the AWS SDKs.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Annotated

from keyservice.errors import INVALID_PARAMETER, UNPROCESSABLE_ENTITY
from keyservice.operations.analyzer_findings import TRUST_POLICY
from keyservice.operations.analyzer_validation import MOST_POLICY
from keyservice.operations.locate import account_target
from keyservice.operations.operation import Kind, Operation, Run
from keyservice.operations.shapes import Choice, ListOf, Record, Text, Wire
from policy.analyze.access_checks import Access, effort, granting_access, granting_everybody
from policy.model.document import PolicyDocument, Statement
from policy.model.reading import PolicyKind, read_policy
from policy.source import Source

_MOST_EFFORT = 64_000_000  # comparisons: some seconds

_ACTION = re.compile(r"\*|[A-Za-z0-9-]+:[A-Za-z0-9*?]+")
# "You can only use a wildcard in the portion of the ARN that specifies the resource ID" ("Access").
_RESOURCE = re.compile(r"\*|arn:[^*?:]+:[^*?:]+:[^*?:]*:[^*?:]*:.+", re.DOTALL)

_KINDS = {"AWS::KMS::Key": PolicyKind.KEY, TRUST_POLICY: PolicyKind.TRUST}
_RESOURCE_TYPES = (
    *("AWS::DynamoDB::Table", "AWS::DynamoDB::Stream", "AWS::EFS::FileSystem", "AWS::OpenSearchService::Domain"),
    *("AWS::Kinesis::Stream", "AWS::Kinesis::StreamConsumer", "AWS::KMS::Key", "AWS::Lambda::Function"),
    *("AWS::S3::Bucket", "AWS::S3::AccessPoint", "AWS::S3Express::DirectoryBucket", "AWS::S3::Glacier"),
    *("AWS::S3Outposts::Bucket", "AWS::S3Outposts::AccessPoint", "AWS::SecretsManager::Secret", "AWS::SNS::Topic"),
    *("AWS::SQS::Queue", TRUST_POLICY, "AWS::S3Tables::TableBucket", "AWS::ApiGateway::RestApi"),
    *("AWS::CodeArtifact::Domain", "AWS::Backup::BackupVault", "AWS::CloudTrail::Dashboard"),
    *("AWS::CloudTrail::EventDataStore", "AWS::S3Tables::Table", "AWS::S3Express::AccessPoint"),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class AccessInput:
    """Actions and resources."""

    actions: Annotated[tuple[str, ...], ListOf(Text(), 100), Wire("actions")] = ()
    resources: Annotated[tuple[str, ...], ListOf(Text(0, 2048), 100), Wire("resources")] = ()


PolicyText = Annotated[str, Text(0, MOST_POLICY, secret=True), Wire("policyDocument")]


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckAccessNotGrantedInput:
    """The parameters of CheckAccessNotGranted."""

    policy_document: PolicyText
    access: Annotated[tuple[AccessInput, ...], ListOf(Record(AccessInput), 1), Wire("access")]
    policy_type: Annotated[str, Choice(("IDENTITY_POLICY", "RESOURCE_POLICY")), Wire("policyType")]


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckNoPublicAccessInput:
    """The parameters of CheckNoPublicAccess."""

    policy_document: PolicyText
    resource_type: Annotated[str, Choice(_RESOURCE_TYPES), Wire("resourceType")]


@dataclass(frozen=True, slots=True, kw_only=True)
class Reason:
    """A statement for which the answer is FAIL."""

    description: Annotated[str, Wire("description")]
    statement_index: Annotated[int, Wire("statementIndex")]
    statement_id: Annotated[str | None, Wire("statementId")]


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckOutput:
    """What both operations answer."""

    result: Annotated[str, Wire("result")]
    message: Annotated[str, Wire("message")]
    reasons: Annotated[tuple[Reason, ...] | None, Wire("reasons")]


def check_access_not_granted(run: Run, given: CheckAccessNotGrantedInput) -> CheckOutput:  # noqa: ARG001 - a row's
    """Tell whether a policy grants none of the access."""
    access = _access(given.access)
    is_of_resource = given.policy_type == "RESOURCE_POLICY"
    document = _document(given.policy_document, PolicyKind.RESOURCE if is_of_resource else PolicyKind.IDENTITY)
    _check_effort(document, access)
    statements = granting_access(document, access, of_resource=is_of_resource)
    does = "grants" if statements else "does not grant"
    return _output(
        document,
        statements,
        message=f"The policy document {does} access to perform one or more of the listed actions or resources.",
        description="One or more of the listed actions or resources in the statement",
    )


def check_no_public_access(run: Run, given: CheckNoPublicAccessInput) -> CheckOutput:  # noqa: ARG001 - a row's
    """Tell whether a resource's policy grants nothing to everybody."""
    document = _document(given.policy_document, _KINDS.get(given.resource_type, PolicyKind.RESOURCE))
    _check_effort(document, Access())
    statements = granting_everybody(document)
    does = "grants" if statements else "does not grant"
    return _output(
        document,
        statements,
        message=f"The resource policy {does} public access for the given resource type.",
        description="Public access granted in the following statement",
    )


def _output(
    document: PolicyDocument, statements: Iterable[Statement], *, message: str, description: str
) -> CheckOutput:
    granting = {id(statement) for statement in statements}
    reasons = tuple(
        Reason(
            description=f"{description} with {f'sid: {each.sid}' if each.sid else f'index: {index}'}.",
            statement_index=index,
            statement_id=each.sid or None,
        )
        for index, each in enumerate(document.statements)
        if id(each) in granting
    )
    return CheckOutput(result="FAIL" if reasons else "PASS", message=message, reasons=reasons or None)


def _access(given: tuple[AccessInput, ...]) -> Access:
    actions = tuple(action for each in given for action in each.actions)
    resources = tuple(resource for each in given for resource in each.resources)
    if not actions and not resources:
        raise INVALID_PARAMETER(detail="The access must contain at least one action or resource.")
    for value, form, what in (
        *((each, _ACTION, "action") for each in actions),
        *((each, _RESOURCE, "resource") for each in resources),
    ):
        if not form.fullmatch(value):
            raise INVALID_PARAMETER(detail=f"The {what} {value[:256]} in the access is not valid.")
    return Access(actions=actions, resources=resources)


def _document(text: str, kind: PolicyKind) -> PolicyDocument:
    """The policy; AWS does not say which of its errors one is told that cannot be read."""
    if not text.lstrip().startswith("{"):
        raise INVALID_PARAMETER(detail="The policy document is not a JSON object.")
    reading = read_policy(Source("policyDocument", text), kind=kind)
    if reading.document is None:
        faults = "; ".join(f"{each.place}: {each.message}" for each in reading.diagnostics)
        raise INVALID_PARAMETER(detail=f"The policy document is not valid: {faults}")
    return reading.document


def _check_effort(document: PolicyDocument, access: Access) -> None:
    if effort(document, access) > _MOST_EFFORT:
        raise UNPROCESSABLE_ENTITY(detail="The policy document is too complex to be checked for this access.")


CHECK_ACCESS_NOT_GRANTED = Operation(
    name="CheckAccessNotGranted",
    page="CheckAccessNotGranted",
    input=CheckAccessNotGrantedInput,
    kind=Kind.READ,
    locate=lambda run, _: account_target(run, "access-analyzer:CheckAccessNotGranted"),
    answer=check_access_not_granted,
    is_analysis=True,
    redacted=frozenset({"policy_document"}),
    service="access-analyzer",
)

CHECK_NO_PUBLIC_ACCESS = Operation(
    name="CheckNoPublicAccess",
    page="CheckNoPublicAccess",
    input=CheckNoPublicAccessInput,
    kind=Kind.READ,
    locate=lambda run, _: account_target(run, "access-analyzer:CheckNoPublicAccess"),
    answer=check_no_public_access,
    is_analysis=True,
    redacted=frozenset({"policy_document"}),
    service="access-analyzer",
)
