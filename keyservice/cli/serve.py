"""`keyservice serve`: run the service on a data directory."""

import signal
import socket
from contextlib import ExitStack, closing
from pathlib import Path

import click
import uvicorn
from pydantic import ValidationError
from pydantic_core import ErrorDetails

from keyservice.app import Opened, build, open_directory, write_client_files
from keyservice.audit.trail import TrailError
from keyservice.cli import secret
from keyservice.cli.sealed import wait_for_secret
from keyservice.cli.secret import secret_options
from keyservice.crypto.selftest import SelfTestFailure
from keyservice.data_directory import DataDirectory
from keyservice.keystore.configured import HsmSettingsError
from keyservice.keystore.root import is_sealed
from keyservice.keystore.root_key import UnsealError
from keyservice.keystore.root_sealing import Ask
from keyservice.settings import Settings
from keyservice.store.port import StoreError
from keyservice.wire.http import BoundedProtocol

# Settings whose option has another name.
_OPTIONS = {
    "regions": "region",
    "hsms": "hsm",
    "request_quotas": "request-quotas",
    "xks_proxies": "xks-proxy",
    "xks_allow": "xks-allow",
    "xks_timeout": "xks-timeout",
}
REFUSALS = (StoreError, UnsealError, TrailError, SelfTestFailure, HsmSettingsError, OSError)


@click.command("serve")
@click.option("--data", type=click.Path(path_type=Path), default=Path("wardkey-data"), show_default=True)
@click.option("--host", default="127.0.0.1", show_default=True)
@click.option("--port", type=int, default=8480, show_default=True, help="0 picks a free port.")
@click.option(
    "--store",
    envvar="WARDKEY_STORE",
    metavar="postgresql://…",
    help="The PostgreSQL database of several nodes, in place of a file. The data directory remembers it.",
)
@click.option("--account", default="111122223333", show_default=True, help="The account made on the first start.")
@click.option(
    "--region", "regions", multiple=True, default=["us-east-1"], show_default=True, help="May be given several times."
)
@click.option(
    "--request-quotas",
    type=click.Choice(["off", "aws"]),
    default="off",
    show_default=True,
    help="Throttle calls at the rates of AWS KMS, each process for itself.",
)
@click.option(
    "--hsm",
    "hsms",
    multiple=True,
    metavar="CLUSTER=module=PATH,token=LABEL[,…]",
    help="A PKCS#11 token for custom key stores, by the CloudHsmClusterId it stands for. May be given several times.",
)
@click.option(
    "--xks-proxy",
    "xks_proxies",
    multiple=True,
    metavar="ENDPOINT=connect=HOST:PORT[,ca=PATH][,service=NAME]",
    help="Where an external key store proxy is, by its XksProxyUriEndpoint. May be given several times.",
)
@click.option(
    "--xks-allow",
    multiple=True,
    metavar="NETWORK",
    help="A network beside the public ones that external key store proxies may be in, as 10.0.0.0/8.",
)
@click.option(
    "--xks-timeout",
    type=float,
    default=0.25,
    show_default=True,
    help="Seconds that an external key store proxy has for an answer.",
)
@secret_options(what="The passphrase that seals the root key, or the HSM's PIN")
def command(passphrase_file: Path | None, passphrase_env: str | None, **given: object) -> None:
    """Run the key service on a data directory, which the first start makes.

    If its root key is sealed by a passphrase or an HSM, and neither option says where that comes from, it starts
    sealed, and answers once `keyservice unseal` has been run.

    \b
    Example:
      keyservice serve --data ./wardkey-data --port 8480
    """
    settings = read_settings(**given)
    with ExitStack() as open_until_the_end:
        try:
            listener = open_until_the_end.enter_context(listen(settings.host, settings.port))
            ask = secret.given(passphrase_file, passphrase_env) or _ask_by_control(settings, listener)
            opened = open_until_the_end.enter_context(closing(open_directory(settings, ask=ask)))
        except REFUSALS as error:
            raise click.ClickException(f"cannot start: {error}") from None
        endpoint = endpoint_of(listener, settings.host)
        write_client_files(opened, endpoint)
        click.echo(instructions(opened, endpoint))
        run_until_signal(server(opened), listener)


