"""Our engine on the work: prepared once, then asked with a Request that is built inside the timing."""

from collections.abc import Callable
from dataclasses import dataclass
from itertools import count
from typing import Self

from benchmarks.corpus import ACCOUNT, ACTION, CONTEXT, ROLE, SESSION, WRONG_CONTEXT, Work, key_arn
from policy import Arn, CompiledPolicies, PolicySet, Request, RequestContext, compile_policies, parse, parse_principal

KEY = key_arn()


@dataclass(frozen=True, slots=True)
class Texts:
    """The work as its IAM JSON documents."""

    key_policy: str
    role_policy: str

    @classmethod
    def of(cls, work: Work) -> Self:
        """The documents of a work."""
        return cls(work.key_policy, work.role_policy)


def compile_texts(texts: Texts) -> CompiledPolicies:
    """From IAM JSON to policies that are ready to be asked."""
    return compile_policies(PolicySet(identity=(parse(texts.role_policy),), resource=parse(texts.key_policy)))


def compile_work(work: Work) -> CompiledPolicies:
    """The work, ready to be asked."""
    return compile_texts(Texts.of(work))


def single(engine: CompiledPolicies) -> Callable[[], bool]:
    """One decision, from texts to the answer."""

    def decide() -> bool:
        request = Request(
            principal=parse_principal(SESSION),
            action=ACTION,
            resource=Arn.parse(KEY),
            context=RequestContext(CONTEXT),
        )
        return engine.decide(request).is_allowed

    return decide


def batch(engine: CompiledPolicies, size: int) -> Callable[[], list[bool]]:
    """So many decisions in one call; every other one in a context that is not allowed."""

    def decide() -> list[bool]:
        requests = (
            Request(
                principal=parse_principal(SESSION),
                action=ACTION,
                resource=Arn.parse(KEY),
                context=RequestContext(WRONG_CONTEXT if number % 2 else CONTEXT),
            )
            for number in range(size)
        )
        return [decision.is_allowed for decision in engine.decide_many(requests)]

    return decide


def newcomer(engine: CompiledPolicies) -> Callable[[], bool]:
    """One decision for an instance that never asked before: nothing is remembered, so the indexes are searched."""
    numbers = count()

    def decide() -> bool:
        request = Request(
            principal=parse_principal(f"arn:aws:sts::{ACCOUNT}:assumed-role/{ROLE}/i-{next(numbers):017x}"),
            action=ACTION,
            resource=Arn.parse(KEY),
            context=RequestContext(CONTEXT),
        )
        return engine.decide(request).is_allowed

    return decide
