"""Policies inside of other documents: CloudFormation templates, Terraform plans, what AWS's commands answer.

A policy is wherever an object has a `Statement` with an `Effect`, or a string holds such an object. It is rendered as
IAM JSON, which remembers for every part where in the file it came from.
"""

import json
from bisect import bisect_right
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field

from policy.lint.subject import UNKNOWN
from policy.lint.values import Items, Members, Nothing, Positioned, Text, Unknown
from policy.model.kinds import PolicyKind
from policy.source import Span


@dataclass(frozen=True, slots=True, kw_only=True)
class Rendered:
    """A policy as IAM JSON. `starts` and `spans` are the places of its parts, here and in the file."""

    text: str
    kind: PolicyKind | None
    is_partial: bool
    owner: str | None = None
    starts: tuple[int, ...] = field(repr=False)
    spans: tuple[Span, ...] = field(repr=False)
    offsets: tuple[int, ...] | None = field(default=None, repr=False)

    def original(self, span: Span) -> Span:
        """The place in the file of a span of the text."""
        if self.offsets is not None:
            last = len(self.offsets) - 1
            end = self.offsets[span.end] if span.end <= last else self.offsets[last] + 1
            return Span(self.offsets[min(span.start, last)], end)
        return self.spans[max(0, bisect_right(self.starts, span.start) - 1)]


# The member under which a policy stands -> its kind, whatever the resource.
_KIND_OF_MEMBER = {
    "KeyPolicy": PolicyKind.KEY,
    "AssumeRolePolicyDocument": PolicyKind.TRUST,
    "assume_role_policy": PolicyKind.TRUST,
    "RepositoryPolicyText": PolicyKind.RESOURCE,
}

# The resource's type -> the kind of its policies, but for those above.
_KIND_OF_RESOURCE = {
    "AWS::IAM::Policy": PolicyKind.IDENTITY,
    "AWS::IAM::ManagedPolicy": PolicyKind.IDENTITY,
    "AWS::IAM::RolePolicy": PolicyKind.IDENTITY,
    "AWS::IAM::UserPolicy": PolicyKind.IDENTITY,
    "AWS::IAM::GroupPolicy": PolicyKind.IDENTITY,
    "AWS::IAM::Role": PolicyKind.IDENTITY,
    "AWS::IAM::User": PolicyKind.IDENTITY,
    "AWS::IAM::Group": PolicyKind.IDENTITY,
    "AWS::SSO::PermissionSet": PolicyKind.IDENTITY,
    "AWS::Serverless::Function": PolicyKind.IDENTITY,
    "AWS::KMS::Key": PolicyKind.KEY,
    "AWS::KMS::ReplicaKey": PolicyKind.KEY,
    "AWS::Organizations::Policy": PolicyKind.CONTROL,
    "AWS::S3::BucketPolicy": PolicyKind.RESOURCE,
    "AWS::SQS::QueuePolicy": PolicyKind.RESOURCE,
    "AWS::SNS::TopicPolicy": PolicyKind.RESOURCE,
    "AWS::SecretsManager::ResourcePolicy": PolicyKind.RESOURCE,
    "AWS::EC2::VPCEndpoint": PolicyKind.ENDPOINT,
    "aws_iam_policy": PolicyKind.IDENTITY,
    "aws_iam_role": PolicyKind.IDENTITY,
    "aws_iam_role_policy": PolicyKind.IDENTITY,
    "aws_iam_user_policy": PolicyKind.IDENTITY,
    "aws_iam_group_policy": PolicyKind.IDENTITY,
    "aws_ssoadmin_permission_set_inline_policy": PolicyKind.IDENTITY,
    "aws_organizations_policy": PolicyKind.CONTROL,
    "aws_kms_key": PolicyKind.KEY,
    "aws_kms_key_policy": PolicyKind.KEY,
    "aws_kms_replica_key": PolicyKind.KEY,
    "aws_kms_external_key": PolicyKind.KEY,
    "aws_kms_replica_external_key": PolicyKind.KEY,
    "aws_s3_bucket_policy": PolicyKind.RESOURCE,
    "aws_sqs_queue": PolicyKind.RESOURCE,
    "aws_sqs_queue_policy": PolicyKind.RESOURCE,
    "aws_sns_topic": PolicyKind.RESOURCE,
    "aws_sns_topic_policy": PolicyKind.RESOURCE,
    "aws_secretsmanager_secret_policy": PolicyKind.RESOURCE,
    "aws_ecr_repository_policy": PolicyKind.RESOURCE,
    "aws_vpc_endpoint": PolicyKind.ENDPOINT,
}


def find_policies(value: Positioned) -> list[Rendered]:
    """Every policy in a document. Of a Terraform plan only what is planned counts, not the state before."""
    if isinstance(value, Members):
        planned = value.get("planned_values") or value.get("resource_changes")
        value = planned if planned is not None else value
    return list(_walk(value, "", _Around()))


@dataclass(frozen=True, slots=True)
class _Around:
    """What the objects around a value say of it: the kind of its policies, and the logical id of the resource."""

    kind: PolicyKind | None = None
    owner: str | None = None


