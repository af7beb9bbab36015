"""The Python test API: worlds built in code, and assertions that explain themselves."""

import json
import re
from collections.abc import Callable
from pathlib import Path

import pytest

from policy.diagnostics import PolicyError
from policy.model.reading import parse
from policy.testing import World
from tests.policy.simulate import account_dumps as dumps
from tests.policy.simulate.account_dumps import ACCOUNT

pytest_plugins = ["pytester"]

KEY_POLICY = f"""
allow "IAM" {{
  principal  {ACCOUNT}
  action     kms:*
  resource   *
}}

allow "Web" {{
  principal  arn:aws:iam::{ACCOUNT}:role/WebServer
  action     kms:Decrypt
  resource   *
  when       kms:EncryptionContext:app == "web"
}}

deny "Never" {{
  principal  *
  action     kms:ScheduleKeyDeletion
  resource   *
}}
"""
USES = {"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Action": "kms:Encrypt", "Resource": "*"}}
NONE = {"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Action": "s3:*", "Resource": "*"}}


@pytest.fixture
def world() -> World:
    world = World(ACCOUNT)
    world.key("files", policy=KEY_POLICY, aliases=["main"])
    world.role("WebServer")
    return world


def test_requests_are_asserted_by_what_the_world_gave_or_by_name(world: World) -> None:
    web, files = world.role("WebServer", path="/"), world.key("files", policy=KEY_POLICY)
    world.assert_allowed(web, "kms:Decrypt", files, encryption_context={"app": "web"}, because="Web")
    world.assert_allowed("WebServer", "kms:Decrypt", "files", context={"kms:EncryptionContext:app": "web"})
    world.assert_implicitly_denied("role/WebServer", "kms:Decrypt", files)
    world.assert_denied(f"arn:aws:iam::{ACCOUNT}:role/WebServer", "kms:Decrypt", str(files))
    world.assert_explicitly_denied("anonymous", "kms:ScheduleKeyDeletion", "files", because=["Never"])
    world.assert_allowed(f"arn:aws:iam::{ACCOUNT}:root", "kms:CreateKey")


def test_aliases_are_names_of_keys(world: World) -> None:
    world.assert_allowed("WebServer", "kms:Decrypt", "alias/main", encryption_context={"app": "web"})


def test_a_policy_may_be_a_file_a_text_json_or_a_document(tmp_path: Path) -> None:
    (tmp_path / "key.policy").write_text(KEY_POLICY)
    for policy in ("key.policy", Path("key.policy"), tmp_path / "key.policy", KEY_POLICY, parse(KEY_POLICY)):
        world = World(ACCOUNT, directory=tmp_path)
        world.key("files", policy=policy)
        world.user("Alice", [USES, json.dumps(USES)])
        world.assert_allowed("Alice", "kms:Encrypt", "files", because="IAM")


def test_users_have_groups_boundaries_and_tags(world: World) -> None:
    condition = {"StringEquals": {"aws:PrincipalTag/team": "web"}}
    tagged = {"Effect": "Allow", "Action": "kms:Encrypt", "Resource": "*", "Condition": condition}
    world.group("staff", [{"Statement": tagged}])
    world.user("Al", groups=["staff"], tags={"team": "web"}, path="/staff/")
    world.user("Bo", groups=["staff"])
    world.user("Cy", [USES], boundary=NONE)
    world.assert_allowed("Al", "kms:Encrypt", "files")
    world.assert_implicitly_denied("Bo", "kms:Encrypt", "files", because="identity-based policy")
    world.assert_implicitly_denied("Cy", "kms:Encrypt", "files", because="permissions boundary")


def test_sessions_instances_and_services_ask_too(world: World) -> None:
    web = world.role("WebServer")
    instance, bound = world.instance("i-0abc", web), world.session(web, "s", [NONE])
    world.assert_allowed(instance, "kms:Decrypt", "files", encryption_context={"app": "web"})
    world.assert_denied(bound, "kms:Decrypt", "files", encryption_context={"app": "web"})
    world.assert_denied(world.service("rds.amazonaws.com"), "kms:Decrypt", "files")


def test_grants_keys_and_accounts_have_what_they_have_in_aws(world: World) -> None:
    idle = world.role("Idle")
    name = world.grant("files", idle, ["Decrypt"], encryption_context={"app": "web"}, retiring="WebServer")
    world.assert_allowed(idle, "kms:Decrypt", "files", encryption_context={"app": "web"}, because=f"grant {name}")
    world.assert_allowed("WebServer", "kms:RetireGrant", "files")
    world.grant("files", "rds.amazonaws.com", ["kms:Encrypt"])
    world.assert_allowed("rds.amazonaws.com", "kms:Encrypt", "files")
    world.account(ACCOUNT, scps=[NONE])
    world.assert_denied(idle, "kms:Decrypt", "files", encryption_context={"app": "web"})
    by_tag = KEY_POLICY.replace('kms:EncryptionContext:app == "web"', 'aws:ResourceTag/stage == "prod"')
    other = World(ACCOUNT)
    arn = f"arn:aws:kms:eu-west-1:{ACCOUNT}:key/9"
    other.key("tagged", policy=by_tag, tags={"stage": "prod"}, arn=arn, properties={"kms:KeySpec": "HMAC_256"})
    other.assert_allowed(other.role("WebServer"), "kms:Decrypt", arn)


