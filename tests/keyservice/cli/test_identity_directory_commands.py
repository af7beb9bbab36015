"""`keyservice identity` apart from `apply`: diff, export, import, prune, access keys, and the trail of it all."""

import json

import pytest
from click.testing import CliRunner

from keyservice.cli.identity import command
from keyservice.store.sqlite import SqliteStore
from tests.keyservice.cli.test_identity_command import directory, file, handlers_of  # noqa: F401 - fixtures

ACCOUNT = "111122223333"
WHOLE = """
organizations:
  - id: o-a1b2c3d4e5
    management_account: 111122223333
    root:
      id: r-ab12
      service_control_policies:
        - {Version: 2012-10-17, Statement: {Effect: Deny, Action: "kms:Delete*", Resource: "*"}}
      units: [{id: ou-ab12-11111111, full_aws_access: false}]
aws_managed_policies:
  - name: Look
    document: {Version: 2012-10-17, Statement: {Effect: Allow, Action: "kms:List*", Resource: "*"}}
accounts:
  - id: 111122223333
    organization: o-a1b2c3d4e5
    parent: r-ab12
    groups: [{name: staff, attached_policies: ["arn:aws:iam::aws:policy/Look"]}]
    users:
      - {name: alice, groups: [staff], tags: {team: blue}, permissions_boundary: "arn:aws:iam::aws:policy/Look"}
      - {name: bob, path: /eng/, sessions_valid_from: 2026-11-24T00:00:00+00:00}
    oidc_providers:
      - {url: "https://oidc.example.com/x", client_ids: [app], jwks_url: "https://oidc.example.com/keys"}
"""


def run(directory, *arguments):  # noqa: F811 - the imported fixture's value
    return CliRunner().invoke(command, [*arguments, "--data", str(directory.path)])


def events(directory):  # noqa: F811 - likewise
    store = SqliteStore.open(directory.store, create=False, read_only=True)
    try:
        return [json.loads(line)["event"] for _, line in store.trail(after=0, limit=1000)]
    finally:
        store.close()


@pytest.fixture
def whole(tmp_path, directory):  # noqa: F811 - likewise
    path = tmp_path / "whole.yaml"
    path.write_text(WHOLE)
    assert 0 == run(directory, "apply", str(path)).exit_code
    return path


def test_a_difference_is_an_exit_code(file, directory):  # noqa: F811 - likewise
    result = run(directory, "diff", str(file))
    assert (1, 6) == (result.exit_code, result.output.count("+ create"))
    run(directory, "apply", str(file))
    same = run(directory, "diff", str(file))
    assert (0, "") == (same.exit_code, same.output)
    file.write_text("accounts: [")
    assert 2 == run(directory, "diff", str(file)).exit_code


@pytest.mark.parametrize("name", ["out.yaml", "out.json"])
def test_what_is_exported_applies_unchanged(whole, directory, tmp_path, name):  # noqa: F811 - likewise
    out = tmp_path / name
    assert 0 == run(directory, "export", str(out)).exit_code
    assert (0, "") == (run(directory, "diff", str(out), "--prune").exit_code, run(directory, "diff", str(out)).output)


def test_nothing_is_deleted_but_with_prune(whole, directory, tmp_path):  # noqa: F811 - likewise
    run(directory, "access-key", "create", "--user", "bob")
    less = tmp_path / "less.yaml"
    less.write_text(WHOLE[: WHOLE.index("      - {name: bob")])
    assert "delete" not in run(directory, "apply", str(less)).output
    result = run(directory, "apply", str(less), "--prune")
    gone = [line for line in result.output.splitlines() if line.startswith("- delete")]
    assert 3 == len(gone), result.output
    assert f"- delete    OIDC provider {ACCOUNT}/oidc.example.com/x" in gone
    assert f"- delete    user {ACCOUNT}/bob" in gone
    names = [event["eventName"] for event in events(directory)]
    assert {"DeleteUser", "DeleteAccessKey", "DeleteOpenIDConnectProvider"} <= set(names)


def test_what_is_still_named_is_not_deleted(whole, directory, tmp_path):  # noqa: F811 - likewise
    lame = tmp_path / "lame.yaml"
    lame.write_text(
        WHOLE.replace('    groups: [{name: staff, attached_policies: ["arn:aws:iam::aws:policy/Look"]}]\n', "")
    )
    result = run(directory, "apply", str(lame), "--prune")
    assert 1 == result.exit_code
    assert f"user {ACCOUNT}/alice: group `staff` would be deleted" in result.output


def test_every_change_is_on_the_trail_and_no_secret(whole, directory):  # noqa: F811 - likewise
    made = run(directory, "access-key", "create", "--user", "alice").output
    secret = made.split("aws_secret_access_key = ")[1].strip()
    recorded = events(directory)
    names = [event["eventName"] for event in recorded]
    assert {"CreateOrganization", "AttachPolicy", "CreatePolicy", "CreateGroup", "AttachGroupPolicy"} <= set(names)
    assert {"CreateUser", "AddUserToGroup", "TagUser", "PutUserPermissionsBoundary"} <= set(names)
    assert "CreateAccessKey" == names[-1]
    assert secret not in json.dumps(recorded)
    created = next(event for event in recorded if event["eventName"] == "CreateUser")
    assert "iam.amazonaws.com" == created["eventSource"]
    assert {"userName": "alice", "path": "/"} == created["requestParameters"]
    assert ACCOUNT == created["recipientAccountId"]
    before = len(recorded)
    run(directory, "apply", str(whole))
    assert before == len(events(directory))


