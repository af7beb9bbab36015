"""The object store through boto3's S3 client: SSE-KMS for the caller, bucket keys, and what S3 says to refusals."""

import base64
import hashlib
import http.client
import json
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
from botocore.exceptions import ClientError

from keyservice.audit.reader import TrailReader
from keyservice.clock import SystemClock
from keyservice.demo.objects.app import MOST_BODY
from keyservice.demo.objects.bucket_keys import WINDOW
from keyservice.linked import CallerRequest
from tests.e2e.conftest import code_of, policy, refusal_of, statement, user_arn
from tests.linked_stores import linked, object_store
from tests.live import ACCOUNT, OTHER_ACCOUNT, REGION, ROOT, access_key_id_of, secret_of

AWS = shutil.which("aws", path=str(Path(sys.executable).parent)) or shutil.which("aws")
KMS = {"ServerSideEncryption": "aws:kms"}
BUCKET_KEY = {**KMS, "BucketKeyEnabled": True}
VIA_S3 = {"StringEquals": {"kms:ViaService": f"s3.{REGION}.amazonaws.com"}}
OF_OBJECTS = ["kms:GenerateDataKey", "kms:Decrypt"]
ALL_OF_THE_ACCOUNT = policy(statement("all", ROOT, "kms:*"))


class LeapingClock(SystemClock):
    """The machine's clock, which can be put forward."""

    leap = 0.0

    def now(self):
        return super().now() + self.leap


@pytest.fixture
def clock():
    return LeapingClock()


@pytest.fixture
def stores(served, tmp_path, clock):
    with object_store(served, tmp_path / "objects", clock=clock) as found:
        found.client().create_bucket(Bucket="box")
        yield found


@pytest.fixture
def s3(stores):
    return stores.client()


def put(s3, key="a", body=b"body", bucket="box", **how):
    return s3.put_object(Bucket=bucket, Key=key, Body=body, **how)


def get(s3, key="a", bucket="box"):
    return s3.get_object(Bucket=bucket, Key=key)["Body"].read()


@pytest.fixture
def calls(served):
    """What the key service was asked since the last time, as a function: operation and encryption context."""
    seen = set()

    def since():
        new = [event for event in served.events() if event["eventID"] not in seen]
        seen.update(event["eventID"] for event in new)
        return sorted(
            (event["eventName"], event["requestParameters"]["encryptionContext"]["aws:s3:arn"])
            for event in new
            if event["eventName"] in ("GenerateDataKey", "Decrypt") and "errorCode" not in event
        )

    since()
    return since


@pytest.mark.parametrize("how", [{}, {"ServerSideEncryption": "AES256"}, KMS, BUCKET_KEY])
def test_an_object_comes_back_as_it_was_put(s3, tmp_path, how):
    put(s3, "ä b/c+d", b"quarterly figures", Metadata={"author": "me"}, ContentType="text/plain", **how)
    found = s3.get_object(Bucket="box", Key="ä b/c+d")
    assert (b"quarterly figures", {"author": "me"}, "text/plain", 17) == (
        found["Body"].read(),
        found["Metadata"],
        found["ContentType"],
        found["ContentLength"],
    )
    head = s3.head_object(Bucket="box", Key="ä b/c+d")
    assert [(17, found["ETag"], how.get("BucketKeyEnabled"), how.get("ServerSideEncryption", "AES256"))] * 2 == [
        (told["ContentLength"], told["ETag"], told.get("BucketKeyEnabled"), told["ServerSideEncryption"])
        for told in (head, found)
    ]
    lying = b"".join(path.read_bytes() for path in (tmp_path / "objects").rglob("*") if path.is_file())
    assert b"figures" not in lying


def test_an_object_can_be_replaced_and_deleted(s3):
    put(s3, body=b"old", **KMS)
    put(s3, body=b"", **KMS)
    assert b"" == get(s3)
    for _ in range(2):
        s3.delete_object(Bucket="box", Key="a")
    assert ["NoSuchKey", "404", "NoSuchBucket"] == [
        code_of(get, s3=s3),
        code_of(s3.head_object, Bucket="box", Key="a"),
        code_of(get, s3=s3, bucket="nosuchbox"),
    ]


