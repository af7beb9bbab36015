"""Resource quotas: what an account or a key may have no more of, and what is said then."""

from keyservice.operations import create_key
from tests.keyservice.operations.cases import POLICY
from tests.live import OTHER_REGION


def test_an_account_has_no_more_keys_in_a_region_than_its_quota_whatever_their_states(service, monkeypatch):
    first = service.make_key(POLICY, MultiRegion=True)["KeyId"]
    service.call("ScheduleKeyDeletion", {"KeyId": service.make_key(POLICY)["KeyId"]})
    monkeypatch.setattr(create_key, "MOST_KEYS", 2)
    answer = service.call("CreateKey")
    assert (400, "LimitExceededException") == (answer.status, answer.type)
    assert 2 == len(service.call("ListKeys").json["Keys"])
    assert 200 == service.call("CreateKey", user="foreign").status
    assert 200 == service.call("ReplicateKey", {"KeyId": first, "ReplicaRegion": OTHER_REGION}).status


def test_a_replica_counts_where_it_is(service, monkeypatch):
    one, other = (service.make_key(POLICY, MultiRegion=True)["KeyId"] for _ in range(2))
    assert 200 == service.call("ReplicateKey", {"KeyId": one, "ReplicaRegion": OTHER_REGION}).status
    monkeypatch.setattr(create_key, "MOST_KEYS", 1)
    answer = service.call("ReplicateKey", {"KeyId": other, "ReplicaRegion": OTHER_REGION})
    assert (400, "LimitExceededException") == (answer.status, answer.type)
