"""An OIDC provider for the tests: its keys, and tokens that it signs."""

import json
import time

import jwt
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from jwt.algorithms import ECAlgorithm, RSAAlgorithm

ISSUER = "oidc.example.com/cluster"
URL = f"https://{ISSUER}"
SUBJECT = "system:serviceaccount:app:web"
KEYS = {
    "ES256": ec.generate_private_key(ec.SECP256R1()),
    "RS256": rsa.generate_private_key(public_exponent=65537, key_size=2048),
}
STRANGER = ec.generate_private_key(ec.SECP256R1())
_WRITERS = {"ES256": ECAlgorithm, "RS256": RSAAlgorithm}


def jwks(*algorithms):
    """The JWK set of the provider's public keys."""
    written = []
    for algorithm in algorithms or KEYS:
        key = json.loads(_WRITERS[algorithm].to_jwk(KEYS[algorithm].public_key()))
        written.append({**key, "kid": algorithm, "alg": algorithm, "use": "sig"})
    return {"keys": written}


def token(*, algorithm="ES256", key=None, now=None, headers=None, **claims):
    """A token; a claim of None is left out."""
    moment = int(time.time() if now is None else now)
    told = {"iss": URL, "sub": SUBJECT, "aud": "sts.amazonaws.com", "iat": moment, "exp": moment + 600, **claims}
    given = {name: value for name, value in told.items() if value is not None}
    return jwt.encode(given, key or KEYS[algorithm], algorithm=algorithm, headers={"kid": algorithm, **(headers or {})})


def provider(**more):
    """The provider's entry in an identities file."""
    return {"url": URL, "client_ids": ["sts.amazonaws.com"], "jwks": jwks(), **more}


def trust(account, issuer=ISSUER, **conditions):
    """A trust policy for the provider's subject."""
    statement = {
        "Effect": "Allow",
        "Principal": {"Federated": f"arn:aws:iam::{account}:oidc-provider/{issuer}"},
        "Action": "sts:AssumeRoleWithWebIdentity",
        "Condition": {"StringEquals": {f"{issuer}:sub": SUBJECT, f"{issuer}:aud": "sts.amazonaws.com", **conditions}},
    }
    return {"Version": "2012-10-17", "Statement": [statement]}
