"""What `[tool.wardkey]` of a pyproject.toml says of linting: `select`, `ignore` and `per-file-ignores`."""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from pathlib import Path, PurePath
from typing import Any

from policy.source import Source

FILE_NAME = "pyproject.toml"


class ConfigError(ValueError):
    """A configuration that cannot be used; says why."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Config:
    """The configuration; without a file it is empty. Patterns of files are relative to `directory`."""

    select: tuple[str, ...] = ()
    ignore: tuple[str, ...] = ()
    per_file_ignores: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    directory: str = "."
    source: Source | None = field(default=None, repr=False)

    def ignored_for(self, path: str) -> tuple[tuple[str, str], ...]:
        """The pairs of pattern and selector that are about a file."""
        if not self.per_file_ignores:
            return ()
        absolute, directory = Path(path).resolve(), Path(self.directory).resolve()
        relative = absolute.relative_to(directory).as_posix() if absolute.is_relative_to(directory) else path
        return tuple(
            (pattern, selector)
            for pattern, selectors in self.per_file_ignores.items()
            if fnmatchcase(relative, pattern) or fnmatchcase(PurePath(relative).name, pattern)
            for selector in selectors
        )


def find_config(start: Path) -> Config:
    """The configuration of the nearest pyproject.toml above a directory that has a `[tool.wardkey]` table."""
    for directory in (start.resolve(), *start.resolve().parents):
        file = directory / FILE_NAME
        if file.is_file():
            config = _read(file)
            if config is not None:
                return config
    return Config()


def _read(file: Path) -> Config | None:
    try:
        text = file.read_text(encoding="utf-8")
        table = tomllib.loads(text).get("tool", {}).get("wardkey")
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise ConfigError(f"`{file}` cannot be read: {error}") from None
    if table is None:
        return None
    known = {"select", "ignore", "per-file-ignores"}
    if unknown := sorted(table.keys() - known):
        raise ConfigError(
            f"`{file}`: `{unknown[0]}` is no setting of [tool.wardkey], expected {', '.join(sorted(known))}"
        )
    per_file = table.get("per-file-ignores", {})
    if not isinstance(per_file, dict):
        raise ConfigError(f"`{file}`: `per-file-ignores` is a table of file patterns, each with a list of codes")
    return Config(
        select=_codes(file, table, "select"),
        ignore=_codes(file, table, "ignore"),
        per_file_ignores={pattern: _codes(file, per_file, pattern) for pattern in per_file},
        directory=str(file.parent),
        source=Source(str(file), text),
    )


def _codes(file: Path, table: Mapping[str, Any], name: str) -> tuple[str, ...]:
    codes = table.get(name, [])
    if not isinstance(codes, list) or not all(isinstance(code, str) for code in codes):
        raise ConfigError(f"`{file}`: `{name}` is a list of rule codes")
    return tuple(codes)
