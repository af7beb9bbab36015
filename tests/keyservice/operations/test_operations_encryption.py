"""Encrypt and Decrypt with RSA keys, ReEncrypt, and dry runs that ignore the ciphertext."""

import base64

import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric.padding import MGF1, OAEP
from cryptography.hazmat.primitives.serialization import load_der_public_key

from tests.keyservice.operations.cases import POLICY, encoded
from tests.live import ACCOUNT, OTHER_ACCOUNT

RSA = {"KeySpec": "RSA_2048", "KeyUsage": "ENCRYPT_DECRYPT"}
OAEP_256 = {"EncryptionAlgorithm": "RSAES_OAEP_SHA_256"}
INVALID_CIPHERTEXT = {"__type": "InvalidCiphertextException"}
LONGEST = {  # recorded from AWS
    ("RSA_2048", "RSAES_OAEP_SHA_1"): 214,
    ("RSA_2048", "RSAES_OAEP_SHA_256"): 190,
    ("RSA_3072", "RSAES_OAEP_SHA_1"): 342,
    ("RSA_3072", "RSAES_OAEP_SHA_256"): 318,
    ("RSA_4096", "RSAES_OAEP_SHA_1"): 470,
    ("RSA_4096", "RSAES_OAEP_SHA_256"): 446,
}


@pytest.fixture
def rsa(service):
    return service.make_key(**RSA)


def encrypt(service, key, plaintext=b"text", **more):
    return service.call("Encrypt", {"KeyId": key["KeyId"], "Plaintext": encoded(plaintext), **more})


def decrypt(service, blob, **more):
    return service.call("Decrypt", {"CiphertextBlob": blob, **more})


def blob_of(answer):
    assert 200 == answer.status, answer.body
    return answer.json["CiphertextBlob"]


@pytest.mark.parametrize("algorithm", ["RSAES_OAEP_SHA_1", "RSAES_OAEP_SHA_256"])
def test_decrypt_undoes_encrypt_with_the_same_algorithm_and_key_alone(service, rsa, algorithm):
    made = encrypt(service, rsa, EncryptionAlgorithm=algorithm)
    assert {"KeyId": rsa["Arn"], "EncryptionAlgorithm": algorithm, "CiphertextBlob": blob_of(made)} == made.json
    assert 256 == len(base64.b64decode(blob_of(made)))
    opened = decrypt(service, blob_of(made), KeyId=rsa["KeyId"], EncryptionAlgorithm=algorithm)
    assert {"KeyId": rsa["Arn"], "EncryptionAlgorithm": algorithm, "Plaintext": encoded(b"text")} == opened.json
    other = {"RSAES_OAEP_SHA_1", "RSAES_OAEP_SHA_256"} - {algorithm}
    for refused in (
        decrypt(service, blob_of(made), KeyId=rsa["KeyId"], EncryptionAlgorithm=other.pop()),
        decrypt(service, blob_of(made), KeyId=service.make_key(**RSA)["KeyId"], EncryptionAlgorithm=algorithm),
        decrypt(service, blob_of(made), KeyId=rsa["KeyId"]),
        decrypt(service, encoded(b"\1" * 256), KeyId=rsa["KeyId"], EncryptionAlgorithm=algorithm),
        decrypt(service, encoded(b"\1" * 10), KeyId=rsa["KeyId"], EncryptionAlgorithm=algorithm),
    ):
        assert (400, INVALID_CIPHERTEXT) == (refused.status, refused.json)


@pytest.mark.parametrize(("spec", "algorithm"), LONGEST)
def test_a_plaintext_may_be_as_long_as_the_padding_leaves_room_for(service, spec, algorithm):
    most = LONGEST[spec, algorithm]
    key = service.make_key(KeySpec=spec, KeyUsage="ENCRYPT_DECRYPT")
    assert 200 == encrypt(service, key, bytes(most), EncryptionAlgorithm=algorithm).status
    for dry_run in (False, True):
        answer = encrypt(service, key, bytes(most + 1), EncryptionAlgorithm=algorithm, DryRun=dry_run)
        text = f"Algorithm {algorithm} and key spec {spec} cannot encrypt data larger than {most} bytes."
        assert ("ValidationException", text) == (answer.type, answer.message)


