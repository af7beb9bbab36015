"""Multi-Region keys: what related keys share, in which material they are one, and what each has for itself."""

import json
import re

import pytest

from tests.keyservice.operations.cases import AGREEMENT, ENCAPSULATION, MAC, POLICY, SIGNING, encoded
from tests.keyservice.operations.related import (
    THIRD,
    allowing,
    arn_of,
    described,
    primary_of,
    refusal,
    replicate,
    rotation_of,
)
from tests.live import OTHER_REGION, REGION, REGIONS


@pytest.mark.parametrize(
    "kind",
    [{}, {"KeySpec": "RSA_2048", "KeyUsage": "ENCRYPT_DECRYPT"}, SIGNING, MAC, AGREEMENT, ENCAPSULATION],
    ids=str,
)
def test_a_multi_region_key_has_its_own_kind_of_id_and_is_its_sets_primary(service, kind):
    made = service.make_key(MultiRegion=True, **kind)
    assert re.fullmatch(r"mrk-[0-9a-f]{32}", made["KeyId"])
    own = {"Arn": made["Arn"], "Region": REGION}
    expected = {"MultiRegionKeyType": "PRIMARY", "PrimaryKey": own, "ReplicaKeys": []}
    assert (True, expected) == (made["MultiRegion"], made["MultiRegionConfiguration"])
    assert made == described(service, made["KeyId"])


def test_a_single_region_key_has_no_configuration(service):
    made = service.make_key()
    assert not made["MultiRegion"]
    assert "MultiRegionConfiguration" not in made


def test_a_custom_key_store_has_no_multi_region_keys(service):
    answer = service.call("CreateKey", {"MultiRegion": True, "Origin": "AWS_CLOUDHSM"})
    assert "UnsupportedOperationException" == answer.type


def test_a_replica_shares_what_is_the_sets_and_has_the_rest_for_itself(service):
    key = primary_of(service, Description="first", Tags=[{"TagKey": "a", "TagValue": "b"}], **SIGNING)
    answer = replicate(service, key, Description="second", Tags=[{"TagKey": "c", "TagValue": "d"}])
    metadata = answer["ReplicaKeyMetadata"]
    assert ("Creating", False) == (metadata["KeyState"], metadata["Enabled"])
    assert (key, arn_of(key, OTHER_REGION)) == (metadata["KeyId"], metadata["Arn"])
    assert [{"TagKey": "c", "TagValue": "d"}] == answer["ReplicaTags"]
    assert "key-default-1" == json.loads(answer["ReplicaPolicy"])["Id"]
    shared = ("KeyId", "KeySpec", "KeyUsage", "Origin", "SigningAlgorithms", "MultiRegion", "KeyManager")
    one, other = described(service, key), described(service, key, OTHER_REGION)
    assert {name: one[name] for name in shared} == {name: other[name] for name in shared}
    assert ("Enabled", "second") == (other["KeyState"], other["Description"])
    assert {**metadata, "KeyState": "Enabled", "Enabled": True} == other
    tags = service.call("ListResourceTags", {"KeyId": key}, region=OTHER_REGION).json["Tags"]
    assert [{"TagKey": "c", "TagValue": "d"}] == tags


def test_every_key_of_a_set_names_the_primary_and_all_replicas_in_the_order_of_their_regions(service, related):
    replicate(service, related, THIRD)
    replicas = [{"Arn": arn_of(related, region), "Region": region} for region in sorted((THIRD, OTHER_REGION))]
    for region in REGIONS:
        found = described(service, related, region)["MultiRegionConfiguration"]
        expected = "PRIMARY" if region == REGION else "REPLICA"
        assert (expected, replicas) == (found["MultiRegionKeyType"], found["ReplicaKeys"])
        assert {"Arn": arn_of(related, REGION), "Region": REGION} == found["PrimaryKey"]


def test_each_region_lists_its_own_keys_alone(service, related):
    single = service.make_key()["KeyId"]

    def listed(region):
        return {entry["KeyArn"] for entry in service.call("ListKeys", region=region).json["Keys"]}

    assert {arn_of(related, REGION), arn_of(single, REGION)} == listed(REGION)
    assert {arn_of(related, OTHER_REGION)} == listed(OTHER_REGION)
    assert set() == listed(THIRD)


def test_what_one_key_encrypts_the_other_decrypts_and_is_asked_for_it(service):
    key = primary_of(service, Policy=json.dumps(allowing({"Action": ["kms:Encrypt", "kms:Decrypt"]})))
    replicate(service, key, Policy=json.dumps(POLICY))
    sealed = service.call("Encrypt", {"KeyId": key, "Plaintext": encoded(b"text")}).json["CiphertextBlob"]
    there = service.call("Decrypt", {"CiphertextBlob": sealed}, region=OTHER_REGION).json
    assert (arn_of(key, OTHER_REGION), encoded(b"text")) == (there["KeyId"], there["Plaintext"])
    here = service.call("Decrypt", {"CiphertextBlob": sealed}).json
    assert here["KeyMaterialId"] == there["KeyMaterialId"]
    assert 200 == service.call("Decrypt", {"CiphertextBlob": sealed}, user="alice").status
    answer = service.call("Decrypt", {"CiphertextBlob": sealed}, user="alice", region=OTHER_REGION)
    assert f"on resource: {arn_of(key, OTHER_REGION)} because" in answer.message
    unrelated = service.call("Decrypt", {"CiphertextBlob": sealed}, region=THIRD)
    assert "AccessDeniedException" == unrelated.type


