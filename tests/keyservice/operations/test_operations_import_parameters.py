"""GetParametersForImport, its token and the wrapping key behind it: what is refused, and when it ends."""

import base64
import sqlite3
from hashlib import sha256

import pytest
from cryptography.hazmat.primitives.serialization import load_der_public_key

from keyservice.operations.import_token import ImportToken
from tests.keyservice.operations.cases import SIGNING, encoded
from tests.keyservice.operations.importing import MATERIAL, OAEP, import_into, wrap, wrapped_for
from tests.live import ACCOUNT, OTHER_REGION, REGION

HOUR = 3600.0
FOREVER = {"ExpirationModel": "KEY_MATERIAL_DOES_NOT_EXPIRE"}


pytestmark = pytest.mark.usefixtures("clock")


@pytest.fixture
def key(service):
    return service.make_key(Origin="EXTERNAL")["KeyId"]


def parameters(service, key, **how):
    return service.call("GetParametersForImport", {"KeyId": key, **OAEP, **how})


def wrapping_keys(service):
    """What is kept of wrapping keys, as (nonce, record)."""
    with sqlite3.connect(service.opened.directory.store) as database:
        return database.execute("SELECT nonce, record FROM wrapping_key").fetchall()


def opened_token(service, key, sealed):
    record = service.opened.store.key(REGION, key)
    return ImportToken.open(service.opened.domain_key, base64.b64decode(sealed), record, service.opened.clock.now())


@pytest.mark.parametrize("bits", [2048, 3072, 4096])
def test_the_public_key_is_of_the_spec_and_new_every_time(service, key, clock, bits):
    answers = [parameters(service, key, WrappingKeySpec=f"RSA_{bits}").json for _ in range(2 if bits == 2048 else 1)]
    for answer in answers:
        assert {"KeyId", "ImportToken", "PublicKey", "ParametersValidTo"} == set(answer)
        assert f"arn:aws:kms:{REGION}:{ACCOUNT}:key/{key}" == answer["KeyId"]
        assert clock.now() + 24 * HOUR == answer["ParametersValidTo"]
        assert bits == load_der_public_key(base64.b64decode(answer["PublicKey"])).key_size
    for name in ("ImportToken", "PublicKey"):
        assert len(answers) == len({answer[name] for answer in answers})


@pytest.mark.parametrize(
    ("how", "text"),
    [
        ({"WrappingAlgorithm": "RSAES_PKCS1_V1_5"}, "WrappingAlgorithm RSAES_PKCS1_V1_5 is not supported."),
        ({"WrappingAlgorithm": "SM2PKE"}, "WrappingAlgorithm SM2PKE is not supported."),
        ({"WrappingKeySpec": "SM2"}, "WrappingKeySpec SM2 is not supported in this Region."),
    ],
)
def test_what_aws_has_given_up_or_has_in_china_alone_is_refused(service, key, how, text):
    answer = parameters(service, key, **how)
    assert ("UnsupportedOperationException", text) == (answer.type, answer.message)
    assert [] == wrapping_keys(service)


@pytest.mark.parametrize(
    ("spec", "usage", "how"),
    [
        ("RSA_2048", "SIGN_VERIFY", {"WrappingKeySpec": "RSA_4096"}),
        ("ECC_NIST_P521", "SIGN_VERIFY", {"WrappingKeySpec": "RSA_2048"}),
    ],
)
def test_material_that_the_wrapping_key_does_not_hold_is_refused_at_once(service, spec, usage, how):
    key = service.make_key(Origin="EXTERNAL", KeySpec=spec, KeyUsage=usage)["KeyId"]
    answer = parameters(service, key, **how)
    what = f"WrappingAlgorithm RSAES_OAEP_SHA_256 with WrappingKeySpec {how['WrappingKeySpec']}"
    text = f"{what} is not supported for key material of KeySpec {spec}."
    assert ("UnsupportedOperationException", text) == (answer.type, answer.message)
    assert 200 == parameters(service, key, WrappingAlgorithm="RSA_AES_KEY_WRAP_SHA_256").status


def test_a_key_with_material_of_the_services_own_takes_none(service):
    made = service.make_key()
    text = f"{made['Arn']} origin is AWS_KMS which is not valid for this operation."
    for operation, members in (
        ("GetParametersForImport", OAEP),
        ("ImportKeyMaterial", {"ImportToken": "AAAA", "EncryptedKeyMaterial": "AAAA", **FOREVER}),
        ("DeleteImportedKeyMaterial", {}),
    ):
        answer = service.call(operation, {"KeyId": made["KeyId"], **members})
        assert ("UnsupportedOperationException", text) == (answer.type, answer.message)


