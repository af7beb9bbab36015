"""The inputs of the policy simulator's operations.

Source: IAM API Reference, "SimulateCustomPolicy", "SimulatePrincipalPolicy", "GetContextKeysForCustomPolicy".
"""

from dataclasses import dataclass
from typing import Annotated

from keyservice.operations.shapes import Choice, ListOf, Number, Record, Text
from keyservice.operations.sts_session import ListInForm, NumberAsText

POLICY = Text(1, 131_072, r"[\u0009\u000A\u000D\u0020-\u00FF]+")
_ARN = Text(20, 2048)
_NAME = Text(1, 2048)
_ENTITY = Text(1, 128, r"[\w+=,.@-]+")

_KEY_TYPES = ("string", "numeric", "boolean", "ip", "binary", "date")

Policies = Annotated[tuple[str, ...], ListInForm(ListOf(POLICY))]
PolicyText = Annotated[str | None, POLICY]
ActionNames = Annotated[tuple[str, ...], ListInForm(ListOf(Text(3, 128)))]
ResourceArns = Annotated[tuple[str, ...], ListInForm(ListOf(_NAME))]
Name = Annotated[str | None, _NAME]
MaxItems = Annotated[int | None, NumberAsText(Number(1, 1000))]
Marker = Annotated[str | None, Text(1, 320, r"[\u0020-\u00FF]+")]
HandlingOption = Annotated[str | None, Text(1, 64)]


@dataclass(frozen=True, slots=True, kw_only=True)
class ContextEntry:
    """A context key and its values."""

    context_key_name: Annotated[str | None, Text(5, 256)] = None
    context_key_values: Annotated[tuple[str, ...], ListInForm(ListOf(Text()))] = ()
    context_key_type: Annotated[
        str | None, Choice(tuple(f"{name}{many}" for name in _KEY_TYPES for many in ("", "List")))
    ] = None


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderedOrganizationPolicy:
    """The SCPs of one level of an organization."""

    service_control_policy_input_list: Policies = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class InlinePolicyIdentifier:
    """An inline policy, and whose it is."""

    policy_name: Annotated[str, _ENTITY]
    attachment_type: Annotated[str, Choice(("user", "group", "role"))]
    attachment_name: Annotated[str, Text(1, 128, r"[\w+=,.@*?-]+", told=r"[\w+=,.@-]+")]


@dataclass(frozen=True, slots=True, kw_only=True)
class PolicyIdentifier:
    """Policies by their type, their ARN, or their name: one of the three."""

    policy_type: Annotated[
        str | None, Choice(("inline", "aws-managed", "user-managed", "permission-boundary", "scp", "rcp"))
    ] = None
    policy_arn: Annotated[str | None, _ARN] = None
    inline_policy_identifier: Annotated[InlinePolicyIdentifier | None, Record(InlinePolicyIdentifier)] = None


ContextEntries = Annotated[tuple[ContextEntry, ...], ListInForm(ListOf(Record(ContextEntry)))]


@dataclass(frozen=True, slots=True, kw_only=True)
class SimulateCustomPolicyInput:
    """The parameters of SimulateCustomPolicy."""

    policy_input_list: Policies
    permissions_boundary_policy_input_list: Policies = ()
    ordered_organization_policy_input_list: Annotated[
        tuple[OrderedOrganizationPolicy, ...], ListInForm(ListOf(Record(OrderedOrganizationPolicy), 7))
    ] = ()
    action_names: ActionNames
    resource_arns: ResourceArns = ()
    resource_policy: PolicyText = None
    resource_owner: Name = None
    caller_arn: Name = None
    context_entries: ContextEntries = ()
    resource_handling_option: HandlingOption = None
    max_items: MaxItems = None
    marker: Marker = None


@dataclass(frozen=True, slots=True, kw_only=True)
class SimulatePrincipalPolicyInput:
    """The parameters of SimulatePrincipalPolicy."""

    policy_source_arn: Annotated[str, _ARN]
    policy_input_list: Policies = ()
    permissions_boundary_policy_input_list: Policies = ()
    policy_exclusion_list: Annotated[
        tuple[PolicyIdentifier, ...], ListInForm(ListOf(Record(PolicyIdentifier), 256))
    ] = ()
    action_names: ActionNames
    resource_arns: ResourceArns = ()
    resource_policy: PolicyText = None
    resource_owner: Name = None
    caller_arn: Name = None
    context_entries: ContextEntries = ()
    resource_handling_option: HandlingOption = None
    max_items: MaxItems = None
    marker: Marker = None


@dataclass(frozen=True, slots=True, kw_only=True)
class GetContextKeysForCustomPolicyInput:
    """The parameter of GetContextKeysForCustomPolicy."""

    policy_input_list: Policies


@dataclass(frozen=True, slots=True, kw_only=True)
class GetContextKeysForPrincipalPolicyInput:
    """The parameters of GetContextKeysForPrincipalPolicy."""

    policy_source_arn: Annotated[str, _ARN]
    policy_input_list: Policies = ()
