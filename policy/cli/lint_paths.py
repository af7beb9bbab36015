"""The files that paths, directories and globs stand for, and which of a directory's files may hold policies."""

import re
from collections.abc import Iterable, Iterator
from glob import glob, has_magic
from pathlib import Path

from policy.cli.files import STDIN
from policy.source import Source

_SUFFIXES = frozenset({".json", ".policy", ".template", ".yaml", ".yml"})

# Directories that hold other people's files.
_SKIPPED = frozenset({"node_modules", "__pycache__", "venv"})

# What a policy, whole or broken, has a word of. Package manifests and the like have none.
_WORDS = re.compile(r"""["']?(?:Statement|Effect|PolicyDocument)["']?\s*:|\\"Statement\\"|"Version"\s*:\s*"20""")


class PathError(ValueError):
    """A glob that stands for no file; says so."""


def find_paths(paths: Iterable[str]) -> list[str]:
    """The files, in order, none twice."""
    found: dict[str, None] = {}
    for path in paths:
        found.update(dict.fromkeys(_expand(path)))
    return list(found)


def _expand(path: str) -> Iterator[str]:
    if path == STDIN:
        yield path
    elif Path(path).is_dir():
        yield from _in_directory(Path(path))
    elif has_magic(path) and not Path(path).exists():
        # Path.glob takes no absolute pattern.
        found = glob(path, recursive=True)  # noqa: PTH207 - see above
        matches = sorted(match for match in found if Path(match).is_file())
        if not matches:
            raise PathError(f"`{path}` stands for no file")
        yield from matches
    else:
        yield path


def _in_directory(directory: Path) -> Iterator[str]:
    """The files of a directory and those below it that have a suffix of policies; hidden ones are passed over."""
    for entry in sorted(directory.iterdir()):
        if entry.name.startswith(".") or entry.name in _SKIPPED:
            continue
        if entry.is_dir():
            if not entry.is_symlink():
                yield from _in_directory(entry)
        # A pipe or a device would be waited for.
        elif entry.suffix.lower() in _SUFFIXES and not (entry.is_fifo() or entry.is_socket() or entry.is_char_device()):
            yield str(entry)


def may_be_policy(source: Source) -> bool:
    """Whether a file of a directory is taken for one with policies."""
    return source.name.endswith(".policy") or _WORDS.search(source.text) is not None
