"""Actions, resources and conditions as they meet the layers: aliases, no resource, the older version, variables."""

import pytest

from policy.model.policies import Layer
from tests.policy.evaluate.cases import (
    ACCOUNT,
    ALLOW,
    EXPLICIT,
    KEY,
    ROOT,
    SESSION,
    USER,
    Case,
    allow,
    deny,
)

RESOURCE = 'IAM User Guide, "IAM JSON policy elements: Resource"'
ACTION = 'IAM User Guide, "IAM JSON policy elements: Action"'
NOT_ACTION = 'IAM User Guide, "IAM JSON policy elements: NotAction"'
KEY_POLICY = 'KMS Developer Guide, "Elements in a key policy"'
ALIAS = 'KMS Developer Guide, "Controlling access to aliases"'
VARIABLES = 'IAM User Guide, "IAM policy elements: Variables and tags"'
VERSION = 'IAM User Guide, "IAM JSON policy elements: Version"'
OPERATORS = 'IAM User Guide, "IAM JSON policy elements: Condition operators"'
ALIAS_ARN = f"arn:aws:kms:us-east-1:{ACCOUNT}:alias/app"
DELEGATED = [allow(ROOT, Action="kms:*")]
OWN = {"Condition": {"StringEquals": {"kms:EncryptionContext:user": "${aws:username}"}}}
MFA = {"aws:MultiFactorAuthPresent": "false"}

