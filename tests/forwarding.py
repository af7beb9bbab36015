"""Callers of linked services, for the tests: what they sign, and how a service passes it on."""

import hashlib
import json

import botocore.auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

from tests.live import REGION, access_key_id_of, secret_of

BODY = b"Action=CreateVolume&Encrypted=true"


def head_of(
    user="alice", *, service="ec2", credentials=None, region=REGION, body=BODY, method="POST", path="/", **more
):
    """The members of CreateForwardAccessSession for a request that a user has signed to a linked service."""
    headers = {"Host": f"{service}.example.com", "Content-Type": "application/x-www-form-urlencoded", **more}
    key = credentials or Credentials(access_key_id_of(user), secret_of(user))
    request = AWSRequest(method=method, url=f"http://{service}.example.com{path}", headers=headers, data=body)
    signer = botocore.auth.S3SigV4Auth if service == "s3" else botocore.auth.SigV4Auth
    signer(key, service, region).add_auth(request)
    place, _, query = path.partition("?")
    return {
        "Method": method,
        "Path": place,
        "Query": query,
        "Headers": [{"Name": name, "Value": value} for name, value in request.headers.items()],
        "PayloadHash": hashlib.sha256(body).hexdigest(),
    }


def exchange(service, members, *, linked="ec2", **how):
    """What the key service answers a linked service that passes a request on."""
    headers = {"X-Amz-Target": "Wardkey.CreateForwardAccessSession"}
    return service.post(json.dumps(members).encode(), headers, user=linked, service="wardkey", **how)


def session_for(service, user="alice", *, linked="ec2", **how):
    """The credentials with which a linked service calls AWS KMS for a user."""
    answer = exchange(service, head_of(user, service=linked, **how), linked=linked, region=how.get("region", REGION))
    assert answer.status == 200, answer.body
    return credentials_of(answer.json["SessionToken"], linked)


def credentials_of(token, linked="ec2"):
    return Credentials(access_key_id_of(linked), secret_of(linked), token)


def call_as_service(service, operation, members, *, linked="ec2", arn=None, account=None, user=None):
    """A call of AWS KMS by a service principal for itself (or, with the same headers, by a user who is none)."""
    given = {"x-amz-source-arn": arn, "x-amz-source-account": account}
    headers = {"X-Amz-Target": f"TrentService.{operation}"} | {name: value for name, value in given.items() if value}
    return service.post(json.dumps(members).encode(), headers, user=user or linked)
