"""What the headers of SSE-KMS ask for, and which addresses there are."""

import base64
import json

import pytest

from keyservice.demo.objects.address import Address, read_address
from keyservice.demo.objects.sse import Encryption, read_encryption
from keyservice.demo.refusals import Refusal

HEADER = "x-amz-server-side-encryption"
KMS = {HEADER: "aws:kms"}
CONTEXT = f"{HEADER}-context"


def encoded(value):
    return base64.b64encode(json.dumps(value).encode()).decode()


def refusal(call, *arguments):
    with pytest.raises(Refusal) as raised:
        call(*arguments)
    return raised.value.code


def test_who_says_nothing_gets_sse_s3():
    assert Encryption() == read_encryption({}) == read_encryption({HEADER: "AES256"})
    assert "AES256" == Encryption().algorithm


def test_sse_kms_without_a_key_is_under_the_aws_managed_key():
    assert Encryption(key_id="alias/aws/s3") == read_encryption(KMS)
    assert "aws:kms" == read_encryption(KMS).algorithm


def test_key_context_and_bucket_key_are_read():
    headers = {
        **KMS,
        f"{HEADER}-aws-kms-key-id": "alias/mine",
        CONTEXT: encoded({"team": "blue"}),
        f"{HEADER}-bucket-key-enabled": "true",
    }
    assert Encryption(key_id="alias/mine", context={"team": "blue"}, bucket_key=True) == read_encryption(headers)


@pytest.mark.parametrize(
    "headers",
    [
        {HEADER: "aws:kms:dsse"},
        {HEADER: "rot13"},
        {f"{HEADER}-aws-kms-key-id": "alias/mine"},
        {HEADER: "AES256", CONTEXT: encoded({})},
        {**KMS, f"{HEADER}-bucket-key-enabled": "perhaps"},
        {**KMS, CONTEXT: "no base64!"},
        {**KMS, CONTEXT: encoded(["a", "list"])},
        {**KMS, CONTEXT: encoded({"number": 1})},
        {**KMS, CONTEXT: base64.b64encode(b"{").decode()},
        {**KMS, CONTEXT: base64.b64encode(b"[" * 5000).decode()},
        {**KMS, CONTEXT: encoded({"long": "x" * 10_000})},
    ],
)
def test_what_cannot_be_meant_is_refused(headers):
    assert "InvalidArgument" == refusal(read_encryption, headers)


def test_the_context_names_the_object_or_for_a_bucket_key_the_bucket():
    address = Address("box", "a/b")
    assert {"aws:s3:arn": "arn:aws:s3:::box/a/b"} == Encryption(key_id="k").context_for(address)
    assert {"team": "blue", "aws:s3:arn": "arn:aws:s3:::box"} == Encryption(
        key_id="k", context={"team": "blue"}, bucket_key=True
    ).context_for(address)


def test_nobody_can_say_that_an_object_is_another():
    own = Encryption(key_id="k", context={"aws:s3:arn": "arn:aws:s3:::box/other"})
    assert "InvalidArgument" == refusal(own.context_for, Address("box", "a"))


@pytest.mark.parametrize(
    ("path", "address"),
    [
        ("/box", Address("box", "")),
        ("/box/", Address("box", "")),
        ("/box/a/b", Address("box", "a/b")),
        ("/my.box-1/a%20b%2Fc+d", Address("my.box-1", "a b/c+d")),
        ("/box/%C3%A4", Address("box", "ä")),
        ("/box/../x", Address("box", "../x")),
    ],
)
def test_a_path_is_a_bucket_and_a_key(path, address):
    assert address == read_address(path)


@pytest.mark.parametrize(
    ("path", "code"),
    [
        ("/", "InvalidBucketName"),
        ("", "InvalidBucketName"),
        ("/..", "InvalidBucketName"),
        ("/../etc/passwd", "InvalidBucketName"),
        ("/a", "InvalidBucketName"),
        ("/Box", "InvalidBucketName"),
        ("/b..x", "InvalidBucketName"),
        ("/10.0.0.1", "InvalidBucketName"),
        ("/-box", "InvalidBucketName"),
        ("/" + "b" * 64, "InvalidBucketName"),
        ("/box%2F..", "InvalidBucketName"),
        ("/box/%FF", "InvalidURI"),
        ("/box/" + "k" * 1025, "KeyTooLongError"),
    ],
)
def test_a_path_that_is_no_address_is_refused(path, code):
    assert code == refusal(read_address, path)
