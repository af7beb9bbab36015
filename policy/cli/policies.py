"""Policies and grants from the files that options name; what is wrong with them is reported, all of it."""

import click

from policy.cli.files import UnreadableError, read_source, report, report_unreadable
from policy.model.document import PolicyDocument
from policy.model.grant import Grant
from policy.model.policies import OrganizationLevel
from policy.model.reading import PolicyKind, locate, read_policy
from policy.simulate.grants import read_grants
from policy.simulate.members import is_text
from policy.source import Source
from policy.syntax.json_values import decode


class PolicyFiles:
    """Reads policies. `has_faults` says whether any file so far could not be used."""

    def __init__(self) -> None:
        self.has_faults = False

    def read_one(self, path: str | None, kind: PolicyKind) -> PolicyDocument | None:
        """The policy in a file, with positions; None if there is no path, or the file has faults."""
        if path is None:
            return None
        try:
            source = read_source(path)
        except UnreadableError as error:
            self._unreadable(path, error)
            return None
        reading = read_policy(_unwrapped(source) if kind is PolicyKind.KEY else source, kind=kind)
        report(reading.diagnostics)
        if reading.document is None:
            self.has_faults = True
            return None
        return locate(reading.document)

    def read_all(self, paths: tuple[str, ...], kind: PolicyKind) -> tuple[PolicyDocument, ...]:
        """The policies in several files."""
        documents = [self.read_one(path, kind) for path in paths]
        return tuple(document for document in documents if document is not None)

    def read_levels(self, paths: tuple[str, ...]) -> tuple[OrganizationLevel, ...]:
        """Each file is one level of the organisation."""
        return tuple(OrganizationLevel(org=path, policies=self.read_all((path,), PolicyKind.CONTROL)) for path in paths)

    def read_grants(self, path: str | None) -> tuple[Grant, ...]:
        """The grants in a file of the shape of a ListGrants answer."""
        if path is None:
            return ()
        try:
            return read_grants(decode(read_source(path).text))
        except UnreadableError as error:
            self._unreadable(path, error)
        except (ValueError, RecursionError) as error:
            self.has_faults = True
            click.echo(f"error[grants]: `{path}`: {error}", err=True)
        return ()

    def _unreadable(self, path: str, error: Exception) -> None:
        self.has_faults = True
        report_unreadable(path, error)


def _unwrapped(source: Source) -> Source:
    """The key policy in what `aws kms get-key-policy` prints, where its JSON stands as a text; others as they are.

    Source: KMS API Reference, "GetKeyPolicy", Response Elements.
    """
    if '"Policy"' not in source.text:
        return source
    try:
        value = decode(source.text)
    except (ValueError, RecursionError):
        return source
    if isinstance(value, dict) and value.keys() <= {"Policy", "PolicyName"} and is_text(value.get("Policy")):
        return Source(source.name, value["Policy"])
    return source
