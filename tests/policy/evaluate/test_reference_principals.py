"""How a Principal element matches: wildcards, paths, services, identity providers, anonymous callers, NotPrincipal."""

import pytest

from policy.model.policies import Layer
from tests.policy.evaluate.cases import (
    ACCOUNT,
    ALLOW,
    EXPLICIT,
    FEDERATED,
    OTHER_USER,
    ROLE,
    ROOT,
    SESSION,
    USER,
    Case,
    allow,
    deny,
)

PRINCIPAL = 'IAM User Guide, "AWS JSON policy elements: Principal"'
NOT_PRINCIPAL = 'IAM User Guide, "AWS JSON policy elements: NotPrincipal"'
IDENTIFIERS = 'IAM User Guide, "IAM identifiers"'
BOUNDARY = 'IAM User Guide, "Permissions boundaries for IAM entities"'
WEB = "sts:AssumeRoleWithWebIdentity"
SERVICE = "cloudtrail.amazonaws.com"
PATHED = f"arn:aws:iam::{ACCOUNT}:role/service/App"
ALL_FORMS = {"AWS": [SESSION, ROLE, ROOT]}


def deny_all_but(principals: object) -> dict[str, object]:
    return deny(None, NotPrincipal=principals)


CASES = [
    Case(
        title="a wildcard inside an ARN matches nobody",
        source=PRINCIPAL,
        caller=USER,
        key=[allow(f"arn:aws:iam::{ACCOUNT}:user/*")],
        expected=Layer.RESOURCE,
    ),
    Case(
        title="a wildcard inside an ARN denies nobody",
        source=PRINCIPAL,
        caller=USER,
        key=[allow(USER), deny(f"arn:aws:iam::{ACCOUNT}:*")],
        expected=ALLOW,
    ),
    Case(
        title="ARNs are compared with case",
        source=IDENTIFIERS,
        caller=USER,
        key=[allow(USER.replace("Alice", "alice"))],
        expected=Layer.RESOURCE,
    ),
    Case(
        title="a user's path is part of its ARN",
        source=IDENTIFIERS,
        caller=f"arn:aws:iam::{ACCOUNT}:user/division/Alice",
        key=[allow(USER)],
        expected=Layer.RESOURCE,
    ),
    Case(
        title="a session does not carry its role's path",
        source=IDENTIFIERS,
        caller=SESSION,
        key=[allow(PATHED)],
        expected=ALLOW,
    ),
    Case(title="a role with its path", source=IDENTIFIERS, caller=PATHED, key=[allow(PATHED)], expected=ALLOW),
    Case(
        title="a group is no principal",
        source=PRINCIPAL,
        caller=USER,
        key=[allow(f"arn:aws:iam::{ACCOUNT}:group/Admins")],
        expected=Layer.RESOURCE,
    ),
    Case(
        title="a user is not the role of its name",
        source=IDENTIFIERS,
        caller=f"arn:aws:iam::{ACCOUNT}:user/App",
        key=[allow(ROLE)],
        expected=Layer.RESOURCE,
    ),
    Case(title="one of several principals", source=PRINCIPAL, caller=USER, key=[allow([ROLE, USER])], expected=ALLOW),
    Case(
        title="the most direct of several counts",
        source=PRINCIPAL,
        caller=USER,
        key=[allow([ROOT, USER])],
        expected=ALLOW,
    ),
    Case(
        title="a statement without Principal is for nobody",
        source=PRINCIPAL,
        caller=USER,
        key=[allow(None)],
        expected=Layer.RESOURCE,
    ),
    # --- services ---
    Case(
        title="a service is named under Service",
        source=PRINCIPAL,
        caller=SERVICE,
        key=[allow({"Service": SERVICE})],
        expected=ALLOW,
    ),
    Case(
        title="a service is not named under AWS",
        source=PRINCIPAL,
        caller=SERVICE,
        key=[allow({"AWS": SERVICE})],
        expected=Layer.RESOURCE,
    ),
    Case(
        title="a service is not the account",
        source=PRINCIPAL,
        caller=SERVICE,
        key=[allow(ROOT)],
        expected=Layer.RESOURCE,
    ),
    Case(
        title="another service",
        source=PRINCIPAL,
        caller=SERVICE,
        key=[allow({"Service": "s3.amazonaws.com"})],
        expected=Layer.RESOURCE,
    ),
    Case(
        title="a role session is not the service that uses it",
        source=PRINCIPAL,
        caller=SESSION,
        key=[allow({"Service": "ec2.amazonaws.com"})],
        expected=Layer.RESOURCE,
    ),
    Case(
        title="a service is of no account, so everyone is enough",
        source=PRINCIPAL,
        caller=SERVICE,
        key=[allow("*")],
        expected=ALLOW,
    ),
    Case(
        title="the confused deputy is kept out",
        source='IAM User Guide, "The confused deputy problem"',
        caller=SERVICE,
        key=[allow({"Service": SERVICE}, Condition={"StringEquals": {"aws:SourceAccount": ACCOUNT}})],
        context={"aws:SourceAccount": "999999999999"},
        expected=Layer.RESOURCE,
    ),
    # --- identity providers ---
    Case(
        title="a web identity",
        source=PRINCIPAL,
        caller="accounts.google.com",
        action=WEB,
        resource=ROLE,
        key=[allow({"Federated": "accounts.google.com"}, Action=WEB, Resource=None)],
        expected=ALLOW,
    ),
    Case(
        title="a web identity of another provider",
        source=PRINCIPAL,
        caller="www.amazon.com",
        action=WEB,
        resource=ROLE,
        key=[allow({"Federated": "accounts.google.com"}, Action=WEB, Resource=None)],
        expected=Layer.RESOURCE,
    ),
    Case(
        title="a SAML provider",
        source=PRINCIPAL,
        caller=f"arn:aws:iam::{ACCOUNT}:saml-provider/Corp",
        action="sts:AssumeRoleWithSAML",
        resource=ROLE,
        key=[
            allow(
                {"Federated": f"arn:aws:iam::{ACCOUNT}:saml-provider/Corp"},
                Action="sts:AssumeRoleWithSAML",
                Resource=None,
            )
        ],
        expected=ALLOW,
    ),
    # --- anonymous callers ---
    Case(
        title="everyone includes the anonymous", source=PRINCIPAL, caller="ANONYMOUS", key=[allow("*")], expected=ALLOW
    ),
    Case(
        title="the account is not the anonymous",
        source=PRINCIPAL,
        caller="ANONYMOUS",
        key=[allow(ROOT)],
        expected=Layer.RESOURCE,
    ),
    Case(
        title="a federated session is of its account",
        source=PRINCIPAL,
        caller=FEDERATED,
        key=[allow(ROOT)],
        identity=[allow()],
        expected=ALLOW,
    ),
    # --- NotPrincipal ---
    Case(
        title="NotPrincipal with Deny denies the others",
        source=NOT_PRINCIPAL,
        caller=USER,
        key=[allow(USER), deny_all_but(ALL_FORMS)],
        expected=EXPLICIT,
    ),
    Case(
        title="it spares a session that is listed in every form",
        source=NOT_PRINCIPAL,
        caller=SESSION,
        key=[allow(SESSION), deny_all_but(ALL_FORMS)],
        expected=ALLOW,
    ),
    Case(
        title="it denies a session whose role is not listed",
        source=NOT_PRINCIPAL,
        caller=SESSION,
        key=[allow(SESSION), deny_all_but({"AWS": [SESSION, ROOT]})],
        expected=EXPLICIT,
    ),
    Case(
        title="it denies a session whose account is not listed",
        source=NOT_PRINCIPAL,
        caller=SESSION,
        key=[allow(SESSION), deny_all_but({"AWS": [SESSION, ROLE]})],
        expected=EXPLICIT,
    ),
    Case(
        title="it denies a session that is not listed",
        source=NOT_PRINCIPAL,
        caller=SESSION,
        key=[allow(SESSION), deny_all_but({"AWS": [ROLE, ROOT]})],
        expected=EXPLICIT,
    ),
    Case(
        title="it spares a user with its account",
        source=NOT_PRINCIPAL,
        caller=USER,
        key=[allow(USER), deny_all_but({"AWS": [USER, ROOT]})],
        expected=ALLOW,
    ),
    Case(
        title="it denies a user whose account is not listed",
        source=NOT_PRINCIPAL,
        caller=USER,
        key=[allow(USER), deny_all_but({"AWS": USER})],
        expected=EXPLICIT,
    ),
    Case(
        title="it denies whoever has a boundary",
        source=BOUNDARY,
        caller=USER,
        key=[allow(USER), deny_all_but({"AWS": [USER, ROOT]})],
        boundary=[allow(Action="*")],
        expected=EXPLICIT,
    ),
    Case(
        title="it spares the root user by its account",
        source=NOT_PRINCIPAL,
        caller=ROOT,
        key=[allow(ROOT), deny_all_but({"AWS": ROOT})],
        expected=ALLOW,
    ),
    Case(
        title="it spares a service that is listed",
        source=NOT_PRINCIPAL,
        caller=SERVICE,
        key=[allow({"Service": SERVICE}), deny_all_but({"Service": SERVICE})],
        expected=ALLOW,
    ),
    Case(
        title="it denies other accounts",
        source=NOT_PRINCIPAL,
        caller=OTHER_USER,
        key=[allow("*"), deny_all_but(ALL_FORMS)],
        identity=[allow()],
        expected=EXPLICIT,
    ),
    Case(
        title="it denies the anonymous",
        source=NOT_PRINCIPAL,
        caller="ANONYMOUS",
        key=[allow("*"), deny_all_but(ALL_FORMS)],
        expected=EXPLICIT,
    ),
]


@pytest.mark.parametrize("case", CASES, ids=str)
def test_principals(case: Case) -> None:
    case.check()
