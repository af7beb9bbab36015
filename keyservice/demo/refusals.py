"""Why one of the demo's linked services does not do what it is asked, in the spelling of the service.

What the key service says against it, the caller is told in the key service's words: it is the caller's permission that
is missing, or the caller's key that is disabled.
"""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass

from botocore.exceptions import BotoCoreError, ClientError, ParamValidationError

from keyservice.linked import CallerRequest, ForwardAccessSession, ForwardingError, LinkedService

Spelling = tuple[str, int]
"""An error code and an HTTP status."""

_LATE = ("Signature expired", "Signature not yet current")
_MALFORMED = ("ValidationException", "SerializationException")  # said of what was passed on, before it is verified


class Refusal(Exception):  # noqa: N818 - an answer to the caller, not a fault of ours
    """What the caller is told instead of a result."""

    def __init__(self, code: str, message: str, status: int = 400) -> None:
        super().__init__(f"{code}: {message}")
        self.code = code
        self.message = message
        self.status = status


@dataclass(frozen=True, slots=True, kw_only=True)
class Spellings:
    """How a service spells what others say: about the caller's signature, and about the KMS key.

    `late` is said to a signature of another time than now, `malformed` to a head that no client sends; `other` spells
    the errors of KMS that `of_kms` has no row for.
    """

    of_signature: Mapping[str, Spelling]
    late: Spelling
    malformed: Spelling
    of_kms: Mapping[str, Spelling]
    other: Callable[[str], Spelling]
    unavailable: Spelling
    internal: Spelling

    def caller(self, linked: LinkedService, request: CallerRequest) -> ForwardAccessSession:
        """Who signed the request, as the key service verified it, and the means to call on behalf of that caller.

        Raises:
            Refusal: the signature is not the caller's, is late, or is for another service or region.
        """
        try:
            return linked.on_behalf_of(request)
        except ForwardingError as error:
            raise self._of_forwarding(error) from error
        except ParamValidationError as error:
            raise self._malformed() from error
        except BotoCoreError as error:
            raise self._unavailable() from error

    @contextmanager
    def of_calls(self) -> Iterator[None]:
        """What the key service refuses in the block, as a Refusal."""
        try:
            yield
        except ClientError as error:
            raise self._of_call(error) from error
        except BotoCoreError as error:
            raise self._unavailable() from error

    def _of_forwarding(self, error: ForwardingError) -> Refusal:
        if error.code in _MALFORMED:
            return self._malformed()
        if not error.of_caller:  # what is wrong between the services is none of the caller's business
            return Refusal(self.internal[0], "We encountered an internal error. Please try again.", self.internal[1])
        code, status = self.of_signature.get(error.code, self.of_signature["InvalidSignatureException"])
        if error.message.startswith(_LATE):
            code, status = self.late
        return Refusal(code, error.message, status)

    def _of_call(self, error: ClientError) -> Refusal:
        code, message = error.response["Error"]["Code"], error.response["Error"].get("Message", "")
        if error.response["ResponseMetadata"]["HTTPStatusCode"] >= 500:
            return self._unavailable()
        spelled, status = self.of_kms.get(code) or self.other(code)
        return Refusal(spelled, message, status)

    def _malformed(self) -> Refusal:
        return Refusal(self.malformed[0], "The head of the request cannot be read.", self.malformed[1])

    def _unavailable(self) -> Refusal:
        return Refusal(self.unavailable[0], "The key service does not answer. Please try again.", self.unavailable[1])
