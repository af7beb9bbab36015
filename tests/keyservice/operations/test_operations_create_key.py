"""CreateKey and DescribeKey for every key spec and usage, and rotation, which most of them do not have."""

import threading

import pytest

from keyservice.crypto import keypair
from keyservice.crypto.specs import KEY_SPECS
from tests.keyservice.operations.cases import POLICY
from tests.live import ACCOUNT

KINDS = [(spec, usage) for spec, row in KEY_SPECS.items() for usage in sorted(row.usages)]
MEMBERS = {
    "ENCRYPT_DECRYPT": "EncryptionAlgorithms",
    "SIGN_VERIFY": "SigningAlgorithms",
    "GENERATE_VERIFY_MAC": "MacAlgorithms",
    "KEY_AGREEMENT": "KeyAgreementAlgorithms",
    "ENCAPSULATE_DECAPSULATE": "EncapsulationAlgorithms",
}


@pytest.mark.parametrize(("spec", "usage"), KINDS)
def test_a_key_is_described_with_the_algorithms_of_its_usage_alone(service, spec, usage):
    made = service.make_key(KeySpec=spec, KeyUsage=usage)
    described = service.call("DescribeKey", {"KeyId": made["KeyId"]}).json["KeyMetadata"]
    assert made == described
    assert (spec, spec, usage) == (made["KeySpec"], made["CustomerMasterKeySpec"], made["KeyUsage"])
    assert {MEMBERS[usage]} == set(MEMBERS.values()) & set(made)
    assert list(KEY_SPECS[spec].algorithms[usage]) == made[MEMBERS[usage]]
    assert (spec == "SYMMETRIC_DEFAULT") == ("CurrentKeyMaterialId" in made)


@pytest.mark.parametrize("spec", [spec for spec in KEY_SPECS if spec != "SYMMETRIC_DEFAULT"])
def test_only_symmetric_encryption_keys_need_no_usage(service, spec):
    answer = service.call("CreateKey", {"KeySpec": spec})
    text = "You must specify a KeyUsage value for all KMS keys except for symmetric encryption keys."
    assert (400, "ValidationException", text) == (answer.status, answer.type, answer.message)


@pytest.mark.parametrize(
    ("spec", "usage"), [(s, u) for s, row in KEY_SPECS.items() for u in sorted(set(MEMBERS) - row.usages)]
)
def test_a_usage_that_is_not_the_specs_is_refused(service, spec, usage):
    answer = service.call("CreateKey", {"KeySpec": spec, "KeyUsage": usage})
    text = f"KeyUsage {usage} is not compatible with KeySpec {spec}"
    assert (400, "ValidationException", text) == (answer.status, answer.type, answer.message)


@pytest.mark.parametrize("spec", ["SM2", "ML_KEM_512"])
def test_a_spec_that_is_not_there_is_refused(service, spec):
    answer = service.call("CreateKey", {"KeySpec": spec, "KeyUsage": "SIGN_VERIFY"})
    text = f"KeySpec {spec} is not supported in this Region."
    assert ("UnsupportedOperationException", text) == (answer.type, answer.message)


def test_the_older_name_of_the_spec_is_as_good(service):
    made = service.make_key(CustomerMasterKeySpec="RSA_3072", KeyUsage="SIGN_VERIFY")
    assert ("RSA_3072", "RSA_3072") == (made["KeySpec"], made["CustomerMasterKeySpec"])


def test_policies_see_what_kind_of_key_is_asked_for(service):
    equals = {"kms:KeySpec": "ECC_NIST_P256", "kms:KeyUsage": "SIGN_VERIFY"}
    alice = {"AWS": f"arn:aws:iam::{ACCOUNT}:user/alice"}
    statement = {"Effect": "Allow", "Principal": alice, "Action": "kms:DescribeKey", "Resource": "*"}
    policy = {**POLICY, "Statement": [POLICY["Statement"], {**statement, "Condition": {"StringEquals": equals}}]}
    for usage, expected in (("SIGN_VERIFY", 200), ("KEY_AGREEMENT", 400)):
        key = service.make_key(policy, KeySpec="ECC_NIST_P256", KeyUsage=usage)
        assert expected == service.call("DescribeKey", {"KeyId": key["KeyId"]}, user="alice").status


def test_other_changes_do_not_wait_for_an_rsa_key_and_neither_does_the_event_loop(service, monkeypatch):
    other = service.make_key()
    seen = []
    generate = keypair.generate

    def watched(spec):
        with service.opened.store.change() as change:  # would wait for ever inside a transaction of its own
            seen.append(change.key("us-east-1", other["KeyId"]) is not None)
        seen.append(threading.current_thread() is threading.main_thread())
        return generate(spec)

    monkeypatch.setattr(keypair, "generate", watched)
    service.make_key(KeySpec="RSA_2048", KeyUsage="SIGN_VERIFY")
    assert [True, False] == seen


@pytest.mark.parametrize(("spec", "usage"), [("RSA_2048", "ENCRYPT_DECRYPT"), ("HMAC_256", "GENERATE_VERIFY_MAC")])
def test_other_keys_do_not_rotate(service, spec, usage):
    key = service.make_key(KeySpec=spec, KeyUsage=usage)
    refused = service.call("EnableKeyRotation", {"KeyId": key["KeyId"]})
    assert (400, {"__type": "UnsupportedOperationException"}) == (refused.status, refused.json)
    assert 200 == service.call("DisableKeyRotation", {"KeyId": key["KeyId"]}).status
    assert not service.call("GetKeyRotationStatus", {"KeyId": key["KeyId"]}).json["KeyRotationEnabled"]
    service.call("DisableKey", {"KeyId": key["KeyId"]})
    assert "DisabledException" == service.call("EnableKeyRotation", {"KeyId": key["KeyId"]}).type