def test_the_managed_key_of_s3_serves_its_account_through_s3_alone(served, stores, s3, calls):
    told = put(s3, **KMS)
    key = served.client().describe_key(KeyId="alias/aws/s3")["KeyMetadata"]
    assert (told["SSEKMSKeyId"], "AWS", ACCOUNT) == (key["Arn"], key["KeyManager"], key["AWSAccountId"])
    assert b"body" == get(s3)
    assert [("Decrypt", "arn:aws:s3:::box/a"), ("GenerateDataKey", "arn:aws:s3:::box/a")] == calls()
    code, message = refusal_of(served.client().generate_data_key, KeyId="alias/aws/s3", KeySpec="AES_256")
    assert ("AccessDeniedException", True) == (code, "no resource-based policy allows" in message)
    events = [event for event in served.events() if event["eventName"] == "Decrypt" and "errorCode" not in event]
    assert (user_arn("admin"), "s3.amazonaws.com", "s3.amazonaws.com") == (
        events[-1]["userIdentity"]["arn"],
        events[-1]["userIdentity"]["invokedBy"],
        events[-1]["sourceIPAddress"],
    )


def test_who_has_no_policy_at_all_may_use_the_managed_key_through_s3(stores):
    # Its key policy names everybody of the account who may use S3 (KMS Developer Guide, "AWS KMS keys").
    put(stores.client("nobody"), **KMS)
    assert b"body" == get(stores.client("nobody"))


def test_the_callers_own_encryption_context_is_kept_with_the_object(served, s3):
    context = base64.b64encode(json.dumps({"team": "blue"}).encode()).decode()
    put(s3, SSEKMSEncryptionContext=context, **KMS)
    assert b"body" == get(s3)
    event = [event for event in served.events() if event["eventName"] == "Decrypt"][-1]
    assert {"team": "blue", "aws:s3:arn": "arn:aws:s3:::box/a"} == event["requestParameters"]["encryptionContext"]


def test_a_caller_without_permission_on_the_key_gets_the_key_services_reason(stores, make_key, tmp_path):
    key = make_key(ALL_OF_THE_ACCOUNT)
    alice = stores.client("alice")
    assert (
        "AccessDenied",
        (
            f"User: {user_arn('alice')} is not authorized to perform: kms:GenerateDataKey on resource: {key['Arn']} "
            "because no identity-based policy allows the kms:GenerateDataKey action"
        ),
    ) == refusal_of(put, s3=alice, SSEKMSKeyId=key["KeyId"], **KMS)
    assert "NoSuchKey" == code_of(get, s3=alice)
    put(stores.client("admin"), SSEKMSKeyId=key["KeyId"], **KMS)
    code, message = refusal_of(get, s3=alice)
    assert ("AccessDenied", True) == (code, "kms:Decrypt" in message)


def test_a_key_for_objects_alone_is_refused_to_direct_use(served, stores, make_key):
    key = make_key(
        policy(
            statement("administration", user_arn("admin"), "kms:*"),
            statement("via", user_arn("alice"), OF_OBJECTS, Condition=VIA_S3),
        )
    )
    put(stores.client("alice"), SSEKMSKeyId=key["Arn"], **KMS)
    assert b"body" == get(stores.client("alice"))
    kms = served.client("alice")
    assert "AccessDeniedException" == code_of(kms.generate_data_key, KeyId=key["Arn"], KeySpec="AES_256")
    # "via S3" cannot be claimed: not by a header, and the service has no permission of its own.
    kms.meta.events.register("before-sign.kms.*", lambda request, **_: _claim(request))
    assert "AccessDeniedException" == code_of(kms.generate_data_key, KeyId=key["Arn"], KeySpec="AES_256")
    service = linked(served.endpoint, "s3").client("kms", source_account=ACCOUNT)
    assert "AccessDeniedException" == code_of(service.generate_data_key, KeyId=key["Arn"], KeySpec="AES_256")
    served.clients.clear()


def _claim(request):
    request.headers["x-amz-source-account"] = ACCOUNT
    request.headers["x-amz-source-arn"] = "arn:aws:s3:::box"
    request.headers["x-amz-via-service"] = "s3.amazonaws.com"


def test_a_key_can_be_for_one_object_alone(stores, make_key):
    one = {"StringEquals": {"kms:EncryptionContext:aws:s3:arn": "arn:aws:s3:::box/one"}}
    key = make_key(
        policy(
            statement("administration", user_arn("admin"), "kms:*"),
            statement("one", user_arn("alice"), OF_OBJECTS, Condition=one),
        )
    )
    alice = stores.client("alice")
    put(alice, "one", SSEKMSKeyId=key["Arn"], **KMS)
    assert "AccessDenied" == code_of(put, s3=alice, key="two", SSEKMSKeyId=key["Arn"], **KMS)
    claimed = base64.b64encode(json.dumps({"aws:s3:arn": "arn:aws:s3:::box/one"}).encode()).decode()
    assert "InvalidArgument" == code_of(
        put, s3=alice, key="two", SSEKMSKeyId=key["Arn"], SSEKMSEncryptionContext=claimed, **KMS
    )


