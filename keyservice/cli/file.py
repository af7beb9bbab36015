"""`keyservice file`: files of any size under a data key of the service, as messages of the AWS Encryption SDK."""

from collections.abc import Callable, Mapping
from types import ModuleType
from typing import Any

import click

from keyservice.cli.file_output import opened_input, opened_output, shown_progress

_RESERVED = (
    "aws-crypto-"  # AWS Encryption SDK Developer Guide, "Concepts in the AWS Encryption SDK", encryption context
)
_POLICIES = ("forbid-encrypt-allow-decrypt", "require-encrypt-allow-decrypt", "require-encrypt-require-decrypt")


class FileError(click.ClickException):
    """The file could not be encrypted or decrypted; nothing was written to the output file."""

    exit_code = 2


def _read_context(_: click.Context, __: click.Parameter, given: tuple[str, ...]) -> Mapping[str, str]:
    pairs: dict[str, str] = {}
    for pair in given:
        name, equals, value = pair.partition("=")
        if not (name and equals):
            raise click.BadParameter(f"`{pair}` is not of the form NAME=VALUE")
        if name in pairs:
            raise click.BadParameter(f"`{name}` is given twice")
        if name.startswith(_RESERVED):
            raise click.BadParameter(f"`{name}`: names that begin with `{_RESERVED}` belong to the AWS Encryption SDK")
        pairs[name] = value
    return pairs


def _read_key_arns(_: click.Context, __: click.Parameter, given: tuple[str, ...]) -> tuple[str, ...]:
    # A message names key ARNs; which key an alias stands for may have changed since.
    for key_id in given:
        if not (key_id.startswith("arn:") and ":key/" in key_id):
            raise click.BadParameter(f"`{key_id}` is not a key ARN; only `file encrypt` takes other forms")
    return given


_SHARED = (
    click.argument("source", metavar="INPUT", type=click.Path(allow_dash=True)),
    click.option("--output", required=True, metavar="PATH", help="The file to write, or `-` for standard output."),
    click.option("--endpoint-url", metavar="URL", help="The key service; as in boto3's environment by default."),
    click.option("--region", help="The region of keys that are not given as ARNs; as in boto3's environment."),
    click.option(
        "--commitment-policy",
        type=click.Choice(_POLICIES),
        default=_POLICIES[-1],
        show_default=True,
        help="Whether messages must be bound to one data key.",
    ),
)


def _with_shared_options(function: Callable[..., None]) -> Callable[..., None]:
    for option in reversed(_SHARED):
        function = option(function)
    return function


@click.group("file")
def command() -> None:
    """Encrypt and decrypt files of any size under a data key of the service.

    The files are messages of the AWS Encryption SDK: its libraries in every language and its command line read and
    write them. Credentials, region and endpoint are found as boto3 finds them (AWS_PROFILE, AWS_ENDPOINT_URL, ...).
    An output file is whole or not there. The exit status is 2 if anything fails.
    """


@command.command("encrypt")
@click.option(
    "--key-id",
    "key_ids",
    multiple=True,
    required=True,
    metavar="KEY",
    help="Key ARN or alias ARN; repeated, each of the keys decrypts the file.",
)
@click.option(
    "--context",
    multiple=True,
    callback=_read_context,
    metavar="NAME=VALUE",
    help="A pair of the encryption context; repeatable. It is not secret: it stands readable in the file.",
)
@_with_shared_options
def encrypt(**given: Any) -> None:
    """Encrypt INPUT, or standard input if it is `-`.

    \b
    Examples:
      keyservice file encrypt --key-id arn:aws:kms:us-east-1:111122223333:alias/files \\
        --context app=web backup.tar --output backup.tar.encrypted
      tar c src | keyservice file encrypt --key-id $KEY_ARN - --output src.tar.encrypted
    """
    _run("encrypt", **given)


@command.command("decrypt")
@click.option(
    "--key-id",
    "key_ids",
    multiple=True,
    callback=_read_key_arns,
    metavar="ARN",
    help="Key ARN; repeatable. A file under none of these keys is refused. Without it, any key that the file names.",
)
@click.option(
    "--context",
    multiple=True,
    callback=_read_context,
    metavar="NAME=VALUE",
    help="A pair that the file's encryption context must hold; repeatable.",
)
@_with_shared_options
def decrypt(**given: Any) -> None:
    """Decrypt INPUT, or standard input if it is `-`.

    Nothing appears at --output before the last byte of the message has been verified. Standard output gets each part
    as soon as that part is verified: if the exit status is not 0, what was read from it must be thrown away.

    \b
    Examples:
      keyservice file decrypt --key-id $KEY_ARN --context app=web backup.tar.encrypted --output backup.tar
      keyservice file decrypt --key-id $KEY_ARN src.tar.encrypted --output - | tar t
    """
    _run("decrypt", **given)


def _run(verb: str, source: str, output: str, context: Mapping[str, str], **of_keys: Any) -> None:
    message = _message_module()
    work = getattr(message, verb)
    keys = message.Keys(**of_keys)
    try:
        with opened_input(source) as reader, opened_output(output) as writer, shown_progress(reader) as show:
            work(keys, context, reader, writer, show)
    except message.MessageError as error:
        raise FileError(str(error)) from None
    except OSError as error:
        raise FileError(f"`{error.filename}`: {error.strerror}" if error.filename else str(error)) from None


def _message_module() -> ModuleType:
    """What needs the AWS Encryption SDK: an extra, and slow to import."""
    try:
        from keyservice.cli import file_message
    except ModuleNotFoundError as error:
        if (error.name or "").startswith("keyservice"):
            raise
        raise FileError("this needs the AWS Encryption SDK: pip install 'wardkey[file]'") from None
    return file_message
