"""Policy texts that the policy simulator is given, and those that principals have, as documents the engine reads."""

from collections.abc import Iterable

from keyservice.authorize.attached import AttachedPolicy
from keyservice.errors import IAM_INVALID_INPUT, POLICY_EVALUATION
from policy.model.document import PolicyDocument
from policy.model.reading import PolicyKind, locate, read_policy
from policy.source import Source


def check_texts(name: str, texts: Iterable[str]) -> None:
    """Refuse policies that are no JSON objects: the API takes no other spelling.

    Raises:
        ServiceError: InvalidInput.
    """
    for number, text in enumerate(texts, start=1):
        _check_text(f"{name}.{number}", text)


def _check_text(name: str, text: str) -> None:
    if not text.lstrip().startswith("{"):
        raise IAM_INVALID_INPUT(detail=f"{name}:1:1: the policy is not a JSON object")


def given_documents(name: str, texts: Iterable[str]) -> tuple[PolicyDocument, ...]:
    """The documents of policies that a call brings.

    Raises:
        ServiceError: InvalidInput, with every fault of the first that cannot be read.
    """
    found = []
    for number, text in enumerate(texts, start=1):
        _check_text(f"{name}.{number}", text)
        reading = read_policy(Source(f"{name}.{number}", text), kind=PolicyKind.IDENTITY)
        if reading.document is None:
            told = "; ".join(f"{each.place}: {each.message}" for each in reading.diagnostics)
            raise IAM_INVALID_INPUT(detail=told)
        found.append(reading.document)
    return tuple(found)


def attached_documents(attached: Iterable[AttachedPolicy]) -> tuple[PolicyDocument, ...]:
    """The documents of policies that a principal has, each under its identifier.

    Raises:
        ServiceError: PolicyEvaluation. They were checked before they were stored, so that this is nobody's input.
    """
    found = []
    for policy in attached:
        reading = read_policy(Source(policy.source_id, policy.document))
        if reading.document is None:
            raise POLICY_EVALUATION(detail=f"The policy {policy.source_id} cannot be evaluated.")
        found.append(locate(reading.document))
    return tuple(found)
