"""Request quotas: AWS's table, the buckets that hold calls to it, and what a call too many is answered."""

import json

import botocore.session
import pytest
from hypothesis import given
from hypothesis import strategies as st

from keyservice.metering.request_quotas import RequestQuotas, request_quota
from tests.keyservice.operations.cases import POLICY, encoded
from tests.live import ACCOUNT, open_service, shared_clock

MODEL = botocore.session.get_session().get_service_model("kms")
MESSAGE = "You have exceeded the rate at which you may call KMS. Reduce the frequency of your calls."
REGION = "us-east-1"


@pytest.mark.parametrize("operation", MODEL.operation_names)
def test_every_operation_of_the_model_has_a_quota(operation):
    pair = "RSA_2048" if operation.startswith("GenerateDataKeyPair") else None
    assert request_quota(REGION, operation, "SYMMETRIC_DEFAULT", pair).rate > 0


@pytest.mark.parametrize("spec", MODEL.shape_for("DataKeyPairSpec").enum)
def test_every_data_key_pair_has_a_quota_that_both_operations_share(spec):
    one, other = (
        request_quota(REGION, operation, "SYMMETRIC_DEFAULT", spec)
        for operation in ("GenerateDataKeyPair", "GenerateDataKeyPairWithoutPlaintext")
    )
    assert one == other
    assert spec in one.name


@pytest.mark.parametrize(
    ("region", "operation", "spec", "name", "rate"),
    [
        ("us-east-1", "Decrypt", "SYMMETRIC_DEFAULT", "Cryptographic operations (symmetric) request rate", 100_000),
        ("eu-central-1", "GenerateMac", "HMAC_256", "Cryptographic operations (symmetric) request rate", 20_000),
        ("eu-north-1", "GenerateRandom", None, "Cryptographic operations (symmetric) request rate", 10_000),
        ("us-east-1", "Decrypt", "RSA_2048", "Cryptographic operations (RSA) request rate", 1000),
        ("us-east-1", "Sign", "ECC_NIST_P256", "Cryptographic operations (ECC and SM2) request rate", 1000),
        ("us-east-1", "Verify", "ML_DSA_44", "Cryptographic operations (ML-DSA) request rate", 1000),
        ("us-east-1", "CreateKey", None, "CreateKey request rate", 5),
        ("us-east-1", "DescribeKey", "RSA_2048", "DescribeKey request rate", 2000),
    ],
)
def test_a_call_counts_toward_the_quota_that_the_table_names(region, operation, spec, name, rate):
    quota = request_quota(region, operation, spec)
    assert (name, rate) == (quota.name, quota.rate)


def test_a_quota_is_of_an_account_a_region_and_a_class_and_shared_within_it():
    quotas = RequestQuotas()
    assert [True] * 5 == [quotas.take(0.0, ACCOUNT, REGION, "CreateKey") for _ in range(5)]
    assert not quotas.take(0.0, ACCOUNT, REGION, "CreateKey")
    assert quotas.take(0.0, ACCOUNT, REGION, "CreateAlias")
    assert quotas.take(0.0, ACCOUNT, "eu-west-1", "CreateKey")
    assert quotas.take(0.0, "444455556666", REGION, "CreateKey")
    signed = [quotas.take(0.0, ACCOUNT, REGION, ("Sign", "Encrypt")[n % 2], "RSA_4096") for n in range(1001)]
    assert ([True] * 1000, False) == (signed[:1000], signed[1000])
    assert quotas.take(0.0, ACCOUNT, REGION, "Sign", "ECC_NIST_P256")


def test_a_bucket_fills_at_its_rate_and_no_higher_than_a_second_of_it():
    quotas = RequestQuotas()
    for _ in range(5):
        quotas.take(100.0, ACCOUNT, REGION, "CreateKey")
    assert not quotas.take(100.1, ACCOUNT, REGION, "CreateKey")
    assert quotas.take(100.2, ACCOUNT, REGION, "CreateKey")
    assert not quotas.take(99.0, ACCOUNT, REGION, "CreateKey")
    assert [True] * 5 + [False] == [quotas.take(900.0, ACCOUNT, REGION, "CreateKey") for _ in range(6)]


def test_a_rate_below_one_lets_one_through_and_then_waits():
    quotas = RequestQuotas()
    pair = (ACCOUNT, "cn-north-1", "GenerateDataKeyPair", "SYMMETRIC_DEFAULT", "RSA_4096")
    assert [True, False, False, True] == [quotas.take(now, *pair) for now in (0.0, 1.0, 9.0, 10.5)]


@given(st.lists(st.floats(0, 3), min_size=1, max_size=60))
def test_no_more_passes_than_a_second_holds_and_the_time_brings(pauses):
    quotas, now, passed = RequestQuotas(), 0.0, 0
    for pause in pauses:
        now += pause
        passed += quotas.take(now, ACCOUNT, REGION, "CreateKey")
    assert passed <= 5 + 5 * sum(pauses[1:]) + 1e-6


@pytest.fixture
def throttled(tmp_path, monkeypatch):
    service = open_service(tmp_path / "data", shared_clock(monkeypatch), request_quotas="aws")
    yield service
    service.close()


def test_a_call_too_many_is_refused_recorded_and_costs_nothing(throttled):
    assert [200] * 5 == [throttled.call("CreateKey").status for _ in range(5)]
    throttled.entries()
    answer = throttled.call("CreateKey")
    assert (400, "ThrottlingException", MESSAGE) == (answer.status, answer.type, answer.message)
    (entry,) = throttled.entries()
    assert ("ThrottlingException", MESSAGE) == (entry["event"]["errorCode"], entry["event"]["errorMessage"])
    assert "refused" == entry["usage"]["class"]
    assert 5 == len(throttled.call("ListKeys").json["Keys"])
    throttled.opened.clock.advance(0.25)
    assert 200 == throttled.call("CreateKey").status


def test_calls_that_are_not_allowed_count_too_and_calls_that_nobody_signed_do_not(throttled):
    key = throttled.make_key(POLICY)["KeyId"]
    assert {"MissingAuthenticationTokenException"} == {
        throttled.call("DisableKey", {"KeyId": key}, user=None).type for _ in range(8)
    }
    codes = [throttled.call("DisableKey", {"KeyId": key}, user="nobody").type for _ in range(6)]
    assert (["AccessDeniedException"] * 5, "ThrottlingException") == (codes[:5], codes[5])


def test_whoever_calls_is_throttled_and_not_whoever_owns_the_key(throttled):
    grant_all = {**POLICY["Statement"], "Principal": {"AWS": "arn:aws:iam::444455556666:root"}, "Sid": "other"}
    key = throttled.make_key({**POLICY, "Statement": [POLICY["Statement"], grant_all]})["Arn"]
    for _ in range(101):
        last = throttled.call("ListGrants", {"KeyId": key}, user="foreign")
    assert "ThrottlingException" == last.type
    assert 200 == throttled.call("ListGrants", {"KeyId": key}).status


def test_nothing_is_throttled_unless_it_is_asked_for(service):
    assert {200} == {service.call("UpdateKeyDescription", json_of(service)).status for _ in range(8)}


def json_of(service):
    keys = service.call("ListKeys").json["Keys"]
    key = keys[0]["KeyId"] if keys else service.make_key(POLICY)["KeyId"]
    return {"KeyId": key, "Description": json.dumps(encoded(b"x"))}
