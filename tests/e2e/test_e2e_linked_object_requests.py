"""What the object store makes of requests: signed by whom, changed on their way, in chunks, beyond what it offers."""

import hashlib
import http.client
import os
import shutil
import subprocess
import sys
import urllib.request
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path
from urllib.parse import urlsplit

import boto3
import botocore.auth
import pytest
from botocore import UNSIGNED
from botocore.awsrequest import AWSRequest
from botocore.config import Config
from botocore.credentials import Credentials

from keyservice.demo.objects.app import MOST_BODY
from tests.e2e.conftest import code_of
from tests.linked_stores import BUCKET_KEY, KMS, get, put
from tests.live import REGION, access_key_id_of, secret_of

AWS = shutil.which("aws", path=str(Path(sys.executable).parent)) or shutil.which("aws")


@pytest.fixture
def s3(object_stores):
    return object_stores.client()


def test_a_request_that_the_caller_did_not_sign_so_is_refused(object_stores):
    forged = object_stores.client("admin", secret="x" * 40)
    assert ["SignatureDoesNotMatch", "SignatureDoesNotMatch", "InvalidAccessKeyId", "AccessDenied"] == [
        code_of(get, s3=forged),
        code_of(put, s3=object_stores.client("admin", region="ap-southeast-2")),
        code_of(get, s3=object_stores.client("nosuchuser")),
        code_of(get, s3=anonymous(object_stores)),
    ]


def anonymous(object_stores):
    return boto3.session.Session().client(
        "s3", region_name=REGION, endpoint_url=object_stores.endpoint, config=Config(signature_version=UNSIGNED)
    )


def signed(method, path, headers=None, body=b"", context=None):
    """The headers of a request as the administrator signs it."""
    request = AWSRequest(
        method=method, url=f"http://store{path}", headers={"Host": "store", **(headers or {})}, data=body
    )
    request.context.update(context or {})
    credentials = Credentials(access_key_id_of("admin"), secret_of("admin"))
    botocore.auth.S3SigV4Auth(credentials, "s3", REGION).add_auth(request)
    return dict(request.headers.items())


def send(object_stores, method, path, headers, body=b""):
    connection = http.client.HTTPConnection(urlsplit(object_stores.endpoint).netloc, timeout=20)
    try:
        connection.request(method, path, body, headers)
        answer = connection.getresponse()
        text = answer.read().decode()
        return answer.status, text.partition("<Code>")[2].partition("</Code>")[0]
    finally:
        connection.close()


def test_what_was_changed_of_a_signed_request_is_noticed(object_stores):
    headers = signed("PUT", "/box/a", {"x-amz-server-side-encryption": "aws:kms"}, b"body")
    assert [
        (200, ""),
        (400, "XAmzContentSHA256Mismatch"),
        (403, "SignatureDoesNotMatch"),
        (403, "SignatureDoesNotMatch"),
        (403, "SignatureDoesNotMatch"),
        (403, "SignatureDoesNotMatch"),
    ] == [
        send(object_stores, "PUT", "/box/a", headers, b"body"),
        send(object_stores, "PUT", "/box/a", headers, b"Body"),
        send(object_stores, "PUT", "/box/b", headers, b"body"),
        send(object_stores, "GET", "/box/a", headers, b"body"),
        send(object_stores, "PUT", "/box/a", {**headers, "x-amz-server-side-encryption": "AES256"}, b"body"),
        send(object_stores, "PUT", "/box/a", {**headers, "x-amz-meta-unsigned": "x"}, b"body"),
    ]


def test_a_request_that_was_signed_for_another_service_is_refused(object_stores):
    for_kms = AWSRequest(method="GET", url="http://store/box/a", headers={"Host": "store"})
    credentials = Credentials(access_key_id_of("admin"), secret_of("admin"))
    botocore.auth.SigV4Auth(credentials, "kms", REGION).add_auth(for_kms)
    assert (403, "SignatureDoesNotMatch") == send(object_stores, "GET", "/box/a", dict(for_kms.headers.items()))


@pytest.mark.parametrize("minutes", [-6, 6])
def test_a_request_that_comes_late_or_early_is_refused(object_stores, monkeypatch, minutes):
    moment = datetime.now(UTC).replace(tzinfo=None) + timedelta(minutes=minutes)
    with monkeypatch.context() as patched:  # only while the caller signs: the service signs in this process too
        patched.setattr(botocore.auth, "get_current_datetime", lambda **_: moment)
        headers = signed("GET", "/box/a")
    assert (403, "RequestTimeTooSkewed") == send(object_stores, "GET", "/box/a", headers)


@pytest.mark.parametrize(
    ("path", "headers", "status", "code"),
    [
        ("/box/" + "x" * 9000, {}, 400, "InvalidRequest"),
        ("/box/a", {"x-long": "x" * 40_000}, 400, "InvalidRequest"),
        ("/box/a", {"Authorization": "nonsense"}, 400, "AuthorizationHeaderMalformed"),
        ("/box/a", {}, 403, "AccessDenied"),
        ("*", {}, 400, "InvalidRequest"),
        ("/", {}, 403, "AccessDenied"),
    ],
)
def test_a_head_that_no_client_sends_is_the_callers_fault(object_stores, path, headers, status, code):
    assert (status, code) == send(object_stores, "GET", path, headers)


