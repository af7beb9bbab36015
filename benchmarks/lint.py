"""How long linting takes, beside parliament: `python -m benchmarks.lint [--count N] [DIRECTORY]`.

Without a directory of policies in IAM JSON it takes AWS's managed policies, which moto carries.
"""

import argparse
import json
import time
from collections.abc import Callable
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path

from policy.lint.project import Options, lint_source
from policy.source import Source


def managed_policies() -> list[str]:
    """AWS's managed policies, as JSON."""
    data = json.loads(import_module("moto.iam.aws_managed_policies").aws_managed_policies_data)
    return [json.dumps(policy["Document"], indent=2) for policy in data.values()]


def lint_all(texts: list[str]) -> int:
    options = Options()
    return sum(len(lint_source(Source("policy.json", text), options).findings) for text in texts)


def analyze_all(texts: list[str]) -> int:
    """The same with parliament, which stops at what it does not understand."""
    parliament = import_module("parliament")
    found = 0
    for text in texts:
        try:
            found += len(parliament.analyze_policy_string(text).findings)
        except Exception:  # it raises whatever it stumbles over
            found += 1
    return found


def measure(run: Callable[[list[str]], int], texts: list[str]) -> tuple[float, int]:
    """Seconds of processor time, without the first policy, and the number of findings."""
    run(texts[:1])
    start = time.process_time()
    found = run(texts)
    return time.process_time() - start, found


def main() -> None:
    """Print a line for each linter."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("directory", nargs="?", type=Path)
    parser.add_argument("--count", type=int, default=1_000)
    arguments = parser.parse_args()
    if arguments.directory:
        texts = [path.read_text() for path in sorted(arguments.directory.glob("**/*.json"))]
    else:
        texts = managed_policies()
    texts = texts[: arguments.count]
    linters = {"wardkey": lint_all}
    if find_spec("parliament"):
        linters["parliament"] = analyze_all
    for name, run in linters.items():
        seconds, found = measure(run, texts)
        each = seconds / len(texts) * 1e6
        print(f"{name:<12} {len(texts)} policies  {seconds:6.2f} s  {each:8.0f} µs each  {found} findings")


if __name__ == "__main__":
    main()
