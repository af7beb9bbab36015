"""What a proxy answers, member by member: what is wrong in any of them is told as one malformed answer."""

import hashlib
from base64 import b64encode

import orjson
import pytest

from keyservice.crypto.ciphertext_double import Outer
from keyservice.keystore.request_metadata import INTERNAL, RequestMetadata
from keyservice.keystore.xks_api import XksApi
from keyservice.keystore.xks_faults import BY_NAME, XksError, XksFault
from tests.xks_proxy import STATUSES

METADATA = RequestMetadata(
    operation="Encrypt", request_id="r-1", principal_arn="arn:aws:iam::111122223333:user/a", key_arn="arn:aws:kms:k"
)
TEXT, BOUND = b"inner text", b"bound"
OUTER = Outer(iv=bytes(12), tag=bytes(16), metadata=b"v1")


def text(data):
    return b64encode(data).decode()


def integrity(ciphertext=TEXT, metadata=b"v1", iv=bytes(12), tag=bytes(16)):
    return text(hashlib.sha256(BOUND + metadata + iv + ciphertext + tag).digest())


HEALTH = {
    "xksProxyFleetSize": 2,
    "xksProxyVendor": "v",
    "xksProxyModel": "m",
    "ekmVendor": "e",
    "ekmFleetDetails": [{"id": "1", "model": "m", "healthStatus": "DEGRADED"}],
}
KEY = {"keySpec": "AES_256", "keyUsage": ["ENCRYPT", "DECRYPT", "WRAP"], "keyStatus": "ENABLED"}
ENCRYPTED = {
    "ciphertext": text(TEXT),
    "ciphertextMetadata": text(b"v1"),
    "initializationVector": text(bytes(12)),
    "authenticationTag": text(bytes(16)),
    "ciphertextDataIntegrityValue": integrity(),
}
DECRYPTED = {"plaintext": text(TEXT)}
CALLS = {
    "health": (HEALTH, lambda api: api.check_health(METADATA)),
    "metadata": (KEY, lambda api: api.check_key("one", METADATA)),
    "encrypt": (ENCRYPTED, lambda api: api.encrypt("one", TEXT, BOUND, METADATA)),
    "decrypt": (DECRYPTED, lambda api: api.decrypt("one", TEXT, BOUND, OUTER, METADATA)),
}


def api(body, status=200, seen=None):
    def post(path, sent):
        if seen is not None:
            seen.append((path, orjson.loads(sent)))
        return status, body if isinstance(body, bytes) else orjson.dumps(body)

    return XksApi(post)


def fault_of(call):
    with pytest.raises(XksError) as refusal:
        call()
    return refusal.value.fault


def without(answer, name):
    return {key: value for key, value in answer.items() if key != name}


@pytest.mark.parametrize("name", CALLS)
def test_a_sound_answer_is_taken_with_members_that_nobody_knows_yet(name):
    answer, call = CALLS[name]
    call(api({**answer, "more": [1]}))


def test_requests_are_those_of_the_specification():
    for name, (answer, call) in CALLS.items():
        seen = []
        call(api(answer, seen=seen))
        ((path, sent),) = seen
        assert ("/health" if name == "health" else f"/keys/one/{name}") == path
        known = {"kmsOperation": "Encrypt", "kmsRequestId": "r-1"}
        more = {"awsPrincipalArn": "arn:aws:iam::111122223333:user/a", "kmsKeyArn": "arn:aws:kms:k"}
        assert known | ({} if name == "health" else more) == sent.pop("requestMetadata")
        expected = {
            "health": {},
            "metadata": {},
            "encrypt": {
                "additionalAuthenticatedData": text(BOUND),
                "plaintext": text(TEXT),
                "encryptionAlgorithm": "AES_GCM",
                "ciphertextDataIntegrityValueAlgorithm": "SHA_256",
            },
            "decrypt": {
                "additionalAuthenticatedData": text(BOUND),
                "ciphertext": text(TEXT),
                "ciphertextMetadata": text(b"v1"),
                "encryptionAlgorithm": "AES_GCM",
                "initializationVector": text(bytes(12)),
                "authenticationTag": text(bytes(16)),
            },
        }
        assert expected[name] == sent


def test_the_integrity_value_is_that_of_the_specification_s_example():
    """AWS KMS External Key Store Proxy API Specification, "Appendix C"."""
    bound = b"project=nile,department=marketing"
    answer = {
        "authenticationTag": "vBxN2ncH1oEkR8WVXpmyYQ==",
        "ciphertext": "ghxkK1txeDNn3q8Y",
        "ciphertextDataIntegrityValue": "qHA/ImC9h5HsLRXqCyPmWgYx7tzyoTplzILbP0fPXsc=",
        "ciphertextMetadata": "a2V5X3ZlcnNpb249MQ==",
        "initializationVector": "HMrlRw85cAJUd5Ax",
    }
    ciphertext, outer = api(answer).encrypt("one", b"Hello World!", bound, METADATA)
    assert (12, b"key_version=1") == (len(ciphertext), outer.metadata)


