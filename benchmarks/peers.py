"""The peers: other engines that a Python program can call, each given the work in its own language.

None is a dependency; `pip install` with the `peers` group brings them, and one that is not there is named.
"""

import json
import logging
from collections.abc import Callable
from dataclasses import dataclass
from importlib import import_module
from importlib.metadata import version
from typing import Any, Protocol

from benchmarks.corpus import ACTION, CONTEXT, KEY_ID, ROLE, WRONG_CONTEXT, Permit, Work, key_arn


class Peer(Protocol):
    """An engine: reads a work, and decides the request in the right or the wrong context."""

    @property
    def name(self) -> str:
        """Its distribution."""

    @property
    def remark(self) -> str:
        """What of it is measured."""

    def read(self, work: Work) -> Any:
        """Parse and prepare the work's policies."""

    def decider(self, prepared: Any, context: dict[str, str]) -> Callable[[], bool]:
        """The decision on prepared policies, the request being built inside."""


@dataclass(frozen=True, slots=True)
class Cedar:
    """cedarpy, the Cedar engine behind a Python face: a parsed policy set and parsed entities."""

    module: Any
    name: str = "cedarpy"
    remark: str = "prepared policy set and entities"

    def source(self, work: Work) -> str:
        """The work in Cedar: a policy for each statement."""
        forbid = (
            'forbid (principal, action == Action::"kms:ScheduleKeyDeletion", resource) '
            "when { !(context has mfa && context.mfa) };"
        )
        listing = 'permit (principal, action == Action::"kms:ListAliases", resource);'
        return "\n".join([forbid, listing, *map(_cedar_policy, work.permits)])

    def read(self, work: Work) -> Any:
        """Parse the policies."""
        return self.module.PolicySet.from_str(self.source(work))

    def decider(self, prepared: Any, context: dict[str, str]) -> Callable[[], bool]:
        """Decide on the handles."""
        entities = self.module.Entities.from_json_str("[]")
        return lambda: bool(self.module.is_authorized(_cedar_request(context), prepared, entities).allowed)

    def batch(self, prepared: Any, size: int) -> Callable[[], list[bool]]:
        """So many decisions in one call; every other one in the wrong context."""
        entities = self.module.Entities.from_json_str("[]")

        def decide() -> list[bool]:
            requests = [_cedar_request(WRONG_CONTEXT if number % 2 else CONTEXT) for number in range(size)]
            return [bool(result.allowed) for result in self.module.is_authorized_batch(requests, prepared, entities)]

        return decide


@dataclass(frozen=True, slots=True)
class Casbin:
    """pycasbin: a policy line for each statement, compared by an attribute matcher."""

    module: Any
    name: str = "casbin"
    remark: str = "loaded model and policy"

    def read(self, work: Work) -> Any:
        """Load the policy lines."""
        logging.disable(logging.INFO)  # it logs every decision otherwise
        model = self.module.Model()
        model.load_model_from_text(_CASBIN_MODEL)
        enforcer = self.module.Enforcer(model)
        lines = {(permit.role, ACTION, permit.key_id, permit.app, permit.vpc) for permit in work.permits}
        enforcer.add_policies([list(line) for line in sorted(lines)])
        return enforcer

    def decider(self, prepared: Any, context: dict[str, str]) -> Callable[[], bool]:
        """Enforce."""
        app, vpc = context.values()
        return lambda: bool(prepared.enforce(ROLE, ACTION, KEY_ID, app, vpc))


@dataclass(frozen=True, slots=True)
class Moto:
    """moto's IAM policy class: an IAM document, of which it reads the identity half and no conditions."""

    module: Any
    name: str = "moto"
    remark: str = "role policy only, conditions ignored"

    def read(self, work: Work) -> Any:
        """Parse the role's policy, its conditions left out."""
        document = json.loads(work.role_policy)
        for statement in document["Statement"]:
            del statement["Condition"]
        return self.module.IAMPolicy(json.dumps(document))

    def decider(self, prepared: Any, context: dict[str, str]) -> Callable[[], bool]:
        """Ask for the action; the wrong context is made up for by another key, as conditions do not count."""
        resource = key_arn() if context == CONTEXT else key_arn("none")
        allowed = self.module.PermissionResult.PERMITTED
        return lambda: bool(prepared.is_action_permitted(ACTION, resource) == allowed)


_PEERS: dict[str, tuple[str, Callable[[Any], Peer]]] = {
    "cedarpy": ("cedarpy", Cedar),
    "casbin": ("casbin", Casbin),
    "moto": ("moto.iam.access_control", Moto),
}
"""Distribution, its module, and how it is asked."""


def find_peers() -> tuple[list[Peer], list[str]]:
    """The peers that are installed, and the names of those that are not."""
    found: list[Peer] = []
    missing: list[str] = []
    for name, (module, make) in _PEERS.items():
        try:
            found.append(make(import_module(module)))
        except ImportError:
            missing.append(name)
    return found, missing


def version_of(peer: Peer) -> str:
    """The installed version."""
    return version(peer.name)


def check(peer: Peer, prepared: Any) -> None:
    """Make sure that the peer does the work: it allows the request, and denies it in the wrong context."""
    answers = [peer.decider(prepared, context)() for context in (CONTEXT, WRONG_CONTEXT)]
    if answers != [True, False]:
        raise RuntimeError(f"{peer.name} decides {answers}, expected [True, False]")


def _cedar_request(context: dict[str, str]) -> dict[str, Any]:
    app, vpc = context.values()
    return {
        "principal": f'Role::"{ROLE}"',
        "action": f'Action::"{ACTION}"',
        "resource": f'Key::"{KEY_ID}"',
        "context": {"app": app, "vpc": vpc},
    }


def _cedar_policy(permit: Permit) -> str:
    actions = f'[Action::"{ACTION}", Action::"kms:DescribeKey"]'
    conditions = f'context.app == "{permit.app}" && context.vpc == "{permit.vpc}"'
    return (
        f'permit (principal == Role::"{permit.role}", action in {actions}, resource == Key::"{permit.key_id}") '
        f"when {{ {conditions} }};"
    )


_CASBIN_MODEL = """
[request_definition]
r = sub, act, obj, app, vpc

[policy_definition]
p = sub, act, obj, app, vpc

[policy_effect]
e = some(where (p.eft == allow))

[matchers]
m = r.sub == p.sub && r.act == p.act && r.obj == p.obj && r.app == p.app && r.vpc == p.vpc
"""
