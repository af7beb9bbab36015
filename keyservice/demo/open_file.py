"""What runs on the instance: open a sealed file. No credentials are configured; boto3 finds the instance's own.

python open_file.py SEALED
"""

import json
import sys
from pathlib import Path

import boto3
from botocore.exceptions import ClientError
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

header, _, body = Path(sys.argv[1]).read_bytes().partition(b"\n")
envelope = json.loads(header)

try:
    data_key = boto3.client("kms").decrypt(
        CiphertextBlob=bytes.fromhex(envelope["key"]), EncryptionContext={"app": "web", "file": envelope["file"]}
    )
except ClientError as error:
    print(error.response["ResponseMetadata"]["RequestId"])
    sys.exit(f"{error.response['Error']['Code']}: {error.response['Error']['Message']}")

print(data_key["ResponseMetadata"]["RequestId"])
print(AESGCM(data_key["Plaintext"]).decrypt(bytes.fromhex(envelope["nonce"]), body, None).decode())