def test_access_keys_come_and_go_two_at_most(whole, directory):  # noqa: F811 - likewise
    for _ in range(2):
        assert 0 == run(directory, "access-key", "create", "--user", "alice").exit_code
    third = run(directory, "access-key", "create", "--user", "alice")
    assert (1, True) == (third.exit_code, "has 2 access keys" in third.output)
    first, second = (
        line.split() for line in run(directory, "access-key", "list", "--user", "alice").output.splitlines()
    )
    assert ("Active", "alice") == (first[1], first[3])
    assert 0 == run(directory, "access-key", "deactivate", first[0]).exit_code
    assert "Inactive" in run(directory, "access-key", "list", "--user", "alice").output
    assert 0 == run(directory, "access-key", "activate", first[0]).exit_code
    assert "Inactive" not in run(directory, "access-key", "list", "--user", "alice").output
    assert 0 == run(directory, "access-key", "delete", second[0]).exit_code
    assert 1 == len(run(directory, "access-key", "list", "--user", "alice").output.splitlines())
    assert 1 == run(directory, "access-key", "delete", second[0]).exit_code
    assert 1 == run(directory, "access-key", "list", "--user", "nobody").exit_code


DETAILS = {
    "UserDetailList": [
        {
            "Path": "/",
            "UserName": "carol",
            "UserId": "AIDACAROL",
            "Arn": "arn:aws:iam::444455556666:user/carol",
            "GroupList": ["ops"],
            "UserPolicyList": [
                {
                    "PolicyName": "own",
                    "PolicyDocument": "%7B%22Version%22%3A%222012-10-17%22%2C%22Statement%22%3A%7B%22"
                    "Effect%22%3A%22Allow%22%2C%22Action%22%3A%22kms%3A%2A%22%2C%22Resource%22%3A%22%2A%22%7D%7D",
                }
            ],
            "AttachedManagedPolicies": [],
            "PermissionsBoundary": {
                "PermissionsBoundaryType": "Policy",
                "PermissionsBoundaryArn": "arn:aws:iam::444455556666:policy/team/Most",
            },
            "Tags": [{"Key": "team", "Value": "red"}],
        }
    ],
    "GroupDetailList": [
        {
            "Path": "/",
            "GroupName": "ops",
            "Arn": "arn:aws:iam::444455556666:group/ops",
            "GroupPolicyList": [],
            "AttachedManagedPolicies": [
                {"PolicyName": "Most", "PolicyArn": "arn:aws:iam::444455556666:policy/team/Most"}
            ],
        }
    ],
    "RoleDetailList": [
        {
            "Path": "/app/",
            "RoleName": "Web",
            "Arn": "arn:aws:iam::444455556666:role/app/Web",
            "AssumeRolePolicyDocument": {
                "Version": "2012-10-17",
                "Statement": [
                    {"Effect": "Allow", "Principal": {"Service": "ec2.amazonaws.com"}, "Action": "sts:AssumeRole"}
                ],
            },
            "InstanceProfileList": [{"InstanceProfileName": "Web", "Roles": []}],
            "RolePolicyList": [],
            "AttachedManagedPolicies": [],
        }
    ],
    "Policies": [
        {
            "PolicyName": "Most",
            "Arn": "arn:aws:iam::444455556666:policy/team/Most",
            "Path": "/team/",
            "PolicyVersionList": [
                {"VersionId": "v1", "IsDefaultVersion": False, "Document": {}},
                {
                    "VersionId": "v2",
                    "IsDefaultVersion": True,
                    "Document": {
                        "Version": "2012-10-17",
                        "Statement": [{"Effect": "Allow", "Action": "kms:List*", "Resource": "*"}],
                    },
                },
            ],
        }
    ],
}


def test_an_account_is_imported_as_aws_prints_it(directory, tmp_path):  # noqa: F811 - likewise
    path = tmp_path / "account.json"
    path.write_text(json.dumps(DETAILS))
    result = run(directory, "import", str(path))
    assert 0 == result.exit_code, result.output
    store = SqliteStore.open(directory.store, create=False, read_only=True)
    carol, web = store.user("444455556666", "carol"), store.role("444455556666", "Web")
    assert (("ops",), {"team": "red"}) == (carol.groups, carol.tags)
    assert "arn:aws:iam::444455556666:policy/team/Most" == carol.permissions_boundary
    assert ("own", True) == (carol.policies[0].name, '"kms:*"' in carol.policies[0].document)
    assert ("/app/", "Web") == (web.path, store.instance_profile("444455556666", "Web").role)
    store.close()
    again = run(directory, "import", str(path), "--dry-run").output
    assert all(line.startswith("  unchanged") for line in again.splitlines())


@pytest.mark.parametrize("text", ["{}", "[]", "", '{"UserDetailList": [{}]}', '{"UserDetailList": [{"Arn": "a:b"}]}'])
def test_what_is_no_such_output_is_refused(directory, tmp_path, text):  # noqa: F811 - likewise
    path = tmp_path / "account.json"
    path.write_text(text)
    result = run(directory, "import", str(path))
    assert (1, True) == (result.exit_code, isinstance(result.exception, SystemExit))
