"""The matrix: every cell is what the engine decides for that request by itself, and a large one takes seconds."""

import json
import re
from time import perf_counter
from typing import Any

import pytest

from policy.evaluate.decision import Outcome
from policy.evaluate.reference import decide
from policy.explain.brief import brief_reason
from policy.model.arn import Arn
from policy.model.reading import parse
from policy.model.request import Request
from policy.simulate.account import read_account
from policy.simulate.grants import read_grants
from policy.simulate.key_actions import administration_actions, key_actions, usage_actions
from policy.simulate.matrix import Matrix
from policy.simulate.members import InputError
from policy.simulate.world import Account, Key, World
from tests.policy.simulate import account_dumps as dumps
from tests.policy.simulate.account_dumps import ACCOUNT


def world_of(account: dict[str, Any], policies: dict[str, Any], grants: object = ()) -> World:
    return World(
        accounts=(Account(id=ACCOUNT),),
        identities=read_account(account).identities,
        keys=tuple(
            Key(arn=arn_of(name), policy=parse(json.dumps(document)), grants=read_grants(grants or []))
            for name, document in policies.items()
        ),
    )


def arn_of(name: str) -> Arn:
    return Arn("aws", "kms", "us-east-1", ACCOUNT, f"key/{name}")


def matrix_of(world: World, actions: tuple[str, ...]) -> Matrix:
    principals = [identity.principal for identity in world.identities]
    return Matrix(world=world, principals=principals, actions=actions, keys=[key.arn for key in world.keys], context={})


def test_every_cell_is_what_the_reference_decides() -> None:
    account, policies = dumps.large(12, 6, 3)
    grant = {
        "KeyId": "key001",
        "GranteePrincipal": f"arn:aws:iam::{ACCOUNT}:user/U3",
        "RetiringPrincipal": f"arn:aws:iam::{ACCOUNT}:user/U4",
        "Operations": ["Decrypt", "CreateGrant"],
    }
    world = world_of(account, policies, [grant])
    matrix = matrix_of(world, key_actions(["kms:*"]))
    seen = 0
    for row in matrix.rows():
        for action, decision in zip(matrix.actions, row.decisions, strict=True):
            request = world.request(row.principal, action, row.key)
            assert decide(request, world.policies_for(request)) == decision
            seen += decision.is_allowed
    assert seen > 40


def test_a_large_account_takes_seconds() -> None:
    world = world_of(*dumps.large(300, 100, 20))
    matrix = matrix_of(world, key_actions(["@administration", "@usage"]))
    started = perf_counter()
    outcomes = {decision.outcome for row in matrix.rows() for decision in row.decisions}
    assert perf_counter() - started < 60
    assert (set(Outcome), matrix.size) == (outcomes, 400 * 20 * len(matrix.actions))


def test_a_reason_names_the_policy_by_its_name_in_the_account() -> None:
    world = world_of(dumps.small(), {"files": dumps.delegating()})
    reasons = {}
    for row in matrix_of(world, ("kms:Decrypt",)).rows():
        request = Request(principal=row.principal, action="kms:Decrypt", resource=row.key)
        reasons[row.principal.arn.rsplit("/")[-1]] = brief_reason(request, row.policies, row.decisions[0])
    assert 'allowed by group/readers policy Read "Uses" and key policy "IAM"' == reasons["Alice"]
    assert "no identity-based policy allows it" == reasons["Idle"]


@pytest.mark.parametrize(
    ("pattern", "message"),
    [
        ("kms:Decript", "did you mean `kms:Decrypt`?"),
        ("kms:ListKeys", "is no action on a KMS key"),
        ("@usge", "expected `@administration`, `@usage` or `@grants`"),
        ("", "`` is no action"),
    ],
)
def test_what_is_no_action_on_a_key_is_refused(pattern: str, message: str) -> None:
    with pytest.raises(InputError, match=re.escape(message)):
        key_actions([pattern])


def test_classes_are_spelled_out_without_repetition() -> None:
    assert len(set(key_actions(["@usage", "kms:De*"]))) == len(key_actions(["@usage", "kms:De*"]))
    assert {"kms:ReEncryptFrom", "kms:ReEncryptTo"} <= set(key_actions(["@usage"]))


def test_to_describe_a_key_neither_administers_nor_uses_it() -> None:
    assert not {"kms:DescribeKey", "kms:ListGrants"} & {*administration_actions(), *usage_actions()}
    assert not set(administration_actions()) & set(usage_actions())
