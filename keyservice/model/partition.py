"""Which partition a Region belongs to: Regions of different partitions have nothing in common.

Source: AWS General Reference, "Amazon Resource Names (ARNs)"; the partitions and their Regions' names are those of the
SDKs' endpoint data.
"""

_PREFIXES = {
    "cn-": "aws-cn",
    "us-gov-": "aws-us-gov",
    "us-iso-": "aws-iso",
    "us-isob-": "aws-iso-b",
    "eu-isoe-": "aws-iso-e",
    "us-isof-": "aws-iso-f",
    "eu-isof-": "aws-iso-f",
    "eusc-": "aws-eusc",
}


def partition_of(region: str) -> str:
    """The partition of a Region by its name: `aws` of `eu-west-1`, `aws-cn` of `cn-north-1`."""
    return next((partition for prefix, partition in _PREFIXES.items() if region.startswith(prefix)), "aws")
