"""`keyservice identity apply`: on a data directory at rest, and through a service that runs."""

import os
import socket

import pytest
from click.testing import CliRunner

from keyservice.authorize.documents import check_identity_policy
from keyservice.cli.identity import command
from keyservice.data_directory import DataDirectory
from keyservice.identity.served import Directory, handlers
from keyservice.keystore.domain import unseal
from keyservice.store.sqlite import SqliteStore
from tests.keyservice.identity.test_identities_control import serving

FILE = """
accounts:
  - id: 111122223333
    users: [{name: alice}]
    roles:
      - name: WebServer
        trust_policy: trust.json
        policies: [use.policy]
    instance_profiles: [{name: web, role: WebServer}]
    instances: [{id: i-0abc, instance_profile: web}]
    access_keys: [{user: alice}]
"""
TRUST = """{"Version": "2012-10-17", "Statement":
  {"Effect": "Allow", "Principal": {"Service": "ec2.amazonaws.com"}, "Action": "sts:AssumeRole"}}"""
USE = 'allow "use" {\n  action kms:Decrypt\n  resource *\n}\n'
PLAN = [
    "+ create    account 111122223333",
    "+ create    user 111122223333/alice",
    "+ create    role 111122223333/WebServer",
    "+ create    instance profile 111122223333/web",
    "+ create    instance 111122223333/i-0abc",
    "+ create    access key 111122223333/alice",
]


@pytest.fixture
def directory(tmp_path):
    """A data directory as the first start leaves it, with nobody in it."""
    made = DataDirectory(tmp_path / "data")
    made.create()
    store = SqliteStore.open(made.store, create=True)
    unseal(store, made.root_key)
    store.close()
    return made


@pytest.fixture
def file(tmp_path):
    (tmp_path / "trust.json").write_text(TRUST)
    (tmp_path / "use.policy").write_text(USE)
    path = tmp_path / "identities.yaml"
    path.write_text(FILE)
    return path


def run(file, directory, *more):
    return CliRunner().invoke(command, ["apply", str(file), "--data", str(directory.path), *more])


def handlers_of(store, domain_key):
    """What a running service answers to the commands."""
    directory = Directory(
        store=store, domain_key=domain_key, clock=lambda: 1000.0, random=os.urandom, journal=lambda event: b"{}"
    )
    return handlers(directory, check_identity_policy)


def role_of(directory):
    store = SqliteStore.open(directory.store, create=False, read_only=True)
    try:
        return store.role("111122223333", "WebServer")
    finally:
        store.close()


def test_a_file_is_applied_and_its_made_keys_are_shown_once(file, directory):
    first = run(file, directory)
    assert (0, PLAN) == (first.exit_code, first.output.splitlines()[:6])
    assert 1 == first.output.count("aws_secret_access_key = ")
    again = run(file, directory)
    assert (0, 6) == (again.exit_code, again.output.count("unchanged"))
    assert "aws_secret_access_key" not in again.output


def test_policies_in_the_text_form_are_kept_as_json(file, directory):
    run(file, directory)
    (policy,) = role_of(directory).policies
    assert "use" == policy.name
    assert '"Action": "kms:Decrypt"' in policy.document


def test_a_dry_run_changes_nothing(file, directory):
    result = run(file, directory, "--dry-run")
    assert (0, PLAN) == (result.exit_code, result.output.splitlines())
    assert role_of(directory) is None


def test_a_running_service_does_it_itself(file, directory):
    store = SqliteStore.open(directory.store, create=False)
    unsealed = unseal(store, directory.root_key)
    with serving(directory.control_socket, handlers_of(store, unsealed.domain.key)):
        result = run(file, directory)
    assert (0, PLAN) == (result.exit_code, result.output.splitlines()[:6])
    assert store.role("111122223333", "WebServer") is not None
    store.close()


def test_applied_at_rest_and_through_the_service_is_the_same(file, directory):
    run(file, directory)
    store = SqliteStore.open(directory.store, create=False)
    unsealed = unseal(store, directory.root_key)
    with serving(directory.control_socket, handlers_of(store, unsealed.domain.key)):
        assert 6 == run(file, directory).output.count("unchanged")
    store.close()


def test_a_socket_left_by_a_killed_service_is_in_nobodys_way(file, directory):
    with socket.socket(socket.AF_UNIX) as killed:
        killed.bind(str(directory.control_socket))
    assert 0 == run(file, directory).exit_code


def test_all_faults_are_reported_and_nothing_is_changed(file, directory, tmp_path):
    (tmp_path / "use.policy").write_text("allow {\n  actoin kms:Decrypt\n  resource *\n}\n")
    file.write_text(FILE.replace("alice}", "'al ice'}").replace("trust.json", "gone.json"))
    result = run(file, directory)
    assert 1 == result.exit_code
    assert "accounts[0].users[0].name: `al ice` is no user" in result.output
    assert "accounts[0].roles[0].trust_policy: " in result.output
    assert "gone.json` cannot be read: No such file or directory" in result.output
    assert "accounts[0].roles[0].policies[0]: use.policy:2:3: found `actoin`" in result.output
    assert role_of(directory) is None


@pytest.mark.parametrize("text", ["", "[]", "accounts: [", "a: 1\na: 2", "\x00", "accounts: [{id: 1}]"])
def test_a_file_that_is_none_is_an_error_and_no_traceback(file, directory, text):
    file.write_text(text)
    result = run(file, directory)
    assert 1 == result.exit_code
    assert isinstance(result.exception, SystemExit)
    assert f"Error: {file}: nothing was changed\n" in result.output


def test_a_file_that_is_no_text_is_an_error(file, directory):
    file.write_bytes(b"\xff\xfe\x00")
    assert "is no UTF-8 text" in run(file, directory).output


def test_a_directory_that_was_never_served_is_an_error(file, tmp_path):
    result = run(file, DataDirectory(tmp_path / "nothing"))
    assert (1, True) == (result.exit_code, "does not exist" in result.output)
