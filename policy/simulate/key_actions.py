"""The actions that a matrix or a question about a key is made of: names, patterns and classes, as actions on keys.

Source: Service Authorization Reference, "Actions, resources, and condition keys for AWS Key Management Service".
"""

from collections.abc import Iterable

from policy.catalogue.actions import AccessLevel, ActionFacts, cryptographic_actions, kms_actions
from policy.catalogue.classes import ACTION_CLASSES
from policy.operators.action import action_matches
from policy.simulate.members import InputError
from policy.syntax.faults import clip, did_you_mean, one_of

_READING = (AccessLevel.LIST, AccessLevel.READ)


def key_actions(patterns: Iterable[str]) -> tuple[str, ...]:
    """The actions on keys that names, patterns (`kms:Re*`) and classes (`@usage`) stand for, without repetition.

    Raises:
        InputError: one of them stands for no action on a key.
    """
    found: dict[str, None] = {}
    for pattern in patterns:
        for action in _actions_of(pattern.strip()):
            found.setdefault(action)
    return tuple(found)


def administration_actions() -> tuple[str, ...]:
    """What makes an administrator: the actions of the class that change something; to describe a key does not."""
    return tuple(each.name for each in _of_class("administration") if each.access_level not in _READING)


def usage_actions() -> tuple[str, ...]:
    """What makes a user of a key: its cryptographic operations, whatever its key spec.

    The default key policy's usage class is that of symmetric encryption keys, and comes first.
    """
    own = [each.name for each in _of_class("usage") if each.access_level not in _READING]
    return (*own, *sorted(cryptographic_actions().difference(own)))


def _actions_of(pattern: str) -> list[str]:
    if pattern.startswith("@"):
        if pattern[1:] not in ACTION_CLASSES:
            known = [f"@{name}" for name in ACTION_CLASSES]
            raise InputError(f"`{clip(pattern)}` is no class of actions, expected {one_of(known)}")
        return [each.name for each in _of_class(pattern[1:])]
    found = [each.name for each in _on_keys() if action_matches(pattern, each.name)]
    if not found:
        hint = did_you_mean(pattern, [each.name for each in _on_keys()])
        raise InputError(f"`{clip(pattern)}` is no action on a KMS key{f'; {hint}' if hint else ''}")
    return found


def _of_class(name: str) -> list[ActionFacts]:
    patterns = ACTION_CLASSES[name]
    return [each for each in _on_keys() if any(action_matches(pattern, each.name) for pattern in patterns)]


def _on_keys() -> list[ActionFacts]:
    return [each for each in kms_actions() if "key" in each.resource_types]
