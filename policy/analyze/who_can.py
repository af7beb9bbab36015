"""Who can do an action on a key: every principal of the world, and whomever the key policy or a grant names besides.

An answer is the engine's: a principal is asked about only if something could allow it, and what cannot be known before
a request is made stands as a condition of the answer.
"""

from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from dataclasses import replace
from enum import Enum, auto

from policy.analyze.access import Access
from policy.analyze.candidates import Candidates
from policy.analyze.knowledge import Knowledge
from policy.analyze.paths import describe
from policy.analyze.possibility import possibility
from policy.model.document import Effect, Patterns, PolicyDocument, Statement
from policy.model.policies import PolicySet
from policy.model.principal import Anonymous, Principal, Role, RootUser, User, account_of
from policy.model.request import Request, RequestContext
from policy.operators.action import action_matches
from policy.simulate.compiled_world import CompiledWorld
from policy.simulate.context import Values
from policy.simulate.likeness import Likeness
from policy.simulate.world import Key, World

# What is taken to be attached to a principal whose account is not of this world.
_ANYTHING = PolicyDocument(
    statements=(Statement(effect=Effect.ALLOW, actions=Patterns(values=("*",)), resources=Patterns(values=("*",))),)
)

# It follows from a direct call, and an AWS service may call as well.
_ASSUMED = frozenset({"kms:grantisforawsresource"})

_TAGS = "aws:principaltag/"

_NO_CONTEXT: Values = {}

Asked = tuple[Principal, list[str]]
Watch = Callable[[Collection[Asked]], Iterable[Asked]]