def test_buckets_may_have_names_like_files(s3):
    names = ["box.json", "owners", "objects", "a.b"]
    for name in names:
        s3.create_bucket(Bucket=name)
        put(s3, bucket=name, body=name.encode())
    assert [name.encode() for name in names] == [get(s3, bucket=name) for name in names]


def test_the_aws_cli_copies_a_file_there_and_back(object_stores, tmp_path):
    environment = {
        "PATH": os.environ["PATH"],
        "AWS_ENDPOINT_URL": object_stores.endpoint,
        "AWS_DEFAULT_REGION": REGION,
        "AWS_ACCESS_KEY_ID": access_key_id_of("admin"),
        "AWS_SECRET_ACCESS_KEY": secret_of("admin"),
        "AWS_EC2_METADATA_DISABLED": "true",
        "AWS_CONFIG_FILE": os.devnull,
    }
    (tmp_path / "file").write_bytes(b"figures")
    there = [AWS, "s3", "cp", "--sse", "aws:kms", str(tmp_path / "file"), "s3://box/f/file"]
    back = [AWS, "s3", "cp", "s3://box/f/file", str(tmp_path / "back")]
    for command in (there, back):
        done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False, timeout=60)
        assert 0 == done.returncode, done.stderr
    assert b"figures" == (tmp_path / "back").read_bytes()


def test_a_presigned_url_works(object_stores, s3):
    put(s3, **KMS)
    signing = Config(signature_version="s3v4", s3={"addressing_style": "path"})
    presigning = boto3.session.Session().client(
        "s3",
        region_name=REGION,
        endpoint_url=object_stores.endpoint,
        aws_access_key_id=access_key_id_of("admin"),
        aws_secret_access_key=secret_of("admin"),
        config=signing,
    )
    url = presigning.generate_presigned_url("get_object", Params={"Bucket": "box", "Key": "a"}, ExpiresIn=60)
    with urllib.request.urlopen(url) as answer:
        assert b"body" == answer.read()


def test_bodies_in_unsigned_chunks_are_put_together(object_stores, s3):
    body = b"3\r\nbod\r\n1\r\ny\r\n0\r\n\r\n"
    context = {"checksum": {"request_algorithm": {"in": "trailer"}}}
    headers = signed("PUT", "/box/a", {"Content-Encoding": "aws-chunked"}, body, context)
    assert (200, "") == send(object_stores, "PUT", "/box/a", headers, body)
    found = s3.get_object(Bucket="box", Key="a")
    assert (b"body", None) == (found["Body"].read(), found.get("ContentEncoding"))


@pytest.mark.parametrize(
    ("operation", "members", "code"),
    [
        ("put_object", {"SSEKMSKeyId": "alias/x"}, "InvalidArgument"),
        ("put_object", {"ServerSideEncryption": "aws:kms:dsse"}, "InvalidArgument"),
        ("put_object", {**KMS, "SSEKMSEncryptionContext": "x"}, "InvalidArgument"),
        ("put_object", {"Tagging": "a=b"}, "NotImplemented"),
        ("put_object", {"IfNoneMatch": "*"}, "NotImplemented"),
        ("put_object", {"ACL": "public-read"}, "NotImplemented"),
        ("put_object", {"Metadata": {"m": "x" * 3000}}, "MetadataTooLarge"),
        ("get_object", {"Range": "bytes=0-1"}, "NotImplemented"),
        ("get_object", {"VersionId": "1"}, "NotImplemented"),
        ("get_object_tagging", {}, "NotImplemented"),
        ("create_multipart_upload", {}, "NotImplemented"),
    ],
)
def test_what_is_not_offered_or_not_meant_is_refused(s3, operation, members, code):
    put(s3)
    assert code == code_of(getattr(s3, operation), **{"Bucket": "box", "Key": "a", **members})
    assert b"body" == get(s3) or operation == "put_object"


def test_a_body_beyond_the_bound_is_refused(s3):
    put(s3, body=bytes(MOST_BODY))
    assert "EntityTooLarge" == code_of(put, s3=s3, body=bytes(MOST_BODY + 1))
    assert hashlib.sha256(bytes(MOST_BODY)).digest() == hashlib.sha256(get(s3)).digest()


def test_many_at_once_get_what_they_put(object_stores, s3):
    def one(number):
        put(s3, f"n/{number % 4}", b"%d" % (number % 4), **(BUCKET_KEY if number % 2 else KMS))
        return get(s3, f"n/{number % 4}")

    with ThreadPoolExecutor(8) as pool:
        assert [b"%d" % (number % 4) for number in range(32)] == list(pool.map(one, range(32)))
