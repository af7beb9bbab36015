"""`keyservice imds`: what it needs before it serves, and how it asks about trust."""

import json
import os
import subprocess
import sys

import click
import pytest
from botocore.credentials import InstanceMetadataProvider
from botocore.utils import InstanceMetadataFetcher
from click.testing import CliRunner

from keyservice.cli.imds import command, metadata_of
from keyservice.data_directory import DataDirectory
from keyservice.keystore.domain import unseal
from keyservice.model.identity import Instance, InstanceProfile, Role
from keyservice.store.sqlite import SqliteStore

ACCOUNT = "111122223333"
KEY = bytes(range(32))


def trust(service):
    principal = {"Service": service}
    return json.dumps({"Statement": {"Effect": "Allow", "Principal": principal, "Action": "sts:AssumeRole"}})


@pytest.fixture
def directory(tmp_path):
    made = DataDirectory(tmp_path / "data")
    made.create()
    store = SqliteStore.open(made.store, create=True)
    unseal(store, made.root_key)
    with store.change() as change:
        for name, service in (("web", "ec2.amazonaws.com"), ("lambda", "lambda.amazonaws.com")):
            change.put_role(Role(account=ACCOUNT, name=name, role_id="AROA" + name, trust_policy=trust(service)))
            change.put_instance_profile(InstanceProfile(account=ACCOUNT, name=name, role=name))
            change.put_instance(Instance(account=ACCOUNT, id=f"i-{name}", instance_profile=name))
    store.close()
    return made


@pytest.mark.parametrize(("name", "code"), [("web", "Success"), ("lambda", "AssumeRoleUnauthorizedAccess")])
def test_the_role_must_trust_ec2(directory, name, code):
    store = SqliteStore.open(directory.store, create=False, read_only=True)
    metadata = metadata_of(store, KEY, f"i-{name}", "us-east-1")
    told = json.loads(metadata.read(f"meta-data/iam/security-credentials/{name}", 1000.0))
    assert code == told["Code"]
    store.close()


def test_an_instance_nobody_has_heard_of_is_an_error(directory):
    store = SqliteStore.open(directory.store, create=False, read_only=True)
    with pytest.raises(click.ClickException, match="there is no instance `i-gone`"):
        metadata_of(store, KEY, "i-gone", "us-east-1")
    store.close()


def test_a_directory_that_was_never_served_is_an_error(tmp_path):
    result = CliRunner().invoke(command, ["--instance", "i-web", "--data", str(tmp_path / "nothing"), "--port", "0"])
    assert (1, True) == (result.exit_code, "does not exist" in result.output)


def test_a_missing_root_key_is_an_error(directory):
    directory.root_key.unlink()
    result = CliRunner().invoke(command, ["--instance", "i-web", "--data", str(directory.path), "--port", "0"])
    assert (1, True) == (result.exit_code, "cannot start: " in result.output)


def test_the_command_serves_credentials_until_it_is_ended(directory):
    arguments = ["imds", "--instance", "i-web", "--data", str(directory.path), "--port", "0"]
    program = "from keyservice.cli.main import main; main()"
    process = subprocess.Popen(
        [sys.executable, "-u", "-c", program, *arguments], stdout=subprocess.PIPE, text=True, env=dict(os.environ)
    )
    try:
        own = process.stdout.readline().split()[-1]
        fetcher = InstanceMetadataFetcher(timeout=10, num_attempts=3, base_url=own)
        credentials = InstanceMetadataProvider(iam_role_fetcher=fetcher).load()
        assert ("iam-role", "ASIA") == (credentials.method, credentials.access_key[:4])
    finally:
        process.terminate()
        process.communicate(timeout=10)
