"""The object store through boto3's S3 client: SSE-KMS for the caller, and what S3 says when the key is refused."""

import base64
import json

import botocore.auth
import pytest
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials
from botocore.exceptions import ClientError

from keyservice.audit.reader import TrailReader
from keyservice.linked import CallerRequest
from tests.e2e.conftest import code_of, policy, refusal_of, statement, user_arn
from tests.linked_stores import BUCKET_KEY, KMS, get, linked, put
from tests.live import ACCOUNT, OTHER_ACCOUNT, REGION, ROOT, access_key_id_of, secret_of

VIA_S3 = {"StringEquals": {"kms:ViaService": f"s3.{REGION}.amazonaws.com"}}
OF_OBJECTS = ["kms:GenerateDataKey", "kms:Decrypt"]
ALL_OF_THE_ACCOUNT = policy(statement("all", ROOT, "kms:*"))


@pytest.fixture
def s3(object_stores):
    return object_stores.client()


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


def test_the_managed_key_of_s3_serves_its_account_through_s3_alone(served, object_stores, s3):
    told = put(s3, **KMS)
    key = served.client().describe_key(KeyId="alias/aws/s3")["KeyMetadata"]
    assert (told["SSEKMSKeyId"], "AWS", ACCOUNT) == (key["Arn"], key["KeyManager"], key["AWSAccountId"])
    assert b"body" == get(s3)
    code, message = refusal_of(served.client().generate_data_key, KeyId="alias/aws/s3", KeySpec="AES_256")
    assert ("AccessDeniedException", True) == (code, "no resource-based policy allows" in message)
    events = [event for event in served.events() if event["eventName"] == "Decrypt" and "errorCode" not in event]
    assert {"aws:s3:arn": "arn:aws:s3:::box/a"} == events[-1]["requestParameters"]["encryptionContext"]
    assert (user_arn("admin"), "s3.amazonaws.com", "s3.amazonaws.com") == (
        events[-1]["userIdentity"]["arn"],
        events[-1]["userIdentity"]["invokedBy"],
        events[-1]["sourceIPAddress"],
    )


def test_who_has_no_policy_at_all_may_use_the_managed_key_through_s3(object_stores):
    # Its key policy names everybody of the account who may use S3 (KMS Developer Guide, "AWS KMS keys").
    put(object_stores.client("nobody"), **KMS)
    assert b"body" == get(object_stores.client("nobody"))


def test_the_callers_own_encryption_context_is_kept_with_the_object(served, s3):
    context = base64.b64encode(json.dumps({"team": "blue"}).encode()).decode()
    put(s3, SSEKMSEncryptionContext=context, **KMS)
    assert b"body" == get(s3)
    event = [event for event in served.events() if event["eventName"] == "Decrypt"][-1]
    assert {"team": "blue", "aws:s3:arn": "arn:aws:s3:::box/a"} == event["requestParameters"]["encryptionContext"]


def test_a_caller_without_permission_on_the_key_gets_the_key_services_reason(object_stores, make_key, tmp_path):
    key = make_key(ALL_OF_THE_ACCOUNT)
    alice = object_stores.client("alice")
    assert (
        "AccessDenied",
        (
            f"User: {user_arn('alice')} is not authorized to perform: kms:GenerateDataKey on resource: {key['Arn']} "
            "because no identity-based policy allows the kms:GenerateDataKey action"
        ),
    ) == refusal_of(put, s3=alice, SSEKMSKeyId=key["KeyId"], **KMS)
    assert "NoSuchKey" == code_of(get, s3=alice)
    put(object_stores.client("admin"), SSEKMSKeyId=key["KeyId"], **KMS)
    code, message = refusal_of(get, s3=alice)
    assert ("AccessDenied", True) == (code, "kms:Decrypt" in message)


def test_a_key_for_objects_alone_is_refused_to_direct_use(served, object_stores, make_key):
    key = make_key(
        policy(
            statement("administration", user_arn("admin"), "kms:*"),
            statement("via", user_arn("alice"), OF_OBJECTS, Condition=VIA_S3),
        )
    )
    put(object_stores.client("alice"), SSEKMSKeyId=key["Arn"], **KMS)
    assert b"body" == get(object_stores.client("alice"))
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


def test_a_key_can_be_for_one_object_alone(object_stores, make_key):
    one = {"StringEquals": {"kms:EncryptionContext:aws:s3:arn": "arn:aws:s3:::box/one"}}
    key = make_key(
        policy(
            statement("administration", user_arn("admin"), "kms:*"),
            statement("one", user_arn("alice"), OF_OBJECTS, Condition=one),
        )
    )
    alice = object_stores.client("alice")
    put(alice, "one", SSEKMSKeyId=key["Arn"], **KMS)
    assert "AccessDenied" == code_of(put, s3=alice, key="two", SSEKMSKeyId=key["Arn"], **KMS)
    claimed = base64.b64encode(json.dumps({"aws:s3:arn": "arn:aws:s3:::box/one"}).encode()).decode()
    assert "InvalidArgument" == code_of(
        put, s3=alice, key="two", SSEKMSKeyId=key["Arn"], SSEKMSEncryptionContext=claimed, **KMS
    )


def test_the_key_of_another_service_is_of_no_use_to_s3(served, object_stores, s3):
    session = passed_on(served, "admin")
    session.client("kms").generate_data_key_without_plaintext(KeyId="alias/aws/ebs", KeySpec="AES_256")
    assert "AccessDenied" == code_of(put, s3=s3, SSEKMSKeyId="alias/aws/ebs", **KMS)


def test_another_accounts_key_needs_both_accounts_to_agree(served, object_stores, s3):
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
    assert "AccessDenied" == code_of(put, s3=object_stores.client("alice"), SSEKMSKeyId=opened, **KMS)
    made = [
        entry["usage"]["account"]
        for entry in TrailReader(served.opened.directory.trail, served.opened.store).entries()
        if entry["usage"] and entry["usage"]["key"] == opened and entry["event"]["eventName"] == "GenerateDataKey"
        and "errorCode" not in entry["event"]
    ]  # fmt: skip
    assert [ACCOUNT] == made  # who calls pays


def test_another_account_gets_nothing_of_a_bucket(object_stores, s3):
    foreign = object_stores.client("foreign")
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


def test_a_key_that_cannot_be_used_is_told_under_its_name_in_kms(served, object_stores, s3, make_key):
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


def test_a_service_that_object_stores_objects_for_its_caller_passes_the_caller_on(served, object_stores, make_key):
    through_both = {"ForAnyValue:StringEquals": {"aws:CalledVia": "ec2.amazonaws.com"}, **VIA_S3}
    key = make_key(
        policy(
            statement("administration", user_arn("admin"), "kms:*"),
            statement("via", user_arn("alice"), OF_OBJECTS, Condition=through_both),
        )
    )
    s3 = passed_on(served, "alice").client("s3", endpoint=object_stores.endpoint)
    put(s3, SSEKMSKeyId=key["Arn"], **BUCKET_KEY)
    assert b"body" == get(s3)
    for other in (
        object_stores.client("alice"),
        passed_on(served, "bob").client("s3", endpoint=object_stores.endpoint),
    ):
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
