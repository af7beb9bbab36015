"""A sound call of every operation, and what has to be there before it: for tests that walk the registry."""

import base64
import json
from urllib.parse import urlencode

from keyservice.operations.registry import OPERATIONS
from tests.live import ACCOUNT, ROOT

STS_VERSION = "2011-06-15"
POLICY = {
    "Version": "2012-10-17",
    "Statement": {"Sid": "all", "Effect": "Allow", "Principal": {"AWS": ROOT}, "Action": "kms:*", "Resource": "*"},
}
ROLE_ARN = f"arn:aws:iam::{ACCOUNT}:role/App"
IDS = [f"{service}-{name}" for service, name in OPERATIONS]

# What each operation is called with: functions of a key's id and of a ciphertext made under it.
MEMBERS = {
    "CreateKey": lambda key, blob: {"Description": "made by a test", "Tags": [{"TagKey": "a", "TagValue": "b"}]},
    "DescribeKey": lambda key, blob: {"KeyId": key},
    "ListKeys": lambda key, blob: {"Limit": 10},
    "EnableKey": lambda key, blob: {"KeyId": key},
    "DisableKey": lambda key, blob: {"KeyId": key},
    "CreateAlias": lambda key, blob: {"AliasName": "alias/test", "TargetKeyId": key},
    "ListAliases": lambda key, blob: {"KeyId": key},
    "PutKeyPolicy": lambda key, blob: {"KeyId": key, "PolicyName": "default", "Policy": json.dumps(POLICY)},
    "GetKeyPolicy": lambda key, blob: {"KeyId": key, "PolicyName": "default"},
    "Encrypt": lambda key, blob: {"KeyId": key, "Plaintext": encoded(b"text"), "EncryptionContext": {"app": "web"}},
    "Decrypt": lambda key, blob: {"CiphertextBlob": blob, "EncryptionContext": {"app": "web"}},
    "GenerateDataKey": lambda key, blob: {"KeyId": key, "KeySpec": "AES_256"},
    "EnableKeyRotation": lambda key, blob: {"KeyId": key, "RotationPeriodInDays": 100},
    "DisableKeyRotation": lambda key, blob: {"KeyId": key},
    "GetKeyRotationStatus": lambda key, blob: {"KeyId": key},
    "ScheduleKeyDeletion": lambda key, blob: {"KeyId": key, "PendingWindowInDays": 7},
    "CancelKeyDeletion": lambda key, blob: {"KeyId": key},
    "AssumeRole": lambda key, blob: {"RoleArn": ROLE_ARN, "RoleSessionName": "session"},
    "GetCallerIdentity": lambda key, blob: {},
}


def encoded(data):
    return base64.b64encode(data).decode("ascii")


def form_of(operation, members):
    """The Query protocol's form of a call."""
    return urlencode({"Action": operation, "Version": STS_VERSION, **members})


def prepared(service, operation):
    """A key in the state that the operation needs, and the members to call it with."""
    key = service.make_key(POLICY)["KeyId"]
    context = {"app": "web"}
    blob = service.call("Encrypt", {"KeyId": key, "Plaintext": encoded(b"text"), "EncryptionContext": context}).json[
        "CiphertextBlob"
    ]
    if operation == "CancelKeyDeletion":
        service.call("ScheduleKeyDeletion", {"KeyId": key})
    return key, MEMBERS[operation](key, blob)


def call(service, family, operation, members, user):
    if family == "sts":
        return service.sts(form_of(operation, members), user=user)
    return service.call(operation, members, user=user)
