"""What `serve` wrote for clients last: where the service is, and in which region."""

from configparser import ConfigParser
from configparser import Error as ConfigError

import click

from keyservice.data_directory import DataDirectory


def client_config(directory: DataDirectory) -> tuple[str, str]:
    """Region and endpoint that `serve` wrote for clients last."""
    config = ConfigParser(interpolation=None)
    try:
        config.read(directory.aws_config)
    except (ConfigError, UnicodeDecodeError) as error:
        raise click.ClickException(f"`{directory.aws_config}` cannot be read: {error}") from None
    region = config.get("default", "region", fallback="us-east-1")
    return region, config.get("default", "endpoint_url", fallback="http://127.0.0.1:8480")


def served_region(directory: DataDirectory) -> str:
    """The service's home region."""
    return client_config(directory)[0]
