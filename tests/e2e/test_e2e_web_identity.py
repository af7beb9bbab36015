"""boto3 with nothing but a web identity token file and a role, and an issuer that publishes its keys."""

import json
import threading
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer

import boto3
import botocore.session
import pytest

from tests import web_identity
from tests.live import ACCOUNT, ALLOW_KMS, REGION, apply_identities, serving

ROLE = f"arn:aws:iam::{ACCOUNT}:role/Pod"


@contextmanager
def issuer():
    """An issuer on the loopback that publishes its keys where its configuration says; how often it was asked."""
    asked = []

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self):
            asked.append(self.path)
            found = {
                "/.well-known/openid-configuration": {"jwks_uri": f"http://{name}/keys"},
                "/keys": web_identity.jwks(),
            }.get(self.path)
            self.send_response(200 if found else 404)
            self.end_headers()
            self.wfile.write(json.dumps(found or {}).encode())

        def log_message(self, *_):
            pass

    server = HTTPServer(("127.0.0.1", 0), Handler)
    name = f"127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield name, asked
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


@pytest.fixture
def bare(monkeypatch, tmp_path):
    """An environment without any credentials."""
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN", "AWS_PROFILE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "none"))
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(tmp_path / "none"))
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    monkeypatch.setenv("AWS_DEFAULT_REGION", REGION)
    monkeypatch.setenv("AWS_STS_REGIONAL_ENDPOINTS", "regional")
    return monkeypatch


def test_boto3_with_a_token_file_and_a_role_alone_calls_kms(bare, tmp_path):
    with issuer() as (name, asked), serving(tmp_path / "data") as served:
        entry = {"url": f"http://{name}", "client_ids": ["sts.amazonaws.com"]}
        role = {"name": "Pod", "trust_policy": web_identity.trust(ACCOUNT, name), "policies": [ALLOW_KMS]}
        apply_identities(served.opened, {"accounts": [{"id": ACCOUNT, "oidc_providers": [entry], "roles": [role]}]})
        file = tmp_path / "token"
        file.write_text(web_identity.token(iss=f"http://{name}"))
        bare.setenv("AWS_WEB_IDENTITY_TOKEN_FILE", str(file))
        bare.setenv("AWS_ROLE_ARN", ROLE)
        bare.setenv("AWS_ROLE_SESSION_NAME", "pod-1")
        bare.setenv("AWS_ENDPOINT_URL", served.endpoint)
        key = boto3.session.Session().client("kms").create_key()["KeyMetadata"]["KeyId"]
        assert boto3.session.Session().client("sts").get_caller_identity()["Arn"].endswith("assumed-role/Pod/pod-1")
        assert key
        assert ["/.well-known/openid-configuration", "/keys"] == asked
        file.write_text(web_identity.token(iss=f"http://{name}", sub="somebody"))
        provider = botocore.session.get_session().get_component("credential_provider")
        with pytest.raises(Exception, match="Not authorized to perform sts:AssumeRoleWithWebIdentity"):
            provider.load_credentials().get_frozen_credentials()
