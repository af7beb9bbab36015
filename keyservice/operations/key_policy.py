"""PutKeyPolicy, GetKeyPolicy and ListKeyPolicies, and the checks that a key policy passes before it is kept.

Source: KMS Developer Guide, "Key policies in AWS KMS", "Default key policy", "Change a key policy" (the lockout check).
"""

import json
from dataclasses import dataclass, replace
from typing import Annotated

from keyservice.auth.caller import Caller, CallerKind
from keyservice.authorize.binding import shown
from keyservice.authorize.context import CallFacts
from keyservice.authorize.documents import check_policy, document_of, principals_named
from keyservice.errors import LIMIT_EXCEEDED, MALFORMED_POLICY, NOT_FOUND_POLICY
from keyservice.identity.unique_ids import bound_ids
from keyservice.model.key import Key
from keyservice.operations.locate import key_target, target_of
from keyservice.operations.members import KeyId, Limit, Marker, Policy, PolicyName
from keyservice.operations.operation import Kind, Operation, Run
from keyservice.operations.paging import Paging, read_page
from keyservice.operations.principals import is_principal
from keyservice.operations.shapes import Flag
from keyservice.store.port import Change
from policy.catalogue.operators import Qualifier
from policy.model.document import Condition
from policy.model.reading import PolicyKind

DEFAULT_POLICY_NAME = "default"
MOST_BYTES = 32_768


def default_key_policy(caller: Caller) -> str:
    """The policy of a key that is made without one: the account's IAM policies decide ("Default key policy")."""
    root = {"AWS": f"arn:{caller.partition}:iam::{caller.account}:root"}
    is_service = caller.kind is CallerKind.SERVICE  # whose key is used by itself alone ("AWS KMS keys", AWS owned keys)
    statement = {
        "Sid": "Enable IAM User Permissions" if not is_service else "Enable the service that owns the key",
        "Effect": "Allow",
        "Principal": {"Service": caller.arn} if is_service else root,
        "Action": "kms:*",
        "Resource": "*",
    }
    return json.dumps({"Version": "2012-10-17", "Id": "key-default-1", "Statement": [statement]}, indent=2)


def check_key_policy(run: Run, key: Key, policy: str, *, bypass_lockout_check: bool) -> None:
    """Refuse a key policy that is too large, is none, names nobody, or would lock the caller out.

    Raises:
        ServiceError: LimitExceededException or MalformedPolicyDocumentException.
    """
    if len(policy.encode()) > MOST_BYTES:
        raise LIMIT_EXCEEDED(detail=f"The key policy is larger than {MOST_BYTES} bytes")
    faults = check_policy(policy, "policy", PolicyKind.KEY)
    if faults:
        raise MALFORMED_POLICY(detail="; ".join(faults))
    _check_conditions(policy)
    _check_principals(run, policy)
    if not bypass_lockout_check and not _may_put_again(run, key, policy):
        detail = "The new key policy will not allow you to update the key policy in the future."
        raise MALFORMED_POLICY(detail=detail)


def _check_conditions(policy: str) -> None:
    """Refuse conditions that have no place in a key policy, and those that let through what they seem to keep out.

    Source: KMS Developer Guide, "AWS KMS condition keys" (kms:ResourceAliases, "Using set operators with condition
    keys"), "ABAC for AWS KMS"; wording as AWS answers.
    """
    conditions = [condition for statement in document_of(policy).statements for condition in statement.conditions]
    if any(condition.key.lower().startswith(_OF_THE_KEY) for condition in conditions):
        raise MALFORMED_POLICY(
            detail="These condition keys are not permitted in a key policy: "
            "aws:ResourceTag, kms:ResourceTag, kms:ResourceAliases"
        )
    for condition in conditions:
        what = _matched_without(condition)
        if what:
            raise MALFORMED_POLICY(
                detail="OverlyPermissiveCondition: Using the ForAllValues set operator with a single-valued condition "
                f"key matches requests without the specified {what} or with an unspecified {what}. "
                "To fix, remove ForAllValues."
            )


_OF_THE_KEY = ("aws:resourcetag/", "kms:resourcetag/", "kms:resourcealiases")
_FOR_ONE_VALUE = {"kms:encryptioncontext:": "encryption context", "aws:requesttag/": "tag"}


def _matched_without(condition: Condition) -> str | None:
    """What a request may lack and yet meet the condition, that being one that AWS refuses for it."""
    if condition.qualifier is not Qualifier.FOR_ALL_VALUES:
        return None
    key = condition.key.lower()
    return next((what for prefix, what in _FOR_ONE_VALUE.items() if key.startswith(prefix)), None)


