"""Who could be allowed at all, without asking everybody: an index of what identities hold, and the names of a key.

Only a statement or a grant allows. So a candidate is named by the key policy or by a grant of the key, or holds an
identity-based policy with a statement that covers the action and the key; and such statements are looked up, not walked
through. Everybody is one where the key policy allows `*`.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import chain

from policy.evaluate.index import TextIndex, index_statements
from policy.evaluate.prepared import PreparedStatement
from policy.evaluate.question import Question, ask
from policy.model.arn import Arn
from policy.model.document import Effect, PolicyDocument, PrincipalEntry, PrincipalKind
from policy.model.principal import Anonymous, Principal, RootUser, parse_principal
from policy.model.request import Request
from policy.simulate.world import Identity, Key, World

Place = tuple[PolicyDocument, int]

_STRANGER = RootUser(account="000000000000")


@dataclass(frozen=True, slots=True)
class _OfAction:
    """The statements that cover one action, filed by their resources: found once for all keys."""

    statements: tuple[tuple[PolicyDocument, PreparedStatement], ...]
    resources: TextIndex

    def find(self, question: Question) -> list[int]:
        return sorted(set(chain.from_iterable(self.resources.find(question.resource_text))))


def _of_action(places: Iterable[Place], question: Question) -> _OfAction:
    prepared = ((document, PreparedStatement.prepare(document, index)) for document, index in places)
    covering = tuple(each for each in prepared if each[1].covers_action(question))
    return _OfAction(covering, index_statements([each.statement for _, each in covering]).resources)


class Candidates:
    """The index of a world's identities: made once, at a cost that follows the statements they hold."""

    def __init__(self, world: World) -> None:
        self.world = world
        self._places: list[Place] = []
        self._holders: dict[int, list[Identity]] = {}
        self._of_action: dict[str, _OfAction] = {}
        self._sessions = tuple(_parsed(arn for arn in world.session_policies))
        for identity in world.identities:
            for document in identity.policies:
                self._add(document, identity)

    def of(self, action: str, key: Key) -> Iterator[Principal]:
        """Everybody who could be allowed the action on the key, each once; Anonymous stands for everyone else."""
        named = list(dict.fromkeys(self._named(action, key)))
        found: dict[Principal, None] = dict.fromkeys(named)
        if Anonymous() in found:
            found.update(dict.fromkeys(RootUser(account=account.id) for account in self.world.accounts))
            holders: Iterable[Identity] = self.world.identities
        else:
            holders = self._holding(_question(action, key.arn))
        for identity in holders:
            found.setdefault(identity.principal)
        # Only a scenario declares sessions, and few.
        found.update(dict.fromkeys(self._sessions))
        return iter(found)

    def _add(self, document: PolicyDocument, identity: Identity) -> None:
        holders = self._holders.get(id(document))
        if holders is not None:
            if holders[-1] is not identity:
                holders.append(identity)
            return
        self._holders[id(document)] = [identity]
        for index, statement in enumerate(document.statements):
            if statement.effect is Effect.ALLOW:
                self._places.append((document, index))

    def _holding(self, question: Question) -> Iterator[Identity]:
        """The identities with an Allow statement for the question, whatever its conditions; some may come twice."""
        of_action = self._of_action.get(question.action)
        if of_action is None:
            of_action = self._of_action[question.action] = _of_action(self._places, question)
        for position in of_action.find(question):
            document, statement = of_action.statements[position]
            if statement.resource_test(question) is not False:
                yield from self._holders[id(document)]

    def _named(self, action: str, key: Key) -> Iterator[Principal]:
        """Those whom the key policy or a grant names; of an account, its root user stands for it."""
        yield RootUser(partition=key.arn.partition, account=key.arn.account)
        question = _question(action, key.arn)
        for index, statement in enumerate(key.policy.statements):
            if statement.effect is not Effect.ALLOW or statement.principals is None:
                continue
            prepared = PreparedStatement.prepare(key.policy, index)
            if not prepared.covers_action(question) or prepared.resource_test(question) is False:
                continue
            if statement.principals.negated:
                # Everyone but a few: the engine tells who they are.
                yield Anonymous()
            yield from _principals(statement.principals.entries)
        for grant in key.grants:
            # The account that issued a grant may retire it, on whosever key.
            names = (grant.grantee_principal, grant.retiring_principal, grant.issuing_account)
            services = (grant.grantee_service_principal, grant.retiring_service_principal)
            yield from _parsed(name for name in (*names, *services) if name)


def _principals(entries: Iterable[PrincipalEntry]) -> Iterator[Principal]:
    for entry in entries:
        if entry.kind is not PrincipalKind.CANONICAL_USER:
            yield from _parsed([entry.value])


def _parsed(names: Iterable[str]) -> Iterator[Principal]:
    for name in names:
        try:
            yield parse_principal(name)
        except ValueError:
            # What is no principal (a pattern, the id of one that is deleted) matches nobody.
            continue


def _question(action: str, key: Arn) -> Question:
    """What an index of identity-based policies is asked: who calls does not matter to it."""
    return ask(Request(principal=_STRANGER, action=action, resource=key))
