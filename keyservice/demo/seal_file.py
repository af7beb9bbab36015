"""Envelope encryption as an application does it: a data key encrypts the file, the KMS key encrypts the data key.

python seal_file.py KEY-ID FILE SEALED
"""

import json
import os
import sys
from pathlib import Path

import boto3
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

key_id, source, sealed = sys.argv[1:]

data_key = boto3.client("kms").generate_data_key(
    KeyId=key_id, KeySpec="AES_256", EncryptionContext={"app": "web", "file": Path(source).name}
)
nonce = os.urandom(12)
body = AESGCM(data_key["Plaintext"]).encrypt(nonce, Path(source).read_bytes(), None)
header = {"key": data_key["CiphertextBlob"].hex(), "nonce": nonce.hex(), "file": Path(source).name}
Path(sealed).write_bytes(json.dumps(header).encode() + b"\n" + body)
print(data_key["ResponseMetadata"]["RequestId"])