def test_the_key_of_another_service_is_of_no_use_to_s3(served, stores, s3):
    session = passed_on(served, "admin")
    session.client("kms").generate_data_key_without_plaintext(KeyId="alias/aws/ebs", KeySpec="AES_256")
    assert "AccessDenied" == code_of(put, s3=s3, SSEKMSKeyId="alias/aws/ebs", **KMS)


def test_another_accounts_key_needs_both_accounts_to_agree(served, stores, s3):
    foreign = served.client("foreign")
    admin = user_arn("admin")
    own = {**statement("own", f"arn:aws:iam::{OTHER_ACCOUNT}:root", "kms:*")}
    closed = foreign.create_key()["KeyMetadata"]["Arn"]
    shared = policy(own, statement("shared", f"arn:aws:iam::{ACCOUNT}:root", OF_OBJECTS))
    opened = foreign.create_key(Policy=json.dumps(shared))["KeyMetadata"]["Arn"]
    code, message = refusal_of(put, s3=s3, SSEKMSKeyId=closed, **KMS)
    assert ("AccessDenied", True) == (code, message.startswith(f"User: {admin} is not authorized"))
    assert opened == put(s3, SSEKMSKeyId=opened, **KMS)["SSEKMSKeyId"]
    assert b"body" == get(s3)
    assert "AccessDenied" == code_of(put, s3=stores.client("alice"), SSEKMSKeyId=opened, **KMS)
    made = [
        entry["usage"]["account"]
        for entry in TrailReader(served.opened.directory.trail, served.opened.store).entries()
        if entry["usage"] and entry["usage"]["key"] == opened and entry["event"]["eventName"] == "GenerateDataKey"
        and "errorCode" not in entry["event"]
    ]  # fmt: skip
    assert [ACCOUNT] == made  # who calls pays


def test_another_account_gets_nothing_of_a_bucket(stores, s3):
    foreign = stores.client("foreign")
    put(s3, **KMS)
    assert ["AccessDenied", "AccessDenied", "403", "AccessDenied", "BucketAlreadyExists"] == [
        code_of(get, s3=foreign),
        code_of(put, s3=foreign),
        code_of(foreign.head_object, Bucket="box", Key="a"),
        code_of(foreign.delete_object, Bucket="box", Key="a"),
        code_of(foreign.create_bucket, Bucket="box"),
    ]
    assert "BucketAlreadyOwnedByYou" == code_of(s3.create_bucket, Bucket="box")
    assert "AccessDenied" == code_of(s3.get_object, Bucket="box", Key="a", ExpectedBucketOwner=OTHER_ACCOUNT)


def test_a_key_that_cannot_be_used_is_told_under_its_name_in_kms(served, stores, s3, make_key):
    key = make_key(ALL_OF_THE_ACCOUNT)
    put(s3, SSEKMSKeyId=key["Arn"], **KMS)
    served.client().disable_key(KeyId=key["KeyId"])
    assert ("KMS.DisabledException", f"{key['Arn']} is disabled.") == refusal_of(get, s3=s3)
    assert "KMS.DisabledException" == code_of(put, s3=s3, SSEKMSKeyId=key["Arn"], **KMS)
    served.client().schedule_key_deletion(KeyId=key["KeyId"])
    assert "KMS.KMSInvalidStateException" == code_of(get, s3=s3)
    assert "KMS.NotFoundException" == code_of(put, s3=s3, SSEKMSKeyId="alias/nosuch", **KMS)
    with pytest.raises(ClientError) as raised:
        get(s3)
    assert 400 == raised.value.response["ResponseMetadata"]["HTTPStatusCode"]


def test_a_bucket_key_saves_calls(stores, s3, calls):
    for number in range(8):
        put(s3, f"each/{number}", **KMS)
        get(s3, f"each/{number}")
    assert 16 == len(calls())
    for number in range(8):
        assert put(s3, f"bucket/{number}", b"%d" % number, **BUCKET_KEY)["BucketKeyEnabled"]
    assert [b"%d" % number for number in range(8)] == [get(s3, f"bucket/{number}") for number in range(8)]
    assert [("Decrypt", "arn:aws:s3:::box"), ("GenerateDataKey", "arn:aws:s3:::box")] == calls()


def test_a_bucket_key_is_for_one_requester_one_bucket_and_a_while(stores, s3, calls, clock):
    s3.create_bucket(Bucket="other-box")
    put(s3, **BUCKET_KEY)
    put(stores.client("nobody"), **BUCKET_KEY)
    put(s3, bucket="other-box", **BUCKET_KEY)
    assert 3 == len(calls())
    clock.leap = WINDOW - 5
    put(s3, **BUCKET_KEY)
    assert [] == calls()
    clock.leap = WINDOW
    put(s3, **BUCKET_KEY)
    assert 1 == len(calls())


