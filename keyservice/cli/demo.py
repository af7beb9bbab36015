"""`keyservice demo`: run the story of an EC2 instance and its files, from nothing."""

import signal
import tempfile
import threading
from contextlib import ExitStack
from pathlib import Path

import click

try:
    from keyservice.demo.stage import StageError, staged
    from keyservice.demo.story import tell
    from keyservice.demo.teller import StoryError
except ModuleNotFoundError as error:
    raise click.ClickException(f"the demo calls the service through boto3: install wardkey[demo] ({error})") from None


@click.command("demo")
@click.option("--once", is_flag=True, help="End when the story is told, instead of leaving the service running.")
@click.option(
    "--data", type=click.Path(path_type=Path), help="A new data directory to keep; a temporary one by default."
)
@click.option("--port", type=int, default=0, help="The service's port; a free one by default.")
def command(once: bool, data: Path | None, port: int) -> None:
    """Start the service, run a story through boto3, print each decision and its reason, and leave the service running.

    \b
    Example:
      keyservice demo --once
    """
    with ExitStack() as stack:
        if data is None:
            data = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="wardkey-")), "data")
        elif data.exists() and any(data.iterdir()):
            raise click.UsageError(f"--data: `{data}` is not empty; the story needs a new directory")
        _play(stack, data, port, once=once)


def _play(stack: ExitStack, data: Path, port: int, *, once: bool) -> None:
    try:
        stage = stack.enter_context(staged(data, port))
        click.echo(f"A key service runs on {stage.endpoint}, with everything it keeps in {data}")
        tell(stage, click.echo)
    except (StageError, StoryError) as error:
        raise click.ClickException(str(error)) from None
    click.echo("\nAn EC2 instance role decrypts, and nobody else does.")
    if once:
        return
    click.echo("\nThe service is still running. Point `aws` and any AWS SDK at it, as the account's administrator:")
    click.echo(f"  export AWS_CONFIG_FILE={stage.directory.aws_config}")
    click.echo(f"  export AWS_SHARED_CREDENTIALS_FILE={stage.directory.aws_credentials}")
    click.echo("  aws kms list-keys\n\nCtrl-C ends it.")
    _wait_for_interrupt()


def _wait_for_interrupt() -> None:
    ended = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: ended.set())
    ended.wait()
