"""A table of requests, one JSON object a line with the policies that bear on it; answered line by line, in order."""

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from policy.explain.reasons import reasons
from policy.model.arn import Arn
from policy.model.document import PolicyDocument
from policy.model.policies import OrganizationLevel, PolicySet
from policy.model.principal import parse_principal
from policy.model.reading import PolicyKind
from policy.model.request import Request, RequestContext
from policy.simulate.documents import Documents, resource_kind
from policy.simulate.grants import read_grants
from policy.simulate.members import InputError, listed, members, read_action, required, text, texts
from policy.simulate.world import try_request
from policy.syntax.faults import clip
from policy.syntax.json_values import NumberText, decode

_LINE = (
    "id",
    "request",
    "identity_policies",
    "resource_policy",
    "session_policies",
    "permissions_boundaries",
    "scps",
    "rcps",
    "endpoint_policies",
    "grants",
)
_REQUEST = ("principal", "action", "resource", "resource_account", "context")
_LEVEL = ("org", "policies")


@dataclass(slots=True)
class Table:
    """Answers lines. `has_faults` says whether any answer so far was an error; documents are kept from line to line."""

    has_faults: bool = False
    _documents: Documents = field(default_factory=Documents)

    def answers(self, lines: Iterable[bytes]) -> Iterator[dict[str, Any]]:
        """An answer for every line that is not blank; nothing is kept of a line once it is answered."""
        return (self.answer(line) for line in lines if line.strip())

    def answer(self, line: bytes) -> dict[str, Any]:
        """`{"id", "decision", "reasons"}`, or `{"id", "error"}` for a line with a fault."""
        identifier: object = None
        try:
            value = _decode(line)
            identifier = _identifier(value)
            request, policies = read_line(value, self._documents)
        except ValueError as error:
            self.has_faults = True
            return {"id": identifier, "error": str(error)}
        trial = try_request(request, policies)
        because = reasons(trial.explanation)
        return {"id": identifier, "decision": str(trial.decision.outcome), "reasons": list(because)}


def read_line(value: object, documents: Documents) -> tuple[Request, PolicySet]:
    """The request of a line and the policies that bear on it.

    Raises:
        ValueError: something in it is not as it should be.
    """
    line = members(value, _LINE, "the line")
    request = _read_request(required(line, "request", "the line"))
    resource_policy = line.get("resource_policy")
    kind = resource_kind(request.resource)
    reader = _Reader(documents, line)
    return request, PolicySet(
        identity=reader.policies("identity_policies", PolicyKind.IDENTITY),
        resource=documents.read(resource_policy, name="resource_policy", kind=kind) if resource_policy else None,
        session=reader.policies("session_policies", PolicyKind.IDENTITY),
        permissions_boundary=reader.policies("permissions_boundaries", PolicyKind.IDENTITY),
        service_control=reader.levels("scps"),
        resource_control=reader.levels("rcps"),
        vpc_endpoint=reader.policies("endpoint_policies", PolicyKind.ENDPOINT),
        grants=read_grants(line.get("grants", [])),
    )


@dataclass(frozen=True, slots=True)
class _Reader:
    documents: Documents
    line: Mapping[str, Any]

    def policies(self, name: str, kind: PolicyKind) -> tuple[PolicyDocument, ...]:
        return self._read_all(self.line.get(name, []), name, kind)

    def levels(self, name: str) -> tuple[OrganizationLevel, ...]:
        """Each entry is one level of the organisation."""
        levels = []
        for number, value in enumerate(listed(self.line.get(name, []), f"`{name}`"), start=1):
            level = members(value, _LEVEL, f"an entry of `{name}`")
            org = text(level.get("org", f"level {number}"), f"`org` of `{name}`")
            policies = self._read_all(level.get("policies", []), f"{name}[{number - 1}].policies", PolicyKind.CONTROL)
            levels.append(OrganizationLevel(org=org, policies=policies))
        return tuple(levels)

    def _read_all(self, value: object, name: str, kind: PolicyKind) -> tuple[PolicyDocument, ...]:
        documents = enumerate(listed(value, f"`{name}`"))
        return tuple(
            self.documents.read(document, name=f"{name}[{number}]", kind=kind) for number, document in documents
        )


def _read_request(value: object) -> Request:
    found = members(value, _REQUEST, "`request`")
    resource = text(found.get("resource", "*"), "`resource`")
    account = found.get("resource_account")
    return Request(
        principal=parse_principal(text(required(found, "principal", "`request`"), "`principal`")),
        action=read_action(text(required(found, "action", "`request`"), "`action`")),
        resource=None if resource == "*" else Arn.parse(resource),
        resource_account=None if account is None else text(account, "`resource_account`"),
        context=_read_context(found.get("context", {})),
    )


def _read_context(value: object) -> RequestContext:
    if not isinstance(value, dict):
        raise InputError("`context` is no object of keys and their values")
    return RequestContext({key: texts(values, f"the context key `{clip(key)}`") for key, values in value.items()})


def _decode(line: bytes) -> object:
    try:
        return decode(line.decode("utf-8-sig"))
    except UnicodeDecodeError:
        raise InputError("the line is not UTF-8") from None
    except RecursionError:
        raise InputError("the line nests too deep") from None
    except ValueError as error:
        raise InputError(f"the line is no JSON: {error}") from None


def _identifier(value: object) -> object:
    """The line's id as it was given; numbers are decoded as text and become numbers again."""
    identifier = value.get("id") if isinstance(value, dict) else None
    return json.loads(identifier) if isinstance(identifier, NumberText) else identifier
