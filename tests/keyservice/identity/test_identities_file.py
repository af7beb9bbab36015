"""What an identities file may say, and that every fault is named with its place."""

import json

import pytest

from keyservice.identity.document import IdentitiesError, read_document
from keyservice.identity.file import WantedAccessKey, read_identities
from keyservice.identity.reading import PolicyUse
from keyservice.identity.resolved import document_of
from tests.keyservice.identity.files import ACCOUNT, identities, reading


def faults_of(text, **how):
    with pytest.raises(IdentitiesError) as caught:
        identities(text, **how)
    return caught.value.faults


def account_with(rest):
    return f"accounts: [{{id: '{ACCOUNT}', {rest}}}]"


def test_everything_in_a_file_is_read():
    whole = identities()
    assert [ACCOUNT] == [account.id for account in whole.accounts]
    (alice,) = whole.users
    assert f"arn:aws:iam::{ACCOUNT}:user/division/alice" == alice.arn
    assert (("operators",), {"team": "blue", "on": "no"}) == (alice.groups, alice.tags)
    assert {"Effect": "Allow", "Action": "kms:*", "Resource": "*"} == json.loads(alice.policies[0].document)[
        "Statement"
    ]
    assert "2012-10-17" == json.loads(alice.policies[0].document)["Version"]
    (role,) = whole.roles
    assert ["use", "other"] == [policy.name for policy in role.policies]
    assert "look.json" == json.loads(role.permissions_boundary)["Id"]
    assert ("web", "WebServer") == (whole.instance_profiles[0].name, whole.instance_profiles[0].role)
    assert ("i-0abc", "web") == (whole.instances[0].id, whole.instances[0].instance_profile)
    assert WantedAccessKey(account=ACCOUNT, user_name="alice") == whole.access_keys[0]


def test_the_resolved_document_reads_as_the_same_identities():
    whole = identities()
    document = json.loads(json.dumps(document_of(whole)))
    assert whole == read_identities(document, reading())


def test_all_faults_are_collected_with_their_places():
    text = """
accounts:
  - id: 1234
    users:
      - {name: "a b", path: nope, colour: red}
      - {name: bob}
      - {name: BOB}
    roles:
      - {name: Web}
      - {name: App, trust_policy: 7, max_session_duration: 60}
    instances: nothing
    access_keys:
      - {user: bob, secret: short}
"""
    assert (
        "accounts[0].id: `1234` is no account: expected 12 digits",
        (
            "accounts[0].users[0]: `colour` is unknown here; expected one of `name`, `path`, `policies`, "
            "`attached_policies`, `groups`, `permissions_boundary`, `tags`, `sessions_valid_from`"
        ),
        "accounts[0].users[0].name: `a b` is no user: expected 1 to 64 letters, digits or _+=,.@-",
        "accounts[0].users[0].path: `nope` is no path: expected `/` or a text like `/division/team/`",
        "accounts[0].roles[0]: `trust_policy` is missing",
        "accounts[0].roles[1].max_session_duration: `60`: expected 3600 to 43200 seconds",
        "accounts[0].instances: expected a list, found text",
        "accounts[0].access_keys[0]: `access_key_id` and `secret` come together, or neither to have them made",
        "accounts[0].users: `bob` is given 2 times",
    ) == tuple(fault for fault in faults_of(text) if "trust_policy: " not in fault)


@pytest.mark.parametrize("document", [None, [], "text", 7, {}, {"accounts": {}}, {"accounts": [7]}, {"accounts": [{}]}])
def test_a_document_of_another_shape_is_faults_and_no_traceback(document):
    with pytest.raises(IdentitiesError):
        read_identities(document, reading())


def test_the_faults_of_a_policy_stand_behind_its_place():
    def check(text, name, trust):
        return ("line 1, column 2: something is wrong",) if trust is PolicyUse.TRUST else ()

    text = account_with("roles: [{name: R, trust_policy: {Statement: []}}]")
    expected = "accounts[0].roles[0].trust_policy: line 1, column 2: something is wrong"
    assert (expected,) == faults_of(text, check=check)


def test_a_policy_file_that_cannot_be_read_is_a_fault_at_its_place():
    def missing(name, trust):
        raise ValueError(f"`{name}` cannot be read: No such file or directory")

    text = account_with("groups: [{name: G, policies: [gone.policy]}]")
    expected = "accounts[0].groups[0].policies[0]: `gone.policy` cannot be read: No such file or directory"
    assert (expected,) == faults_of(text, file=missing)


@pytest.mark.parametrize("secret", ["short", "x" * 129, "with a space in it"])
def test_a_faulty_secret_is_refused_and_not_shown(secret):
    text = account_with(f"access_keys: [{{user: u, access_key_id: AKIAIOSFODNN7EXAMPLE, secret: '{secret}'}}]")
    (fault,) = faults_of(text)
    assert fault.startswith("accounts[0].access_keys[0].secret: the value is no secret")
    assert secret not in fault


@pytest.mark.parametrize(
    "tags",
    ["[a]", "{'': x}", "{a: [x]}", "{" + ", ".join(f"k{n}: v" for n in range(51)) + "}", "{a: " + "v" * 257 + "}"],
)
def test_tags_beyond_the_limits_are_refused(tags):
    (fault,) = faults_of(account_with(f"users: [{{name: u, tags: {tags}}}]"))
    assert fault.startswith("accounts[0].users[0].tags: ")


def test_two_policies_of_one_name_are_refused():
    text = account_with("groups: [{name: G, policies: [{name: p, file: a.json}, {name: p, file: b.json}]}]")
    assert ("accounts[0].groups[0].policies: `p` is given 2 times",) == faults_of(text)


def test_a_named_policy_has_a_document_or_a_file():
    both = account_with("groups: [{name: G, policies: [{name: p, file: a.json, document: {}}]}]")
    assert ("accounts[0].groups[0].policies[0]: expected one of `document` and `file` beside `name`",) == faults_of(
        both
    )


def test_json_and_yaml_say_the_same():
    as_json = json.dumps(document_of(identities()))
    assert identities() == read_identities(read_document(as_json, is_json=True), reading())
