"""The role behind a session: by its whole ARN where its path is known, by its name where only the session's ARN is.

Source: IAM User Guide, "IAM identifiers" (a session's ARN has no path; a role's name is unique in its account).
"""

import pytest

from policy import Arn, PolicySet, Request, compile_policies, decide, parse
from policy.model.principal import Role, RoleSession
from policy.simulate.world import Identity, Key, World

KEY = Arn.parse("arn:aws:kms:us-east-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab")


def key_policy(role: str):
    return parse(
        f"allow {{\n  principal arn:aws:iam::111122223333:role/{role}\n  action kms:Decrypt\n  resource *\n}}\n"
    )


def session(role_path: str | None) -> RoleSession:
    return RoleSession(account="111122223333", role_name="App", session_name="s", role_path=role_path)


@pytest.mark.parametrize(
    ("role_path", "named", "expected"),
    [
        (None, "App", True),
        (None, "service/App", True),
        ("", "App", True),
        ("", "service/App", False),
        ("service/", "App", False),
        ("service/", "service/App", True),
        ("service/", "other/App", False),
    ],
)
def test_a_key_policy_that_names_a_role_allows_its_sessions(role_path: str | None, named: str, expected: bool) -> None:
    request = Request(principal=session(role_path), action="kms:Decrypt", resource=KEY)
    policies = PolicySet(resource=key_policy(named))
    assert expected == decide(request, policies).is_allowed
    assert decide(request, policies) == compile_policies(policies).decide(request)


def test_a_world_knows_the_path_of_its_roles() -> None:
    role = Identity(principal=Role(account="111122223333", path_and_name="service/App"))
    asked = session(None)
    for named, expected in (("service/App", True), ("App", False)):
        world = World(identities=(role,), keys=(Key(arn=KEY, policy=key_policy(named)),))
        assert expected == world.ask(asked, "kms:Decrypt", KEY).decision.is_allowed
