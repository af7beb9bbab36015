"""Grants: an allow with constraints, for one key."""

import pytest

from policy.model.policies import Layer
from tests.policy.evaluate.cases import (
    ACCOUNT,
    ALLOW,
    EXPLICIT,
    KEY,
    KEY_ID,
    OTHER_ROOT,
    OTHER_SESSION,
    OTHER_USER,
    ROLE,
    ROOT,
    SESSION,
    USER,
    Case,
    allow,
    deny,
)

GRANTS = 'KMS Developer Guide, "Grants in AWS KMS"'
CONSTRAINTS = 'KMS API Reference, "GrantConstraints"'
RETIRE = 'KMS Developer Guide, "Retiring and revoking grants"'
SELF_SERVICE = 'Auto Scaling User Guide, "Required AWS KMS key policy for use with encrypted volumes"'
NOBODY = [allow(f"arn:aws:iam::{ACCOUNT}:role/KeyAdmin", Action="kms:*")]
OTHER_ROLE = OTHER_SESSION.replace("sts", "iam").replace("assumed-role/App/i-0abc", "role/App")
BOUNDARY = Layer.PERMISSIONS_BOUNDARY
RETIRING = {"action": "kms:RetireGrant", "key": NOBODY}


def to(grantee: str, *operations: str, **more: object) -> dict[str, object]:
    return {"GranteePrincipal": grantee, "Operations": list(operations or ("Decrypt",)), **more}


def subset(**context: str) -> dict[str, object]:
    return {"Constraints": {"EncryptionContextSubset": context}}


def equals(**context: str) -> dict[str, object]:
    return {"Constraints": {"EncryptionContextEquals": context}}


def encrypted_with(**context: str) -> dict[str, str]:
    return {f"kms:EncryptionContext:{name}": value for name, value in context.items()}


