"""How times and memory are taken: the best of several runs, as everything that disturbs a run makes it slower."""

import gc
import tracemalloc
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from time import perf_counter
from typing import TypeVar

Result = TypeVar("Result")


def seconds_per_call(call: Callable[[], object], *, budget: float, repeats: int = 5) -> float:
    """The time of one call, in seconds: the best of several runs that together take about the budget, in seconds."""
    started = perf_counter()
    call()
    once = max(perf_counter() - started, 1e-7)
    number = max(1, int(budget / repeats / once))
    with _alone():
        return min(_run(call, number) for _ in range(repeats)) / number


def seconds_once(call: Callable[[], object], *, repeats: int) -> float:
    """The time of a long call, in seconds: the best of several."""
    best = float("inf")
    for _ in range(repeats):
        with _alone():
            best = min(best, _run(call, 1))
    return best


@contextmanager
def _alone() -> Iterator[None]:
    """Set aside what lives already, so that no engine pays for walks through the objects of the others."""
    gc.collect()
    gc.freeze()
    try:
        yield
    finally:
        gc.unfreeze()


def peak_bytes(call: Callable[[], Result]) -> tuple[Result, int]:
    """What a call gives, and the greatest memory it held meanwhile, in bytes."""
    gc.collect()
    tracemalloc.start()
    try:
        result = call()
        return result, tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


def _run(call: Callable[[], object], number: int) -> float:
    started = perf_counter()
    for _ in range(number):
        call()
    return perf_counter() - started