def _ask_by_control(settings: Settings, listener: socket.socket) -> Ask | None:
    """The secret that somebody unseals the service with; None if its root key takes none."""
    directory = DataDirectory(settings.data)
    if not is_sealed(directory.root_key):
        return None
    click.echo(
        f"Wardkey key service: {endpoint_of(listener, settings.host)}  (sealed: run `keyservice unseal --data"
        f" {directory.path}`)"
    )
    unsealed_by = wait_for_secret(directory, listener, run_until_signal)
    if unsealed_by is None:
        raise click.exceptions.Exit(0)  # a signal came first
    return secret.asked(unsealed_by)


def run_until_signal(server: uvicorn.Server, listener: socket.socket) -> None:
    """Serve until SIGINT or SIGTERM, and return.

    The server raises the signal again when it has shut down, which would end the process before what it has open is
    closed: so the signals mean nothing more by then.
    """
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: None)
    server.run(sockets=[listener])


def read_settings(**given: object) -> Settings:
    """The settings, or a usage error that names every one that is wrong."""
    try:
        return Settings.model_validate(given)
    except ValidationError as error:
        raise click.UsageError("\n".join(_told(fault) for fault in error.errors())) from None


def _told(fault: ErrorDetails) -> str:
    """`--region: …`; of a setting of its own behind an option also that one's name: `--hsm: module: …`."""
    option, *inner = (str(part) for part in fault["loc"])
    names = [f"--{_OPTIONS.get(option, option)}", *inner[1:]]
    return f"{': '.join(names)}: {fault['msg'].removeprefix('Value error, ')}"


def listen(host: str, port: int) -> socket.socket:
    """A listening socket, bound before anything is said about the port."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listener = socket.socket(family, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((host, port))
    except OverflowError:
        listener.close()
        raise click.UsageError(f"--port: {port} is no port: expected 0 to 65535") from None
    except BaseException:
        listener.close()
        raise
    return listener


def endpoint_of(listener: socket.socket, host: str) -> str:
    """The URL that clients on this machine use."""
    port = listener.getsockname()[1]
    if host in ("0.0.0.0", "::"):  # noqa: S104 - compared, not bound
        host = "127.0.0.1"
    shown = f"[{host}]" if ":" in host else host
    return f"http://{shown}:{port}"


def server(opened: Opened) -> uvicorn.Server:
    """The HTTP server. It says nothing of requests: the trail does that."""
    config = uvicorn.Config(
        build(opened),
        log_level="warning",
        access_log=False,
        server_header=False,
        # A client on this machine could otherwise say for itself what aws:SourceIp and aws:SecureTransport are.
        proxy_headers=False,
        ws="none",
        http=BoundedProtocol,
        lifespan="on",
    )
    return uvicorn.Server(config)


def instructions(opened: Opened, endpoint: str) -> str:
    """What a person needs to know to call the service."""
    directory, regions = opened.directory, ", ".join(opened.settings.regions)
    return "\n".join(
        [
            f"Wardkey key service: {endpoint}  (region {regions}, account {opened.settings.account})",
            "",
            "Point `aws` and any AWS SDK at it, as the account's administrator:",
            f"  export AWS_CONFIG_FILE={directory.aws_config.resolve()}",
            f"  export AWS_SHARED_CREDENTIALS_FILE={directory.aws_credentials.resolve()}",
            "  aws kms create-key --description 'my first key'",
            "",
            "In Python, with the same two variables set:  boto3.client('kms').list_keys()",
            "",
            "A key encrypts up to 4,096 bytes. For files, ask for a data key (GenerateDataKey), encrypt with that, and",
            "keep its encrypted form beside the data. A key service is no place for passwords: keep those in a secrets",
            "store.",
        ]
    )
