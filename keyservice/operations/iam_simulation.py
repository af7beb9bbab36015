"""SimulateCustomPolicy and SimulatePrincipalPolicy: would these policies allow these calls? Answered by the engine.

Source: IAM API Reference, the two operations; IAM User Guide, "IAM policy testing with the IAM policy simulator".
"""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any

from keyservice.authorize.attached import AttachedPolicy, policies_of
from keyservice.errors import IAM_INVALID_INPUT
from keyservice.operations.iam_documents import attached_documents, check_texts
from keyservice.operations.iam_entities import check_entity_arn, entity, entity_target
from keyservice.operations.iam_exclusions import without
from keyservice.operations.iam_results import SimulatePolicyOutput, simulation_output
from keyservice.operations.iam_shapes import SimulateCustomPolicyInput, SimulatePrincipalPolicyInput
from keyservice.operations.locate import account_target
from keyservice.operations.operation import Kind, Operation, Run
from policy.diagnostics import PolicyError
from policy.model.arn import Arn
from policy.simulate.custom import simulate_custom
from policy.simulate.custom_input import CustomSimulation, read_custom
from policy.syntax.json_values import NumberText

# "IAM might return fewer than the MaxItems number of results": so that a page is done in a moment, whatever is asked.
_DEFAULT_ITEMS = 100
_MOST_TRIALS = 1000  # of an action on a resource, in a page
_MOST_WORK = 4_194_304  # characters of policies, as often as they are tried

_HIDDEN = frozenset(
    {
        "policy_input_list",
        "permissions_boundary_policy_input_list",
        "ordered_organization_policy_input_list",
        "resource_policy",
    }
)
"""A trail line does not hold a megabyte of policies; undocumented, as no example of these events is."""


def simulate_custom_policy(run: Run, given: SimulateCustomPolicyInput) -> SimulatePolicyOutput:  # noqa: ARG001 - a row's
    """Simulate policies that the call brings."""
    levels = [
        {"ServiceControlPolicyInputList": list(level.service_control_policy_input_list)}
        for level in given.ordered_organization_policy_input_list
    ]
    texts = [text for level in levels for text in level["ServiceControlPolicyInputList"]]
    check_texts("OrderedOrganizationPolicyInputList", texts)
    members = _members(given) | {"OrderedOrganizationPolicyInputList": levels}
    return _simulated(_read(members, given, texts))


def simulate_principal_policy(run: Run, given: SimulatePrincipalPolicyInput) -> SimulatePolicyOutput:
    """Simulate the policies that a user, group or role has, and more that the call brings.

    Resources bring no policies: "The simulation does not automatically retrieve policies for the specified resources".
    Unlike AWS: a ResourcePolicy is tried with roles, too, for which AWS does not support it.
    """
    own = without(policies_of(run.ports.store, entity(run, given.policy_source_arn)), given.policy_exclusion_list)
    boundary = given.permissions_boundary_policy_input_list or ((own.boundary,) if own.boundary else ())
    levels = [{"ServiceControlPolicyInputList": list(level)} for level in own.service_control]
    members = _members(given) | {
        "PermissionsBoundaryPolicyInputList": list(boundary),
        "OrderedOrganizationPolicyInputList": levels,
        "CallerArn": given.caller_arn or given.policy_source_arn,
    }
    texts = [policy.document for policy in own.policies] + [text for level in own.service_control for text in level]
    return _simulated(_with_attached(_read(members, given, texts), own.policies))


def _with_attached(simulation: CustomSimulation, attached: tuple[AttachedPolicy, ...]) -> CustomSimulation:
    policies = simulation.policies
    return replace(
        simulation,
        policies=replace(policies, identity=(*attached_documents(attached), *policies.identity)),
        source_types={policy.source_id: policy.source_type for policy in attached},
    )


def _members(given: SimulateCustomPolicyInput | SimulatePrincipalPolicyInput) -> dict[str, Any]:
    """The members that both operations have, as the simulator reads them."""
    check_texts("PolicyInputList", given.policy_input_list)
    check_texts("PermissionsBoundaryPolicyInputList", given.permissions_boundary_policy_input_list)
    check_texts("ResourcePolicy", (given.resource_policy,) if given.resource_policy is not None else ())
    if len(given.permissions_boundary_policy_input_list) > 1:
        raise IAM_INVALID_INPUT(detail="You can input only one permissions boundary policy.")
    if given.caller_arn is not None:
        check_entity_arn(given.caller_arn)
    _check_resources(given.resource_arns)
    return {
        "PolicyInputList": list(given.policy_input_list),
        "PermissionsBoundaryPolicyInputList": list(given.permissions_boundary_policy_input_list),
        "ActionNames": list(given.action_names),
        "ResourceArns": list(given.resource_arns) or ["*"],
        "ResourcePolicy": given.resource_policy,
        "ResourceOwner": given.resource_owner,
        "CallerArn": given.caller_arn,
        "ContextEntries": [
            {"ContextKeyName": entry.context_key_name, "ContextKeyValues": list(entry.context_key_values)}
            for entry in given.context_entries
        ],
        "Marker": given.marker,
    }


def _check_resources(resources: Iterable[str]) -> None:
    for name in resources:
        try:
            if name != "*":
                Arn.parse(name)
        except ValueError:
            raise IAM_INVALID_INPUT(detail=f"ResourceNames are not in a valid ARN format: {name}.") from None


def _read(
    members: Mapping[str, Any],
    given: SimulateCustomPolicyInput | SimulatePrincipalPolicyInput,
    more: Iterable[str],
) -> CustomSimulation:
    """The simulation: `more` are the texts of policies that are not in the members that both operations have."""
    resources = len(members["ResourceArns"])
    brought = (*given.policy_input_list, *members["PermissionsBoundaryPolicyInputList"], given.resource_policy or "")
    work = resources * sum(map(len, (*brought, *more)))
    if work > _MOST_WORK or resources > _MOST_TRIALS:
        raise IAM_INVALID_INPUT(detail="Too many resources for policies of this size: simulate them in several calls.")
    size = min(given.max_items or _DEFAULT_ITEMS, _MOST_TRIALS // resources, _MOST_WORK // max(work, 1))
    try:
        return read_custom({**members, "MaxItems": NumberText(max(size, 1))})
    except PolicyError as error:
        raise IAM_INVALID_INPUT(
            detail="; ".join(f"{each.place}: {each.message}" for each in error.diagnostics)
        ) from None
    except ValueError as error:
        raise IAM_INVALID_INPUT(detail=str(error)) from None


def _simulated(simulation: CustomSimulation) -> SimulatePolicyOutput:
    return simulation_output(simulate_custom(simulation))


SIMULATE_CUSTOM_POLICY = Operation(
    name="SimulateCustomPolicy",
    page="SimulateCustomPolicy",
    input=SimulateCustomPolicyInput,
    kind=Kind.READ,
    locate=lambda run, _: account_target(run, "iam:SimulateCustomPolicy"),
    answer=simulate_custom_policy,
    is_analysis=True,
    redacted=_HIDDEN,
    service="iam",
)

SIMULATE_PRINCIPAL_POLICY = Operation(
    name="SimulatePrincipalPolicy",
    page="SimulatePrincipalPolicy",
    input=SimulatePrincipalPolicyInput,
    kind=Kind.READ,
    locate=lambda run, given: entity_target(run, "iam:SimulatePrincipalPolicy", given.policy_source_arn),
    answer=simulate_principal_policy,
    is_analysis=True,
    redacted=_HIDDEN,
    service="iam",
)
