"""Regions and their partitions."""

import botocore.session
import pytest

from keyservice.model.partition import partition_of

SESSION = botocore.session.get_session()
REGIONS = [
    (region, partition)
    for partition in SESSION.get_available_partitions()
    for region in SESSION.get_available_regions("kms", partition)
]


@pytest.mark.parametrize(("region", "partition"), REGIONS)
def test_a_region_is_of_the_partition_that_the_sdk_has_it_in(region, partition):
    assert partition == partition_of(region)
