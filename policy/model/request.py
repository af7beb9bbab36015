"""What is asked: a principal, an action, a resource and the request context.

Source: IAM User Guide, "The components of a request" and "AWS global condition context keys".
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Self

from policy.model.arn import Arn
from policy.model.principal import Principal

_ENCRYPTION_CONTEXT = "kms:encryptioncontext:"


class RequestContext(Mapping[str, tuple[str, ...]]):
    """The context keys of a request and their values; key names are case-insensitive, values are texts.

    A key that holds an empty tuple is present without a value, which `Null` treats as absent.
    """

    __slots__ = ("_spelling", "_values")

    def __init__(self, values: Mapping[str, str | tuple[str, ...] | list[str]] | None = None) -> None:
        """Take a mapping of key to text or texts.

        Raises:
            ValueError: a key occurs twice in different case.
        """
        given = values or {}
        # A comprehension, as a request is built for every decision.
        self._values: dict[str, tuple[str, ...]] = {
            key.lower(): (value,) if isinstance(value, str) else tuple(value) for key, value in given.items()
        }
        self._spelling = tuple(given)
        if len(self._values) != len(self._spelling):
            raise ValueError(f"the context key `{_repeated(self._spelling)}` is given twice")

    @classmethod
    def of_lowered(cls, values: dict[str, tuple[str, ...]]) -> Self:
        """A context of values in tuples under lower-case names: taken as they are, and not copied."""
        context = cls.__new__(cls)
        context._values = values  # noqa: SLF001 - its own class
        context._spelling = tuple(values)  # noqa: SLF001 - likewise
        return context

    def __getitem__(self, key: str) -> tuple[str, ...]:
        return self._values[key.lower()]

    def __iter__(self) -> Iterator[str]:
        return iter(self._values)

    def __len__(self) -> int:
        return len(self._values)

    def lowered(self) -> Mapping[str, tuple[str, ...]]:
        """The values under lower-case names, for callers that have lowered theirs once."""
        return self._values

    def spelled(self) -> Iterator[tuple[str, tuple[str, ...]]]:
        """The keys as they were given, with their values."""
        return zip(self._spelling, self._values.values(), strict=True)

    def __repr__(self) -> str:
        return f"RequestContext({self._values!r})"


def _repeated(keys: tuple[str, ...]) -> str:
    """The first key that says one before it again, in different case."""
    names = [key.lower() for key in keys]
    return next(key for index, key in enumerate(keys) if names[index] in names[:index])


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """One request. `resource` is None for an action on no resource, which policies see as `*`.

    `resource_account` is the account that owns the resource, where its ARN does not say (an S3 bucket), or of the call
    where there is no resource. Grants compare the encryption context with case: it is taken from the context's
    `kms:EncryptionContext:` keys as they are spelled, unless `exact_encryption_context` gives it.
    """

    principal: Principal
    action: str
    resource: Arn | None = None
    resource_account: str | None = None
    context: RequestContext = field(default_factory=RequestContext)
    exact_encryption_context: Mapping[str, str] | None = None

    @property
    def owner(self) -> str | None:
        """The account that owns the resource; None when nothing says."""
        return self.resource_account or (self.resource.account if self.resource else None) or None

    @property
    def encryption_context(self) -> Mapping[str, str]:
        """The encryption context of the request, names with their case; empty when there is none."""
        if self.exact_encryption_context is not None:
            return self.exact_encryption_context
        return {
            key[len(_ENCRYPTION_CONTEXT) :]: values[0]
            for key, values in self.context.spelled()
            if key.lower().startswith(_ENCRYPTION_CONTEXT) and values
        }

    @property
    def resource_text(self) -> str:
        """The resource as policies name it."""
        return str(self.resource) if self.resource else "*"
