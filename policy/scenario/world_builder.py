"""A world that grows as it is told of keys, users, roles and grants: what the Python test API stands on."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from policy.diagnostics import PolicyError
from policy.explain.sentence import caller_name
from policy.model.arn import Arn
from policy.model.document import PolicyDocument
from policy.model.grant import Grant
from policy.model.policies import OrganizationLevel
from policy.model.principal import Principal, Role, RoleSession, ServicePrincipal, User
from policy.model.reading import PolicyKind, locate, read_document, read_policy
from policy.simulate.world import Account, Identity, Key, World
from policy.simulate.world_names import WorldNames
from policy.source import Source

Policy = str | Path | Mapping[str, Any] | PolicyDocument
"""A path, a policy's text, its decoded JSON, or a document; a string is a path unless it has a brace."""

Context = Mapping[str, str | Sequence[str]]
"""Condition keys with their values."""

_REGION = "us-east-1"


class WorldBuilder:
    """Builds a world; `world` is what it has come to.

    Relative paths of policies are relative to `directory`, by default the working directory.
    """

    def __init__(self, account: str = "111122223333", *, directory: str | Path = ".") -> None:
        self.world = World(accounts=(Account(id=account),))
        self._directory = Path(directory)
        self._account = account
        self._groups: dict[str, tuple[PolicyDocument, ...]] = {}

    def account(self, id_: str, *, scps: Iterable[Policy] = (), rcps: Iterable[Policy] = ()) -> None:
        """Declare an account, or give one its control policies: each is one level of the organisation."""
        account = Account(id=id_, service_control=self._levels(scps), resource_control=self._levels(rcps))
        others = tuple(each for each in self.world.accounts if each.id != id_)
        self.world = replace(self.world, accounts=(*others, account))

    def key(
        self,
        name: str,
        policy: Policy,
        *,
        arn: str | None = None,
        aliases: Iterable[str] = (),
        tags: Mapping[str, str] | None = None,
        properties: Context | None = None,
    ) -> Arn:
        """Add a KMS key; its ARN. `properties` are condition keys that it gives, such as kms:KeySpec."""
        found = Arn.parse(arn) if arn else Arn("aws", "kms", _REGION, self._account, f"key/{name}")
        facts = {f"aws:ResourceTag/{tag}": (value,) for tag, value in (tags or {}).items()}
        key = Key(
            arn=found,
            policy=self._read(policy, f"policy of key {name}", PolicyKind.KEY),
            aliases=tuple(f"alias/{alias.removeprefix('alias/')}" for alias in aliases),
            facts={**facts, **context_values(properties or {})},
        )
        others = tuple(each for each in self.world.keys if each.arn != found)
        self.world = replace(self.world, keys=(*others, key))
        return found

    def role(
        self,
        name: str,
        policies: Iterable[Policy] = (),
        *,
        boundary: Policy | None = None,
        trust: Policy | None = None,
        path: str = "/",
        tags: Mapping[str, str] | None = None,
        account: str | None = None,
    ) -> Role:
        """Add a role."""
        role = Role(account=account or self._account, path_and_name=_path(path) + name)
        document = self._read(trust, f"trust policy of role {name}", PolicyKind.TRUST) if trust is not None else None
        self._add(role, policies, boundary, tags, trust=document)
        return role

    def user(
        self,
        name: str,
        policies: Iterable[Policy] = (),
        *,
        groups: Iterable[str] = (),
        boundary: Policy | None = None,
        path: str = "/",
        tags: Mapping[str, str] | None = None,
        account: str | None = None,
    ) -> User:
        """Add a user, in groups that have been added.

        Raises:
            ValueError: there is no such group.
        """
        user = User(account=account or self._account, path_and_name=_path(path) + name)
        of_groups: list[Policy] = []
        for group in groups:
            if group not in self._groups:
                raise ValueError(f"there is no group `{group}`")
            of_groups += self._groups[group]
        self._add(user, [*policies, *of_groups], boundary, tags)
        return user

    def group(self, name: str, policies: Iterable[Policy] = ()) -> None:
        """Add a group."""
        self._groups[name] = self._all(policies, f"policy of group {name}")

    def session(self, role: Role, name: str, policies: Iterable[Policy] = ()) -> RoleSession:
        """A session of a role, with its session policies."""
        session = RoleSession(
            partition=role.partition, account=role.account, role_name=role.role_name, session_name=name
        )
        documents = self._all(policies, f"session policy of {name}")
        self.world = replace(self.world, session_policies={**self.world.session_policies, session.arn: documents})
        return session

    def instance(self, instance_id: str, role: Role) -> RoleSession:
        """An EC2 instance with a role: the session that bears the instance's id."""
        return self.session(role, instance_id)

    def service(self, name: str) -> ServicePrincipal:
        """An AWS service, such as `rds.amazonaws.com`."""
        return ServicePrincipal(name=name)

    def grant(
        self,
        key: Arn | str,
        to: Principal | str,
        operations: Iterable[str],
        *,
        retiring: Principal | str | None = None,
        encryption_context: Mapping[str, str] | None = None,
    ) -> str:
        """Add a grant on a key; its id. The encryption context is one that requests must contain."""
        found = WorldNames(self.world).key(str(key))
        grantee = self._principal(to)
        is_service = isinstance(grantee, ServicePrincipal)
        grant = Grant(
            grant_id=str(len(found.grants) + 1),
            key_id=str(found.arn),
            grantee_principal=None if is_service else caller_name(grantee),
            grantee_service_principal=caller_name(grantee) if is_service else None,
            retiring_principal=caller_name(self._principal(retiring)) if retiring is not None else None,
            issuing_account=found.arn.account,
            operations=frozenset(operation.removeprefix("kms:") for operation in operations),
            encryption_context_subset=encryption_context,
        )
        changed = replace(found, grants=(*found.grants, grant))
        self.world = replace(self.world, keys=tuple(changed if each is found else each for each in self.world.keys))
        return grant.grant_id

    # --- parts --------------------------------------------------------------------------------------------------------

    def _add(
        self,
        principal: User | Role,
        policies: Iterable[Policy],
        boundary: Policy | None,
        tags: Mapping[str, str] | None,
        trust: PolicyDocument | None = None,
    ) -> None:
        name = principal.path_and_name
        identity = Identity(
            principal=principal,
            policies=self._all(policies, f"policy of {name}"),
            boundary=self._all([boundary] if boundary is not None else [], f"boundary of {name}"),
            trust=trust,
            tags=dict(tags or {}),
        )
        others = tuple(each for each in self.world.identities if each.principal != principal)
        self.world = replace(self.world, identities=(*others, identity))

    def _principal(self, principal: Principal | str) -> Principal:
        return WorldNames(self.world).principal(principal) if isinstance(principal, str) else principal

    def _levels(self, policies: Iterable[Policy]) -> tuple[OrganizationLevel, ...]:
        documents = self._all(policies, "control policy", PolicyKind.CONTROL)
        return tuple(
            OrganizationLevel(org=f"level {number}", policies=(document,))
            for number, document in enumerate(documents, start=1)
        )

    def _all(
        self, policies: Iterable[Policy], name: str, kind: PolicyKind = PolicyKind.IDENTITY
    ) -> tuple[PolicyDocument, ...]:
        return tuple(self._read(policy, name, kind) for policy in policies)

    def _read(self, policy: Policy, name: str, kind: PolicyKind) -> PolicyDocument:
        """A policy, with the positions of its statements.

        Raises:
            PolicyError: it has faults.
            OSError: there is no such file, or it cannot be read.
        """
        if isinstance(policy, PolicyDocument):
            return policy
        if isinstance(policy, Mapping):
            reading = read_document(policy, name=name, kind=kind)
        elif isinstance(policy, str) and "{" in policy:
            reading = read_policy(Source(name, policy), kind=kind)
        else:
            path = self._directory / policy
            reading = read_policy(Source(str(path), path.read_text(encoding="utf-8")), kind=kind)
        if reading.document is None:
            raise PolicyError(reading.diagnostics)
        return locate(reading.document)


def context_values(context: Context) -> dict[str, tuple[str, ...]]:
    """Condition keys with their values in tuples."""
    return {key: (values,) if isinstance(values, str) else tuple(values) for key, values in context.items()}


def _path(path: str) -> str:
    """`/service/` is written before the name as `service/`."""
    return f"{path.strip('/')}/" if path.strip("/") else ""
