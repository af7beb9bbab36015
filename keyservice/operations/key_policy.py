"""PutKeyPolicy and GetKeyPolicy, and the checks that a key policy passes before it is kept.

Source: KMS Developer Guide, "Key policies in AWS KMS", "Default key policy", "Change a key policy" (the lockout check).
"""

import json
from dataclasses import dataclass, replace
from typing import Annotated

from keyservice.auth.caller import Caller
from keyservice.authorize.context import CallFacts
from keyservice.authorize.documents import check_policy, principals_named
from keyservice.errors import LIMIT_EXCEEDED, MALFORMED_POLICY, NOT_FOUND_POLICY
from keyservice.model.key import Key
from keyservice.operations.locate import key_target, target_of
from keyservice.operations.members import KeyId, Policy, PolicyName
from keyservice.operations.operation import Kind, Operation, Run
from keyservice.operations.shapes import Flag
from keyservice.store.port import Change
from policy.model.reading import PolicyKind

DEFAULT_POLICY_NAME = "default"
MOST_BYTES = 32_768


def default_key_policy(caller: Caller) -> str:
    """The policy of a key that is made without one: the account's IAM policies decide ("Default key policy")."""
    statement = {
        "Sid": "Enable IAM User Permissions",
        "Effect": "Allow",
        "Principal": {"AWS": f"arn:{caller.partition}:iam::{caller.account}:root"},
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
    _check_principals(run, policy)
    if not bypass_lockout_check and not _may_put_again(run, key, policy):
        detail = "The new key policy will not allow you to update the key policy in the future."
        raise MALFORMED_POLICY(detail=detail)


def _check_principals(run: Run, policy: str) -> None:
    """Users and roles of the accounts kept here must exist; of other accounts nothing is known."""
    store = run.ports.store
    for account, kind, name in principals_named(policy):
        if account and store.account(account) is None:
            continue
        found = store.user(account, name) if kind == "user" else store.role(account, name)
        if found is None:
            raise MALFORMED_POLICY(detail="Policy contains a statement with one or more invalid principals.")


def _may_put_again(run: Run, key: Key, policy: str) -> bool:
    facts = CallFacts(now=run.now, region=run.ports.region, source_ip=run.source_ip, secure_transport=run.is_secure)
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
    change.put_key(replace(key, policy=given.policy))


@dataclass(frozen=True, slots=True, kw_only=True)
class GetKeyPolicyInput:
    """The parameters of GetKeyPolicy."""

    key_id: KeyId
    policy_name: PolicyName = DEFAULT_POLICY_NAME


@dataclass(frozen=True, slots=True, kw_only=True)
class GetKeyPolicyOutput:
    """The key policy, as it was put."""

    policy: str
    policy_name: str


def get_key_policy(run: Run, given: GetKeyPolicyInput) -> GetKeyPolicyOutput:
    """Read the key policy."""
    _check_name(given.policy_name)
    return GetKeyPolicyOutput(policy=run.key.policy, policy_name=DEFAULT_POLICY_NAME)


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
