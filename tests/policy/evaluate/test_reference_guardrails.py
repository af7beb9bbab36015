"""The layers of the organisation and the VPC endpoint: they never give, and each that is there must allow."""

import pytest

from policy.model.policies import Layer
from tests.policy.evaluate.cases import (
    ACCOUNT,
    ALLOW,
    EXPLICIT,
    KEY,
    OTHER_USER,
    ROLE,
    ROOT,
    SESSION,
    USER,
    Case,
    allow,
    deny,
    levels,
)

SCP = 'Organizations User Guide, "Service control policies (SCPs)"'
SCP_LOGIC = 'Organizations User Guide, "SCP evaluation"'
RCP = 'Organizations User Guide, "Resource control policies (RCPs)"'
ENDPOINT = 'VPC User Guide, "Control access to VPC endpoints using endpoint policies"'
LOGIC = 'IAM User Guide, "How AWS enforcement code logic evaluates requests to allow or deny access"'

FULL = [allow(Action="*")]
NONE = [allow(Action="s3:*")]
RCP_FULL = [allow("*", Action="*") | {"Principal": "*"}]
RCP_NONE = [allow("*", Action="s3:*") | {"Principal": "*"}]
RCP_DENY = [*RCP_FULL, deny("*") | {"Principal": "*"}]
NAMED = [allow([USER, ROLE, ROOT])]
LINKED = f"arn:aws:sts::{ACCOUNT}:assumed-role/AWSServiceRoleForAutoScaling/AutoScaling"
LINKED_ROLE = f"arn:aws:iam::{ACCOUNT}:role/aws-service-role/autoscaling.amazonaws.com/AWSServiceRoleForAutoScaling"
GRANTED = [{"GranteePrincipal": USER, "RetiringPrincipal": USER, "Operations": ["Decrypt", "RetireGrant"]}]

