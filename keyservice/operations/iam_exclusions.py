"""Policies that a simulation leaves out: what would a principal be allowed if it did not have them?

Source: IAM API Reference, "SimulatePrincipalPolicy" (PolicyExclusionList), "PolicyIdentifier".
"""

import re
from collections.abc import Iterable
from dataclasses import replace

from keyservice.authorize.attached import AttachedPolicy, PrincipalPolicies
from keyservice.errors import IAM_INVALID_INPUT
from keyservice.operations.iam_shapes import PolicyIdentifier
from policy.model.pattern import Wildcard

# "Wildcard characters are supported in the resource name portion of the ARN … at most one `*`".
_ARN = re.compile(r"arn:[a-z-]+:iam::(aws|[0-9]{12}):policy/[^*]*\*?[^*]*")


def without(policies: PrincipalPolicies, identifiers: Iterable[PolicyIdentifier]) -> PrincipalPolicies:
    """The policies but for those that are identified; identifiers that match none are ignored, as those of RCPs are.

    Raises:
        ServiceError: InvalidInput, if an identifier is not of the form.
    """
    for identifier in identifiers:
        _check(identifier)
        if identifier.policy_type == "permission-boundary":
            policies = replace(policies, boundary=None)
        elif identifier.policy_type == "scp":
            policies = replace(policies, service_control=())
        else:
            kept = tuple(each for each in policies.policies if not _identifies(identifier, each))
            policies = replace(policies, policies=kept)
    return policies


def _check(identifier: PolicyIdentifier) -> None:
    ways = (identifier.policy_type, identifier.policy_arn, identifier.inline_policy_identifier)
    if sum(way is not None for way in ways) != 1:
        raise IAM_INVALID_INPUT(
            detail="A policy identifier must have exactly one of PolicyType, PolicyArn and InlinePolicyIdentifier."
        )
    arn, inline = identifier.policy_arn, identifier.inline_policy_identifier
    if arn is not None and not _ARN.fullmatch(arn):
        raise IAM_INVALID_INPUT(detail=f"The policy ARN {arn} is not valid.")
    if inline is not None and inline.attachment_name.count("*") > 1:
        raise IAM_INVALID_INPUT(detail=f"The attachment name {inline.attachment_name} is not valid.")


def _identifies(identifier: PolicyIdentifier, policy: AttachedPolicy) -> bool:
    inline = identifier.inline_policy_identifier
    if inline is not None:
        return (
            policy.arn is None
            and policy.name == inline.policy_name
            and policy.holder_type == inline.attachment_type
            and Wildcard.compile(inline.attachment_name).matches(policy.holder_name)
        )
    if identifier.policy_arn is not None:
        return policy.arn is not None and Wildcard.compile(identifier.policy_arn).matches(policy.arn)
    return policy.kind == identifier.policy_type