CASES = [
    # --- actions ---
    Case(
        title="actions are compared without case",
        source=ACTION,
        caller=USER,
        key=[allow(USER, Action="KMS:decrypt")],
        expected=ALLOW,
    ),
    Case(title="wildcards in actions", source=ACTION, caller=USER, key=[allow(USER, Action="kms:De*")], expected=ALLOW),
    Case(
        title="a question mark is one character",
        source=ACTION,
        caller=USER,
        key=[allow(USER, Action="kms:Decryp??")],
        expected=Layer.RESOURCE,
    ),
    Case(
        title="NotAction leaves out",
        source=NOT_ACTION,
        caller=USER,
        key=[allow(USER, NotAction="kms:Decrypt")],
        expected=Layer.RESOURCE,
    ),
    Case(
        title="NotAction covers the rest",
        source=NOT_ACTION,
        caller=USER,
        key=[allow(USER, NotAction="kms:Encrypt")],
        expected=ALLOW,
    ),
    Case(
        title="NotAction with Deny",
        source=NOT_ACTION,
        caller=USER,
        key=[allow(USER), deny("*", NotAction="kms:Encrypt")],
        expected=EXPLICIT,
    ),
    Case(
        title="a key policy statement without Action has no effect",
        source='KMS API Reference, "PutKeyPolicy"',
        caller=USER,
        key=[allow(USER, Action=None)],
        expected=Layer.RESOURCE,
    ),
    Case(
        title="a key policy statement without Resource has no effect",
        source='KMS API Reference, "PutKeyPolicy"',
        caller=USER,
        key=[allow(USER, Resource=None)],
        expected=Layer.RESOURCE,
    ),
    # --- resources ---
    Case(title="a star is this key", source=KEY_POLICY, caller=USER, key=[allow(USER)], expected=ALLOW),
    Case(title="this key's ARN", source=KEY_POLICY, caller=USER, key=[allow(USER, Resource=KEY)], expected=ALLOW),
    Case(
        title="another key's ARN matches nothing",
        source=KEY_POLICY,
        caller=USER,
        key=[allow(USER, Resource=KEY + "0")],
        expected=Layer.RESOURCE,
    ),
    Case(
        title="an alias's ARN is not its key",
        source=ALIAS,
        caller=USER,
        key=DELEGATED,
        identity=[allow(Resource=ALIAS_ARN)],
        expected=Layer.IDENTITY,
    ),
    Case(
        title="an alias has no policy: IAM alone decides",
        source=ALIAS,
        caller=USER,
        action="kms:CreateAlias",
        resource=ALIAS_ARN,
        identity=[allow(Action="kms:CreateAlias", Resource=ALIAS_ARN)],
        expected=ALLOW,
    ),
    Case(
        title="an alias without IAM",
        source=ALIAS,
        caller=USER,
        action="kms:CreateAlias",
        resource=ALIAS_ARN,
        expected=Layer.IDENTITY,
    ),
    Case(
        title="resources are compared with case",
        source=RESOURCE,
        caller=USER,
        key=DELEGATED,
        identity=[allow(Resource=KEY.replace("key/", "Key/"))],
        expected=Layer.IDENTITY,
    ),
    Case(
        title="all keys of the account",
        source=RESOURCE,
        caller=USER,
        key=DELEGATED,
        identity=[allow(Resource=f"arn:aws:kms:*:{ACCOUNT}:key/*")],
        expected=ALLOW,
    ),
    Case(
        title="a wildcard stays in its segment",
        source=RESOURCE,
        caller=USER,
        key=DELEGATED,
        identity=[allow(Resource="arn:aws:kms:*:key/*")],
        expected=Layer.IDENTITY,
    ),
    Case(
        title="NotResource leaves out",
        source=RESOURCE,
        caller=USER,
        key=DELEGATED,
        identity=[allow(NotResource=KEY)],
        expected=Layer.IDENTITY,
    ),
    Case(
        title="NotResource covers the rest",
        source=RESOURCE,
        caller=USER,
        key=DELEGATED,
        identity=[allow(NotResource=ALIAS_ARN)],
        expected=ALLOW,
    ),
    Case(
        title="an action on no resource needs a star",
        source='Service Authorization Reference, "Actions, resources, and condition keys for AWS KMS"',
        caller=USER,
        action="kms:CreateKey",
        resource=None,
        identity=[allow(Action="kms:CreateKey")],
        expected=ALLOW,
    ),
    Case(
        title="an action on no resource and an ARN",
        source='Service Authorization Reference, "Actions, resources, and condition keys for AWS KMS"',
        caller=USER,
        action="kms:CreateKey",
        resource=None,
        identity=[allow(Action="kms:CreateKey", Resource=f"arn:aws:kms:us-east-1:{ACCOUNT}:key/*")],
        expected=Layer.IDENTITY,
    ),
    # --- variables and versions ---
    Case(
        title="a variable takes the caller's value",
        source=VARIABLES,
        caller=USER,
        key=[allow(USER, **OWN)],
        context={"aws:username": "Alice", "kms:EncryptionContext:user": "Alice"},
        expected=ALLOW,
    ),
    Case(
        title="a variable takes no other value",
        source=VARIABLES,
        caller=USER,
        key=[allow(USER, **OWN)],
        context={"aws:username": "Alice", "kms:EncryptionContext:user": "Bob"},
        expected=Layer.RESOURCE,
    ),
    Case(
        title="a variable without a value matches nothing",
        source=VARIABLES,
        caller=SESSION,
        key=[allow("*", **OWN)],
        context={"kms:EncryptionContext:user": ""},
        expected=Layer.RESOURCE,
    ),
    Case(
        title="in the older version a variable is literal text",
        source=VERSION,
        caller=USER,
        key=[allow(USER, **OWN)],
        version="2008-10-17",
        context={"aws:username": "Alice", "kms:EncryptionContext:user": "${aws:username}"},
        expected=ALLOW,
    ),
    Case(
        title="in the older version a variable has no value",
        source=VERSION,
        caller=USER,
        key=[allow(USER, **OWN)],
        version="2008-10-17",
        context={"aws:username": "Alice", "kms:EncryptionContext:user": "Alice"},
        expected=Layer.RESOURCE,
    ),
    Case(
        title="a policy without Version is of the older",
        source=VERSION,
        caller=USER,
        key=[allow(USER, **OWN)],
        version=None,
        context={"aws:username": "Alice", "kms:EncryptionContext:user": "Alice"},
        expected=Layer.RESOURCE,
    ),
    Case(
        title="a value in a variable is no wildcard",
        source=VARIABLES,
        caller=USER,
        key=[allow(USER, Condition={"StringLike": {"kms:EncryptionContext:user": "${aws:username}"}})],
        context={"aws:username": "*", "kms:EncryptionContext:user": "Bob"},
        expected=Layer.RESOURCE,
    ),
    # --- conditions ---
    Case(
        title="a deny for a missing key does not apply with Bool",
        source=OPERATORS,
        caller=USER,
        key=[allow(USER), deny("*", Condition={"Bool": MFA})],
        expected=ALLOW,
    ),
    Case(
        title="a deny for a missing key applies with BoolIfExists",
        source=OPERATORS,
        caller=USER,
        key=[allow(USER), deny("*", Condition={"BoolIfExists": MFA})],
        expected=EXPLICIT,
    ),
    Case(
        title="a negated operator holds for a missing key",
        source=OPERATORS,
        caller=USER,
        key=[allow(USER), deny("*", Condition={"StringNotEquals": {"aws:PrincipalOrgID": "o-1"}})],
        expected=EXPLICIT,
    ),
    Case(
        title="ForAllValues holds for a missing key",
        source='IAM User Guide, "Set operators for multivalued context keys"',
        caller=USER,
        key=[allow(USER, Condition={"ForAllValues:StringEquals": {"kms:EncryptionContextKeys": ["app"]}})],
        expected=ALLOW,
    ),
    Case(
        title="ForAnyValue does not",
        source='IAM User Guide, "Set operators for multivalued context keys"',
        caller=USER,
        key=[allow(USER, Condition={"ForAnyValue:StringEquals": {"kms:EncryptionContextKeys": ["app"]}})],
        expected=Layer.RESOURCE,
    ),
    Case(
        title="all conditions must hold",
        source=OPERATORS,
        caller=USER,
        key=[
            allow(
                USER,
                Condition={
                    "StringEquals": {"kms:EncryptionContext:app": "web"},
                    "Bool": {"aws:SecureTransport": "true"},
                },
            )
        ],
        context={"kms:EncryptionContext:app": "web", "aws:SecureTransport": "false"},
        expected=Layer.RESOURCE,
    ),
    Case(
        title="key names are compared without case",
        source=OPERATORS,
        caller=USER,
        key=[allow(USER, Condition={"StringEquals": {"KMS:encryptioncontext:APP": "web"}})],
        context={"kms:EncryptionContext:app": "web"},
        expected=ALLOW,
    ),
]


@pytest.mark.parametrize("case", CASES, ids=str)
def test_statements(case: Case) -> None:
    case.check()
