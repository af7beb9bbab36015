"""The compiled engine against its definition: `python -m tests.laws.engine --examples 100000`."""

import argparse
import sys
from collections import Counter
from dataclasses import replace
from unittest import mock

from hypothesis import HealthCheck, given, settings

from policy.evaluate import index, reference
from policy.evaluate.compiled import compile_policies
from policy.model.request import Request
from tests.laws.strategies import Situation, situations


def disagreements(situation: Situation) -> list[Request]:
    """The requests that the compiled engine decides otherwise than the reference."""
    policies, asked = situation
    repeated = [
        replace(request, context=context) for request, others in asked for context in (request.context, *others)
    ]
    expected = [reference.decide(request, policies) for request in repeated]
    wrong: list[Request] = []
    # Generated documents have few statements, for which the engine would ask one index only: it must try all, too.
    for few in (0, index.FEW):
        with mock.patch.object(index, "FEW", few):
            compiled = compile_policies(policies)
            # Twice, so that what the engine remembers is asked too.
            for request, decision in (*zip(repeated, expected, strict=True),) * 2:
                if compiled.decide(request) != decision:
                    wrong.append(request)
    return wrong


def main() -> int:
    """Try as many examples as are asked for; exit status 1 and the smallest counterexample if the engines disagree."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--examples", type=int, default=100_000)
    count = parser.parse_args().examples
    outcomes: Counter[str] = Counter()

    @settings(max_examples=count, deadline=None, database=None, suppress_health_check=list(HealthCheck))
    @given(situations)
    def compiled_equals_reference(situation: Situation) -> None:
        policies, asked = situation
        for request, _ in asked:
            decision = reference.decide(request, policies)
            outcomes[f"{decision.outcome}{f' ({decision.missing})' if decision.missing else ''}"] += 1
        assert [] == disagreements(situation)

    compiled_equals_reference()
    print(f"{count} examples, the compiled engine decides as the reference does:")
    for outcome, number in outcomes.most_common():
        print(f"  {number:>8} {outcome}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
