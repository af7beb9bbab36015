"""Keys that several files of tests begin with."""

import pytest

from tests.keyservice.operations.related import primary_of, replicate


@pytest.fixture
def related(service):
    """The id of a primary key and its replica."""
    key = primary_of(service)
    replicate(service, key)
    return key
