"""Policy texts as documents the engine reads, each compiled once: they change seldom and are asked with every call."""

import re
import threading
from collections.abc import Iterable
from dataclasses import dataclass

from keyservice.auth.jwk_set import check_jwk_set
from keyservice.identity.reading import PolicyUse
from policy.evaluate.compiled_document import CompiledDocument, compile_document
from policy.model.document import PolicyDocument, PrincipalKind
from policy.model.reading import PolicyKind, read_policy
from policy.source import Source

# A principal that was deleted stays in the policy as its unique id (IAM User Guide, "Principal": it matches nobody).
_UNIQUE_ID = re.compile(r"A[A-Z]{3}[A-Z0-9]{12,}")

RESOURCE_ALIASES = "kms:resourcealiases"
TRAILING_DAYS = "kms:trailingdayswithoutkeyusage"
COSTLY_KEYS = (RESOURCE_ALIASES, TRAILING_DAYS)
"""Condition keys that are found out only for policies that speak of them: by a query, by reading the trail."""

# Compiled, a policy takes some twenty times its text: at most about 160 MB.
_MOST_TEXT = 8_388_608  # characters


class UnreadablePolicyError(Exception):
    """A stored policy text that cannot be read. Policies are checked before they are stored: this is our fault."""


@dataclass(frozen=True, slots=True, eq=False)
class KnownPolicy:
    """A policy ready to be asked, and which of the keys it speaks of that cost something to find out."""

    compiled: CompiledDocument
    asks_for: frozenset[str]


Known = tuple[KnownPolicy, ...]


class PolicyCache:
    """Policies by their text. One that is not here yet costs a parse: `knows` says so beforehand.

    The oldest leave first, when the texts become too long together.
    """

    def __init__(self, most_text: int = _MOST_TEXT) -> None:
        self._most_text = most_text
        self._policies: dict[str, KnownPolicy] = {}
        self._text = 0
        self._lock = threading.Lock()

    def knows(self, texts: Iterable[str]) -> bool:
        """Whether all of these policies are here."""
        return all(text in self._policies for text in texts)

    def compile(self, texts: Iterable[str]) -> Known:
        """The policies of the texts, parsed where they are not here yet.

        Raises:
            UnreadablePolicyError: a text is no policy.
        """
        return tuple([self._policies.get(text) or self._compile(text) for text in texts])

    def _compile(self, text: str) -> KnownPolicy:
        document = document_of(text)
        # In the document, not in the text: JSON has more than one spelling for a letter.
        spelled = repr(document).lower()
        policy = KnownPolicy(
            compiled=compile_document(document), asks_for=frozenset(key for key in COSTLY_KEYS if key in spelled)
        )
        with self._lock:
            if text not in self._policies:
                self._policies[text] = policy
                self._text += len(text)
            while self._text > self._most_text:
                oldest = next(iter(self._policies))
                del self._policies[oldest]
                self._text -= len(oldest)
        return policy


def document_of(text: str) -> PolicyDocument:
    """The document of a stored policy text.

    Raises:
        UnreadablePolicyError: the text is no policy.
    """
    reading = read_policy(Source("policy", text))
    if reading.document is None:
        raise UnreadablePolicyError
    return reading.document


def check_policy(text: str, name: str, kind: PolicyKind) -> tuple[str, ...]:
    """What is wrong with a JSON policy that someone wants to store: one-line messages with their places."""
    if not text.lstrip().startswith("{"):
        return (f"{name}:1:1: the policy is not a JSON object",)  # the API takes no other spelling
    reading = read_policy(Source(name, text), kind=kind)
    if reading.document is not None:
        return ()
    return tuple(f"{fault.place}: {fault.message}" for fault in reading.diagnostics)


def principals_named(text: str) -> tuple[str, ...]:
    """The AWS principals that a key policy names; not `*`, and not the unique id that a deleted one has left."""
    return tuple(
        entry.value
        for statement in document_of(text).statements
        for entry in (statement.principals.entries if statement.principals else ())
        if entry.kind is PrincipalKind.AWS and entry.value != "*" and not _UNIQUE_ID.fullmatch(entry.value)
    )


def check_identity_policy(text: str, name: str, use: PolicyUse) -> tuple[str, ...]:
    """What is wrong with a policy of an identities file."""
    if use is PolicyUse.JWK_SET:
        return check_jwk_set(text, name)
    return check_policy(text, name, PolicyKind(use.value))
