"""botocore as the signing oracle: it signs, we verify."""

from collections.abc import Mapping
from datetime import UTC, datetime
from urllib.parse import urlsplit

import botocore.auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

from keyservice.auth.signed_request import SignedRequest

ACCESS_KEY_ID = "AKIDEXAMPLE"
SECRET = "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY"
MOMENT = 1440938160.0  # 2015-08-30T12:36:00Z, as AWS's own examples have it


def sign(
    *,
    method="POST",
    url="http://127.0.0.1:8480/",
    headers: Mapping[str, str] | None = None,
    body=b"{}",
    moment=MOMENT,
    region="us-east-1",
    service="kms",
    access_key_id=ACCESS_KEY_ID,
    secret=SECRET,
    token=None,
    expires=None,
):
    """A request as botocore signs it, in the form in which a server receives it; with `expires` it is presigned.

    A presigned request is signed for an empty body, which is what botocore sends.
    """
    body = body if expires is None else b""
    request = AWSRequest(method=method, url=url, headers=dict(headers or {}), data=body)
    stamped = datetime.fromtimestamp(moment, UTC)
    original = botocore.auth.get_current_datetime
    botocore.auth.get_current_datetime = lambda remove_tzinfo=True: (
        stamped.replace(tzinfo=None) if remove_tzinfo else stamped
    )
    try:
        credentials = Credentials(access_key_id, secret, token)
        if expires is None:
            botocore.auth.SigV4Auth(credentials, service, region).add_auth(request)
        else:
            botocore.auth.SigV4QueryAuth(credentials, service, region, expires).add_auth(request)
    finally:
        botocore.auth.get_current_datetime = original
    parts = urlsplit(request.url)
    sent = {"Host": parts.netloc, **dict(request.headers.items())}
    return SignedRequest(
        method=method,
        path=parts.path.encode(),
        query=parts.query.encode(),
        headers=tuple((name.lower().encode(), str(value).encode("latin-1")) for name, value in sent.items()),
        body=body,
    )
