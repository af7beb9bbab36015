"""The actions of AWS KMS: access level, resource types, condition keys.

Source: Service Authorization Reference, "Actions, resources, and condition keys for AWS Key Management Service".
"""

from dataclasses import dataclass
from enum import StrEnum
from functools import cache

from policy.catalogue.data import load_catalogue


class AccessLevel(StrEnum):
    """How AWS classes an action. Where the reference gives two, this is the more telling one, never bare Write."""

    LIST = "List"
    READ = "Read"
    WRITE = "Write"
    PERMISSIONS_MANAGEMENT = "Permissions management"
    TAGGING = "Tagging"


@dataclass(frozen=True, slots=True, kw_only=True)
class ActionFacts:
    """What is known of an action.

    `resource_types` are `key` and `alias`, all of them required; none means that policies see `*`. `condition_keys` are
    the action's own and those of its resource types, as patterns where an author chooses names (see `keys`).
    """

    name: str
    access_level: AccessLevel
    resource_types: tuple[str, ...]
    condition_keys: tuple[str, ...]


def kms_actions() -> tuple[ActionFacts, ...]:
    """All actions of AWS KMS, by name."""
    return tuple(_by_name().values())


def action_facts(name: str) -> ActionFacts | None:
    """The facts of an action (`kms:Decrypt`), its name in any case; None for an action that is not known."""
    return _by_name().get(name.lower())


@cache
def cryptographic_actions() -> frozenset[str]:
    """The actions that use key material, whatever the key spec.

    They are the writing actions on keys that carry kms:RequestAlias, which is the key of cryptographic operations and
    of two that read (KMS Developer Guide, "kms:RequestAlias").
    """
    return frozenset(
        facts.name
        for facts in kms_actions()
        if "key" in facts.resource_types
        and facts.access_level is AccessLevel.WRITE
        and "kms:RequestAlias" in facts.condition_keys
    )


@cache
def _by_name() -> dict[str, ActionFacts]:
    catalogue = load_catalogue()
    facts: dict[str, ActionFacts] = {}
    for name, entry in catalogue["actions"].items():
        of_resources = [key for each in entry["resources"] for key in catalogue["resource_types"][each]["keys"]]
        facts[name.lower()] = ActionFacts(
            name=name,
            access_level=AccessLevel(entry["access"]),
            resource_types=tuple(entry["resources"]),
            condition_keys=tuple(dict.fromkeys([*entry["keys"], *of_resources])),
        )
    return facts
