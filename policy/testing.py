"""Access tests in Python: a world built in code, and assertions that explain themselves when they fail.

    from policy.testing import World

    def test_only_the_web_server_decrypts() -> None:
        world = World()
        files = world.key("files", policy="policies/files.policy")
        web = world.role("WebServer", policies=["policies/web_server.json"])
        world.assert_allowed(web, "kms:Decrypt", files, encryption_context={"app": "web"})
        world.assert_implicitly_denied(web, "kms:Decrypt", files)

A policy is a file (a path), a text in either spelling, the decoded JSON of one, or a `PolicyDocument`. Principals and
keys are what `role`, `user`, `key` … give, or names: `"WebServer"`, `"role/WebServer"`, an alias, an ARN, a service.
"""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Self

from policy.diagnostics import PolicyError
from policy.evaluate.decision import Outcome
from policy.explain.text import explain_text
from policy.model.arn import Arn
from policy.model.principal import Principal
from policy.scenario.files import load_file
from policy.scenario.model import reasons_of
from policy.scenario.world_builder import Context, Policy, WorldBuilder, context_values
from policy.simulate.account import read_account
from policy.simulate.json_source import read_json
from policy.simulate.members import read_action
from policy.simulate.world import Account, Trial
from policy.simulate.world_names import WorldNames
from policy.source import Source
from policy.syntax.faults import one_of

__all__ = ["Context", "Policy", "World"]

_DENIED = (Outcome.EXPLICIT_DENY, Outcome.IMPLICIT_DENY)


class World(WorldBuilder):
    """A world to ask: built by `account`, `key`, `role`, `user`, `group`, `session`, `instance`, `service`, `grant`."""

    @classmethod
    def from_account(cls, path: str | Path) -> Self:
        """The users and roles of an account, as `aws iam get-account-authorization-details` prints it.

        Raises:
            ValueError: the file cannot be used, or lacks something: a policy that is attached, a group.
        """
        source = Source(str(path), Path(path).read_text(encoding="utf-8"))
        reading = read_json(source)
        if reading.diagnostics:
            raise PolicyError(reading.diagnostics)
        dump = read_account(reading.value)
        if dump.warnings:
            # A test on half an account proves nothing.
            raise ValueError("\n".join(dump.warnings))
        world = cls(dump.account_ids[0] if dump.account_ids else "111122223333", directory=Path(path).parent)
        accounts = tuple(Account(id=each) for each in dump.account_ids)
        world.world = replace(world.world, accounts=accounts or world.world.accounts, identities=dump.identities)
        return world

    @classmethod
    def from_scenario(cls, path: str | Path) -> Self:
        """The world of the first scenario of a file.

        Raises:
            PolicyError: the file has faults.
            ValueError: it holds no scenario.
        """
        loaded = load_file(Path(path))
        if loaded.has_errors:
            raise PolicyError(loaded.diagnostics)
        if not loaded.scenarios:
            raise ValueError(f"`{path}` holds no scenario")
        found = loaded.scenarios[0].world
        world = cls(found.accounts[0].id if found.accounts else "111122223333", directory=Path(path).parent)
        world.world = found
        return world

    def ask(
        self,
        principal: Principal | str,
        action: str,
        resource: Arn | str | None = None,
        *,
        context: Context | None = None,
        encryption_context: Mapping[str, str] | None = None,
    ) -> Trial:
        """Try a request; without a resource, or with `*`, it is for an action on none.

        Raises:
            ValueError: a name means nothing, or the context gives a key twice.
        """
        given = context_values(context or {})
        given |= {f"kms:EncryptionContext:{name}": (value,) for name, value in (encryption_context or {}).items()}
        arn = None if resource in (None, "*") else WorldNames(self.world).resource(str(resource))
        return self.world.ask(self._principal(principal), read_action(action), arn, given)

    def assert_allowed(
        self,
        principal: Principal | str,
        action: str,
        resource: Arn | str | None = None,
        *,
        context: Context | None = None,
        encryption_context: Mapping[str, str] | None = None,
        because: str | Iterable[str] = (),
    ) -> None:
        """Assert that a request is allowed.

        `because` names what must be among the reasons: Sids, a grant (`grant 1`), or the layer whose allow is missing.

        Raises:
            AssertionError: it is denied, or allowed for other reasons; holds the explanation.
        """
        __tracebackhide__ = True
        trial = self.ask(principal, action, resource, context=context, encryption_context=encryption_context)
        _check(trial, (Outcome.ALLOW,), because)

    def assert_denied(
        self,
        principal: Principal | str,
        action: str,
        resource: Arn | str | None = None,
        *,
        context: Context | None = None,
        encryption_context: Mapping[str, str] | None = None,
        because: str | Iterable[str] = (),
    ) -> None:
        """Assert that a request is denied, explicitly or implicitly."""
        __tracebackhide__ = True
        trial = self.ask(principal, action, resource, context=context, encryption_context=encryption_context)
        _check(trial, _DENIED, because)

    def assert_explicitly_denied(
        self,
        principal: Principal | str,
        action: str,
        resource: Arn | str | None = None,
        *,
        context: Context | None = None,
        encryption_context: Mapping[str, str] | None = None,
        because: str | Iterable[str] = (),
    ) -> None:
        """Assert that a Deny statement denies a request."""
        __tracebackhide__ = True
        trial = self.ask(principal, action, resource, context=context, encryption_context=encryption_context)
        _check(trial, (Outcome.EXPLICIT_DENY,), because)

    def assert_implicitly_denied(
        self,
        principal: Principal | str,
        action: str,
        resource: Arn | str | None = None,
        *,
        context: Context | None = None,
        encryption_context: Mapping[str, str] | None = None,
        because: str | Iterable[str] = (),
    ) -> None:
        """Assert that nothing denies a request, and that something that must allow it does not."""
        __tracebackhide__ = True
        trial = self.ask(principal, action, resource, context=context, encryption_context=encryption_context)
        _check(trial, (Outcome.IMPLICIT_DENY,), because)


def _check(trial: Trial, expected: tuple[Outcome, ...], because: str | Iterable[str]) -> None:
    __tracebackhide__ = True
    wanted = (because,) if isinstance(because, str) else tuple(because)
    outcome = trial.decision.outcome
    if outcome not in expected:
        message = f"expected {' or '.join(expected)}, decided {outcome}"
    elif missing := [reason for reason in wanted if reason not in reasons_of(trial)]:
        message = f"decided {outcome} as expected, but not because of {one_of(missing)}"
    else:
        return
    raise AssertionError(f"{message}\n{explain_text(trial.explanation)}")