def _check_principals(run: Run, policy: str) -> None:
    """Users and roles of the accounts kept here must exist; of other accounts nothing is known."""
    if not all(is_principal(run.ports.store, value) for value in principals_named(policy)):
        raise MALFORMED_POLICY(detail="Policy contains a statement with one or more invalid principals.")


def principals_meant(run: Run, policy: str) -> dict[str, str]:
    """The unique ids of the users and roles that a key policy names: it is these that it means from now on."""
    return bound_ids(run.ports.store, principals_named(policy))


def _may_put_again(run: Run, key: Key, policy: str) -> bool:
    facts = CallFacts(now=run.now, region=key.region, source_ip=run.source_ip, secure_transport=run.is_secure)
    return run.ports.authorizer.would_allow(run.caller, target_of("kms:PutKeyPolicy", key), facts, policy)


@dataclass(frozen=True, slots=True, kw_only=True)
class PutKeyPolicyInput:
    """The parameters of PutKeyPolicy."""

    key_id: KeyId
    policy: Policy
    policy_name: PolicyName = DEFAULT_POLICY_NAME
    bypass_policy_lockout_safety_check: Annotated[bool, Flag()] = False


def put_key_policy(run: Run, change: Change, given: PutKeyPolicyInput) -> None:
    """Give the key another key policy."""
    _check_name(given.policy_name)
    key = run.key
    check_key_policy(run, key, given.policy, bypass_lockout_check=given.bypass_policy_lockout_safety_check)
    change.put_key(replace(key, policy=given.policy, bound=principals_meant(run, given.policy)))


@dataclass(frozen=True, slots=True, kw_only=True)
class GetKeyPolicyInput:
    """The parameters of GetKeyPolicy."""

    key_id: KeyId
    policy_name: PolicyName = DEFAULT_POLICY_NAME


@dataclass(frozen=True, slots=True, kw_only=True)
class GetKeyPolicyOutput:
    """The key policy, as it was put; but whoever is gone is shown by the unique id ("Key policies in AWS KMS")."""

    policy: str
    policy_name: str


def get_key_policy(run: Run, given: GetKeyPolicyInput) -> GetKeyPolicyOutput:
    """Read the key policy."""
    _check_name(given.policy_name)
    current = bound_ids(run.ports.store, run.key.bound)
    return GetKeyPolicyOutput(policy=shown(run.key.policy, run.key.bound, current), policy_name=DEFAULT_POLICY_NAME)


@dataclass(frozen=True, slots=True, kw_only=True)
class ListKeyPoliciesInput:
    """The parameters of ListKeyPolicies."""

    key_id: KeyId
    limit: Limit = None
    marker: Marker = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ListKeyPoliciesOutput:
    """The names of a key's policies: there is one."""

    policy_names: tuple[str, ...]
    next_marker: str | None
    truncated: bool


def list_key_policies(run: Run, given: ListKeyPoliciesInput) -> ListKeyPoliciesOutput:
    """Name the key's policies."""

    def fetch(after: str | None, _: int) -> list[str]:
        return [] if after else [DEFAULT_POLICY_NAME]

    paging = Paging(scope=f"key-policies/{run.key.key_id}", default=100, most=1000)
    page = read_page(run, paging, limit=given.limit, marker=given.marker, fetch=fetch, name=str)
    return ListKeyPoliciesOutput(
        policy_names=tuple(page.members), next_marker=page.next_marker, truncated=page.truncated
    )


def _check_name(name: str) -> None:
    """The only valid value of PolicyName is `default` (KMS API Reference, "PutKeyPolicy", "GetKeyPolicy")."""
    if name != DEFAULT_POLICY_NAME:
        raise NOT_FOUND_POLICY()


PUT_KEY_POLICY = Operation(
    name="PutKeyPolicy",
    page="PutKeyPolicy",
    input=PutKeyPolicyInput,
    kind=Kind.CHANGE,
    locate=lambda run, given: key_target(run, "kms:PutKeyPolicy", given.key_id),
    apply=put_key_policy,
    offers=lambda given: {
        "kms:BypassPolicyLockoutSafetyCheck": "true" if given.bypass_policy_lockout_safety_check else "false"
    },
    read_only=False,
)

GET_KEY_POLICY = Operation(
    name="GetKeyPolicy",
    page="GetKeyPolicy",
    input=GetKeyPolicyInput,
    kind=Kind.READ,
    locate=lambda run, given: key_target(run, "kms:GetKeyPolicy", given.key_id),
    answer=get_key_policy,
)

LIST_KEY_POLICIES = Operation(
    name="ListKeyPolicies",
    page="ListKeyPolicies",
    input=ListKeyPoliciesInput,
    kind=Kind.READ,
    locate=lambda run, given: key_target(run, "kms:ListKeyPolicies", given.key_id),
    answer=list_key_policies,
)