def test_what_is_encrypted_outside_with_the_public_key_decrypts(service, rsa):
    public = load_der_public_key(
        base64.b64decode(service.call("GetPublicKey", {"KeyId": rsa["KeyId"]}).json["PublicKey"])
    )
    blob = public.encrypt(b"from outside", OAEP(MGF1(hashes.SHA256()), hashes.SHA256(), None))
    opened = decrypt(service, encoded(blob), KeyId=rsa["KeyId"], **OAEP_256)
    assert encoded(b"from outside") == opened.json["Plaintext"]


def test_the_default_algorithm_is_no_rsa_keys(service, rsa):
    answer = encrypt(service, rsa)
    text = "Algorithm SYMMETRIC_DEFAULT is incompatible with key spec RSA_2048."
    assert ("InvalidKeyUsageException", text) == (answer.type, answer.message)
    symmetric = service.make_key()
    answer = encrypt(service, symmetric, **OAEP_256)
    text = "Algorithm RSAES_OAEP_SHA_256 is incompatible with key spec SYMMETRIC_DEFAULT."
    assert ("InvalidKeyUsageException", text) == (answer.type, answer.message)
    blob = blob_of(encrypt(service, symmetric))
    answer = decrypt(service, blob, KeyId=symmetric["KeyId"], **OAEP_256)
    assert ("InvalidKeyUsageException", text) == (answer.type, answer.message)


def test_an_rsa_ciphertext_names_no_key_so_the_request_must(service, rsa):
    answer = decrypt(service, blob_of(encrypt(service, rsa, **OAEP_256)), **OAEP_256)
    assert ("ValidationException", "KeyId must not be null") == (answer.type, answer.message)


def test_rsa_ciphertexts_have_no_place_for_an_encryption_context(service, rsa):
    context = {"EncryptionContext": {"app": "web"}}
    text = "EncryptionContext is not supported when encrypting/decrypting with asymmetric CMKs."
    blob = blob_of(encrypt(service, rsa, **OAEP_256))
    for answer in (
        encrypt(service, rsa, **OAEP_256, **context),
        decrypt(service, blob, KeyId=rsa["KeyId"], **OAEP_256, **context),
    ):
        assert ("ValidationException", text) == (answer.type, answer.message)


def test_a_symmetric_ciphertext_with_the_id_of_another_key_is_the_wrong_key_whatever_its_spec(service, rsa):
    blob = blob_of(encrypt(service, service.make_key()))
    for key in (rsa, service.make_key(KeySpec="RSA_2048", KeyUsage="SIGN_VERIFY"), service.make_key()):
        assert "IncorrectKeyException" == decrypt(service, blob, KeyId=key["KeyId"]).type


def test_a_signing_key_encrypts_nothing(service):
    key = service.make_key(KeySpec="RSA_2048", KeyUsage="SIGN_VERIFY")
    answer = encrypt(service, key, **OAEP_256)
    text = f"{key['Arn']} key usage is SIGN_VERIFY which is not valid for Encrypt."
    assert ("InvalidKeyUsageException", text) == (answer.type, answer.message)


# ReEncrypt.


def re_encrypt(service, blob, destination, *, user="admin", **more):
    return service.call(
        "ReEncrypt", {"CiphertextBlob": blob, "DestinationKeyId": destination["KeyId"], **more}, user=user
    )


def test_the_plaintext_moves_to_another_key_and_context(service):
    source, destination = service.make_key(), service.make_key()
    blob = blob_of(encrypt(service, source, EncryptionContext={"app": "web"}))
    moved = re_encrypt(
        service,
        blob,
        destination,
        SourceEncryptionContext={"app": "web"},
        DestinationEncryptionContext={"app": "shop"},
    )
    told = moved.json
    assert (source["Arn"], destination["Arn"]) == (told["SourceKeyId"], told["KeyId"])
    assert ("SYMMETRIC_DEFAULT",) * 2 == (told["SourceEncryptionAlgorithm"], told["DestinationEncryptionAlgorithm"])
    assert (source["CurrentKeyMaterialId"], destination["CurrentKeyMaterialId"]) == (
        told["SourceKeyMaterialId"],
        told["DestinationKeyMaterialId"],
    )
    opened = decrypt(service, blob_of(moved), EncryptionContext={"app": "shop"}, KeyId=destination["KeyId"])
    assert encoded(b"text") == opened.json["Plaintext"]
    assert INVALID_CIPHERTEXT == decrypt(service, blob_of(moved), EncryptionContext={"app": "web"}).json
    event = [e["event"] for e in service.entries() if e["event"]["eventName"] == "ReEncrypt"][-1]
    assert [source["Arn"], destination["Arn"]] == [resource["ARN"] for resource in event["resources"]]
    assert told["SourceKeyMaterialId"] == event["additionalEventData"]["sourceKeyMaterialId"]


