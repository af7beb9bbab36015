"""Scenario files and Markdown pages: found, read and built, with all that is wrong with them."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from policy.diagnostics import Diagnostic, Severity
from policy.scenario.build import build
from policy.scenario.library import Library
from policy.scenario.lines import read_lines
from policy.scenario.markdown import blocks_of, has_scenario
from policy.scenario.model import Scenario
from policy.source import Source
from policy.syntax.faults import Faults
from policy.syntax.reading import without_mark

SCENARIO_SUFFIX = ".scenario"
MARKDOWN_SUFFIXES = (".md", ".markdown")


@dataclass(frozen=True, slots=True)
class Loaded:
    """The scenarios of a file, and its diagnostics; with an error among them, the scenarios are not to be trusted.

    `policies` are the files of the policies that it names, whether they are there or not.
    """

    scenarios: tuple[Scenario, ...]
    diagnostics: tuple[Diagnostic, ...]
    policies: tuple[Path, ...] = ()

    @property
    def has_errors(self) -> bool:
        """Whether anything is wrong with the file or its policies."""
        return any(diagnostic.severity is Severity.ERROR for diagnostic in self.diagnostics)


def load_file(path: Path) -> Loaded:
    """Load a scenario file, or the scenario blocks of a Markdown page.

    Raises:
        OSError: the file cannot be read.
        UnicodeDecodeError: it is not UTF-8.
    """
    source = without_mark(Source(str(path), path.read_text(encoding="utf-8")))
    return load_page(source, path.parent) if path.suffix in MARKDOWN_SUFFIXES else load_text(source, path.parent)


def load_text(source: Source, directory: Path) -> Loaded:
    """Load a scenario from its text; policies are looked for in the directory."""
    return _load(source, Library(directory), Path(source.name).stem)


def load_page(page: Source, directory: Path) -> Loaded:
    """Load the scenario blocks of a Markdown page; policies are its own blocks, or looked for in the directory."""
    blocks = list(blocks_of(page))
    library = Library(directory, {block.file: block.source for block in blocks if block.file})
    loaded = [_load(block.source, library, block.heading) for block in blocks if block.language == "scenario"]
    return Loaded(
        tuple(scenario for each in loaded for scenario in each.scenarios),
        tuple(dict.fromkeys(diagnostic for each in loaded for diagnostic in each.diagnostics)),
        tuple(dict.fromkeys(library.tried)),
    )


def find_files(paths: Iterable[Path]) -> Iterator[Path]:
    """The files to run: those given, and of a directory every scenario file and every page with scenario blocks."""
    for path in paths:
        if path.is_dir():
            yield from sorted(found for found in path.rglob("*") if _runs(found))
        else:
            yield path


def _runs(path: Path) -> bool:
    if path.suffix == SCENARIO_SUFFIX:
        return path.is_file()
    return path.suffix in MARKDOWN_SUFFIXES and path.is_file() and has_scenario(path.read_text("utf-8", "replace"))


def _load(source: Source, library: Library, title: str) -> Loaded:
    faults = Faults(source)
    built = build(title, read_lines(source, faults), library, faults)
    policies = tuple(dict.fromkeys(library.tried))
    return Loaded(tuple(built.scenarios), (*faults.diagnostics, *built.diagnostics), policies)
