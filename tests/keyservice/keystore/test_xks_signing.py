"""Signatures for external key store proxies, against botocore's."""

from datetime import UTC, datetime

import botocore.auth
import pytest
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

from keyservice.keystore.xks_signing import ProxyCredential, sign

NOW = 1_668_000_000.0


@pytest.mark.parametrize("path", ["/kms/xks/v1/health", "/a-b_c/kms/xks/v1/keys/b42c7fbf-de61_x.y/encrypt"])
@pytest.mark.parametrize("body", [b"", b"{}", b'{"plaintext": "\xc3\xa4"}'])
@pytest.mark.parametrize("region", ["us-east-1", "eu-central-2"])
def test_a_signature_is_the_one_that_botocore_makes(monkeypatch, path, body, region):
    moment = datetime.fromtimestamp(NOW, UTC).replace(tzinfo=None)
    monkeypatch.setattr(botocore.auth, "get_current_datetime", lambda remove_tzinfo=True: moment)
    request = AWSRequest(method="POST", url=f"https://xks.example{path}", headers={"Host": "xks.example"}, data=body)
    signer = botocore.auth.SigV4Auth(Credentials("MUBSXM6K3KMXHN6RRCXI", "s/+=" * 11), "kms-xks-proxy", region)
    signer.add_auth(request)
    credential = ProxyCredential(access_key_id="MUBSXM6K3KMXHN6RRCXI", secret_access_key="s/+=" * 11)
    headers = sign(credential, host="xks.example", path=path, body=body, region=region, now=NOW)
    assert dict(request.headers.items()) == dict(headers)


def test_a_credential_shows_no_secret():
    credential = ProxyCredential(access_key_id="MUBSXM6K3KMXHN6RRCXI", secret_access_key="very secret")
    assert "very secret" not in repr(credential)
