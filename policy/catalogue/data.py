"""The catalogue's data file: actions, resource types and condition keys of AWS KMS, and the global condition keys.

`kms.json` says where each part of it comes from, and of which date.
"""

import json
from functools import cache
from importlib.resources import files
from typing import TypedDict, cast


class ActionEntry(TypedDict):
    """One action, as the file has it."""

    access: str
    resources: list[str]
    keys: list[str]


class ResourceTypeEntry(TypedDict):
    """One resource type, as the file has it."""

    arn: str
    keys: list[str]


class KeyEntry(TypedDict, total=False):
    """One condition key, as the file has it; `last` is the greatest number that `#` stands for."""

    type: str
    multivalued: bool
    last: int


class Catalogue(TypedDict):
    """The whole file."""

    actions: dict[str, ActionEntry]
    resource_types: dict[str, ResourceTypeEntry]
    kms_keys: dict[str, KeyEntry]
    global_keys: dict[str, KeyEntry]


@cache
def load_catalogue() -> Catalogue:
    """Read the data file, once."""
    return cast("Catalogue", json.loads(files("policy.catalogue").joinpath("kms.json").read_bytes()))
