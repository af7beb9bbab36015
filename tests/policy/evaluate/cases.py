"""Cases of the reference: who asks what, on which policies, what should come of it, and the page that says so."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from policy.evaluate.compiled import compile_policies
from policy.evaluate.decision import Decision, Outcome
from policy.evaluate.reference import decide
from policy.model.arn import Arn
from policy.model.document import PolicyDocument
from policy.model.policies import Layer, OrganizationLevel, PolicySet
from policy.model.principal import parse_principal
from policy.model.reading import read_document
from policy.model.request import Request, RequestContext
from policy.simulate.grants import read_grants

ACCOUNT, OTHER = "111122223333", "444455556666"
KEY_ID = "1234abcd-12ab-34cd-56ef-1234567890ab"
KEY = f"arn:aws:kms:us-east-1:{ACCOUNT}:key/{KEY_ID}"
ROOT, OTHER_ROOT = f"arn:aws:iam::{ACCOUNT}:root", f"arn:aws:iam::{OTHER}:root"
ROLE, SESSION = f"arn:aws:iam::{ACCOUNT}:role/App", f"arn:aws:sts::{ACCOUNT}:assumed-role/App/i-0abc"
USER = f"arn:aws:iam::{ACCOUNT}:user/Alice"
FEDERATED = f"arn:aws:sts::{ACCOUNT}:federated-user/Alice"
OTHER_ROLE, OTHER_SESSION = f"arn:aws:iam::{OTHER}:role/App", f"arn:aws:sts::{OTHER}:assumed-role/App/i-0abc"
OTHER_USER = f"arn:aws:iam::{OTHER}:user/Alice"

ALLOW, EXPLICIT, IMPLICIT = Outcome.ALLOW, Outcome.EXPLICIT_DENY, Outcome.IMPLICIT_DENY


def allow(principal: object = None, /, **elements: object) -> dict[str, Any]:
    """An Allow statement: kms:Decrypt on everything, unless the elements say otherwise. None leaves an element out."""
    return _statement("Allow", principal, elements)


def deny(principal: object = None, /, **elements: object) -> dict[str, Any]:
    """A Deny statement, likewise."""
    return _statement("Deny", principal, elements)


def _statement(effect: str, principal: object, elements: Mapping[str, object]) -> dict[str, Any]:
    statement: dict[str, Any] = {"Effect": effect, "Action": "kms:Decrypt", "Resource": "*"}
    if principal is not None:
        statement["Principal"] = {"AWS": principal} if isinstance(principal, str | list) else principal
    for name, value in elements.items():
        statement[name] = value
    if "NotAction" in elements:
        del statement["Action"]
    if "NotResource" in elements:
        del statement["Resource"]
    return {name: value for name, value in statement.items() if value is not None}


def document(*statements: Mapping[str, Any], version: str | None = "2012-10-17") -> PolicyDocument:
    """A policy of these statements."""
    value: dict[str, Any] = {"Version": version} if version else {}
    reading = read_document({**value, "Statement": list(statements)})
    assert reading.document is not None, reading.diagnostics
    return reading.document


def levels(*policies: Iterable[Mapping[str, Any]]) -> tuple[OrganizationLevel, ...]:
    """The levels of an organisation, each with one policy of these statements."""
    return tuple(
        OrganizationLevel(org=f"level {number}", policies=(document(*statements),))
        for number, statements in enumerate(policies)
    )


@dataclass(frozen=True, kw_only=True)
class Case:
    """One case. Policies are given as their statements; `expected` is the outcome, or what an implicit deny misses."""

    title: str
    source: str
    caller: str
    expected: Outcome | Layer
    key: Iterable[Mapping[str, Any]] | None = None
    identity: Iterable[Mapping[str, Any]] | None = None
    boundary: Iterable[Mapping[str, Any]] | None = None
    session: Iterable[Mapping[str, Any]] | None = None
    endpoint: Iterable[Mapping[str, Any]] | None = None
    scps: tuple[OrganizationLevel, ...] = ()
    rcps: tuple[OrganizationLevel, ...] = ()
    grants: Iterable[Mapping[str, Any]] = ()
    action: str = "kms:Decrypt"
    resource: str | None = KEY
    resource_account: str | None = None
    context: Mapping[str, str | list[str]] = field(default_factory=dict)
    version: str | None = "2012-10-17"

    def __str__(self) -> str:
        return self.title

    @property
    def request(self) -> Request:
        return Request(
            principal=parse_principal(self.caller),
            action=self.action,
            resource=Arn.parse(self.resource) if self.resource else None,
            resource_account=self.resource_account,
            context=RequestContext(self.context),
        )

    @property
    def policies(self) -> PolicySet:
        return PolicySet(
            resource=document(*self.key, version=self.version) if self.key is not None else None,
            identity=self._documents(self.identity),
            permissions_boundary=self._documents(self.boundary),
            session=self._documents(self.session),
            vpc_endpoint=self._documents(self.endpoint),
            service_control=self.scps,
            resource_control=self.rcps,
            grants=read_grants([{"KeyId": KEY, "IssuingAccount": ROOT, **grant} for grant in self.grants]),
        )

    def _documents(self, statements: Iterable[Mapping[str, Any]] | None) -> tuple[PolicyDocument, ...]:
        return (document(*statements, version=self.version),) if statements is not None else ()

    def check(self) -> None:
        """Hold both engines to the expectation."""
        request, policies = self.request, self.policies
        for decision in (decide(request, policies), compile_policies(policies).decide(request)):
            self._check(decision)

    def _check(self, decision: Decision) -> None:
        if isinstance(self.expected, Layer):
            assert (Outcome.IMPLICIT_DENY, self.expected) == (decision.outcome, decision.missing)
        else:
            assert self.expected == decision.outcome