def test_a_ciphertext_is_encrypted_anew_where_there_is_a_related_key(service, related):
    sealed = service.call("Encrypt", {"KeyId": related, "Plaintext": encoded(b"text")}).json["CiphertextBlob"]
    other = service.call("CreateKey", region=OTHER_REGION).json["KeyMetadata"]["KeyId"]
    moved = service.call("ReEncrypt", {"CiphertextBlob": sealed, "DestinationKeyId": other}, region=OTHER_REGION).json
    assert (arn_of(related, OTHER_REGION), arn_of(other, OTHER_REGION)) == (moved["SourceKeyId"], moved["KeyId"])
    given = {"CiphertextBlob": moved["CiphertextBlob"], "DestinationKeyId": related}
    back = service.call("ReEncrypt", given, region=OTHER_REGION).json["CiphertextBlob"]
    assert encoded(b"text") == service.call("Decrypt", {"CiphertextBlob": back}).json["Plaintext"]


def test_signatures_and_macs_of_one_key_are_the_others(service):
    signing, mac = primary_of(service, **SIGNING), primary_of(service, **MAC)
    for key in (signing, mac):
        replicate(service, key)
    given = {"KeyId": signing, "Message": encoded(b"text"), "SigningAlgorithm": "ECDSA_SHA_256"}
    signature = service.call("Sign", given).json["Signature"]
    assert service.call("Verify", {**given, "Signature": signature}, region=OTHER_REGION).json["SignatureValid"]
    public = [service.call("GetPublicKey", {"KeyId": signing}, region=region).json for region in (REGION, OTHER_REGION)]
    assert public[0]["PublicKey"] == public[1]["PublicKey"]
    given = {"KeyId": mac, "Message": encoded(b"text"), "MacAlgorithm": "HMAC_SHA_256"}
    macs = {service.call("GenerateMac", given, region=region).json["Mac"] for region in (REGION, OTHER_REGION)}
    assert 1 == len(macs)
    assert service.call("VerifyMac", {**given, "Mac": macs.pop()}, region=OTHER_REGION).json["MacValid"]


def test_data_key_pairs_open_in_the_other_region(service, related):
    made = service.call("GenerateDataKeyPair", {"KeyId": related, "KeyPairSpec": "ECC_NIST_P256"}).json
    given = {"CiphertextBlob": made["PrivateKeyCiphertextBlob"]}
    assert made["PrivateKeyPlaintext"] == service.call("Decrypt", given, region=OTHER_REGION).json["Plaintext"]


def test_rotation_is_switched_on_the_primary_for_the_whole_set(service, related):
    service.call("EnableKeyRotation", {"KeyId": related, "RotationPeriodInDays": 100})
    here, there = (rotation_of(service, related, region) for region in (REGION, OTHER_REGION))
    assert (True, 100) == (here["KeyRotationEnabled"], here["RotationPeriodInDays"])
    assert here == there
    replicate(service, related, THIRD)
    assert here == rotation_of(service, related, THIRD)
    service.call("DisableKeyRotation", {"KeyId": related})
    assert not any(rotation_of(service, related, region)["KeyRotationEnabled"] for region in REGIONS)


@pytest.mark.parametrize("operation", ["EnableKeyRotation", "DisableKeyRotation"])
def test_rotation_is_not_switched_on_a_replica(service, related, operation):
    answer = service.call(operation, {"KeyId": related}, region=OTHER_REGION)
    text = f"{arn_of(related, OTHER_REGION)} is not a multi-region primary key."
    assert ("UnsupportedOperationException", text) == refusal(answer)


def test_the_primary_moves_and_everything_else_stays(service, related):
    replicate(service, related, THIRD)
    before = {region: described(service, related, region) for region in REGIONS}
    answer = service.call("UpdatePrimaryRegion", {"KeyId": related, "PrimaryRegion": THIRD})
    assert (200, b"") == (answer.status, answer.body)
    for region in REGIONS:
        after = described(service, related, region)
        configuration = after.pop("MultiRegionConfiguration")
        assert THIRD == configuration["PrimaryKey"]["Region"]
        assert ("PRIMARY" if region == THIRD else "REPLICA") == configuration["MultiRegionKeyType"]
        assert sorted((REGION, OTHER_REGION)) == sorted(one["Region"] for one in configuration["ReplicaKeys"])
        assert {name: value for name, value in before[region].items() if name != "MultiRegionConfiguration"} == after
    answer = service.call("EnableKeyRotation", {"KeyId": related})
    assert "UnsupportedOperationException" == answer.type
    assert 200 == service.call("EnableKeyRotation", {"KeyId": related}, region=THIRD).status
    assert rotation_of(service, related, REGION)["KeyRotationEnabled"]
