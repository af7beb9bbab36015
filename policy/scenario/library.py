"""The policies that a scenario names: files relative to it, or named blocks of the Markdown file that it stands in."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from policy.model.reading import PolicyKind, Reading, locate, read_policy
from policy.source import Source


@dataclass(frozen=True, slots=True)
class Library:
    """Finds and reads policies by the names that scenarios give them."""

    directory: Path
    blocks: Mapping[str, Source] = field(default_factory=dict)
    tried: list[Path] = field(default_factory=list, compare=False)
    """The files that were looked for, also those that are not there."""

    def read(self, name: str, kind: PolicyKind) -> Reading:
        """Read a policy, with the positions of its statements.

        Raises:
            OSError: there is no such file, or it cannot be read.
            ValueError: it is not UTF-8, or no file can have such a name.
        """
        source = self.blocks.get(name) or self._file(name)
        reading = read_policy(source, kind=kind)
        document = locate(reading.document) if reading.document else None
        return Reading(document, reading.diagnostics)

    def _file(self, name: str) -> Source:
        path = self.directory / name
        self.tried.append(path)
        return Source(str(path), path.read_text(encoding="utf-8"))
