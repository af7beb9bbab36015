"""The paths of a possibility, in words: which statements and grants allow, and what each still depends on."""

from collections.abc import Iterable, Iterator, Sequence
from typing import TypedDict

from policy.analyze.access import Path, PathKind
from policy.analyze.consistency import can_hold_together, forced_by
from policy.analyze.possibility import Open, Possibility, Possible
from policy.evaluate.decision import Determining
from policy.evaluate.principals import Match
from policy.evaluate.question import Question, ask
from policy.explain.brief import statement_name
from policy.model.grant import Grant
from policy.model.policies import Layer, PolicySet
from policy.model.request import Request
from policy.model.writing import condition_text


class Described(TypedDict):
    """The members of an Access that a possibility gives."""

    paths: tuple[Path, ...]
    is_certain: bool
    when: tuple[str, ...]
    unless: tuple[str, ...]


def describe(found: Possibility, request: Request, policies: PolicySet) -> Described:
    """A possibility in words."""
    describer = _Describer(found, request, policies)
    return Described(
        paths=tuple(dict.fromkeys(describer.paths())),
        is_certain=found.is_certain,
        when=() if found.is_certain else tuple(text for each in found.limits for text in _texts(each.open)),
        unless=tuple(dict.fromkeys(" and ".join(_texts(each.open)) for each in found.denies)),
    )


class _Describer:
    """Words the paths of one possibility."""

    def __init__(self, found: Possibility, request: Request, policies: PolicySet) -> None:
        self._found = found
        self._request = request
        self._policies = policies
        self._question: Question = ask(request)
        self._open = {_place(each.applying.where): each for each in found.allows}

    def paths(self) -> Iterator[Path]:
        determining = [self._open[_place(where)] for where in self._found.best.determining]
        resource = [each for each in determining if each.applying.where.layer is Layer.RESOURCE]
        identity = [each for each in determining if each.applying.where.layer is Layer.IDENTITY]
        is_across = not self._question.is_same_account and self._question.has_identity_policies
        sides = resource if is_across else [each for each in resource if each.applying.match is Match.ACCOUNT]
        for each in resource:
            if each not in sides or (is_across and not identity):
                yield from self._path(PathKind.KEY_POLICY, each)
        for each in identity:
            yield from self._with_side(each, sides, PathKind.BOTH if is_across else PathKind.IAM)
        for grant in self._found.best.grants:
            yield self._granted(grant)
        if not determining and not self._found.best.grants:
            yield Path(kind=PathKind.ROOT, by=())

    def _with_side(self, each: Possible, sides: Sequence[Possible], kind: PathKind) -> Iterator[Path]:
        """An identity-based statement with the key policy's of the statements that let it count: the easiest one."""
        if not sides:
            yield from self._path(kind, each)
        for side in sorted(sides, key=lambda other: len(other.open)):
            if path := list(self._path(kind, each, side)):
                yield from path
                return

    def _path(self, kind: PathKind, *statements: Possible) -> Iterator[Path]:
        """The path, unless what its statements ask for cannot be, or brings a Deny with it."""
        asked = [condition for each in statements for condition in each.open]
        denied = any(forced_by(asked, deny.open) for deny in self._found.denies)
        if denied or not can_hold_together(asked):
            return
        names = [statement_name(self._request, self._policies, each.applying.where) for each in statements]
        yield Path(kind=kind, by=tuple(names), when=_unique(text for each in statements for text in _texts(each.open)))

    def _granted(self, grant: Grant) -> Path:
        grantee = grant.grantee_principal or grant.grantee_service_principal
        when = tuple(_constraints(grant)) if grant in self._found.open_grants else ()
        return Path(kind=PathKind.GRANT, by=(f"grant {grant.grant_id} to {grantee}",), when=when)


def _place(where: Determining) -> tuple[Layer, int, int]:
    return where.layer, where.policy, where.index


def _texts(open_: Open) -> tuple[str, ...]:
    return tuple(each if isinstance(each, str) else condition_text(each) for each in open_)


def _unique(texts: Iterable[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(texts))


def _constraints(grant: Grant) -> Iterator[str]:
    """What the grant asks of a request, as conditions are written."""
    for name, value in (grant.encryption_context_subset or {}).items():
        yield f'kms:EncryptionContext:{name} == "{value}"'
    if grant.encryption_context_equals is not None:
        pairs = ", ".join(f'{name} = "{value}"' for name, value in grant.encryption_context_equals.items())
        yield f"the encryption context is exactly {pairs or 'empty'}"
    if grant.source_arn is not None:
        yield f"aws:SourceArn == {grant.source_arn}"
