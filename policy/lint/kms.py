"""What action patterns of AWS KMS stand for, remembered: rules ask it of the same few patterns over and over."""

from functools import lru_cache

from policy.catalogue.actions import action_facts, kms_actions
from policy.operators.action import prepare_action

KMS = "kms"


@lru_cache(maxsize=4096)
def kms_matches(pattern: str) -> frozenset[str]:
    """The actions of AWS KMS that are of an action pattern, in AWS's capitals."""
    if pattern == "*":
        return every_kms_action()
    prefix = pattern.partition(":")[0]
    if prefix.lower() != KMS and "*" not in prefix and "?" not in prefix:
        return frozenset()
    matches = prepare_action(pattern)
    return frozenset(facts.name for facts in kms_actions() if matches(facts.name))


@lru_cache(maxsize=1)
def every_kms_action() -> frozenset[str]:
    """All of them."""
    return frozenset(facts.name for facts in kms_actions())


@lru_cache(maxsize=256)
def carried_by(action: str) -> frozenset[str]:
    """The condition keys that requests for an action of AWS KMS may carry, as patterns."""
    facts = action_facts(action)
    return frozenset(facts.condition_keys) if facts is not None else frozenset()