CASES = [
    # --- service control policies ---
    Case(
        title="an SCP that does not allow",
        source=SCP,
        caller=USER,
        key=NAMED,
        scps=levels(NONE),
        expected=Layer.SERVICE_CONTROL,
    ),
    Case(
        title="an SCP that allows gives nothing",
        source=SCP,
        caller=USER,
        key=[allow(ROOT)],
        scps=levels(FULL),
        expected=Layer.IDENTITY,
    ),
    Case(
        title="an SCP that denies", source=SCP, caller=USER, key=NAMED, scps=levels([*FULL, deny()]), expected=EXPLICIT
    ),
    Case(
        title="every level must allow",
        source=SCP_LOGIC,
        caller=USER,
        key=NAMED,
        scps=levels(FULL, NONE, FULL),
        expected=Layer.SERVICE_CONTROL,
    ),
    Case(
        title="every level allows",
        source=SCP_LOGIC,
        caller=USER,
        key=NAMED,
        scps=levels(FULL, [allow()], FULL),
        expected=ALLOW,
    ),
    Case(
        title="a deny at any level",
        source=SCP_LOGIC,
        caller=USER,
        key=NAMED,
        scps=levels(FULL, [*FULL, deny()]),
        expected=EXPLICIT,
    ),
    Case(
        title="an SCP binds the root user",
        source=SCP,
        caller=ROOT,
        key=NAMED,
        scps=levels(NONE),
        expected=Layer.SERVICE_CONTROL,
    ),
    Case(
        title="an SCP does not bind a service-linked role's session",
        source=SCP,
        caller=LINKED,
        key=[allow(LINKED_ROLE)],
        scps=levels([*NONE, deny()]),
        expected=ALLOW,
    ),
    Case(
        title="an SCP does not bind a service-linked role",
        source=SCP,
        caller=LINKED_ROLE,
        key=[allow(LINKED_ROLE)],
        scps=levels(NONE),
        expected=ALLOW,
    ),
    Case(
        title="an SCP does not bind a service",
        source=SCP,
        caller="cloudtrail.amazonaws.com",
        key=[allow({"Service": "cloudtrail.amazonaws.com"})],
        scps=levels(NONE),
        expected=ALLOW,
    ),
    Case(
        title="an SCP binds a named session",
        source=LOGIC,
        caller=SESSION,
        key=[allow(SESSION)],
        scps=levels(NONE),
        expected=Layer.SERVICE_CONTROL,
    ),
    Case(
        title="the caller's SCPs bind across accounts",
        source=SCP,
        caller=OTHER_USER,
        key=[allow(OTHER_USER)],
        identity=[allow()],
        scps=levels(NONE),
        expected=Layer.SERVICE_CONTROL,
    ),
    Case(
        title="an SCP binds a grantee",
        source=LOGIC,
        caller=USER,
        grants=GRANTED,
        key=[allow(ROLE)],
        scps=levels(NONE),
        expected=Layer.SERVICE_CONTROL,
    ),
    # --- resource control policies ---
    Case(
        title="an RCP that does not allow",
        source=RCP,
        caller=USER,
        key=NAMED,
        rcps=levels(RCP_NONE),
        expected=Layer.RESOURCE_CONTROL,
    ),
    Case(title="an RCP that denies", source=RCP, caller=USER, key=NAMED, rcps=levels(RCP_DENY), expected=EXPLICIT),
    Case(
        title="every level of RCPs must allow",
        source=RCP,
        caller=USER,
        key=NAMED,
        rcps=levels(RCP_FULL, RCP_NONE),
        expected=Layer.RESOURCE_CONTROL,
    ),
    Case(
        title="an RCP gives nothing",
        source=RCP,
        caller=USER,
        key=[allow(ROLE)],
        rcps=levels(RCP_FULL),
        expected=Layer.RESOURCE,
    ),
    Case(
        title="an RCP binds callers of other accounts",
        source=RCP,
        caller=OTHER_USER,
        key=[allow(OTHER_USER)],
        identity=[allow()],
        rcps=levels(RCP_DENY),
        expected=EXPLICIT,
    ),
    Case(
        title="an RCP binds services",
        source=RCP,
        caller="cloudtrail.amazonaws.com",
        key=[allow({"Service": "cloudtrail.amazonaws.com"})],
        rcps=levels(RCP_DENY),
        expected=EXPLICIT,
    ),
    Case(
        title="an RCP binds the anonymous",
        source=RCP,
        caller="ANONYMOUS",
        key=[allow("*")],
        rcps=levels(RCP_DENY),
        expected=EXPLICIT,
    ),
    Case(
        title="an RCP does not bind service-linked roles",
        source=RCP,
        caller=LINKED,
        key=[allow(LINKED_ROLE)],
        rcps=levels(RCP_DENY),
        expected=ALLOW,
    ),
    Case(
        title="an RCP does not bind RetireGrant",
        source=RCP,
        caller=USER,
        action="kms:RetireGrant",
        grants=GRANTED,
        key=[allow(ROLE)],
        rcps=levels([deny("*", Action="*") | {"Principal": "*"}]),
        expected=ALLOW,
    ),
    # --- VPC endpoint policies ---
    Case(
        title="an endpoint policy that does not allow",
        source=ENDPOINT,
        caller=USER,
        key=NAMED,
        endpoint=[allow("*", Action="kms:Encrypt")],
        expected=Layer.VPC_ENDPOINT,
    ),
    Case(
        title="an endpoint policy that allows",
        source=ENDPOINT,
        caller=USER,
        key=NAMED,
        endpoint=[allow("*", Action="kms:*")],
        expected=ALLOW,
    ),
    Case(
        title="an endpoint policy gives nothing",
        source=ENDPOINT,
        caller=USER,
        key=[allow(ROLE)],
        endpoint=[allow("*")],
        expected=Layer.RESOURCE,
    ),
    Case(
        title="an endpoint policy that denies",
        source=ENDPOINT,
        caller=USER,
        key=NAMED,
        endpoint=[allow("*"), deny("*")],
        expected=EXPLICIT,
    ),
    Case(
        title="an endpoint policy for another principal",
        source=ENDPOINT,
        caller=USER,
        key=NAMED,
        endpoint=[allow(ROLE)],
        expected=Layer.VPC_ENDPOINT,
    ),
    Case(
        title="an endpoint policy for the account",
        source=ENDPOINT,
        caller=USER,
        key=NAMED,
        endpoint=[allow(ROOT)],
        expected=ALLOW,
    ),
    Case(
        title="an endpoint policy for another key",
        source=ENDPOINT,
        caller=USER,
        key=NAMED,
        endpoint=[allow("*", Resource=KEY + "0")],
        expected=Layer.VPC_ENDPOINT,
    ),
    # --- all at once ---
    Case(
        title="all layers allow",
        source=LOGIC,
        caller=SESSION,
        key=[allow(ROOT)],
        identity=[allow()],
        boundary=[allow()],
        session=[allow()],
        scps=levels(FULL),
        rcps=levels(RCP_FULL),
        endpoint=[allow("*")],
        expected=ALLOW,
    ),
    Case(
        title="what is missing first is what AWS checks first",
        source=LOGIC,
        caller=SESSION,
        key=[allow(ROLE)],
        boundary=NONE,
        session=NONE,
        scps=levels(NONE),
        rcps=levels(RCP_NONE),
        expected=Layer.RESOURCE_CONTROL,
    ),
    Case(
        title="a deny in the last layer beats a missing allow in the first",
        source=LOGIC,
        caller=SESSION,
        key=[allow(ROLE)],
        session=[deny()],
        scps=levels(NONE),
        expected=EXPLICIT,
    ),
]


@pytest.mark.parametrize("case", CASES, ids=str)
def test_guardrails(case: Case) -> None:
    case.check()
