"""The policies of an account dump: managed ones by ARN, each read once when something is attached to it; inline ones.

Source: IAM API Reference, "ManagedPolicyDetail", "PolicyDetail"; a managed policy counts in its default version.
"""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any
from urllib.parse import unquote

from policy.diagnostics import Severity
from policy.model.document import PolicyDocument
from policy.model.reading import PolicyKind, read_policy
from policy.simulate.members import InputError, kind_of, listed, text
from policy.source import Source
from policy.syntax.faults import clip


@dataclass(slots=True)
class AccountPolicies:
    """Reads documents; what cannot be read is a warning, said once, and gives no document."""

    managed: Mapping[str, Mapping[str, Any]]
    warnings: list[str] = field(default_factory=list)
    _read: dict[str, PolicyDocument | None] = field(default_factory=dict)

    def attached(self, arn: str, owner: str) -> PolicyDocument | None:
        """The default version of a managed policy; None, and a warning, if the dump does not have it."""
        if arn not in self._read:
            self._read[arn] = self._default_version(arn)
        if arn not in self.managed:
            self.warn(f"{owner}: the document of the attached policy `{clip(arn, 200)}` is missing from the dump")
        elif self._read[arn] is None:
            self.warn(f"{owner}: the attached policy `{clip(arn, 200)}` is left out, as it could not be read")
        return self._read[arn]

    def inline(self, value: object, name: str, kind: PolicyKind = PolicyKind.IDENTITY) -> PolicyDocument | None:
        """A document that stands in the dump: an object, or its JSON text, URL-encoded or not."""
        try:
            return read_inline(value, name, kind)
        except InputError as error:
            self.warn(f"{name} is left out, as it could not be read: {error}")
            return None

    def warn(self, message: str) -> None:
        """Record what is not known."""
        if message not in self.warnings:
            self.warnings.append(message)

    def _default_version(self, arn: str) -> PolicyDocument | None:
        details = self.managed.get(arn)
        if details is None:
            return None
        version = default_version(details)
        if version is None:
            self.warn(f"the policy `{clip(arn, 200)}` has no default version in the dump")
            return None
        return self.inline(version.get("Document"), f"policy {arn}")


def managed_policies(value: object) -> dict[str, Mapping[str, Any]]:
    """The members of `Policies` by their ARN.

    Raises:
        InputError: it is not of the shape.
    """
    found: dict[str, Mapping[str, Any]] = {}
    for number, details in enumerate(listed(value, "`Policies`"), start=1):
        if not isinstance(details, dict):
            raise InputError(f"policy {number} of `Policies` is {kind_of(details)}, expected an object")
        found[text(details.get("Arn"), f"`Arn` of policy {number} of `Policies`")] = details
    return found


def default_version(details: Mapping[str, Any]) -> Mapping[str, Any] | None:
    """The version that counts: marked as the default, or named by `DefaultVersionId`."""
    versions = details.get("PolicyVersionList") or []
    known = [version for version in versions if isinstance(version, dict)] if isinstance(versions, list) else []
    return next(_defaults(known, details.get("DefaultVersionId")), None)


def _defaults(versions: list[Any], default_id: object) -> Iterator[Mapping[str, Any]]:
    yield from (version for version in versions if version.get("IsDefaultVersion") is True)
    yield from (version for version in versions if default_id is not None and version.get("VersionId") == default_id)


def read_inline(value: object, name: str, kind: PolicyKind) -> PolicyDocument:
    """A policy document given as an object or as text.

    "Policies returned by this operation are URL-encoded compliant with RFC 3986" (IAM API Reference,
    "GetAccountAuthorizationDetails"); the AWS CLI and most SDKs have decoded them already.

    Raises:
        InputError: it is unusable.
    """
    if isinstance(value, dict):
        # Printed, so that the positions of its statements can be shown.
        content = json.dumps(value, indent=2, ensure_ascii=False)
    else:
        content = text(value, "the policy document")
        content = content if content.lstrip()[:1] == "{" else unquote(content)
    reading = read_policy(Source(name, content), kind=kind)
    if reading.document is None:
        errors = [each for each in reading.diagnostics if each.severity is Severity.ERROR]
        raise InputError("; ".join(f"{each.message} (line {_line(each.place)})" for each in errors[:3]))
    return replace(reading.document, source=Source(name, content))


def _line(place: str) -> str:
    return place.rsplit(":", 2)[1]