def test_the_plaintext_moves_between_symmetric_and_rsa_keys(service, rsa):
    symmetric = service.make_key()
    to_rsa = re_encrypt(
        service,
        blob_of(encrypt(service, symmetric)),
        rsa,
        SourceKeyId=symmetric["KeyId"],
        DestinationEncryptionAlgorithm="RSAES_OAEP_SHA_1",
    )
    assert "DestinationKeyMaterialId" not in to_rsa.json
    back = re_encrypt(
        service,
        blob_of(to_rsa),
        symmetric,
        SourceKeyId=rsa["KeyId"],
        SourceEncryptionAlgorithm="RSAES_OAEP_SHA_1",
        DestinationEncryptionContext={"app": "web"},
    )
    assert "SourceKeyMaterialId" not in back.json
    opened = decrypt(service, blob_of(back), EncryptionContext={"app": "web"})
    assert encoded(b"text") == opened.json["Plaintext"]


def test_what_re_encrypt_cannot_do_is_refused(service, rsa):
    source, other = service.make_key(), service.make_key()
    blob = blob_of(encrypt(service, source, bytes(200)))
    to_rsa = {"DestinationEncryptionAlgorithm": "RSAES_OAEP_SHA_256"}
    signing = service.make_key(KeySpec="RSA_2048", KeyUsage="SIGN_VERIFY")
    usage = f"{signing['Arn']} key usage is SIGN_VERIFY which is not valid for ReEncrypt."
    too_long = "Algorithm RSAES_OAEP_SHA_256 and key spec RSA_2048 cannot encrypt data larger than 190 bytes."
    for answer, expected in (
        (re_encrypt(service, blob, other, SourceKeyId=other["KeyId"]), ("IncorrectKeyException", None)),
        (re_encrypt(service, blob, other, SourceEncryptionContext={"a": "b"}), ("InvalidCiphertextException", "")),
        (re_encrypt(service, "AAAA", other), ("InvalidCiphertextException", "")),
        (re_encrypt(service, blob, rsa), ("InvalidKeyUsageException", None)),
        (re_encrypt(service, blob, rsa, **to_rsa), ("ValidationException", too_long)),
        (
            re_encrypt(service, blob, rsa, **to_rsa, DestinationEncryptionContext={"a": "b"}),
            ("ValidationException", None),
        ),
        (re_encrypt(service, blob, signing, **to_rsa), ("InvalidKeyUsageException", usage)),
    ):
        told = answer.json.get("message", "")
        assert (400, expected[0]) == (answer.status, answer.type), answer.body
        assert expected[1] in (None, told)


def test_either_key_must_be_usable(service):
    source, destination = service.make_key(), service.make_key()
    blob = blob_of(encrypt(service, source))
    for key in (source, destination):
        service.call("DisableKey", {"KeyId": key["KeyId"]})
        answer = re_encrypt(service, blob, destination)
        assert ("DisabledException", f"{key['Arn']} is disabled.") == (answer.type, answer.message)
        service.call("EnableKey", {"KeyId": key["KeyId"]})


def allowing(action, condition=None):
    alice = {"AWS": f"arn:aws:iam::{ACCOUNT}:user/alice"}
    statement = {"Sid": "alice", "Effect": "Allow", "Principal": alice, "Action": action, "Resource": "*"}
    return {
        **POLICY,
        "Statement": [POLICY["Statement"], {**statement, **({"Condition": condition} if condition else {})}],
    }


def test_each_key_is_asked_for_its_own_half(service):
    source, destination = service.make_key(allowing("kms:ReEncryptFrom")), service.make_key(allowing("kms:ReEncryptTo"))
    blob = blob_of(encrypt(service, source))
    assert 200 == re_encrypt(service, blob, destination, user="alice").status
    back = blob_of(encrypt(service, destination))
    answer = re_encrypt(service, back, source, user="alice")
    assert "AccessDeniedException" == answer.type
    assert f"kms:ReEncryptFrom on resource: {destination['Arn']}" in answer.message
    answer = re_encrypt(service, blob, service.make_key(POLICY), user="alice")
    assert "kms:ReEncryptTo on resource:" in answer.message


