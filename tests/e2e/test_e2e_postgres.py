"""boto3 against two nodes on one PostgreSQL database."""

import json
import shutil
import threading
import time
import urllib.error
import urllib.request
from contextlib import nullcontext

import pytest
from click.testing import CliRunner

from keyservice.app import open_directory
from keyservice.cli.main import main
from keyservice.keystore.root_key import UnsealError
from keyservice.settings import Settings
from keyservice.store.opening import open_store, store_url
from tests.e2e.conftest import ALICE_ADMINISTERS_BOB_USES, code_of, policy, statement, user_arn
from tests.live import ROOT, serving
from tests.postgres import needs_postgres, running_postgres

pytestmark = needs_postgres

NOBODY_ENCRYPTS = policy(
    statement("Administration", ROOT, "kms:*"),
    {"Effect": "Deny", "Principal": "*", "Action": "kms:Encrypt", "Resource": "*"},
)


@pytest.fixture(scope="module")
def database():
    with running_postgres() as server:
        yield server


@pytest.fixture(scope="module")
def nodes(database, tmp_path_factory):
    """Two nodes: the second has the first's root key, and nothing else of it."""
    here, there = (tmp_path_factory.mktemp("nodes") / name for name in ("here", "there"))
    url = database.database()
    with serving(here, store=url) as first:
        there.mkdir(mode=0o700)
        shutil.copy2(here / "root.key", there / "root.key")
        with serving(there, store=url) as second:
            yield first, second


@pytest.fixture
def key_id(nodes):
    answer = nodes[0].client().create_key(Policy=json.dumps(ALICE_ADMINISTERS_BOB_USES))
    return answer["KeyMetadata"]["KeyId"]


def ready(node):
    """The status that /readyz answers with."""
    try:
        with urllib.request.urlopen(f"{node.endpoint}/readyz", timeout=5) as answer:
            return answer.status
    except urllib.error.HTTPError as error:
        return error.code


def within(seconds, holds):
    """Whether something comes to hold within some seconds."""
    deadline = time.monotonic() + seconds
    while not (held := holds()) and time.monotonic() < deadline:
        time.sleep(0.01)
    return held


def encrypt(node, key_id, user="bob"):
    """Bob's attempt: None if it succeeds, or the error's type."""
    return code_of(node.client(user).encrypt, KeyId=key_id, Plaintext=b"x")


def test_what_one_node_encrypts_the_other_decrypts(nodes, key_id):
    blob = nodes[0].client("bob").encrypt(KeyId=key_id, Plaintext=b"secret")["CiphertextBlob"]
    assert b"secret" == nodes[1].client("bob").decrypt(CiphertextBlob=blob)["Plaintext"]


def test_a_key_policy_put_on_one_node_decides_on_the_other_within_a_second(nodes, key_id):
    here, there = nodes
    for document, expected in ((NOBODY_ENCRYPTS, "AccessDeniedException"), (ALICE_ADMINISTERS_BOB_USES, None)):
        encrypt(there, key_id)
        here.client().put_key_policy(KeyId=key_id, Policy=json.dumps(document))
        assert within(1.0, lambda expected=expected: encrypt(there, key_id) == expected)


def test_a_grant_made_and_revoked_on_one_node_counts_on_the_other_within_a_second(nodes, key_id):
    here, there = nodes
    assert "AccessDeniedException" == encrypt(there, key_id, "nobody")
    grant = here.client().create_grant(KeyId=key_id, GranteePrincipal=user_arn("nobody"), Operations=["Encrypt"])
    assert within(1.0, lambda: encrypt(there, key_id, "nobody") is None)
    here.client().revoke_grant(KeyId=key_id, GrantId=grant["GrantId"])
    assert within(1.0, lambda: encrypt(there, key_id, "nobody") == "AccessDeniedException")