def test_a_failed_assertion_prints_the_explanation(world: World) -> None:
    with pytest.raises(AssertionError) as caught:
        world.assert_allowed("WebServer", "kms:Decrypt", "files")
    text = str(caught.value)
    assert text.startswith("expected allow, decided implicit deny\nimplicit deny: arn:aws:iam::")
    assert 'key policy statement "Web" (policy of key files:8) does not apply: Condition StringEquals' in text


def test_another_reason_is_a_failure(world: World) -> None:
    with pytest.raises(AssertionError, match="decided explicit deny as expected, but not because of `Web`"):
        world.assert_denied("anonymous", "kms:ScheduleKeyDeletion", "files", because="Web")


def test_a_failure_in_pytest_shows_the_test_and_not_the_engine(pytester: pytest.Pytester) -> None:
    pytester.makepyfile(
        "from policy.testing import World\n"
        "def test_it() -> None:\n"
        "    world = World()\n"
        "    world.key('k', policy='deny {\\n  principal *\\n  action kms:*\\n  resource *\\n}')\n"
        "    world.assert_allowed('anonymous', 'kms:Decrypt', 'k')\n"
    )
    result = pytester.runpytest_subprocess("-p", "no:cacheprovider")
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(["*expected allow, decided explicit deny*", "*key policy statement 1 *denies it*"])
    result.stdout.no_fnmatch_line("*policy/testing.py*")


FAULTS = [
    (lambda world: world.assert_allowed("Nobody", "kms:Decrypt", "files"), "`Nobody` is no principal"),
    (lambda world: world.assert_allowed("WebServer", "kms:Decrypt", "fils"), "did you mean `files`?"),
    (lambda world: world.assert_allowed("WebServer", "Decrypt", "files"), "`Decrypt` is no action"),
    (lambda world: world.user("Al", groups=["gone"]), "there is no group `gone`"),
    (lambda world: world.role("Al", [{"Statement": {"Effect": "Alow"}}]), "did you mean `Allow`?"),
    (lambda world: world.key("k", policy="alow {\n}"), "alow"),
    (lambda world: world.grant("gone", "WebServer", ["Decrypt"]), "`gone` is not an ARN"),
]


@pytest.mark.parametrize(("act", "message"), FAULTS, ids=[message for _, message in FAULTS])
def test_what_means_nothing_is_raised(world: World, act: Callable[[World], object], message: str) -> None:
    with pytest.raises(ValueError, match=re.escape(message)):
        act(world)


def test_a_whole_account_may_be_tested(tmp_path: Path) -> None:
    dumps.write(tmp_path, dumps.small(), {})
    world = World.from_account(tmp_path / "account.json")
    world.key("files", policy=dumps.delegating())
    world.assert_allowed("Alice", "kms:Decrypt", "files", because="Uses")
    world.assert_denied("role/Idle", "kms:Decrypt", "files")


def test_half_an_account_is_refused(tmp_path: Path) -> None:
    gone = dumps.dump(roles=(dumps.role("Web", AttachedManagedPolicies=dumps.attached("Gone")),))
    dumps.write(tmp_path, gone, {})
    with pytest.raises(ValueError, match="is missing from the dump"):
        World.from_account(tmp_path / "account.json")
    (tmp_path / "account.json").write_text("{")
    with pytest.raises(PolicyError):
        World.from_account(tmp_path / "account.json")


def test_the_world_of_a_scenario_may_be_tested(tmp_path: Path) -> None:
    (tmp_path / "key.policy").write_text(KEY_POLICY)
    (tmp_path / "a.scenario").write_text(f'account {ACCOUNT}\nkey files policy "key.policy"\nrole WebServer\n')
    world = World.from_scenario(tmp_path / "a.scenario")
    world.assert_allowed("WebServer", "kms:Decrypt", "files", encryption_context={"app": "web"})
    (tmp_path / "a.scenario").write_text("")
    with pytest.raises(ValueError, match="holds no scenario"):
        World.from_scenario(tmp_path / "a.scenario")
    (tmp_path / "a.scenario").write_text("rloe X\n")
    with pytest.raises(PolicyError):
        World.from_scenario(tmp_path / "a.scenario")
