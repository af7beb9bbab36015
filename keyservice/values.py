"""Values that are made for every call: frozen to the type checker, as every value here, but made in half the time.

A frozen dataclass assigns each field through a call; with a hundred fields a request that is a tenth of its cost
(`benchmarks/service.py`). Values that are kept or shared are ordinary frozen dataclasses.
"""

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, TypeVar, dataclass_transform

T = TypeVar("T")

if TYPE_CHECKING:

    @dataclass_transform(frozen_default=True, kw_only_default=True, field_specifiers=(field,))
    def call_value(cls: type[T]) -> type[T]:
        """Make a class of a value that lives as long as its call."""
        ...

else:
    call_value = dataclass(slots=True, kw_only=True)