def test_a_node_remembers_what_another_nodes_change_did_not_touch(nodes, key_id):
    here, there = nodes
    other = here.client().create_key()["KeyMetadata"]["KeyId"]
    assert None is encrypt(there, key_id)
    here.client().put_key_policy(KeyId=other, Policy=json.dumps(NOBODY_ENCRYPTS))
    time.sleep(0.3)
    assert None is encrypt(there, key_id)
    assert ("key", "us-east-1", key_id) in there.opened.store._records
    assert ("key", "us-east-1", other) not in there.opened.store._records


def test_one_node_looks_after_the_jobs(nodes):
    assert within(1.0, lambda: 1 == [node.opened.store.leads() for node in nodes].count(True))


def test_both_nodes_have_the_same_trail_of_changes_and_commands_find_the_database(nodes, key_id):
    for node in nodes:
        path = node.opened.directory.path
        assert store_url(node.opened.directory).startswith("postgresql://")
        assert 0o600 == node.opened.directory.store_url.stat().st_mode & 0o777
        told = CliRunner().invoke(main, ["audit", "tail", "--data", str(path), "--lines", "0", "--output", "json"])
        assert 0 == told.exit_code, told.output
        assert any(key_id in line and "CreateKey" in line for line in told.output.splitlines())
        store = open_store(node.opened.directory, read_only=True)
        assert key_id == store.key("us-east-1", key_id).key_id
        store.close()


def test_nodes_survive_a_restart_of_the_database_and_no_acknowledged_write_is_lost(nodes, database, key_id):
    """A writer on each node counts up in the description of a key of its own while the database is restarted."""
    stop = threading.Event()
    failures = []

    def count(node, key, acknowledged, number=0):
        client = node.client()
        while not stop.is_set():
            number += 1
            code = code_of(client.update_key_description, KeyId=key, Description=str(number))
            if code is None:
                acknowledged.append(number)
            else:
                failures.append(code)

    keys = [node.client().create_key()["KeyMetadata"]["KeyId"] for node in nodes]
    acknowledged = [[], []]
    threads = [threading.Thread(target=count, args=each) for each in zip(nodes, keys, acknowledged, strict=True)]
    for thread in threads:
        thread.start()
    time.sleep(0.5)
    database.restart()
    restarted = [len(each) for each in acknowledged]
    assert within(5.0, lambda: all(len(each) > n + 5 for each, n in zip(acknowledged, restarted, strict=True)))
    stop.set()
    for thread in threads:
        thread.join()
    assert set(failures) <= {"KMSInternalException"}
    for node, key, numbers in zip(reversed(nodes), keys, acknowledged, strict=True):
        found = node.client().describe_key(KeyId=key)["KeyMetadata"]["Description"]
        assert int(found) >= numbers[-1]


@pytest.mark.parametrize("how", ["stopped", "frozen"])
def test_a_node_that_is_cut_off_stops_answering_within_a_second_and_comes_back(nodes, database, key_id, how):
    """Whatever it still remembers, and whether the database refuses connections or says nothing at all."""
    for node in nodes:
        assert None is encrypt(node, key_id)
    if how == "stopped":
        database.stop()
        outage = nullcontext()
    else:
        outage = database.frozen()
    with outage:
        time.sleep(1.0)
        for node in nodes:
            assert "KMSInternalException" == encrypt(node, key_id)
            assert 503 == ready(node)
            begun = time.monotonic()
            assert "KMSInternalException" == code_of(node.client().create_key)
            assert time.monotonic() - begun < 1.0
    if how == "stopped":
        database.start()
    for node in nodes:
        assert within(5.0, lambda node=node: encrypt(node, key_id) is None)
        assert 200 == ready(node)
        assert None is code_of(node.client().create_key)


def test_a_node_without_the_root_key_or_with_another_does_not_start(nodes, tmp_path):
    url = store_url(nodes[0].opened.directory)
    with pytest.raises(UnsealError, match="root key"):
        open_directory(Settings(data=tmp_path / "without", store=url))
    open_directory(Settings(data=tmp_path / "other")).close()
    with pytest.raises(UnsealError, match="root key"):
        open_directory(Settings(data=tmp_path / "other", store=url))
