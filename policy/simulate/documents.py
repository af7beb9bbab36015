"""Policy documents of a table, each read once however many lines repeat it."""

import json
from functools import lru_cache

from policy.diagnostics import render
from policy.model.arn import Arn
from policy.model.document import PolicyDocument
from policy.model.reading import PolicyKind, read_document
from policy.simulate.members import InputError, kind_of

# A table of a million lines must not keep a million policies.
_MOST_KEPT = 1024


class Documents:
    """Reads documents, and keeps those it has read under their canonical JSON."""

    def __init__(self) -> None:
        self._read = lru_cache(_MOST_KEPT)(_read)

    def read(self, value: object, *, name: str, kind: PolicyKind) -> PolicyDocument:
        """The document that a decoded JSON value is.

        Raises:
            InputError: it is unusable; the message holds every fault.
        """
        if not isinstance(value, dict):
            raise InputError(f"{name} is {kind_of(value)}, expected a policy document")
        return self._read(json.dumps(value, sort_keys=True), name, kind)


def resource_kind(resource: Arn | None) -> PolicyKind:
    """The kind of policy that a resource has."""
    if resource is not None and resource.is_kms_key:
        return PolicyKind.KEY
    if resource is not None and resource.is_iam_role:
        return PolicyKind.TRUST
    return PolicyKind.RESOURCE


def _read(canonical: str, name: str, kind: PolicyKind) -> PolicyDocument:
    reading = read_document(json.loads(canonical), name=name, kind=kind)
    if reading.document is None:
        raise InputError("\n".join(render(diagnostic) for diagnostic in reading.diagnostics))
    return reading.document
