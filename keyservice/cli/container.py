"""`keyservice container`: what a container finds at its credentials endpoint, on an address of your choice."""

import base64
import os
from pathlib import Path

import click
import uvicorn

from keyservice.authorize.trust import may_assume
from keyservice.cli.client_config import client_config
from keyservice.cli.serve import endpoint_of, listen, run_until_signal
from keyservice.clock import SystemClock
from keyservice.data_directory import DataDirectory, write_private
from keyservice.imds.container import PATH, SERVICE_PRINCIPAL, Container, ContainerApp
from keyservice.keystore.domain import open_domain_key
from keyservice.keystore.root import UnsealError, open_root
from keyservice.model.identity import Role
from keyservice.store.opening import open_store
from keyservice.store.port import StoreError

REFUSALS = (StoreError, UnsealError, OSError)


@click.command("container")
@click.option("--role", "role_name", required=True, help="The task's role, as the identities file has it.")
@click.option("--account", default="111122223333", show_default=True)
@click.option("--task", default="task", show_default=True, help="The task's id: what the role's session is called.")
@click.option("--token-file", type=click.Path(path_type=Path), default=Path("container-token"), show_default=True)
@click.option("--data", type=click.Path(path_type=Path), default=Path("wardkey-data"), show_default=True)
@click.option("--host", default="127.0.0.1", show_default=True)
@click.option("--port", type=int, default=1339, show_default=True, help="0 picks a free port.")
def command(role_name: str, account: str, task: str, token_file: Path, data: Path, host: str, port: int) -> None:
    """Serve the container credentials endpoint (ECS, EKS Pod Identity) with a role's temporary credentials.

    The authorization token that clients must show is made and written to a file of its owner's.

    \b
    Example:
      keyservice container --role WebServer --port 1339 --data ./wardkey-data
      AWS_CONTAINER_CREDENTIALS_FULL_URI=http://127.0.0.1:1339/v1/credentials \\
        AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE=container-token python app.py
    """
    directory = DataDirectory(data)
    _, served_endpoint = client_config(directory)
    try:
        store = open_store(directory, read_only=True)
        domain_key = open_domain_key(store, open_root(directory.root_key))
        listener = listen(host, port)
        token = base64.urlsafe_b64encode(os.urandom(32)).decode("ascii")
        write_private(token_file, token)
    except REFUSALS as error:
        raise click.ClickException(f"cannot start: {error}") from None
    try:
        if store.role(account, role_name) is None:
            raise click.ClickException(f"account {account} has no role `{role_name}`")
        listener.listen()  # from here on a client waits instead of being refused
        click.echo(instructions(endpoint_of(listener, host), token_file, served_endpoint))
        app = ContainerApp(
            store,
            domain_key,
            container=Container(account=account, role_name=role_name, task=task),
            token=lambda: token,
            may_assume=_is_trusting,
            clock=SystemClock().now,
            random=os.urandom,
        )
        config = uvicorn.Config(app, log_level="warning", access_log=False, server_header=False)
        run_until_signal(uvicorn.Server(config), listener)
    finally:
        listener.close()
        store.close()


def _is_trusting(role: Role) -> bool:
    return may_assume(role, SERVICE_PRINCIPAL).is_allowed


def instructions(own: str, token_file: Path, service: str) -> str:
    """What a person needs to know to run a program "in the container"."""
    return "\n".join(
        [
            f"Container credentials: {own}{PATH}",
            "",
            "Run any AWS SDK as if in the container, with no credentials of its own:",
            f"  export AWS_CONTAINER_CREDENTIALS_FULL_URI={own}{PATH}",
            f"  export AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE={token_file.resolve()}",
            f"  export AWS_ENDPOINT_URL={service}",
        ]
    )
