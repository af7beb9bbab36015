"""The life of a key as a table of transitions; README's diagram and its table of states are printed from here.

Source: KMS Developer Guide, "Key states of AWS KMS keys".
"""

from collections.abc import Iterator
from dataclasses import dataclass

from keyservice.model.key import KeyState
from keyservice.model.states import StateRule, refusal_in


@dataclass(frozen=True, slots=True)
class Transition:
    """A way from one state to another, and what takes a key there; None is before it was made, or after its end."""

    before: KeyState | None
    after: KeyState | None
    by: str


_S = KeyState

TRANSITIONS = (
    Transition(None, _S.ENABLED, "CreateKey, ReplicateKey"),
    Transition(None, _S.PENDING_IMPORT, "CreateKey, ReplicateKey (origin EXTERNAL)"),
    Transition(_S.ENABLED, _S.DISABLED, "DisableKey"),
    Transition(_S.DISABLED, _S.ENABLED, "EnableKey"),
    Transition(_S.PENDING_IMPORT, _S.ENABLED, "ImportKeyMaterial"),
    Transition(_S.ENABLED, _S.PENDING_IMPORT, "DeleteImportedKeyMaterial, or it expires"),
    Transition(_S.DISABLED, _S.PENDING_IMPORT, "DeleteImportedKeyMaterial, or it expires"),
    # A key that its custom key store takes out of use comes back as it was.
    Transition(_S.ENABLED, _S.UNAVAILABLE, "DisconnectCustomKeyStore"),
    Transition(_S.DISABLED, _S.UNAVAILABLE, "DisconnectCustomKeyStore"),
    Transition(_S.UNAVAILABLE, _S.ENABLED, "ConnectCustomKeyStore"),
    Transition(_S.UNAVAILABLE, _S.DISABLED, "ConnectCustomKeyStore"),
    Transition(_S.ENABLED, _S.PENDING_DELETION, "ScheduleKeyDeletion"),
    Transition(_S.DISABLED, _S.PENDING_DELETION, "ScheduleKeyDeletion"),
    Transition(_S.PENDING_IMPORT, _S.PENDING_DELETION, "ScheduleKeyDeletion"),
    Transition(_S.UNAVAILABLE, _S.PENDING_DELETION, "ScheduleKeyDeletion"),
    Transition(_S.ENABLED, _S.PENDING_REPLICA_DELETION, "ScheduleKeyDeletion (a primary with replicas)"),
    Transition(_S.DISABLED, _S.PENDING_REPLICA_DELETION, "ScheduleKeyDeletion (a primary with replicas)"),
    Transition(_S.PENDING_IMPORT, _S.PENDING_REPLICA_DELETION, "ScheduleKeyDeletion (a primary with replicas)"),
    Transition(_S.PENDING_REPLICA_DELETION, _S.PENDING_DELETION, "its last replica is deleted"),
    Transition(_S.PENDING_REPLICA_DELETION, _S.DISABLED, "CancelKeyDeletion"),
    Transition(_S.PENDING_REPLICA_DELETION, _S.PENDING_IMPORT, "CancelKeyDeletion (imported material is missing)"),
    Transition(_S.PENDING_DELETION, _S.DISABLED, "CancelKeyDeletion"),
    Transition(_S.PENDING_DELETION, _S.PENDING_IMPORT, "CancelKeyDeletion (imported material is missing)"),
    Transition(_S.PENDING_DELETION, None, "the waiting period ends"),
)

# Of these two, AWS's keys are found in for moments; here every change is complete when it is answered.
_MOMENTARY = (_S.CREATING, _S.UPDATING)
COLUMNS = tuple(state for state in KeyState if state not in _MOMENTARY)
_SHORT = {"DisabledException": "Disabled", "KMSInvalidStateException": "InvalidState"}


def printed() -> str:
    """README's block: the diagram, in Mermaid's notation, and the table of what each state lets through."""
    return "\n".join([*_diagram(), "", *_table()])


def _diagram() -> Iterator[str]:
    yield "```mermaid"
    yield "stateDiagram-v2"
    for transition in TRANSITIONS:
        yield f"  {transition.before or '[*]'} --> {transition.after or '[*]'}: {transition.by}"
    yield "```"


def _table() -> Iterator[str]:
    yield f"| what an operation does | {' | '.join(COLUMNS)} |"
    yield f"|---|{'---|' * len(COLUMNS)}"
    for rule in StateRule:
        yield f"| {rule} | {' | '.join(_cell(rule, state) for state in COLUMNS)} |"


def _cell(rule: StateRule, state: KeyState) -> str:
    refusal = refusal_in(rule, state)
    return "ok" if refusal is None else _SHORT.get(refusal.code, refusal.code)


if __name__ == "__main__":
    print(printed())
