"""Presigned requests and the query string through the whole service: GetCallerIdentity as EKS and Vault have it."""

import json
import xml.etree.ElementTree as ET
from urllib.parse import urlsplit

import boto3
import botocore.auth
import pytest
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

from tests.keyservice.operations.cases import form_of, prepared
from tests.live import ACCOUNT, REGION, access_key_id_of, secret_of

IDENTITY = "/?Action=GetCallerIdentity&Version=2011-06-15"
ALICE = f"arn:aws:iam::{ACCOUNT}:user/alice"


def session_of(service):
    """Temporary credentials of the role."""
    answer = service.sts(form_of("AssumeRole", prepared(service, "AssumeRole")[1]), user="alice")
    found = ET.fromstring(answer.body).find(".//{*}Credentials")
    return {name: found.find(f"{{*}}{name}").text for name in ("AccessKeyId", "SecretAccessKey", "SessionToken")}


def presign(service_name, method, *, session=None, expires=60, headers=None, path=IDENTITY):
    """What botocore's own signer makes of a request: its path with the query string, and its headers."""
    given = session or {"AccessKeyId": access_key_id_of("alice"), "SecretAccessKey": secret_of("alice")}
    credentials = Credentials(given["AccessKeyId"], given["SecretAccessKey"], given.get("SessionToken"))
    request = AWSRequest(method=method, url=f"http://127.0.0.1:8480{path}", headers=headers or {}, data=b"")
    botocore.auth.SigV4QueryAuth(credentials, service_name, REGION, expires).add_auth(request)
    parts = urlsplit(request.url)
    return f"{parts.path}?{parts.query}", {"Host": parts.netloc, **(headers or {})}


def arn_in(answer):
    assert 200 == answer.status, answer.body
    return ET.fromstring(answer.body).find(".//{*}Arn").text


@pytest.mark.parametrize("method", ["GET", "POST"])
def test_a_presigned_caller_identity_tells_who_signed_it(service, method):
    path, headers = presign("sts", method)
    assert ALICE == arn_in(service.send(b"", headers, method=method, path=path))


def test_a_cluster_name_is_signed_with_it_and_cannot_be_changed(service):
    """How `aws eks get-token` says for which cluster a token is."""
    path, headers = presign("sts", "GET", headers={"x-k8s-aws-id": "blue"})
    assert ALICE == arn_in(service.send(b"", headers, method="GET", path=path))
    refused = service.send(b"", {**headers, "x-k8s-aws-id": "green"}, method="GET", path=path)
    assert (403, True) == (refused.status, b"<Code>SignatureDoesNotMatch</Code>" in refused.body)


def test_json_is_answered_to_whoever_asks_for_it(service):
    path, headers = presign("sts", "GET")
    answer = service.send(b"", {**headers, "Accept": "application/json"}, method="GET", path=path)
    assert (200, "application/json") == (answer.status, answer.headers["content-type"])
    told = answer.json["GetCallerIdentityResponse"]
    assert {"Arn", "UserId", "Account"} == set(told["GetCallerIdentityResult"])
    assert answer.request_id == told["ResponseMetadata"]["RequestId"]
    refused = service.send(b"", {**headers, "Accept": "application/json"}, method="GET", path=path + "0")
    assert (403, "SignatureDoesNotMatch", "Sender") == (
        refused.status,
        refused.json["Error"]["Code"],
        refused.json["Error"]["Type"],
    )


def test_a_presigned_request_carries_its_session_token(service):
    session = session_of(service)
    path, headers = presign("sts", "GET", session=session)
    assert ":assumed-role/App/" in arn_in(service.send(b"", headers, method="GET", path=path))
    other = session["SessionToken"][:-4] + "AAAA"
    path, headers = presign("sts", "GET", session={**session, "SessionToken": other})
    refused = service.send(b"", headers, method="GET", path=path)
    assert (403, True) == (refused.status, b"<Code>InvalidClientTokenId</Code>" in refused.body)


def test_boto3s_presigned_url_is_answered(service):
    client = boto3.session.Session().client(
        "sts",
        region_name=REGION,
        endpoint_url="http://127.0.0.1:8480",
        aws_access_key_id=access_key_id_of("alice"),
        aws_secret_access_key=secret_of("alice"),
    )
    for method in ("GET", "POST"):
        url = urlsplit(client.generate_presigned_url("get_caller_identity", HttpMethod=method, ExpiresIn=60))
        answer = service.send(b"", {"Host": url.netloc}, method=method, path=f"{url.path}?{url.query}")
        assert ALICE == arn_in(answer)


def test_a_signed_get_with_the_query_string_is_answered(service):
    assert ALICE == arn_in(service.post(b"", {}, user="alice", service="sts", method="GET", path=IDENTITY))


def test_a_form_that_repeats_the_query_string_is_refused(service):
    headers = {"Content-Type": "application/x-www-form-urlencoded"}
    answer = service.post(b"Action=AssumeRole", headers, user="alice", service="sts", path=IDENTITY)
    assert (400, True) == (answer.status, b"<Code>MalformedQueryString</Code>" in answer.body)


def test_a_plus_in_the_query_string_is_a_plus_as_in_what_was_signed(service):
    path = "/?Action=GetCallerIdentity&Version=2011-06-15+"
    answer = service.post(b"", {}, user="alice", service="sts", method="GET", path=path)
    assert (400, True) == (answer.status, b"2011-06-15+" in answer.body)


def test_a_presigned_kms_request_is_answered_and_is_on_the_trail(service):
    target = {"Content-Type": "application/x-amz-json-1.1", "X-Amz-Target": "TrentService.ListKeys"}
    session = session_of(service)
    path, headers = presign("kms", "POST", session=session, headers=target, path="/")
    service.entries()
    answer = service.send(b"", headers, path=path)
    assert (200, False) == (answer.status, answer.json["Truncated"])
    (entry,) = service.entries()
    assert ("ListKeys", "AssumedRole") == (entry["event"]["eventName"], entry["event"]["userIdentity"]["type"])
    assert "X-Amz-Signature" not in json.dumps(entry)
    swapped = service.send(b'{"Limit": 1}', headers, path=path)
    assert (400, "InvalidSignatureException") == (swapped.status, swapped.type)


def test_both_forms_at_once_are_refused(service):
    path, headers = presign("sts", "GET")
    answer = service.send(b"", {**headers, "Authorization": "AWS4-HMAC-SHA256 x"}, method="GET", path=path)
    assert (403, True) == (answer.status, b"Found both" in answer.body)
