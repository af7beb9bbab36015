"""Which instances there are, out of the identities file that the key service is given too."""

from collections.abc import Mapping
from pathlib import Path

import yaml


def read_instances(path: Path) -> Mapping[str, str]:
    """The account of each instance in an identities file that `keyservice identity apply` has accepted."""
    document = yaml.safe_load(path.read_text(encoding="utf-8"))
    return {
        instance["id"]: str(account["id"])
        for account in document["accounts"]
        for instance in account.get("instances", [])
    }
