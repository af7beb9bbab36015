"""Some seconds of `python -m tests.postgres_nodes`: nodes as processes, a database restarted, a node killed."""

from tests.postgres import free_port, needs_postgres, running_postgres
from tests.postgres_nodes import under_load


@needs_postgres
def test_nothing_acknowledged_is_lost_and_nothing_decided_from_an_old_policy(tmp_path):
    with running_postgres() as server:
        load, lost, stale = under_load(3.0, server, tmp_path, [free_port(), free_port()], writers=2)
    assert ([], []) == (lost, stale)
    assert {code for _, code in load.errors} <= {
        "KMSInternalException",  # while the database was away
        "ConnectionClosedError",  # of the node that was killed
        "EndpointConnectionError",
        "ReadTimeoutError",
    }
    assert load.aliases
    assert load.grants
    assert {True, False} == {allowed for _, _, allowed in load.decisions}
