"""Kinds of argument, and what a shell offers for each: files, actions on keys, codes of rules."""

import click
from click.shell_completion import CompletionItem

from policy.catalogue.actions import kms_actions
from policy.catalogue.classes import ACTION_CLASSES


class _FileName(click.ParamType[str]):
    """A file, or `-`. It is read, or not, when the command runs: only then can all that is wrong be said."""

    name = "file"

    def shell_complete(
        self,
        ctx: click.Context,  # noqa: ARG002 - click's signature
        param: click.Parameter,  # noqa: ARG002 - click's signature
        incomplete: str,
    ) -> list[CompletionItem]:
        """Leave it to the shell, which knows its files."""
        return [CompletionItem(incomplete, type="file")]


class _Action(click.ParamType[str]):
    """An action of AWS KMS, a pattern or a class."""

    name = "action"

    def shell_complete(
        self,
        ctx: click.Context,  # noqa: ARG002 - click's signature
        param: click.Parameter,  # noqa: ARG002 - click's signature
        incomplete: str,
    ) -> list[CompletionItem]:
        """Actions and classes. A shell may take `kms:` for a word of its own; then the rest is completed."""
        names = [facts.name for facts in kms_actions()] + [f"@{name}" for name in ACTION_CLASSES]
        rest = [name.removeprefix("kms:") for name in names] if incomplete else []
        return [CompletionItem(name) for name in (*names, *rest) if name.lower().startswith(incomplete.lower())]


class _Codes(click.ParamType[str]):
    """Codes or names of lint rules, with commas between them."""

    name = "codes"

    def shell_complete(
        self,
        ctx: click.Context,  # noqa: ARG002 - click's signature
        param: click.Parameter,  # noqa: ARG002 - click's signature
        incomplete: str,
    ) -> list[CompletionItem]:
        """The rules; names only where a name has been begun."""
        from policy.lint.table import RULES  # the rules take their time, and other completions need none

        before, comma, last = incomplete.rpartition(",")
        return [
            CompletionItem(f"{before}{comma}{text}", help=rule.name)
            for rule in RULES
            for text in (rule.code, rule.name)
            if text.lower().startswith(last.lower()) and (last or text == rule.code)
        ]


FILE = _FileName()
ACTION = _Action()
CODES = _Codes()
