"""README's examples, run: the commands on the examples and a real service, the Python as it stands and type-checked."""

import os
import re
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
README = (ROOT / "README.md").read_text(encoding="utf-8")

BLOCK = re.compile(r"^```(\w+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
BLOCKS = [(match[1], match[2]) for match in BLOCK.finditer(README)]


def sessions() -> list[list[tuple[str, str]]]:
    """Each console block as commands, every one with the output it is expected to print."""
    found = []
    for language, text in BLOCKS:
        if language == "console":
            parts = re.split(r"^\$ ", text, flags=re.MULTILINE)[1:]
            found.append([tuple(part.split("\n", 1)) for part in parts])
    return found


@pytest.fixture(scope="module")
def workplace(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Path, dict[str, str]]]:
    """A directory with the examples in it, and an environment that points `aws` at a running service."""
    place = tmp_path_factory.mktemp("readme")
    (place / "examples").symlink_to(ROOT / "examples")
    data = place / "wardkey-data"
    environment = {name: value for name, value in os.environ.items() if not name.startswith("AWS_")}
    environment |= {
        "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
        "AWS_CONFIG_FILE": str(data / "aws" / "config"),
        "AWS_SHARED_CREDENTIALS_FILE": str(data / "aws" / "credentials"),
        "AWS_PAGER": "",
        "AWS_EC2_METADATA_DISABLED": "true",
    }
    command = [sys.executable, "-u", "-m", "keyservice.cli.main", "serve", "--data", str(data), "--port", "0"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=ROOT) as service:
        try:
            line = service.stdout.readline() if service.stdout else ""
            assert line.startswith("Wardkey key service: ")
            time.sleep(0.2)
            yield place, environment
        finally:
            service.terminate()


@pytest.mark.parametrize("session", sessions(), ids=lambda session: session[0][0][:40])
def test_every_command_prints_what_the_readme_says(
    session: list[tuple[str, str]], workplace: tuple[Path, dict[str, str]]
) -> None:
    place, environment = workplace
    for command, expected in session:
        done = subprocess.run(
            ["bash", "-c", command], cwd=place, env=environment, capture_output=True, text=True, check=False
        )
        printed = done.stdout + done.stderr
        if done.returncode:
            printed += f"[exit {done.returncode}]\n"
        assert re.fullmatch(as_pattern(expected), printed, re.DOTALL), f"$ {command}\n{printed}"


def as_pattern(expected: str) -> str:
    """`...` in an expected output stands for anything."""
    return ".*".join(re.escape(part) for part in expected.split("..."))


@pytest.mark.parametrize("code", [text for language, text in BLOCKS if language == "python"])
def test_the_python_runs_and_is_well_typed(code: str, tmp_path: Path) -> None:
    program = tmp_path / "example.py"
    program.write_text(code, encoding="utf-8")
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "MYPYPATH": str(ROOT)}
    for command in ([sys.executable, str(program)], [sys.executable, "-m", "mypy", "--strict", str(program)]):
        done = subprocess.run(command, env=environment, cwd=tmp_path, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stdout + done.stderr


def test_the_operations_that_the_readme_names_are_those_that_there_are() -> None:
    from keyservice.operations.registry import OPERATIONS

    section = README.split("### What it answers")[1].split("Symmetric keys")[0]
    assert {name for _, name in OPERATIONS} == set(re.findall(r"\b[A-Z][a-zA-Z]+[a-z][A-Z]?[a-zA-Z]*\b", section))


def test_the_demo_tells_its_story_to_the_end() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "keyservice.cli.main", "demo", "--once"],
        cwd=ROOT, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert "An EC2 instance role decrypts, and nobody else does." in done.stdout