class Analysis:
    """A world made ready for questions; to make it costs what its identities hold, a question what it comes to."""

    def __init__(self, world: World) -> None:
        self.world = world
        self._candidates = Candidates(world)
        self._compiled = CompiledWorld(world)
        # Whose identity-based policies are known.
        self._accounts = frozenset(each.principal.account for each in world.identities)
        self._home = self._accounts | {account.id for account in world.accounts}

    def who_can(
        self,
        actions: Sequence[str],
        key: Key,
        context: Values = _NO_CONTEXT,
        *,
        is_complete: bool = False,
        watch: Watch = iter,
    ) -> Iterator[Access]:
        """Everyone who can do any of the actions; a principal comes once for each way in which it can do some.

        The context gives condition keys that are known; with `is_complete` it has all there are. `watch` is given the
        principals that are asked about, and passes them on.
        """
        likeness = Likeness(actions)
        for principal, own in watch(self._by_principal(actions, key).items()):
            policies = self._policies(principal, key)
            likenesses = dict(zip(actions, likeness.of(policies), strict=True))
            classes: dict[object, list[str]] = {}
            for action in own:
                classes.setdefault(likenesses[action], []).append(action)
            found = [
                self._access(principal, alike, key, policies, context, is_complete=is_complete)
                for alike in classes.values()
            ]
            yield from _together(access for access in found if access is not None)

    def _by_principal(self, actions: Iterable[str], key: Key) -> dict[Principal, list[str]]:
        found: dict[Principal, list[str]] = {}
        for action in actions:
            for principal in self._candidates.of(action, key):
                found.setdefault(principal, []).append(action)
        return found

    def _access(
        self,
        principal: Principal,
        actions: Sequence[str],
        key: Key,
        policies: PolicySet,
        context: Values,
        *,
        is_complete: bool,
    ) -> Access | None:
        """How the principal can do these actions, which nothing tells apart; None if it cannot."""
        request = self._request(principal, actions[0], key, context, is_complete=is_complete)
        is_stranger = isinstance(principal, Anonymous)
        knowledge = Knowledge(
            request=request,
            is_complete=is_complete,
            strangers_to=self._home if is_stranger and not is_complete else None,
            closed=frozenset({_TAGS} if self._tags_of(principal) is _Tags.KNOWN else ()),
        )
        found = possibility(self._compiled.compile(policies), knowledge)
        if found is None:
            return None
        described = describe(found, request, policies)
        if not described["paths"]:
            return None
        return Access(
            principal=principal,
            actions=tuple(actions),
            **described,
            notes=tuple(self._notes(principal, key)),
        )

    def _request(self, principal: Principal, action: str, key: Key, context: Values, *, is_complete: bool) -> Request:
        values = self.world.context(principal, action, key.arn, context)
        if not is_complete:
            given = {name.lower() for name in context}
            values = {name: each for name, each in values.items() if name.lower() in given or not _is_assumed(name)}
            if self._tags_of(principal) is _Tags.OPEN:
                values = {name: each for name, each in values.items() if not name.lower().startswith(_TAGS)}
            if isinstance(principal, Anonymous):
                values = {name: each for name, each in values.items() if not name.lower().startswith("aws:principal")}
        return Request(
            principal=self.world.caller(principal), action=action, resource=key.arn, context=RequestContext(values)
        )

    def _policies(self, principal: Principal, key: Key) -> PolicySet:
        policies = self.world.policies_for(Request(principal=principal, action="kms:DescribeKey", resource=key.arn))
        return replace(policies, identity=(_ANYTHING,)) if self._is_outsider(principal) else policies

    def _is_outsider(self, principal: Principal) -> bool:
        """Whether the principal is of an account whose policies are not known."""
        account = account_of(principal)
        return account is not None and account not in self._home

    def _tags_of(self, principal: Principal) -> "_Tags":
        """What is known of aws:PrincipalTag.

        A user has the tags that it has. A role's session may bring tags that override the role's, if the role's trust
        policy allows sts:TagSession (IAM User Guide, "Pass session tags in AWS STS").
        """
        identity = self.world.identity_of(principal)
        if identity is None or (isinstance(identity.principal, Role) and identity.trust is None):
            return _Tags.OWN
        if isinstance(identity.principal, User) or identity.trust is None:
            return _Tags.KNOWN
        statements = (each for each in identity.trust.statements if each.effect is Effect.ALLOW and each.actions)
        return _Tags.OPEN if any(map(_covers_tagging, statements)) else _Tags.KNOWN

    def _notes(self, principal: Principal, key: Key) -> Iterator[str]:
        account = account_of(principal)
        if isinstance(principal, Anonymous):
            yield "whoever is of another account needs an IAM policy of its own account as well"
        elif isinstance(principal, RootUser):
            if principal.account not in self._accounts and self._is_delegated(principal, key):
                yield f"stands for all of account {account}, whose IAM policies are not known"
        elif self._is_outsider(principal):
            yield f"if the IAM policies of account {account}, which are not known, allow it"
        elif account is not None and self.world.identity_of(principal) is None and account in self._accounts:
            yield f"is not among the users and roles of account {account}"

    def _is_delegated(self, root: RootUser, key: Key) -> bool:
        names = (root.account, root.arn)
        statements = (each for each in key.policy.statements if each.effect is Effect.ALLOW and each.principals)
        return any(entry.value in names for each in statements if each.principals for entry in each.principals.entries)


class _Tags(Enum):
    """What is known of a caller's tags."""

    KNOWN = auto()
    """All of them."""
    OWN = auto()
    """Those that it has of its own, but not whether there are others."""
    OPEN = auto()
    """None: the caller may bring any."""


def _covers_tagging(statement: Statement) -> bool:
    actions = statement.actions
    if actions is None:
        return False
    return any(action_matches(value, "sts:TagSession") for value in actions.values) != actions.negated


def _together(accesses: Iterable[Access]) -> Iterator[Access]:
    """Those of one principal that differ only in their actions, as one."""
    ways: dict[Access, list[str]] = {}
    for access in accesses:
        ways.setdefault(replace(access, actions=()), []).extend(access.actions)
    return (replace(access, actions=tuple(actions)) for access, actions in ways.items())


def _is_assumed(key: str) -> bool:
    return key.lower() in _ASSUMED