def test_neither_takes_an_alias_for_the_key(service, key):
    service.call("CreateAlias", {"AliasName": "alias/mine", "TargetKeyId": key})
    assert 400 == parameters(service, "alias/mine").status


def test_the_private_key_is_kept_sealed_and_the_token_says_nothing(service, key):
    answer = parameters(service, key).json
    token = opened_token(service, key, answer["ImportToken"])
    public = base64.b64decode(answer["PublicKey"])
    assert sha256(public).hexdigest() == token.public_key
    ((nonce, record),) = wrapping_keys(service)
    assert token.nonce == nonce
    for secret in (public, key.encode(), token.nonce.encode()):
        assert secret not in base64.b64decode(answer["ImportToken"])
    assert b"PRIVATE" not in record
    assert base64.b64encode(public[-64:]) not in record


# The token.


def sealed_for(service, key):
    return {"KeyId": key, **FOREVER, **wrapped_for(service, key, MATERIAL)}


def test_a_token_is_good_for_one_import_and_its_wrapping_key_is_gone_then(service, key):
    members = sealed_for(service, key)
    assert 1 == len(wrapping_keys(service))
    assert 200 == service.call("ImportKeyMaterial", members).status
    assert [] == wrapping_keys(service)
    answer = service.call("ImportKeyMaterial", members)
    text = "The import token is invalid or is associated with a different KMS key."
    assert ("InvalidImportTokenException", text) == (answer.type, answer.message)


def test_an_import_that_failed_has_not_used_up_its_token(service, key):
    members = sealed_for(service, key)
    broken = {**members, "EncryptedKeyMaterial": encoded(bytes(256))}
    assert "InvalidCiphertextException" == service.call("ImportKeyMaterial", broken).type
    assert 200 == service.call("ImportKeyMaterial", members).status


def test_several_tokens_of_a_key_are_good_beside_each_other(service, key):
    first, second = sealed_for(service, key), sealed_for(service, key)
    assert 2 == len(wrapping_keys(service))
    assert [200, 200] == [service.call("ImportKeyMaterial", members).status for members in (second, first)]


def test_material_must_be_wrapped_under_the_tokens_own_public_key(service, key):
    first, second = sealed_for(service, key), sealed_for(service, key)
    mixed = {**first, "EncryptedKeyMaterial": second["EncryptedKeyMaterial"]}
    answer = service.call("ImportKeyMaterial", mixed)
    assert (400, {"__type": "InvalidCiphertextException"}) == (answer.status, answer.json)


def test_material_must_be_wrapped_by_the_tokens_own_algorithm(service, key):
    given = parameters(service, key).json
    for algorithm in ("RSAES_OAEP_SHA_1", "RSA_AES_KEY_WRAP_SHA_256"):
        blob = wrap(base64.b64decode(given["PublicKey"]), algorithm, MATERIAL)
        members = {"KeyId": key, "ImportToken": given["ImportToken"], "EncryptedKeyMaterial": encoded(blob), **FOREVER}
        assert "InvalidCiphertextException" == service.call("ImportKeyMaterial", members).type


@pytest.mark.parametrize(("after", "expected"), [(24 * HOUR - 1, None), (24 * HOUR, "ExpiredImportTokenException")])
def test_a_token_is_valid_for_24_hours(service, key, clock, after, expected):
    members = sealed_for(service, key)
    clock.advance(after)
    answer = service.call("ImportKeyMaterial", members)
    assert expected == answer.type
    if expected:
        assert "The import token is expired." == answer.message


def test_wrapping_keys_that_expired_are_erased_with_the_next_one_and_with_their_key(service, key, clock):
    parameters(service, key)
    other = service.make_key(Origin="EXTERNAL")["KeyId"]
    clock.advance(12 * HOUR)
    parameters(service, other)
    assert 2 == len(wrapping_keys(service))
    clock.advance(12 * HOUR)
    parameters(service, key)
    assert 2 == len(wrapping_keys(service))
    with service.opened.store.change() as change:
        change.delete_key(REGION, key)
    assert 1 == len(wrapping_keys(service))


def test_another_keys_token_is_refused(service, key):
    other = service.make_key(Origin="EXTERNAL")["KeyId"]
    answer = service.call("ImportKeyMaterial", {**sealed_for(service, key), "KeyId": other})
    assert "InvalidImportTokenException" == answer.type


