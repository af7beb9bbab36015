"""Requests from one account on a key of another: both sides must allow."""

import pytest

from policy.model.policies import Layer
from tests.policy.evaluate.cases import (
    ACCOUNT,
    ALLOW,
    EXPLICIT,
    OTHER,
    OTHER_ROLE,
    OTHER_ROOT,
    OTHER_SESSION,
    OTHER_USER,
    ROOT,
    Case,
    allow,
    deny,
)

CROSS = 'IAM User Guide, "Cross-account policy evaluation logic"'
EXTERNAL = 'KMS Developer Guide, "Allowing users in other accounts to use a KMS key"'
OTHER_ACTION = {"Action": "kms:Encrypt"}
NARROWED = {"Condition": {"StringEquals": {"kms:CallerAccount": OTHER}}}

CASES = [
    Case(
        title="the key policy names the account, IAM permits",
        source=EXTERNAL,
        caller=OTHER_USER,
        key=[allow(OTHER_ROOT)],
        identity=[allow()],
        expected=ALLOW,
    ),
    Case(
        title="the key policy names the role, IAM permits",
        source=EXTERNAL,
        caller=OTHER_SESSION,
        key=[allow(OTHER_ROLE)],
        identity=[allow()],
        expected=ALLOW,
    ),
    Case(
        title="the key policy names the user, IAM does not permit",
        source=EXTERNAL,
        caller=OTHER_USER,
        key=[allow(OTHER_USER)],
        expected=Layer.IDENTITY,
    ),
    Case(
        title="IAM permits, the key policy says nothing",
        source=EXTERNAL,
        caller=OTHER_USER,
        key=[allow(ROOT, Action="kms:*")],
        identity=[allow()],
        expected=Layer.RESOURCE,
    ),
    Case(
        title="there is no key policy", source=EXTERNAL, caller=OTHER_USER, identity=[allow()], expected=Layer.RESOURCE
    ),
    Case(
        title="everyone is not enough from outside",
        source=EXTERNAL,
        caller=OTHER_USER,
        key=[allow("*")],
        expected=Layer.IDENTITY,
    ),
    Case(
        title="everyone, and IAM permits",
        source=EXTERNAL,
        caller=OTHER_USER,
        key=[allow("*")],
        identity=[allow()],
        expected=ALLOW,
    ),
    Case(
        title="everyone of one account",
        source='KMS Developer Guide, "kms:CallerAccount"',
        caller=OTHER_USER,
        key=[allow("*", **NARROWED)],
        identity=[allow()],
        context={"kms:CallerAccount": OTHER},
        expected=ALLOW,
    ),
    Case(
        title="everyone of another account",
        source='KMS Developer Guide, "kms:CallerAccount"',
        caller=OTHER_USER,
        key=[allow("*", **NARROWED)],
        identity=[allow()],
        context={"kms:CallerAccount": ACCOUNT},
        expected=Layer.RESOURCE,
    ),
    Case(
        title="IAM denies",
        source=CROSS,
        caller=OTHER_USER,
        key=[allow(OTHER_USER)],
        identity=[allow(), deny()],
        expected=EXPLICIT,
    ),
    Case(
        title="a named session is still limited by a boundary",
        source=CROSS,
        caller=OTHER_SESSION,
        key=[allow(OTHER_SESSION)],
        identity=[allow()],
        boundary=[allow(**OTHER_ACTION)],
        expected=Layer.PERMISSIONS_BOUNDARY,
    ),
    Case(
        title="a named session still needs IAM",
        source=CROSS,
        caller=OTHER_SESSION,
        key=[allow(OTHER_SESSION)],
        expected=Layer.IDENTITY,
    ),
    Case(
        title="a named session is still limited by a session policy",
        source=CROSS,
        caller=OTHER_SESSION,
        key=[allow(OTHER_SESSION)],
        identity=[allow()],
        session=[allow(**OTHER_ACTION)],
        expected=Layer.SESSION,
    ),
    Case(
        title="a named user is still limited by a boundary",
        source=CROSS,
        caller=OTHER_USER,
        key=[allow(OTHER_USER)],
        identity=[allow()],
        boundary=[allow(**OTHER_ACTION)],
        expected=Layer.PERMISSIONS_BOUNDARY,
    ),
    Case(
        title="the other account's root user", source=CROSS, caller=OTHER_ROOT, key=[allow(OTHER_ROOT)], expected=ALLOW
    ),
    Case(
        title="the other account's root user is not the key's",
        source=CROSS,
        caller=OTHER_ROOT,
        key=[allow(ROOT)],
        expected=Layer.RESOURCE,
    ),
    Case(
        title="a bucket's account is told beside its ARN",
        source=CROSS,
        caller=OTHER_USER,
        action="s3:GetObject",
        resource="arn:aws:s3:::photos/cat.jpg",
        resource_account=ACCOUNT,
        identity=[allow(Action="s3:*")],
        expected=Layer.RESOURCE,
    ),
    Case(
        title="both sides of a bucket",
        source=CROSS,
        caller=OTHER_USER,
        action="s3:GetObject",
        resource="arn:aws:s3:::photos/cat.jpg",
        resource_account=ACCOUNT,
        key=[allow(OTHER_ROOT, Action="s3:*")],
        identity=[allow(Action="s3:*")],
        expected=ALLOW,
    ),
    Case(
        title="a role of the same name in another account is another role",
        source=CROSS,
        caller=OTHER_SESSION,
        key=[allow(f"arn:aws:iam::{ACCOUNT}:role/App")],
        identity=[allow()],
        expected=Layer.RESOURCE,
    ),
]


@pytest.mark.parametrize("case", CASES, ids=str)
def test_across_accounts(case: Case) -> None:
    case.check()
