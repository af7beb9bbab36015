"""What AWS's own policy simulator is asked: the input of SimulateCustomPolicy, read.

Source: IAM API Reference, "SimulateCustomPolicy".
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from policy.diagnostics import Diagnostic, PolicyError
from policy.model.arn import Arn
from policy.model.document import PolicyDocument
from policy.model.policies import OrganizationLevel, PolicySet
from policy.model.principal import Principal, RootUser, User, parse_principal
from policy.model.reading import PolicyKind, locate, read_policy
from policy.simulate.custom_page import Page, read_page
from policy.simulate.documents import resource_kind
from policy.simulate.members import InputError, listed, members, read_action, required, text, texts
from policy.source import Source

_MEMBERS = (
    "PolicyInputList",
    "PermissionsBoundaryPolicyInputList",
    "OrderedOrganizationPolicyInputList",
    "ActionNames",
    "ResourceArns",
    "ResourcePolicy",
    "ResourceOwner",
    "CallerArn",
    "ContextEntries",
    "ResourceHandlingOption",
    "MaxItems",
    "Marker",
)
_ENTRY = ("ContextKeyName", "ContextKeyValues", "ContextKeyType")


@dataclass(frozen=True, slots=True, kw_only=True)
class CustomSimulation:
    """One call of SimulateCustomPolicy, read.

    `source_types` says of policies by the names of their sources what they are, where the input did not bring them.
    """

    policies: PolicySet
    caller: Principal | None
    actions: tuple[str, ...]
    resources: tuple[Arn | None, ...]
    owner: str | None
    context: Mapping[str, tuple[str, ...]]
    page: Page
    source_types: Mapping[str, str] = field(default_factory=dict)


def read_custom(value: object) -> CustomSimulation:
    """Read the input of a call.

    Raises:
        InputError: it is not of the shape.
        PolicyError: a policy in it has faults; holds those of all policies.
    """
    given = members(value, _MEMBERS, "the input")
    reader = _Reader()
    actions = texts(required(given, "ActionNames", "the input"), "`ActionNames`")
    resources = tuple(map(_resource, texts(given.get("ResourceArns", ["*"]), "`ResourceArns`"))) or (None,)
    if "ResourcePolicy" in given and "CallerArn" not in given:
        raise InputError("`ResourcePolicy` needs `CallerArn`, for its Principal element to be held against")
    policies = PolicySet(
        identity=reader.all(required(given, "PolicyInputList", "the input"), "PolicyInputList"),
        permissions_boundary=reader.all(
            given.get("PermissionsBoundaryPolicyInputList", []), "PermissionsBoundaryPolicyInputList"
        ),
        service_control=tuple(reader.levels(given.get("OrderedOrganizationPolicyInputList", []))),
        resource=reader.one(given["ResourcePolicy"], "ResourcePolicy", resource_kind(resources[0]))
        if "ResourcePolicy" in given
        else None,
    )
    if reader.faults:
        raise PolicyError(reader.faults)
    return CustomSimulation(
        policies=policies,
        caller=_caller(text(given["CallerArn"], "`CallerArn`")) if "CallerArn" in given else None,
        actions=tuple(map(read_action, actions)),
        resources=resources,
        owner=_owner(text(given["ResourceOwner"], "`ResourceOwner`")) if "ResourceOwner" in given else None,
        context=_context(given.get("ContextEntries", [])),
        page=read_page(given, len(actions)),
    )


@dataclass(slots=True)
class _Reader:
    """Reads the policies of an input, each a text; faults are those of all."""

    faults: list[Diagnostic] = field(default_factory=list)

    def all(self, value: object, name: str, kind: PolicyKind = PolicyKind.IDENTITY) -> tuple[PolicyDocument, ...]:
        numbered = enumerate(listed(value, f"`{name}`"), start=1)
        found = [self.one(item, f"{name}.{number}", kind) for number, item in numbered]
        return tuple(document for document in found if document is not None)

    def one(self, value: object, name: str, kind: PolicyKind) -> PolicyDocument | None:
        reading = read_policy(Source(name, text(value, f"`{name}`")), kind=kind)
        if reading.document is None:
            self.faults += reading.diagnostics
            return None
        return locate(reading.document)

    def levels(self, value: object) -> Iterator[OrganizationLevel]:
        name = "OrderedOrganizationPolicyInputList"
        for number, item in enumerate(listed(value, f"`{name}`"), start=1):
            found = members(item, ("ServiceControlPolicyInputList",), f"`{name}.{number}`")
            documents = found.get("ServiceControlPolicyInputList", [])
            yield OrganizationLevel(
                org=f"level {number}", policies=self.all(documents, f"{name}.{number}", PolicyKind.CONTROL)
            )


def _resource(name: str) -> Arn | None:
    return None if name == "*" else Arn.parse(name)


def _caller(name: str) -> Principal:
    """A user or role; a group's policies are tried as those of a user without a name."""
    arn = Arn.parse(name)
    if arn.service == "iam" and arn.resource.startswith("group/"):
        return User(partition=arn.partition, account=arn.account, path_and_name="simulated")
    return parse_principal(name)


def _owner(name: str) -> str:
    owner = parse_principal(name)
    if not isinstance(owner, RootUser):
        raise InputError(f"`ResourceOwner` is `{name}`, expected arn:aws:iam::ACCOUNT:root")
    return owner.account


def _context(value: object) -> dict[str, tuple[str, ...]]:
    context: dict[str, tuple[str, ...]] = {}
    for number, item in enumerate(listed(value, "`ContextEntries`"), start=1):
        what = f"entry {number} of `ContextEntries`"
        entry = members(item, _ENTRY, what)
        name = text(required(entry, "ContextKeyName", what), f"`ContextKeyName` of {what}")
        if name.lower() in {known.lower() for known in context}:
            raise InputError(f"the context key `{name}` is given twice")
        context[name] = texts(entry.get("ContextKeyValues", []), f"`ContextKeyValues` of {what}")
    return context