@pytest.mark.parametrize(
    "change",
    [
        {"account": "444455556666"},
        {"region": OTHER_REGION},
        {"key_id": "1234abcd-12ab-34cd-56ef-1234567890ab"},
        {"nonce": "00" * 16},
        {"public_key": "00" * 32},
    ],
)
def test_a_token_is_tied_to_account_region_key_and_public_key(service, key, change):
    members = sealed_for(service, key)
    token = opened_token(service, key, members["ImportToken"])
    other = ImportToken(**{name: getattr(token, name) for name in ImportToken.__slots__} | change)
    sealed = other.seal(service.opened.domain_key, random=lambda size: bytes(range(size)))
    answer = service.call("ImportKeyMaterial", {**members, "ImportToken": encoded(sealed)})
    assert "InvalidImportTokenException" == answer.type


def test_a_token_that_names_another_wrapping_spec_is_a_fault_of_ours_that_tells_nothing(service, key):
    members = sealed_for(service, key)
    token = opened_token(service, key, members["ImportToken"])
    fields = {name: getattr(token, name) for name in ImportToken.__slots__} | {"wrapping_key_spec": "RSA_4096"}
    sealed = ImportToken(**fields).seal(service.opened.domain_key, random=lambda size: bytes(range(size)))
    answer = service.call("ImportKeyMaterial", {**members, "ImportToken": encoded(sealed)})
    assert (500, "KMSInternalException") == (answer.status, answer.type)


def test_every_changed_bit_of_a_token_is_refused(service, key):
    members = sealed_for(service, key)
    token = base64.b64decode(members["ImportToken"])
    others = [token[:-1], token + b"A", b"x", b"\xff" * 40, token.upper(), b"%s=" % token]
    for position in range(0, len(token) * 8, 7):
        changed = bytearray(token)
        changed[position // 8] ^= 1 << position % 8
        others.append(bytes(changed))
    for other in others:
        answer = service.call("ImportKeyMaterial", {**members, "ImportToken": encoded(other)})
        assert "InvalidImportTokenException" == answer.type
    assert 200 == service.call("ImportKeyMaterial", members).status


def test_a_token_for_another_purpose_is_no_import_token(service, key):
    service.call("CreateAlias", {"AliasName": "alias/a", "TargetKeyId": key})
    grant = {"GranteePrincipal": f"arn:aws:iam::{ACCOUNT}:user/alice", "Operations": ["DescribeKey"]}
    import_into(service, key, MATERIAL)
    token = service.call("CreateGrant", {"KeyId": key, **grant}).json["GrantToken"]
    answer = service.call("ImportKeyMaterial", {**sealed_for(service, key), "ImportToken": encoded(token.encode())})
    assert "InvalidImportTokenException" == answer.type


def test_the_trail_has_it_as_a_read_without_key_and_token(service, key):
    service.entries()
    given = parameters(service, key).json
    (entry,) = service.entries()
    event = entry["event"]
    assert {"keyId": key, "wrappingAlgorithm": "RSAES_OAEP_SHA_256", "wrappingKeySpec": "RSA_2048"} == event[
        "requestParameters"
    ]
    assert (None, True) == (event["responseElements"], event["readOnly"])
    assert given["ImportToken"] not in str(entry)
    assert given["PublicKey"] not in str(entry)


@pytest.mark.parametrize(
    ("condition", "allowed"),
    [
        ({"kms:WrappingAlgorithm": "RSAES_OAEP_SHA_256"}, True),
        ({"kms:WrappingAlgorithm": "RSAES_OAEP_SHA_1"}, False),
        ({"kms:WrappingKeySpec": "RSA_2048", "kms:KeyOrigin": "EXTERNAL"}, True),
        ({"kms:WrappingKeySpec": "RSA_4096"}, False),
        ({"kms:KeyOrigin": "AWS_KMS"}, False),
    ],
)
def test_a_key_policy_decides_on_the_wrapping(service, condition, allowed):
    statements = [
        {"Effect": "Allow", "Principal": {"AWS": f"arn:aws:iam::{ACCOUNT}:root"}, "Action": "kms:*", "Resource": "*"},
        {
            "Effect": "Allow",
            "Principal": {"AWS": f"arn:aws:iam::{ACCOUNT}:user/alice"},
            "Action": "kms:GetParametersForImport",
            "Resource": "*",
            "Condition": {"StringEquals": condition},
        },
    ]
    made = service.make_key({"Version": "2012-10-17", "Statement": statements}, Origin="EXTERNAL")
    answer = service.call("GetParametersForImport", {"KeyId": made["KeyId"], **OAEP}, user="alice")
    assert (None if allowed else "AccessDeniedException") == answer.type


def test_a_signing_key_gets_parameters_too(service):
    key = service.make_key(Origin="EXTERNAL", **SIGNING)["KeyId"]
    assert 200 == parameters(service, key).status