def _walk(value: Positioned, member: str, around: _Around) -> Iterator[Rendered]:
    match value:
        case Members() if _is_policy(value):
            yield _render(value, _KIND_OF_MEMBER.get(member, around.kind), around.owner)
        case Members(members=members):
            type_ = value.get("Type") or value.get("type")
            # A property may be called `Type` too; only known types of resource decide.
            if isinstance(type_, Text) and type_.text in _KIND_OF_RESOURCE:
                around = _Around(_KIND_OF_RESOURCE[type_.text], member)
            for name, inner in members:
                if name.text not in {"before", "before_sensitive"}:
                    yield from _walk(inner, name.text, around)
        case Items(items=items):
            for item in items:
                yield from _walk(item, member, around)
        case Text(text=text) if '"Statement"' in text and text.lstrip().startswith("{"):
            yield _as_written(value, _KIND_OF_MEMBER.get(member, around.kind))
        case _:
            return


def _is_policy(value: Members) -> bool:
    statement = value.get("Statement")
    items = statement.items if isinstance(statement, Items) else (statement,)
    return any(isinstance(item, Members) and item.get("Effect") is not None for item in items)


def _as_written(value: Text, kind: PolicyKind | None) -> Rendered:
    """A policy in a string: it is read as it is, and its positions are those of the string's characters."""
    return Rendered(
        text=value.text,
        kind=kind,
        is_partial=UNKNOWN in value.text,
        starts=(0,),
        spans=(value.span,),
        offsets=value.offsets,
    )


def _render(value: Members, kind: PolicyKind | None, owner: str | None) -> Rendered:
    writer = _Writer()
    writer.policy(value)
    return Rendered(
        text="".join(writer.pieces),
        kind=kind,
        is_partial=writer.has_gaps,
        owner=owner,
        starts=tuple(writer.starts),
        spans=tuple(writer.spans),
    )


Write = Callable[[Positioned], None]


class _Writer:
    """Writes IAM JSON from positioned values; what is unknown gets a form that the language takes."""

    def __init__(self) -> None:
        self.pieces: list[str] = []
        self.starts: list[int] = []
        self.spans: list[Span] = []
        self.has_gaps = False
        self._length = 0

    def policy(self, value: Members) -> None:
        self._object(value, {"Statement": self._statements})

    def _statements(self, value: Positioned) -> None:
        items = value.items if isinstance(value, Items) else (value,)
        known = [item for item in items if isinstance(item, Members) and not _is_unknown(item.get("Effect"))]
        self.has_gaps |= len(known) < len(items)
        self._put("[", value.span)
        for index, item in enumerate(known):
            self._put(",\n " if index else "\n ")
            self._object(
                item, {"Principal": self._principal, "NotPrincipal": self._principal, "Condition": self._condition}
            )
        self._put("\n]")

    def _principal(self, value: Positioned) -> None:
        if isinstance(value, Unknown):
            self._put(json.dumps({"AWS": UNKNOWN}), value.span)
        else:
            self._value(value)

    def _condition(self, value: Positioned) -> None:
        if isinstance(value, Members):
            self._object(value, {}, otherwise=self._keys)
        elif isinstance(value, Unknown):
            self._put(json.dumps({"StringEquals": {UNKNOWN: UNKNOWN}}), value.span)
        else:
            self._value(value)

    def _keys(self, value: Positioned) -> None:
        if isinstance(value, Unknown):
            self._put(json.dumps({UNKNOWN: UNKNOWN}), value.span)
        else:
            self._value(value)

    def _object(self, value: Members, writers: Mapping[str, Write], otherwise: Write | None = None) -> None:
        self._put("{", value.span)
        members = [(name, inner) for name, inner in value.members if not _must_go(name.text, inner)]
        self.has_gaps |= len(members) < len(value.members)
        for index, (name, inner) in enumerate(members):
            self._put(", " if index else "")
            self._put(json.dumps(name.text), name.span)
            self._put(": ")
            write = writers.get(name.text, otherwise) or self._value
            write(inner)
        self._put("}")

    def _value(self, value: Positioned) -> None:
        match value:
            case Text(text=text):
                self._put(json.dumps(text), value.span)
            case Unknown():
                self._put(json.dumps(UNKNOWN + (value.name or "")), value.span)
            case Nothing():
                self._put("null", value.span)
            case Items(items=items):
                self._put("[", value.span)
                for index, item in enumerate(items):
                    self._put(", " if index else "")
                    self._value(item)
                self._put("]")
            case Members():
                self._object(value, {})

    def _put(self, text: str, span: Span | None = None) -> None:
        if span is not None:
            self.starts.append(self._length)
            self.spans.append(span)
        self.pieces.append(text)
        self._length += len(text)


def _is_unknown(value: Positioned | None) -> bool:
    return isinstance(value, Unknown) or (isinstance(value, Text) and UNKNOWN in value.text)


def _must_go(name: str, value: Positioned) -> bool:
    """Members whose unknown value no element can have, and functions beside members (`Fn::Transform`)."""
    return name.startswith("Fn::") or (name in {"Version", "Id", "Sid"} and _is_unknown(value))