def test_each_session_of_a_role_is_a_requester_of_its_own(served, stores, calls):
    sts = served.client("alice", "sts")
    role = {"RoleArn": f"arn:aws:iam::{ACCOUNT}:role/App", "RoleSessionName": "same"}
    nothing = {"Version": "2012-10-17", "Statement": {"Effect": "Deny", "Action": "kms:*", "Resource": "*"}}
    wide = stores.client(session=sts.assume_role(**role)["Credentials"])
    narrow = stores.client(session=sts.assume_role(**role, Policy=json.dumps(nothing))["Credentials"])
    put(wide, **BUCKET_KEY)
    assert b"body" == get(wide)
    assert ["AccessDenied", "AccessDenied"] == [code_of(get, s3=narrow), code_of(put, s3=narrow, **BUCKET_KEY)]


def test_who_may_only_write_under_a_bucket_key_reads_nothing_with_it(stores, make_key):
    key = make_key(
        policy(
            statement("administration", user_arn("admin"), "kms:*"),
            statement("write", user_arn("alice"), "kms:GenerateDataKey"),
            statement("read", user_arn("bob"), "kms:Decrypt"),
        )
    )
    put(stores.client("alice"), SSEKMSKeyId=key["Arn"], **BUCKET_KEY)
    assert "AccessDenied" == code_of(get, s3=stores.client("alice"))
    assert b"body" == get(stores.client("bob"))
    assert "AccessDenied" == code_of(put, s3=stores.client("bob"), SSEKMSKeyId=key["Arn"], **BUCKET_KEY)


def test_objects_without_a_key_of_their_own_are_under_one_that_customers_do_not_see(served, s3):
    put(s3)
    assert b"body" == get(s3)
    event = [event for event in served.events() if event["eventName"] == "Decrypt"][-1]
    key = event["requestParameters"]["keyId"]
    assert ("AWSService", "s3.amazonaws.com") == (
        event["userIdentity"]["type"],
        event["userIdentity"]["invokedBy"],
    )
    assert key not in [listed["KeyArn"] for listed in served.client().list_keys()["Keys"]]
    assert code_of(served.client().describe_key, KeyId=key) is not None


def test_a_request_that_the_caller_did_not_sign_so_is_refused(stores):
    forged = stores.client("admin", secret="x" * 40)
    assert ["SignatureDoesNotMatch", "SignatureDoesNotMatch", "InvalidAccessKeyId", "AccessDenied"] == [
        code_of(get, s3=forged),
        code_of(put, s3=stores.client("admin", region="ap-southeast-2")),
        code_of(get, s3=stores.client("nosuchuser")),
        code_of(get, s3=anonymous(stores)),
    ]