@pytest.mark.parametrize(
    ("condition", "is_same", "expected"),
    [
        ({"Bool": {"kms:ReEncryptOnSameKey": "true"}}, True, 200),
        ({"Bool": {"kms:ReEncryptOnSameKey": "true"}}, False, 400),
        ({"Bool": {"kms:ReEncryptOnSameKey": "false"}}, False, 200),
        # Each half has the encryption context of its own side.
        ({"StringEquals": {"kms:EncryptionContext:side": "source"}}, False, 200),
        ({"StringEquals": {"kms:EncryptionContext:side": "destination"}}, False, 400),
        ({"StringEquals": {"kms:EncryptionAlgorithm": "SYMMETRIC_DEFAULT"}}, False, 200),
    ],
)
def test_the_conditions_of_the_source_key_are_those_of_its_half(service, condition, is_same, expected):
    source = service.make_key(allowing("kms:ReEncrypt*", condition))
    destination = source if is_same else service.make_key(allowing("kms:ReEncryptTo"))
    contexts = {"SourceEncryptionContext": {"side": "source"}, "DestinationEncryptionContext": {"side": "destination"}}
    blob = blob_of(encrypt(service, source, EncryptionContext={"side": "source"}))
    assert expected == re_encrypt(service, blob, destination, user="alice", **contexts).status


# Dry runs.


def test_a_dry_run_may_leave_the_ciphertext_out(service):
    key = service.make_key(POLICY)
    ignoring = {"DryRun": True, "DryRunModifiers": ["IGNORE_CIPHERTEXT"]}
    assert "DryRunOperationException" == service.call("Decrypt", {"KeyId": key["KeyId"], **ignoring}).type
    assert "AccessDeniedException" == service.call("Decrypt", {"KeyId": key["KeyId"], **ignoring}, user="alice").type
    answer = service.call("Decrypt", ignoring)
    assert ("ValidationException", "KeyId must not be null") == (answer.type, answer.message)
    both = {"SourceKeyId": key["KeyId"], "DestinationKeyId": key["KeyId"], **ignoring}
    assert "DryRunOperationException" == service.call("ReEncrypt", both).type
    noise = {"CiphertextBlob": "AAAA", "KeyId": key["KeyId"], **ignoring}
    assert "DryRunOperationException" == service.call("Decrypt", noise).type


@pytest.mark.parametrize("given", [{}, {"DryRun": True}, {"DryRunModifiers": ["IGNORE_CIPHERTEXT"]}])
def test_nothing_else_may(service, given):
    key = service.make_key()
    answer = service.call("Decrypt", {"KeyId": key["KeyId"], **given})
    text = "Value null at 'ciphertextBlob' failed to satisfy constraint: Member must not be null"
    assert ("ValidationException", f"1 validation error detected: {text}") == (answer.type, answer.message)


def test_a_dry_run_without_modifiers_looks_at_the_ciphertexts_header(service):
    key = service.make_key()
    blob = blob_of(encrypt(service, key))
    assert "DryRunOperationException" == decrypt(service, blob, DryRun=True).type
    assert "InvalidCiphertextException" == decrypt(service, "AAAA", DryRun=True).type


# Across accounts.


def test_a_bare_id_of_another_accounts_key_will_do_for_a_ciphertext_that_names_it(service):
    foreign = {"AWS": f"arn:aws:iam::{OTHER_ACCOUNT}:root"}
    statement = {"Effect": "Allow", "Principal": foreign, "Action": "kms:*", "Resource": "*"}
    key = service.make_key({**POLICY, "Statement": [POLICY["Statement"], statement]})
    blob = blob_of(encrypt(service, key))
    for key_id in (key["KeyId"], key["Arn"]):
        answer = service.call("Decrypt", {"CiphertextBlob": blob, "KeyId": key_id}, user="foreign")
        assert (200, encoded(b"text")) == (answer.status, answer.json["Plaintext"])
    stranger = service.call("Decrypt", {"CiphertextBlob": blob, "KeyId": key["KeyId"]}, user="stranger")
    assert "AccessDeniedException" == stranger.type
    answer = service.call("Encrypt", {"KeyId": key["KeyId"], "Plaintext": encoded(b"x")}, user="foreign")
    assert "NotFoundException" == answer.type


def test_a_ciphertext_of_a_key_that_is_gone_is_told_as_before(service):
    key = service.make_key()
    blob = blob_of(encrypt(service, key))
    with service.opened.store.change() as change:
        change.delete_key("us-east-1", key["KeyId"])
    assert "AccessDeniedException" == decrypt(service, blob).type
    assert "NotFoundException" == decrypt(service, blob, KeyId=key["KeyId"]).type
