"""From the file to the store: planned, applied once, and then unchanged."""

import dataclasses
import os

import pytest

from keyservice.identity.directory import first_start, open_secret, user_policies
from keyservice.identity.document import IdentitiesError
from keyservice.identity.file import Identities
from keyservice.identity.plan import StepKind, apply, plan
from keyservice.store.sqlite import SqliteStore
from tests.keyservice.identity.files import ACCOUNT, DOMAIN_KEY, FILE, identities


@pytest.fixture
def store(tmp_path):
    opened = SqliteStore.open(tmp_path / "store.db", create=True)
    yield opened
    opened.close()


def apply_to(store, wanted):
    return apply(store, DOMAIN_KEY, wanted, now=1000.0, random=os.urandom, journal=None)


def kinds(steps):
    return {step.kind for step in steps}


def test_a_new_file_creates_everything_in_order(store):
    done = apply_to(store, identities())
    assert {StepKind.CREATE} == kinds(done.steps)
    assert [
        f"+ create    account {ACCOUNT}",
        f"+ create    group {ACCOUNT}/operators",
        f"+ create    user {ACCOUNT}/alice",
        f"+ create    role {ACCOUNT}/WebServer",
        f"+ create    instance profile {ACCOUNT}/web",
        f"+ create    instance {ACCOUNT}/i-0abc",
    ] == [str(step) for step in done.steps[:6]]
    assert "AROA" == store.role(ACCOUNT, "WebServer").role_id[:4]
    assert "AIDA" == store.user(ACCOUNT, "alice").user_id[:4]
    assert "AGPA" == store.group(ACCOUNT, "operators").group_id[:4]


def test_applying_again_changes_nothing_and_makes_no_keys(store):
    first = apply_to(store, identities())
    again = apply_to(store, identities())
    assert (1, 0) == (len(first.access_keys), len(again.access_keys))
    assert {StepKind.UNCHANGED} == kinds(again.steps)


def test_an_update_keeps_the_unique_id(store):
    apply_to(store, identities())
    before = store.role(ACCOUNT, "WebServer")
    done = apply_to(store, identities(FILE.replace("permissions_boundary: look.json", "tags: {a: b}")))
    after = store.role(ACCOUNT, "WebServer")
    assert [f"~ update    role {ACCOUNT}/WebServer"] == [str(s) for s in done.steps if s.kind is StepKind.UPDATE]
    assert (before.role_id, {"a": "b"}, None) == (after.role_id, after.tags, after.permissions_boundary)


def test_planning_changes_nothing(store):
    plan(store, DOMAIN_KEY, identities(), random=os.urandom)
    assert [] == list(store.accounts())
    assert store.role(ACCOUNT, "WebServer") is None


def test_access_keys_are_made_once_and_imported_as_given(store):
    (made,) = apply_to(store, identities()).access_keys
    assert made.secret_access_key == open_secret(DOMAIN_KEY, store.access_key(made.access_key_id))
    imported = store.access_key("AKIAIOSFODNN7EXAMPLE")
    assert "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY" == open_secret(DOMAIN_KEY, imported)
    assert b"wJalrXUtnFEMI" not in imported.sealed_secret


def test_an_imported_secret_given_otherwise_is_an_update(store):
    apply_to(store, identities())
    done = apply_to(store, identities(FILE.replace("wJalrXUtnFEMI", "newlrXUtnFEMI")))
    assert ["access key"] == [step.label for step in done.steps if step.kind is StepKind.UPDATE]
    assert open_secret(DOMAIN_KEY, store.access_key("AKIAIOSFODNN7EXAMPLE")).startswith("newlrXUtnFEMI")


def test_names_that_stand_for_nothing_are_all_named_and_nothing_is_kept(store):
    wanted = identities()
    lame = Identities(
        accounts=wanted.accounts,
        users=wanted.users,
        instance_profiles=wanted.instance_profiles,
        instances=(dataclasses.replace(wanted.instances[0], instance_profile="gone"),),
        access_keys=(dataclasses.replace(wanted.access_keys[0], user_name="nobody"),),
    )
    with pytest.raises(IdentitiesError) as caught:
        apply_to(store, lame)
    assert (
        f"user {ACCOUNT}/alice: there is no group `operators`",
        f"instance profile {ACCOUNT}/web: there is no role `WebServer`",
        f"instance {ACCOUNT}/i-0abc: there is no instance profile `gone`",
        f"access key of {ACCOUNT}/nobody: there is no user `nobody`",
    ) == caught.value.faults
    assert [] == list(store.accounts())


def test_names_that_the_store_has_need_not_be_in_the_file(store):
    apply_to(store, identities())
    more = Identities(instances=(dataclasses.replace(identities().instances[0], id="i-0def"),))
    assert {StepKind.CREATE} == kinds(apply_to(store, more).steps)


def test_what_belongs_to_another_account_is_not_taken(store):
    apply_to(store, identities())
    elsewhere = FILE.replace("111122223333", "444455556666").replace("- {user: alice}", "")
    with pytest.raises(IdentitiesError) as caught:
        apply_to(store, identities(elsewhere))
    assert 2 == len(caught.value.faults)


def test_a_user_has_the_policies_of_its_groups(store):
    apply_to(store, identities())
    policies = user_policies(store, store.user(ACCOUNT, "alice"))
    assert ["policy-1", "look"] == [policy.name for policy in policies]


def test_the_first_start_makes_one_administrator_once(store):
    key = first_start(store, DOMAIN_KEY, ACCOUNT, now=1000.0, random=os.urandom)
    assert ("administrator", 40) == (key.user_name, len(key.secret_access_key))
    assert ["AdministratorAccess"] == [policy.name for policy in store.user(ACCOUNT, "administrator").policies]
    assert first_start(store, DOMAIN_KEY, ACCOUNT, now=1000.0, random=os.urandom) is None
    assert key.secret_access_key not in repr(key)