def anonymous(stores):
    return boto3.session.Session().client(
        "s3", region_name=REGION, endpoint_url=stores.endpoint, config=Config(signature_version=UNSIGNED)
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


def send(stores, method, path, headers, body=b""):
    connection = http.client.HTTPConnection(urlsplit(stores.endpoint).netloc, timeout=20)
    try:
        connection.request(method, path, body, headers)
        answer = connection.getresponse()
        text = answer.read().decode()
        return answer.status, text.partition("<Code>")[2].partition("</Code>")[0]
    finally:
        connection.close()


def test_what_was_changed_of_a_signed_request_is_noticed(stores):
    headers = signed("PUT", "/box/a", {"x-amz-server-side-encryption": "aws:kms"}, b"body")
    assert [
        (200, ""),
        (400, "XAmzContentSHA256Mismatch"),
        (403, "SignatureDoesNotMatch"),
        (403, "SignatureDoesNotMatch"),
        (403, "SignatureDoesNotMatch"),
        (403, "SignatureDoesNotMatch"),
    ] == [
        send(stores, "PUT", "/box/a", headers, b"body"),
        send(stores, "PUT", "/box/a", headers, b"Body"),
        send(stores, "PUT", "/box/b", headers, b"body"),
        send(stores, "GET", "/box/a", headers, b"body"),
        send(stores, "PUT", "/box/a", {**headers, "x-amz-server-side-encryption": "AES256"}, b"body"),
        send(stores, "PUT", "/box/a", {**headers, "x-amz-meta-unsigned": "x"}, b"body"),
    ]


def test_a_request_that_was_signed_for_another_service_is_refused(stores):
    for_kms = AWSRequest(method="GET", url="http://store/box/a", headers={"Host": "store"})
    credentials = Credentials(access_key_id_of("admin"), secret_of("admin"))
    botocore.auth.SigV4Auth(credentials, "kms", REGION).add_auth(for_kms)
    assert (403, "SignatureDoesNotMatch") == send(stores, "GET", "/box/a", dict(for_kms.headers.items()))


@pytest.mark.parametrize("minutes", [-6, 6])
def test_a_request_that_comes_late_or_early_is_refused(stores, monkeypatch, minutes):
    moment = datetime.now(UTC).replace(tzinfo=None) + timedelta(minutes=minutes)
    with monkeypatch.context() as patched:  # only while the caller signs: the service signs in this process too
        patched.setattr(botocore.auth, "get_current_datetime", lambda **_: moment)
        headers = signed("GET", "/box/a")
    assert (403, "RequestTimeTooSkewed") == send(stores, "GET", "/box/a", headers)


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
def test_a_head_that_no_client_sends_is_the_callers_fault(stores, path, headers, status, code):
    assert (status, code) == send(stores, "GET", path, headers)


def test_buckets_may_have_names_like_files(s3):
    names = ["box.json", "owners", "objects", "a.b"]
    for name in names:
        s3.create_bucket(Bucket=name)
        put(s3, bucket=name, body=name.encode())
    assert [name.encode() for name in names] == [get(s3, bucket=name) for name in names]


def test_the_aws_cli_copies_a_file_there_and_back(stores, tmp_path):
    environment = {
        "PATH": os.environ["PATH"],
        "AWS_ENDPOINT_URL": stores.endpoint,
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


def test_a_presigned_url_works(stores, s3):
    put(s3, **KMS)
    signing = Config(signature_version="s3v4", s3={"addressing_style": "path"})
    presigning = boto3.session.Session().client(
        "s3",
        region_name=REGION,
        endpoint_url=stores.endpoint,
        aws_access_key_id=access_key_id_of("admin"),
        aws_secret_access_key=secret_of("admin"),
        config=signing,
    )
    url = presigning.generate_presigned_url("get_object", Params={"Bucket": "box", "Key": "a"}, ExpiresIn=60)
    with urllib.request.urlopen(url) as answer:
        assert b"body" == answer.read()


def test_bodies_in_unsigned_chunks_are_put_together(stores, s3):
    body = b"3\r\nbod\r\n1\r\ny\r\n0\r\n\r\n"
    context = {"checksum": {"request_algorithm": {"in": "trailer"}}}
    headers = signed("PUT", "/box/a", {"Content-Encoding": "aws-chunked"}, body, context)
    assert (200, "") == send(stores, "PUT", "/box/a", headers, body)
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


def test_many_at_once_get_what_they_put(stores, s3):
    def one(number):
        put(s3, f"n/{number % 4}", b"%d" % (number % 4), **(BUCKET_KEY if number % 2 else KMS))
        return get(s3, f"n/{number % 4}")

    with ThreadPoolExecutor(8) as pool:
        assert [b"%d" % (number % 4) for number in range(32)] == list(pool.map(one, range(32)))


def test_a_service_that_stores_objects_for_its_caller_passes_the_caller_on(served, stores, make_key):
    through_both = {"ForAnyValue:StringEquals": {"aws:CalledVia": "ec2.amazonaws.com"}, **VIA_S3}
    key = make_key(
        policy(
            statement("administration", user_arn("admin"), "kms:*"),
            statement("via", user_arn("alice"), OF_OBJECTS, Condition=through_both),
        )
    )
    s3 = passed_on(served, "alice").client("s3", endpoint=stores.endpoint)
    put(s3, SSEKMSKeyId=key["Arn"], **BUCKET_KEY)
    assert b"body" == get(s3)
    for other in (stores.client("alice"), passed_on(served, "bob").client("s3", endpoint=stores.endpoint)):
        assert ["AccessDenied", "AccessDenied"] == [
            code_of(get, s3=other),
            code_of(put, s3=other, SSEKMSKeyId=key["Arn"], **BUCKET_KEY),
        ]


def passed_on(served, user):
    """A forward access session of a user who has called EC2."""
    call = AWSRequest(method="POST", url="http://localhost/", data="Action=X", headers={"Host": "localhost"})
    botocore.auth.SigV4Auth(Credentials(access_key_id_of(user), secret_of(user)), "ec2", REGION).add_auth(call)
    request = CallerRequest(method="POST", path="/", headers=list(call.headers.items()), body=b"Action=X")
    return linked(served.endpoint, "ec2").on_behalf_of(request)
