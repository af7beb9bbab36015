"""What an external key store proxy is told of who calls."""

from types import SimpleNamespace

import pytest

from keyservice.auth.caller import Caller, CallerKind, Via
from keyservice.model.key import Key, Origin
from keyservice.operations.xks_calls import call_metadata, metadata_of

ROLE = "arn:aws:iam::111122223333:role/App"
USER = Caller(
    kind=CallerKind.USER,
    arn="arn:aws:iam::111122223333:user/a",
    account="111122223333",
    unique_id="A",
    access_key_id="K",
)
SESSION = Caller(
    kind=CallerKind.ROLE_SESSION,
    arn="arn:aws:sts::111122223333:assumed-role/App/s",
    issuer_arn=ROLE,
    account="111122223333",
    unique_id="A",
    access_key_id="K",
)
SERVICE = Caller(
    kind=CallerKind.SERVICE,
    arn="vault.amazonaws.com",
    name="vault.amazonaws.com",
    account="111122223333",
    unique_id="A",
    access_key_id="K",
)
THROUGH = Via(called_via=("vault.amazonaws.com",), via_service="vault.us-east-1.amazonaws.com")
ON_BEHALF = Caller(
    kind=CallerKind.USER,
    arn="arn:aws:iam::111122223333:user/a",
    account="111122223333",
    unique_id="A",
    access_key_id="K",
    via=THROUGH,
)
KEY = Key(account="111122223333", region="us-east-1", key_id="k", created=0.0, policy="{}")


def run_of(caller):
    return SimpleNamespace(caller=caller, operation="Encrypt", request_id="r")


@pytest.mark.parametrize(
    ("caller", "principal", "via"),
    [
        (USER, USER.arn, None),
        (SESSION, ROLE, None),
        (SERVICE, "vault.amazonaws.com", None),
        (ON_BEHALF, USER.arn, "vault.us-east-1.amazonaws.com"),
    ],
    ids=["a user", "a role session", "a service for itself", "a service for a user"],
)
def test_the_principal_is_that_of_policies_and_a_service_is_named(caller, principal, via):
    told = metadata_of(run_of(caller), "arn:key").encoded()
    expected = {"awsPrincipalArn": principal, "kmsKeyArn": "arn:key", "kmsOperation": "Encrypt", "kmsRequestId": "r"}
    assert expected | ({"kmsViaService": via} if via else {}) == told


def test_of_a_key_that_is_in_no_external_key_store_nothing_is_made_up():
    assert None is call_metadata(run_of(USER), KEY)
    external = Key(
        account="111122223333",
        region="us-east-1",
        key_id="k",
        created=0.0,
        policy="{}",
        origin=Origin.EXTERNAL_KEY_STORE,
        xks_key_id="one",
    )
    assert external.arn == call_metadata(run_of(USER), external).key_arn
