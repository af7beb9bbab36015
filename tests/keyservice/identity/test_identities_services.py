"""Linked services in the identities file: read, planned, applied, exported, and refused where they clash."""

import os

import pytest

from keyservice.identity import access_keys
from keyservice.identity.directory import open_secret
from keyservice.identity.document import IdentitiesError
from keyservice.identity.file import read_identities
from keyservice.identity.plan import StepKind, apply
from keyservice.identity.resolved import document_of, kept
from keyservice.model.identity import AccessKey
from keyservice.model.linked_service import KNOWN, LinkedService
from keyservice.store.sqlite import SqliteStore
from tests.keyservice.identity.files import ACCOUNT, DOMAIN_KEY, reading

GIVEN = {"access_key_id": "AKIAEC2XXXXXXXXXXXXX", "secret": "the/secret/of/the/service"}
EC2 = {"name": "ec2.amazonaws.com", "access_keys": [GIVEN]}


@pytest.fixture
def store(tmp_path):
    opened = SqliteStore.open(tmp_path / "store.db", create=True)
    yield opened
    opened.close()


def read(*services):
    return read_identities({"accounts": [{"id": ACCOUNT}], "services": list(services)}, reading())


def applied(store, *services):
    return apply(store, DOMAIN_KEY, read(*services), now=1000.0, random=os.urandom, journal=None)


def test_a_service_of_the_table_needs_nothing_but_its_name(store):
    applied(store, EC2)
    assert KNOWN["ec2.amazonaws.com"] == store.identity(LinkedService, "ec2.amazonaws.com")


def test_ones_own_service_is_called_as_its_principal_is(store):
    applied(store, {"name": "vault.amazonaws.com"})
    made = store.identity(LinkedService, "vault.amazonaws.com")
    assert ("vault", "alias/aws/vault") == (made.endpoint, made.managed_alias)
    assert "vault.us-east-1.amazonaws.com" == made.via_service("us-east-1")


def test_the_access_key_of_a_service_is_the_services_and_nobody_elses(store):
    applied(store, EC2)
    key = store.access_key(GIVEN["access_key_id"])
    owner = (key.account, key.user_name, key.service)
    assert (KNOWN["ec2.amazonaws.com"].account, None, "ec2.amazonaws.com") == owner
    assert GIVEN["secret"] == open_secret(DOMAIN_KEY, key)


def test_an_access_key_that_is_to_be_made_is_made_once(store):
    first = applied(store, {"name": "s3.amazonaws.com", "access_keys": [{}]})
    again = applied(store, {"name": "s3.amazonaws.com", "access_keys": [{}]})
    assert (["s3.amazonaws.com"], []) == ([key.user_name for key in first.access_keys], list(again.access_keys))
    assert {StepKind.UNCHANGED} == {step.kind for step in again.steps}
    assert 1 == len(store.identities(AccessKey))


def test_what_is_exported_reads_as_it_is(store):
    applied(store, {"name": "ec2.amazonaws.com"}, {"name": "vault.amazonaws.com", "managed_key": None, "title": "V"})
    exported = document_of(kept(store))
    again = apply(store, DOMAIN_KEY, read_identities(exported, reading()), now=1.0, random=os.urandom, journal=None)
    assert {StepKind.UNCHANGED} == {step.kind for step in again.steps}


@pytest.mark.parametrize(
    ("service", "fault"),
    [
        (
            {"name": "vault"},
            "services[0].name: `vault` is no service principal: expected a name like ec2.amazonaws.com",
        ),
        ({"name": "kms.amazonaws.com"}, "services[0]: `kms` is what clients of this service itself sign for"),
        ({"name": "v.amazonaws.com", "endpoint": "sts"}, "services[0]: `sts` is what clients of this service itself"),
        ({"name": "v.amazonaws.com", "account": ACCOUNT}, f"v.amazonaws.com: account {ACCOUNT} is a customer's"),
        ({"name": "v.amazonaws.com", "endpoint": "s3"}, "v.amazonaws.com: endpoint `s3` is s3.amazonaws.com's"),
        ({"name": "v.amazonaws.com", "managed_key": "s3"}, "managed_key `s3` is s3.amazonaws.com's"),
        ({"name": "v.amazonaws.com", "access_keys": [{"secret": "x" * 20}]}, "come together"),
        ({"name": "v.amazonaws.com", "access_keys": [{"user": "alice"}]}, "`user` is unknown here"),
    ],
)
def test_what_is_wrong_with_a_service_is_told(store, service, fault):
    applied(store, {"name": "s3.amazonaws.com"})
    with pytest.raises(IdentitiesError) as raised:
        applied(store, service)
    assert any(fault in line for line in raised.value.faults), raised.value.faults


def test_a_services_access_key_is_not_taken_over_by_a_user(store):
    applied(store, EC2)
    users = {"users": [{"name": "alice"}], "access_keys": [{"user": "alice", **GIVEN}]}
    wanted = read_identities({"accounts": [{"id": ACCOUNT, **users}]}, reading())
    with pytest.raises(IdentitiesError, match="is another's"):
        apply(store, DOMAIN_KEY, wanted, now=1.0, random=os.urandom, journal=None)


def test_access_keys_of_a_service_are_made_listed_and_ended_one_by_one(store):
    applied(store, EC2)

    def do(action, subject):
        how = {"store": store, "domain_key": DOMAIN_KEY, "now": 5.0, "random": os.urandom, "journal": None}
        return access_keys.run(action, ACCOUNT, subject, **how)

    (made,) = do("create", "ec2.amazonaws.com")
    assert {made.access_key_id, GIVEN["access_key_id"]} == {
        key.access_key_id for key in do("list", "ec2.amazonaws.com")
    }
    assert "ec2.amazonaws.com" == store.access_key(made.access_key_id).service
    with pytest.raises(access_keys.AccessKeyError, match="2 access keys"):
        do("create", "ec2.amazonaws.com")
    do("deactivate", made.access_key_id)
    assert not store.access_key(made.access_key_id).active
    do("delete", made.access_key_id)
    assert store.access_key(made.access_key_id) is None
