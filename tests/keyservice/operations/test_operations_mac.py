"""GenerateMac and VerifyMac."""

import base64

import pytest

from tests.keyservice.operations.cases import encoded

MESSAGE = b"a message"
BITS = (224, 256, 384, 512)


@pytest.fixture
def make(service):
    return lambda bits: service.make_key(KeySpec=f"HMAC_{bits}", KeyUsage="GENERATE_VERIFY_MAC")


def call(service, operation, key, algorithm, **more):
    return service.call(
        operation, {"KeyId": key["KeyId"], "Message": encoded(MESSAGE), "MacAlgorithm": algorithm, **more}
    )


@pytest.mark.parametrize("bits", BITS)
def test_what_generate_made_verify_accepts_and_nothing_else(service, make, bits):
    key, algorithm = make(bits), f"HMAC_SHA_{bits}"
    made = call(service, "GenerateMac", key, algorithm).json
    mac = base64.b64decode(made["Mac"])
    assert ({"KeyId": key["Arn"], "MacAlgorithm": algorithm, "Mac": encoded(mac)}, bits) == (made, 8 * len(mac))
    accepted = call(service, "VerifyMac", key, algorithm, Mac=encoded(mac)).json
    assert {"KeyId": key["Arn"], "MacAlgorithm": algorithm, "MacValid": True} == accepted
    wrong = (mac[:-1], mac + b"\0", bytes([mac[0] ^ 1]) + mac[1:], b"x")
    for other in [call(service, "VerifyMac", key, algorithm, Mac=encoded(mac)) for mac in wrong] + [
        call(service, "VerifyMac", key, algorithm, Mac=encoded(mac), Message=encoded(b"another")),
        call(service, "VerifyMac", make(bits), algorithm, Mac=encoded(mac)),
    ]:
        assert (400, {"__type": "KMSInvalidMacException"}) == (other.status, other.json)


@pytest.mark.parametrize("operation", ["GenerateMac", "VerifyMac"])
def test_an_algorithm_of_another_length_is_refused(service, make, operation):
    answer = call(service, operation, make(224), "HMAC_SHA_256", Mac="AAAA")
    text = "Algorithm HMAC_SHA_256 is incompatible with key spec HMAC_224."
    assert ("InvalidKeyUsageException", text) == (answer.type, answer.message)


@pytest.mark.parametrize("operation", ["GenerateMac", "VerifyMac"])
def test_a_key_for_another_usage_is_refused(service, operation):
    key = service.make_key()
    answer = call(service, operation, key, "HMAC_SHA_256", Mac="AAAA")
    text = f"{key['Arn']} key usage is ENCRYPT_DECRYPT which is not valid for {operation}."
    assert ("InvalidKeyUsageException", text) == (answer.type, answer.message)


def test_the_trail_shows_the_algorithm_and_not_the_message(service, make):
    key = make(256)
    call(service, "GenerateMac", key, "HMAC_SHA_256")
    event = service.entries()[-1]["event"]
    assert {"keyId": key["KeyId"], "macAlgorithm": "HMAC_SHA_256"} == event["requestParameters"]


def test_a_dry_run_makes_no_mac(service, make):
    key = make(256)
    assert "DryRunOperationException" == call(service, "GenerateMac", key, "HMAC_SHA_256", DryRun=True).type
    answer = call(service, "VerifyMac", key, "HMAC_SHA_256", DryRun=True, Mac="AAAA")
    assert "DryRunOperationException" == answer.type
