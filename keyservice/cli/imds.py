"""`keyservice imds`: what an EC2 instance finds at 169.254.169.254, for one instance, on an address of your choice."""

import os
from pathlib import Path

import click
import uvicorn

from keyservice.authorize.trust import may_assume
from keyservice.cli.client_config import client_config
from keyservice.cli.secret import ask_here
from keyservice.cli.serve import endpoint_of, listen, run_until_signal
from keyservice.clock import SystemClock
from keyservice.data_directory import DataDirectory
from keyservice.imds.app import ImdsApp
from keyservice.imds.metadata import SERVICE_PRINCIPAL, InstanceMetadata
from keyservice.keystore.domain import open_domain_key
from keyservice.keystore.root import UnsealError, open_root
from keyservice.model.identity import Role
from keyservice.store.opening import open_store
from keyservice.store.port import Store, StoreError

REFUSALS = (StoreError, UnsealError, OSError)


@click.command("imds")
@click.option("--instance", "instance_id", required=True, help="The instance's id, as the identities file has it.")
@click.option("--data", type=click.Path(path_type=Path), default=Path("wardkey-data"), show_default=True)
@click.option("--host", default="127.0.0.1", show_default=True)
@click.option("--port", type=int, default=1338, show_default=True, help="0 picks a free port.")
@click.option("--endpoint", help="The key service's URL, for the instructions; what `serve` wrote last by default.")
@click.option("--region", help="The region of the instance; the service's by default.")
def command(instance_id: str, data: Path, host: str, port: int, endpoint: str | None, region: str | None) -> None:
    """Serve instance metadata (IMDSv2) to one instance, with its role's temporary credentials.

    \b
    Example:
      keyservice imds --instance i-0abc --port 1338 --data ./wardkey-data
      AWS_EC2_METADATA_SERVICE_ENDPOINT=http://127.0.0.1:1338 python app.py
    """
    directory = DataDirectory(data)
    served_region, served_endpoint = client_config(directory)
    try:
        store = open_store(directory, read_only=True)
        domain_key = open_domain_key(store, open_root(directory.root_key, ask_here()))
        listener = listen(host, port)
    except REFUSALS as error:
        raise click.ClickException(f"cannot start: {error}") from None
    try:
        metadata = metadata_of(store, domain_key, instance_id, region or served_region)
        listener.listen()  # from here on a client waits instead of being refused
        click.echo(instructions(instance_id, endpoint_of(listener, host), endpoint or served_endpoint))
        app = ImdsApp(metadata, clock=SystemClock().now, random=os.urandom)
        config = uvicorn.Config(app, log_level="warning", access_log=False, server_header=False)
        run_until_signal(uvicorn.Server(config), listener)
    finally:
        listener.close()
        store.close()


def metadata_of(store: Store, domain_key: bytes, instance_id: str, region: str) -> InstanceMetadata:
    """The metadata of an instance that the store has."""

    def is_trusting(role: Role) -> bool:
        return may_assume(role, SERVICE_PRINCIPAL).is_allowed

    if store.instance(instance_id) is None:
        raise click.ClickException(
            f"there is no instance `{instance_id}`; `keyservice identity apply FILE` brings instances in"
        )
    return InstanceMetadata(store, domain_key, instance_id, region=region, may_assume=is_trusting, random=os.urandom)


def instructions(instance_id: str, own: str, service: str) -> str:
    """What a person needs to know to run a program "on the instance"."""
    return "\n".join(
        [
            f"Instance metadata of {instance_id}: {own}",
            "",
            "Run any AWS SDK as if on the instance, with no credentials of its own:",
            f"  export AWS_EC2_METADATA_SERVICE_ENDPOINT={own}",
            f"  export AWS_ENDPOINT_URL={service}",
        ]
    )
