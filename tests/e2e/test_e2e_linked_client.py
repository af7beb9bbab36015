"""`keyservice.linked` against the live service: callers are real boto3 clients of EC2 and S3, and never know."""

import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import boto3
import pytest
from botocore.config import Config
from botocore.exceptions import ClientError

from keyservice.linked import CallerRequest, ForwardingError, LinkedService
from tests.live import ACCOUNT, REGION, access_key_id_of, secret_of


class Front:
    """A linked service's front: it remembers what came, and answers that all is well."""

    def __init__(self):
        self.requests = []
        front = self

        class Handler(BaseHTTPRequestHandler):
            def answer(self):
                body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
                path, _, query = self.path.partition("?")
                headers = list(self.headers.items())
                front.requests.append(
                    CallerRequest(method=self.command, path=path, query=query, headers=headers, body=body)
                )
                self.send_response(200)
                self.send_header("Content-Length", "9")
                self.end_headers()
                self.wfile.write(b"<Answer/>")

            do_GET = do_PUT = do_POST = answer

            def log_message(self, *_):
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.endpoint = f"http://127.0.0.1:{self._server.server_port}"
        self._thread = threading.Thread(target=self._server.serve_forever, daemon=True)
        self._thread.start()

    def close(self):
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()


@pytest.fixture
def front():
    made = Front()
    yield made
    made.close()


def linked(served, name="ec2", **more):
    given = {"access_key_id": access_key_id_of(name), "secret_access_key": secret_of(name)}
    return LinkedService(name=f"{name}.amazonaws.com", endpoint=served.endpoint, region=REGION, **given | more)


def caller(front, name, user="alice"):
    return boto3.session.Session().client(
        name,
        region_name=REGION,
        endpoint_url=front.endpoint,
        aws_access_key_id=access_key_id_of(user),
        aws_secret_access_key=secret_of(user),
        config=Config(retries={"max_attempts": 0}, s3={"addressing_style": "path"}),
    )


def test_a_call_of_ec2_becomes_a_call_of_kms_for_the_same_caller(served, front):
    caller(front, "ec2").create_volume(AvailabilityZone="us-east-1a", Size=1, Encrypted=True)
    session = linked(served).on_behalf_of(front.requests[-1])
    assert f"arn:aws:iam::{ACCOUNT}:user/alice" == session.caller.arn
    assert (("ec2.amazonaws.com",), REGION) == (session.called_via, session.region)
    kms = session.client("kms")
    made = kms.generate_data_key(KeyId="alias/aws/ebs", KeySpec="AES_256")
    assert made["Plaintext"] == kms.decrypt(CiphertextBlob=made["CiphertextBlob"])["Plaintext"]
    with pytest.raises(ClientError, match="AccessDenied"):
        served.client("admin").decrypt(CiphertextBlob=made["CiphertextBlob"])


@pytest.mark.parametrize(
    "call",
    [
        lambda s3: s3.put_object(Bucket="bucket", Key="a key/with ümlaut+&.txt", Body=b"the object"),
        lambda s3: s3.get_object(Bucket="bucket", Key="a//key"),
        lambda s3: s3.list_objects_v2(Bucket="bucket", Prefix="a key/", Delimiter="/"),
        lambda s3: s3.put_object(Bucket="bucket", Key="key", Body=b"x" * 100_000, ServerSideEncryption="aws:kms"),
    ],
)
def test_a_call_of_s3_is_passed_on_whatever_its_path_and_body(served, front, call):
    call(caller(front, "s3"))
    session = linked(served, "s3").on_behalf_of(front.requests[-1])
    assert f"arn:aws:iam::{ACCOUNT}:user/alice" == session.caller.arn
    assert session.client().generate_data_key(KeyId="alias/aws/s3", KeySpec="AES_256")["Plaintext"]


