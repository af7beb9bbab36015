"""A world to try requests in: accounts, identities, keys, aliases and grants, with the policies of each."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from policy.evaluate.compiled import compile_policies
from policy.evaluate.decision import Decision
from policy.explain.explain import explain
from policy.explain.explanation import Explanation
from policy.model.arn import Arn
from policy.model.document import PolicyDocument
from policy.model.grant import Grant
from policy.model.policies import OrganizationLevel, PolicySet
from policy.model.principal import Principal, Role, RoleSession, User, account_of
from policy.model.request import Request, RequestContext
from policy.simulate.context import Values, with_following


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """An account: its id, and the control policies of each level of its organisation, from the root down to itself."""

    id: str
    service_control: tuple[OrganizationLevel, ...] = ()
    resource_control: tuple[OrganizationLevel, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Identity:
    """A user or role and what is attached to it; a user's policies include those of its groups.

    `unique_id` is what AWS calls it for good (`AIDA…`, `AROA…`), where it is known.
    """

    principal: User | Role
    policies: tuple[PolicyDocument, ...] = ()
    boundary: tuple[PolicyDocument, ...] = ()
    trust: PolicyDocument | None = None
    tags: Mapping[str, str] = field(default_factory=dict)
    unique_id: str | None = None

    @property
    def name(self) -> str:
        """The name without its path."""
        return self.principal.path_and_name.rsplit("/", 1)[-1]

    @property
    def path(self) -> str:
        """The path without its leading slash: empty, or ending in a slash."""
        return self.principal.path_and_name.removesuffix(self.name)


@dataclass(frozen=True, slots=True, kw_only=True)
class Key:
    """A KMS key with its key policy. `facts` are the condition keys that its properties give, such as kms:KeySpec."""

    arn: Arn
    policy: PolicyDocument
    grants: tuple[Grant, ...] = ()
    aliases: tuple[str, ...] = ()
    facts: Values = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Trial:
    """One request tried: what was asked, what bore on it, and what was decided."""

    request: Request
    policies: PolicySet
    decision: Decision

    @property
    def explanation(self) -> Explanation:
        """The decision explained; worked out when it is asked for."""
        return explain(self.request, self.policies, self.decision)


def try_request(request: Request, policies: PolicySet) -> Trial:
    """Try a request on the policies that bear on it."""
    return Trial(request=request, policies=policies, decision=compile_policies(policies).decide(request))


IdentityKey = tuple[type[User | Role], str, str]
"""Users and roles by account and name: names are unique in an account, whatever the path."""


@dataclass(frozen=True, slots=True, kw_only=True)
class World:
    """Everything there is.

    `session_policies` are those of a session, by its ARN; `instance_profiles` lead from an ARN to that of the role.
    """

    accounts: tuple[Account, ...] = ()
    identities: tuple[Identity, ...] = ()
    keys: tuple[Key, ...] = ()
    session_policies: Mapping[str, tuple[PolicyDocument, ...]] = field(default_factory=dict)
    vpc_endpoint: tuple[PolicyDocument, ...] = ()
    instance_profiles: Mapping[str, str] = field(default_factory=dict)
    _accounts: dict[str, Account] = field(init=False, repr=False, compare=False)
    _identities: dict[IdentityKey, Identity] = field(init=False, repr=False, compare=False)
    _by_arn: dict[str, Identity] = field(init=False, repr=False, compare=False)
    _keys: dict[Arn, Key] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        # The first of a name counts.
        accounts = {account.id: account for account in reversed(self.accounts)}
        object.__setattr__(self, "_accounts", accounts)
        object.__setattr__(self, "_identities", {_identity_key(each): each for each in reversed(self.identities)})
        object.__setattr__(self, "_by_arn", {each.principal.arn: each for each in reversed(self.identities)})
        object.__setattr__(self, "_keys", {key.arn: key for key in reversed(self.keys)})

    def ask(
        self, principal: Principal, action: str, resource: Arn | None = None, context: Values | None = None
    ) -> Trial:
        """Try a request; the condition keys that follow from it are added to the given ones."""
        request = self.request(principal, action, resource, context)
        return try_request(request, self.policies_for(request))

    def policies_for(self, request: Request) -> PolicySet:
        """The policies that bear on a request."""
        identity = self.identity_of(request.principal)
        caller = self.account(account_of(request.principal))
        key = self.key(request.resource)
        return PolicySet(
            identity=identity.policies if identity else (),
            permissions_boundary=identity.boundary if identity else (),
            session=self.session_policies.get(getattr(request.principal, "arn", ""), ()),
            service_control=caller.service_control,
            resource_control=self.account(request.owner).resource_control if request.resource else (),
            resource=key.policy if key else self._trust(request.resource),
            grants=key.grants if key else (),
            vpc_endpoint=self.vpc_endpoint,
        )

    def identity_of(self, principal: Principal) -> Identity | None:
        """The user or role behind a principal."""
        match principal:
            case RoleSession():
                return self._identity(Role, principal.account, principal.role_name)
            case Role() | User():
                return self._identity(type(principal), principal.account, principal.path_and_name.rsplit("/", 1)[-1])
            case _:
                return None

    def account(self, id_: str | None) -> Account:
        """An account by its id; one that is not of this world has no control policies."""
        return self._accounts.get(id_ or "") or Account(id=id_ or "")

    def key(self, resource: Arn | None) -> Key | None:
        """The key that a resource is."""
        return self._keys.get(resource) if resource else None

    def request(
        self, principal: Principal, action: str, resource: Arn | None = None, context: Values | None = None
    ) -> Request:
        """A request with the condition keys that follow from it added to the given ones."""
        given = self.context(principal, action, resource, context)
        caller = self.caller(principal)
        return Request(principal=caller, action=action, resource=resource, context=RequestContext(given))

    def caller(self, principal: Principal) -> Principal:
        """A session of a role of this world knows its role's path."""
        identity = self.identity_of(principal)
        if identity is None or not isinstance(principal, RoleSession):
            return principal
        return replace(principal, role_path=identity.path)

    def context(
        self, principal: Principal, action: str, resource: Arn | None = None, context: Values | None = None
    ) -> dict[str, tuple[str, ...]]:
        """The given condition keys and those that follow: the same for all actions of one service."""
        context = context or {}
        identity, key = self.identity_of(principal), self.key(resource)
        known = {name.lower() for name in context}
        facts = {**_facts_of_caller(identity, principal), **(_facts(key) if key else {})}
        given = {**context, **{name: values for name, values in facts.items() if name.lower() not in known}}
        owner = resource.account if resource else None
        path = identity.path if identity else ""
        return with_following(given, principal, action, owner=owner, role_path=path)

    def _identity(self, kind: type[User | Role], account: str, name: str) -> Identity | None:
        return self._identities.get((kind, account, name))

    def _trust(self, resource: Arn | None) -> PolicyDocument | None:
        identity = self._by_arn.get(str(resource)) if resource else None
        return identity.trust if identity else None


def _identity_key(identity: Identity) -> IdentityKey:
    return type(identity.principal), identity.principal.account, identity.name


def _facts_of_caller(identity: Identity | None, principal: Principal) -> dict[str, tuple[str, ...]]:
    """Tags, and aws:userid where the unique id is known (U "IAM JSON policy elements: Variables", "Principal keys")."""
    if identity is None:
        return {}
    facts: dict[str, tuple[str, ...]] = {f"aws:PrincipalTag/{name}": (value,) for name, value in identity.tags.items()}
    match principal:
        case RoleSession() if identity.unique_id:
            return {**facts, "aws:userid": (f"{identity.unique_id}:{principal.session_name}",)}
        case User() if identity.unique_id:
            return {**facts, "aws:userid": (identity.unique_id,)}
        case _:
            return facts


def _facts(key: Key) -> dict[str, tuple[str, ...]]:
    """kms:ResourceAliases holds every alias of the key, whatever name the request used (K "kms:ResourceAliases")."""
    aliases = {"kms:ResourceAliases": key.aliases} if key.aliases else {}
    return {**key.facts, **aliases}