CASES = [
    Case(
        title="a grant to the role allows its session",
        source=GRANTS,
        caller=SESSION,
        key=NOBODY,
        grants=[to(ROLE)],
        expected=ALLOW,
    ),
    Case(title="a grant to the user", source=GRANTS, caller=USER, key=NOBODY, grants=[to(USER)], expected=ALLOW),
    Case(
        title="a grant to the session", source=GRANTS, caller=SESSION, key=NOBODY, grants=[to(SESSION)], expected=ALLOW
    ),
    Case(
        title="a grant to another", source=GRANTS, caller=USER, key=NOBODY, grants=[to(ROLE)], expected=Layer.RESOURCE
    ),
    Case(
        title="a grant to the account leaves it to IAM",
        source=GRANTS,
        caller=USER,
        key=NOBODY,
        grants=[to(ROOT)],
        expected=Layer.IDENTITY,
    ),
    Case(
        title="a grant to the account, and IAM permits",
        source=GRANTS,
        caller=USER,
        key=NOBODY,
        grants=[to(ROOT)],
        identity=[allow()],
        expected=ALLOW,
    ),
    Case(
        title="a grant of another operation",
        source=GRANTS,
        caller=USER,
        key=NOBODY,
        grants=[to(USER, "Encrypt")],
        expected=Layer.RESOURCE,
    ),
    Case(
        title="GenerateDataKey is not GenerateDataKeyPair",
        source=GRANTS,
        caller=USER,
        key=NOBODY,
        action="kms:GenerateDataKeyPair",
        grants=[to(USER, "GenerateDataKey")],
        expected=Layer.RESOURCE,
    ),
    Case(
        title="a grant on another key",
        source=GRANTS,
        caller=USER,
        key=NOBODY,
        grants=[to(USER, KeyId=KEY + "0")],
        expected=Layer.RESOURCE,
    ),
    Case(
        title="a grant that names the key by its id",
        source=GRANTS,
        caller=USER,
        key=NOBODY,
        grants=[to(USER, KeyId=KEY_ID)],
        expected=ALLOW,
    ),
    Case(
        title="a deny in the key policy beats a grant",
        source=GRANTS,
        caller=USER,
        key=[*NOBODY, deny("*")],
        grants=[to(USER)],
        expected=EXPLICIT,
    ),
    Case(
        title="a deny in IAM beats a grant",
        source=GRANTS,
        caller=USER,
        key=NOBODY,
        identity=[deny()],
        grants=[to(USER)],
        expected=EXPLICIT,
    ),
    Case(
        title="a boundary limits a grant to the role",
        source=GRANTS,
        caller=SESSION,
        key=NOBODY,
        boundary=[allow(Action="s3:*")],
        grants=[to(ROLE)],
        expected=Layer.PERMISSIONS_BOUNDARY,
    ),
    Case(
        title="a service is granted by name",
        source=CONSTRAINTS,
        caller="rds.amazonaws.com",
        key=NOBODY,
        grants=[{"GranteeServicePrincipal": "rds.amazonaws.com", "Operations": ["Decrypt"]}],
        expected=ALLOW,
    ),
    Case(
        title="a grant across accounts is enough for the role",
        source=SELF_SERVICE,
        caller=OTHER_SESSION,
        key=NOBODY,
        grants=[to(OTHER_ROLE)],
        expected=ALLOW,
    ),
    Case(
        title="a grant to another account leaves it to IAM",
        source=GRANTS,
        caller=OTHER_USER,
        key=NOBODY,
        grants=[to(OTHER_ROOT)],
        expected=Layer.IDENTITY,
    ),
    Case(
        title="a grant to another account, and IAM permits",
        source=GRANTS,
        caller=OTHER_USER,
        key=NOBODY,
        grants=[to(OTHER_ROOT)],
        identity=[allow()],
        expected=ALLOW,
    ),
    # --- constraints ---
    Case(
        title="a subset holds",
        source=CONSTRAINTS,
        caller=USER,
        key=NOBODY,
        grants=[to(USER, **subset(app="web"))],
        context=encrypted_with(app="web", tenant="a"),
        expected=ALLOW,
    ),
    Case(
        title="a subset does not hold",
        source=CONSTRAINTS,
        caller=USER,
        key=NOBODY,
        grants=[to(USER, **subset(app="web"))],
        context=encrypted_with(tenant="a"),
        expected=Layer.RESOURCE,
    ),
    Case(
        title="a subset is compared with case of the value",
        source=CONSTRAINTS,
        caller=USER,
        key=NOBODY,
        grants=[to(USER, **subset(app="web"))],
        context=encrypted_with(app="Web"),
        expected=Layer.RESOURCE,
    ),
    Case(
        title="a subset is compared with case of the name",
        source=CONSTRAINTS,
        caller=USER,
        key=NOBODY,
        grants=[to(USER, **subset(app="web"))],
        context=encrypted_with(App="web"),
        expected=Layer.RESOURCE,
    ),
    Case(
        title="equality holds",
        source=CONSTRAINTS,
        caller=USER,
        key=NOBODY,
        grants=[to(USER, **equals(app="web"))],
        context=encrypted_with(app="web"),
        expected=ALLOW,
    ),
    Case(
        title="equality bears nothing more",
        source=CONSTRAINTS,
        caller=USER,
        key=NOBODY,
        grants=[to(USER, **equals(app="web"))],
        context=encrypted_with(app="web", tenant="a"),
        expected=Layer.RESOURCE,
    ),
    Case(
        title="equality bears nothing less",
        source=CONSTRAINTS,
        caller=USER,
        key=NOBODY,
        grants=[to(USER, **equals(app="web"))],
        expected=Layer.RESOURCE,
    ),
    Case(
        title="DescribeKey ignores constraints",
        source='KMS Developer Guide, "Using grant constraints"',
        caller=USER,
        key=NOBODY,
        action="kms:DescribeKey",
        grants=[to(USER, "DescribeKey", **equals(app="web"))],
        expected=ALLOW,
    ),
    Case(
        title="SourceArn holds",
        source=CONSTRAINTS,
        caller="rds.amazonaws.com",
        key=NOBODY,
        grants=[
            {
                "GranteeServicePrincipal": "rds.amazonaws.com",
                "Operations": ["Decrypt"],
                "Constraints": {"SourceArn": "arn:aws:rds:us-east-1:111122223333:db:a"},
            }
        ],
        context={"aws:SourceArn": "arn:aws:rds:us-east-1:111122223333:db:a"},
        expected=ALLOW,
    ),
    Case(
        title="SourceArn does not hold",
        source=CONSTRAINTS,
        caller="rds.amazonaws.com",
        key=NOBODY,
        grants=[
            {
                "GranteeServicePrincipal": "rds.amazonaws.com",
                "Operations": ["Decrypt"],
                "Constraints": {"SourceArn": "arn:aws:rds:us-east-1:111122223333:db:a"},
            }
        ],
        expected=Layer.RESOURCE,
    ),
    Case(
        title="one of several grants",
        source=GRANTS,
        caller=USER,
        key=NOBODY,
        grants=[to(ROLE), to(USER, "Encrypt"), to(USER)],
        expected=ALLOW,
    ),
    # --- CreateGrant through a grant ---
    *(
        Case(
            title=f"a grant made through a grant {title}",
            source='KMS Developer Guide, "Creating grants" (Granting CreateGrant permission)',
            caller=USER,
            key=NOBODY,
            action="kms:CreateGrant",
            grants=[to(USER, "CreateGrant", "Decrypt", **constraint)],
            context={"kms:GrantOperations": operations, **context},
            expected=expected,
        )
        for title, constraint, operations, context, expected in (
            ("allows what its parent allows", {}, ["CreateGrant", "Decrypt"], {}, ALLOW),
            ("does not allow more", {}, ["Decrypt", "Encrypt"], {}, Layer.RESOURCE),
            ("adds a constraint", {}, ["Decrypt"], encrypted_with(app="web"), ALLOW),
            ("adds to a subset", subset(app="web"), ["Decrypt"], encrypted_with(app="web", tenant="a"), ALLOW),
            ("does not drop a subset", subset(app="web"), ["Decrypt"], {}, Layer.RESOURCE),
            (
                "makes a subset exact",
                subset(app="web"),
                ["Decrypt"],
                {**encrypted_with(app="web"), "kms:GrantConstraintType": "EncryptionContextEquals"},
                ALLOW,
            ),
            (
                "does not loosen an exact constraint",
                equals(app="web"),
                ["Decrypt"],
                {**encrypted_with(app="web"), "kms:GrantConstraintType": "EncryptionContextSubset"},
                Layer.RESOURCE,
            ),
        )
    ),
    # --- RetireGrant ---
    Case(
        title="the retiring principal retires",
        source=RETIRE,
        caller=USER,
        grants=[to(ROLE, RetiringPrincipal=USER)],
        expected=ALLOW,
        **RETIRING,
    ),
    Case(
        title="a grantee with RetireGrant retires",
        source=RETIRE,
        caller=USER,
        grants=[to(USER, "Decrypt", "RetireGrant")],
        expected=ALLOW,
        **RETIRING,
    ),
    Case(
        title="a grantee without it does not",
        source=RETIRE,
        caller=USER,
        grants=[to(USER)],
        expected=Layer.IDENTITY,
        **RETIRING,
    ),
    Case(
        title="the account that made the grant delegates by IAM",
        source=RETIRE,
        caller=USER,
        grants=[to(ROLE)],
        identity=[allow(Action="kms:RetireGrant")],
        expected=ALLOW,
        **RETIRING,
    ),
    Case(
        title="the account that made the grant retires",
        source=RETIRE,
        caller=ROOT,
        grants=[to(ROLE)],
        expected=ALLOW,
        **RETIRING,
    ),
    *(
        Case(
            title=f"{title}, on another account's key",
            source=RETIRE,
            caller=caller,
            grants=[to(ROLE, IssuingAccount=issuer)],
            identity=[allow(Action="kms:RetireGrant")] if permitted else None,
            boundary=[allow()] if bounded else None,
            expected=expected,
            **RETIRING,
        )
        for title, caller, issuer, permitted, bounded, expected in [
            ("who made the grant retires by IAM", OTHER_USER, OTHER_ROOT, True, False, ALLOW),
            ("who made it does not without IAM", OTHER_USER, OTHER_ROOT, False, False, Layer.IDENTITY),
            ("who made it retires only within the boundary", OTHER_USER, OTHER_ROOT, True, True, BOUNDARY),
            ("the root user of who made it retires", OTHER_ROOT, OTHER_ROOT, False, False, ALLOW),
            ("who did not make it does not retire", OTHER_USER, ROOT, True, False, Layer.RESOURCE),
            ("the key's account did not make it and does not retire", USER, OTHER_ROOT, True, False, Layer.RESOURCE),
        ]
    ),
    Case(
        title="a key policy's Allow has no effect on it",
        source=RETIRE,
        caller=USER,
        action="kms:RetireGrant",
        grants=[to(ROLE)],
        key=[allow(USER, Action="kms:*")],
        expected=Layer.IDENTITY,
    ),
    Case(
        title="a key policy's Deny has",
        source=RETIRE,
        caller=USER,
        action="kms:RetireGrant",
        grants=[to(ROLE, RetiringPrincipal=USER)],
        key=[deny("*", Action="kms:RetireGrant")],
        expected=EXPLICIT,
    ),
    Case(
        title="RetireGrant ignores constraints",
        source='KMS Developer Guide, "Using grant constraints"',
        caller=USER,
        grants=[to(USER, "RetireGrant", **equals(app="web"))],
        expected=ALLOW,
        **RETIRING,
    ),
    Case(
        title="RevokeGrant comes from policy",
        source=RETIRE,
        caller=USER,
        action="kms:RevokeGrant",
        key=NOBODY,
        grants=[to(ROLE, RetiringPrincipal=USER)],
        expected=Layer.RESOURCE,
    ),
]


@pytest.mark.parametrize("case", CASES, ids=str)
def test_grants(case: Case) -> None:
    case.check()