MALFORMED = [
    *(("health", without(HEALTH, name)) for name in HEALTH),
    *(("health", {**HEALTH, "xksProxyFleetSize": size}) for size in (0, -1, True, "2", 1.5)),
    ("health", {**HEALTH, "ekmVendor": None}),
    *(
        ("health", {**HEALTH, "ekmFleetDetails": details})
        for details in ([], {}, ["x"], [{}], HEALTH["ekmFleetDetails"] * 11)
    ),
    *(
        ("health", {**HEALTH, "ekmFleetDetails": [{"id": "1", "model": "m", "healthStatus": state}]})
        for state in ("active", None, 1, ["ACTIVE"])
    ),
    *(("metadata", without(KEY, name)) for name in KEY),
    *(("metadata", {**KEY, "keyUsage": usage}) for usage in ("ENCRYPT", [1], ["ENCRYPT"] * 11, None)),
    *(("metadata", {**KEY, "keyStatus": status}) for status in ("enabled", 1, None, ["ENABLED"])),
    ("metadata", {**KEY, "keySpec": 256}),
    *(("encrypt", without(ENCRYPTED, name)) for name in ENCRYPTED if name != "ciphertextMetadata"),
    *(
        ("encrypt", {**ENCRYPTED, name: value})
        for name in ENCRYPTED
        for value in (1, ["x"], "no base64!", "ä", text(b"x" * 21), text(b"x" * 5000), text(b"x" * 21).rstrip("="))
    ),
    ("encrypt", {**ENCRYPTED, "authenticationTag": text(b"x" * 16)}),
    ("encrypt", {**ENCRYPTED, "ciphertextMetadata": text(b"v2")}),
    ("encrypt", without(ENCRYPTED, "ciphertextMetadata")),
    *(("decrypt", {"plaintext": value}) for value in (None, 1, "", text(b"short"), text(TEXT + b"x"), "%%%%")),
    *(
        (name, body)
        for name in CALLS
        for body in (b"", b"{", b"[]", b"null", b"\xff", b"[" * 50_000, b'"text"', b"NaN")
    ),
]


@pytest.mark.parametrize(("name", "answer"), MALFORMED, ids=lambda value: str(value)[:60])
def test_a_malformed_answer_is_a_fault_of_the_proxy(name, answer):
    assert XksFault.MALFORMED is fault_of(lambda: CALLS[name][1](api(answer)))


@pytest.mark.parametrize("name", CALLS)
@pytest.mark.parametrize("error", BY_NAME)
def test_every_error_of_the_specification_is_a_fault_of_its_own(name, error):
    assert BY_NAME[error] is fault_of(lambda: CALLS[name][1](api({"errorName": error}, STATUSES[error])))


def test_the_table_of_errors_is_that_of_the_specification():
    assert set(STATUSES) == set(BY_NAME)


@pytest.mark.parametrize("body", [{}, {"errorName": "Other"}, {"errorName": 1}, {"errorName": ["x"]}, b"<html>", b""])
@pytest.mark.parametrize("status", [201, 204, 302, 400, 404, 500, 502])
def test_any_other_error_is_a_malformed_answer(status, body):
    assert XksFault.MALFORMED is fault_of(lambda: CALLS["health"][1](api(body, status)))


def test_what_the_proxy_says_beside_an_error_goes_nowhere():
    with pytest.raises(XksError) as refusal:
        api({"errorName": "InternalException", "errorMessage": "from the proxy"}, 500).check_health(METADATA)
    assert "from the proxy" not in f"{refusal.value}{refusal.value.when_used().message}"


def test_a_proxy_whose_external_key_managers_are_all_unavailable_is_out_of_reach():
    details = [{"id": str(i), "model": "m", "healthStatus": "UNAVAILABLE"} for i in range(2)]
    assert XksFault.ALL_UNAVAILABLE is fault_of(
        lambda: api({**HEALTH, "ekmFleetDetails": details}).check_health(METADATA)
    )
    details[1]["healthStatus"] = "DEGRADED"
    api({**HEALTH, "ekmFleetDetails": details}).check_health(METADATA)


@pytest.mark.parametrize(
    ("changed", "fault"),
    [
        ({"keySpec": "AES_128"}, XksFault.NOT_AES_256),
        ({"keyUsage": ["ENCRYPT"]}, XksFault.INVALID_KEY_USAGE),
        ({"keyUsage": []}, XksFault.INVALID_KEY_USAGE),
        ({"keyStatus": "DISABLED"}, XksFault.INVALID_STATE),
    ],
    ids=str,
)
def test_an_external_key_that_is_not_as_it_must_be_is_refused(changed, fault):
    assert fault is fault_of(lambda: api({**KEY, **changed}).check_key("one", METADATA))


def test_no_metadata_at_all_says_that_nobody_called():
    seen = []
    api(KEY, seen=seen).check_key("one", INTERNAL)
    assert "AWS Internal" == seen[0][1]["requestMetadata"]["awsPrincipalArn"]