def test_a_body_that_an_s3_client_does_not_sign_is_passed_on_and_one_that_was_changed_is_not(served, front):
    unsigned = Config(s3={"addressing_style": "path", "payload_signing_enabled": False}, signature_version="s3v4")
    client = caller(front, "s3")
    presigned = boto3.session.Session().client(
        "s3",
        region_name=REGION,
        endpoint_url=front.endpoint,
        aws_access_key_id=access_key_id_of("alice"),
        aws_secret_access_key=secret_of("alice"),
        config=unsigned,
    )
    url = presigned.generate_presigned_url("get_object", Params={"Bucket": "bucket", "Key": "key"}, ExpiresIn=60)
    path, _, query = url.removeprefix(front.endpoint).partition("?")
    host = front.endpoint.removeprefix("http://")
    request = CallerRequest(method="GET", path=path, query=query, headers=[("Host", host)])
    assert linked(served, "s3").on_behalf_of(request).caller.arn.endswith("user/alice")
    client.put_object(Bucket="bucket", Key="key", Body=b"the object")
    came = front.requests[-1]
    changed = CallerRequest(method=came.method, path=came.path, headers=came.headers, body=b"another object")
    with pytest.raises(ForwardingError) as refused:
        linked(served, "s3").on_behalf_of(changed)
    assert ("InvalidSignatureException", True) == (refused.value.code, refused.value.of_caller)


def test_faults_of_the_caller_and_of_the_service_are_told_apart(served, front):
    caller(front, "ec2").describe_volumes()
    request = front.requests[-1]
    with pytest.raises(ForwardingError) as refused:
        linked(served, "s3").on_behalf_of(request)
    assert ("InvalidSignatureException", True) == (refused.value.code, refused.value.of_caller)
    assert "correct service: 's3'" in refused.value.message
    with pytest.raises(ForwardingError) as refused:
        linked(served, secret_access_key="not the secret").on_behalf_of(request)
    assert ("InvalidSignatureException", False) == (refused.value.code, refused.value.of_caller)
    s3s = {"access_key_id": access_key_id_of("s3"), "secret_access_key": secret_of("s3")}
    caller(front, "s3").list_buckets()
    with pytest.raises(ForwardingError, match=r"s3\.amazonaws\.com, not of ec2") as refused:
        linked(served, **s3s).on_behalf_of(front.requests[-1])
    assert not refused.value.of_caller


def test_a_service_calls_another_for_its_caller(served, front):
    caller(front, "ec2").describe_snapshots()
    session = linked(served).on_behalf_of(front.requests[-1])
    session.client("s3", endpoint=front.endpoint).list_buckets()
    chained = linked(served, "s3").on_behalf_of(front.requests[-1])
    assert ("ec2.amazonaws.com", "s3.amazonaws.com") == chained.called_via
    assert session.caller == chained.caller


def test_a_service_calls_for_itself_with_a_source(served):
    service = linked(served)
    own = service.client("kms").create_key()["KeyMetadata"]
    source = f"arn:aws:ec2:{REGION}:{ACCOUNT}:volume/vol-1"
    kms = service.client("kms", source_arn=source, source_account=ACCOUNT)
    assert kms.encrypt(KeyId=own["KeyId"], Plaintext=b"x")["KeyId"] == own["Arn"]
    with pytest.raises(ClientError, match="is not of account"):
        service.client("kms", source_arn=source, source_account="444455556666").list_keys()


def test_threads_share_a_service(served, front):
    caller(front, "ec2").describe_volumes()
    service, request, found = linked(served), front.requests[-1], []

    def run():
        session = service.on_behalf_of(request)
        found.append(session.client().generate_data_key(KeyId="alias/aws/ebs", KeySpec="AES_256")["KeyId"])

    threads = [threading.Thread(target=run) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert (4, 1) == (len(found), len(set(found)))


def test_secrets_are_not_shown(served, front):
    caller(front, "ec2").describe_volumes()
    service = linked(served)
    session = service.on_behalf_of(front.requests[-1])
    for shown in (repr(service), repr(session)):
        assert secret_of("ec2") not in shown
        assert session.token not in shown
