"""A sound call of every operation, and what has to be there before it: for tests that walk the registry."""

import base64
import json
from pathlib import Path
from urllib.parse import urlencode

from botocore.session import Session

from keyservice import linked
from keyservice.operations.registry import OPERATIONS
from tests import web_identity
from tests.forwarding import exchange, head_of
from tests.keyservice.operations.importing import MATERIAL, OAEP, import_into, wrapped_for
from tests.live import ACCOUNT, ALLOW_KMS, OTHER_REGION, ROOT
from tests.memory_token import CLUSTER, PASSWORD, TRUST_ANCHOR

STS_VERSION = "2011-06-15"
IAM_VERSION = "2010-05-08"
ANALYZER_PATHS = {
    "ValidatePolicy": "/policy/validation",
    "CheckAccessNotGranted": "/policy/check-access-not-granted",
    "CheckNoPublicAccess": "/policy/check-no-public-access",
}
# The SDK has the models of AWS's services; that of our own is the one that `keyservice.linked` gives it.
SDK = Session()
SDK.get_component("data_loader").search_paths.append(str(Path(linked.__file__).parent / "data"))
SDK_NAMES = {"access-analyzer": "accessanalyzer"}
MODELS = {
    service: SDK.get_service_model(SDK_NAMES.get(service, service))
    for service in ("kms", "sts", "iam", "access-analyzer", "wardkey")
}
POLICY = {
    "Version": "2012-10-17",
    "Statement": {"Sid": "all", "Effect": "Allow", "Principal": {"AWS": ROOT}, "Action": "kms:*", "Resource": "*"},
}
ROLE_ARN = f"arn:aws:iam::{ACCOUNT}:role/App"
WEB_ROLE_ARN = f"arn:aws:iam::{ACCOUNT}:role/Web"
GRANTEE = f"arn:aws:iam::{ACCOUNT}:user/alice"
IDS = [f"{service}-{name}" for service, name in OPERATIONS]

# What each operation is called with: functions of a key's id and of a blob made with it.
MEMBERS = {
    "CreateKey": lambda key, blob: {"Description": "made by a test", "Tags": [{"TagKey": "a", "TagValue": "b"}]},
    "DescribeKey": lambda key, blob: {"KeyId": key},
    "ListKeys": lambda key, blob: {"Limit": 10},
    "EnableKey": lambda key, blob: {"KeyId": key},
    "DisableKey": lambda key, blob: {"KeyId": key},
    "UpdateKeyDescription": lambda key, blob: {"KeyId": key, "Description": "other words"},
    "GetKeyLastUsage": lambda key, blob: {"KeyId": key},
    "TagResource": lambda key, blob: {"KeyId": key, "Tags": [{"TagKey": "a", "TagValue": "b"}]},
    "UntagResource": lambda key, blob: {"KeyId": key, "TagKeys": ["a"]},
    "ListResourceTags": lambda key, blob: {"KeyId": key},
    "CreateAlias": lambda key, blob: {"AliasName": "alias/test", "TargetKeyId": key},
    "UpdateAlias": lambda key, blob: {"AliasName": "alias/test", "TargetKeyId": key},
    "DeleteAlias": lambda key, blob: {"AliasName": "alias/test"},
    "ListAliases": lambda key, blob: {"KeyId": key},
    "PutKeyPolicy": lambda key, blob: {"KeyId": key, "PolicyName": "default", "Policy": json.dumps(POLICY)},
    "GetKeyPolicy": lambda key, blob: {"KeyId": key, "PolicyName": "default"},
    "ListKeyPolicies": lambda key, blob: {"KeyId": key},
    "CreateGrant": lambda key, blob: {"KeyId": key, "GranteePrincipal": GRANTEE, "Operations": ["Decrypt"]},
    "ListGrants": lambda key, blob: {"KeyId": key},
    "ListRetirableGrants": lambda key, blob: {"RetiringPrincipal": GRANTEE},
    "RevokeGrant": lambda key, blob: {"KeyId": key},
    "RetireGrant": lambda key, blob: {"KeyId": key},
    "Encrypt": lambda key, blob: {"KeyId": key, "Plaintext": encoded(b"text"), "EncryptionContext": {"app": "web"}},
    "Decrypt": lambda key, blob: {"CiphertextBlob": blob, "EncryptionContext": {"app": "web"}},
    "ReEncrypt": lambda key, blob: {
        "CiphertextBlob": blob,
        "SourceEncryptionContext": {"app": "web"},
        "DestinationKeyId": key,
    },
    "GenerateDataKey": lambda key, blob: {"KeyId": key, "KeySpec": "AES_256"},
    "GenerateDataKeyWithoutPlaintext": lambda key, blob: {"KeyId": key, "NumberOfBytes": 24},
    "GenerateDataKeyPair": lambda key, blob: {"KeyId": key, "KeyPairSpec": "ECC_NIST_P256"},
    "GenerateDataKeyPairWithoutPlaintext": lambda key, blob: {"KeyId": key, "KeyPairSpec": "ECC_NIST_P256"},
    "GenerateRandom": lambda key, blob: {"NumberOfBytes": 8},
    "Sign": lambda key, blob: {"KeyId": key, "Message": encoded(b"text"), "SigningAlgorithm": "ECDSA_SHA_256"},
    "Verify": lambda key, blob: {**MEMBERS["Sign"](key, blob), "Signature": blob},
    "GetPublicKey": lambda key, blob: {"KeyId": key},
    "GenerateMac": lambda key, blob: {"KeyId": key, "Message": encoded(b"text"), "MacAlgorithm": "HMAC_SHA_256"},
    "VerifyMac": lambda key, blob: {**MEMBERS["GenerateMac"](key, blob), "Mac": blob},
    "DeriveSharedSecret": lambda key, blob: {"KeyId": key, "KeyAgreementAlgorithm": "ECDH", "PublicKey": blob},
    "Encapsulate": lambda key, blob: {"KeyId": key, "EncapsulationAlgorithm": "ML_KEM"},
    "Decapsulate": lambda key, blob: {**MEMBERS["Encapsulate"](key, blob), "SharedSecretCiphertextBlob": blob},
    "GetParametersForImport": lambda key, blob: {"KeyId": key, **OAEP},
    "ImportKeyMaterial": lambda key, blob: {"KeyId": key, "ExpirationModel": "KEY_MATERIAL_DOES_NOT_EXPIRE", **blob},
    "DeleteImportedKeyMaterial": lambda key, blob: {"KeyId": key},
    "EnableKeyRotation": lambda key, blob: {"KeyId": key, "RotationPeriodInDays": 100},
    "DisableKeyRotation": lambda key, blob: {"KeyId": key},
    "GetKeyRotationStatus": lambda key, blob: {"KeyId": key},
    "RotateKeyOnDemand": lambda key, blob: {"KeyId": key},
    "ListKeyRotations": lambda key, blob: {"KeyId": key, "IncludeKeyMaterial": "ALL_KEY_MATERIAL"},
    "ReplicateKey": lambda key, blob: {"KeyId": key, "ReplicaRegion": OTHER_REGION, "Description": "in the west"},
    "UpdatePrimaryRegion": lambda key, blob: {"KeyId": key, "PrimaryRegion": OTHER_REGION},
    "CreateCustomKeyStore": lambda key, blob: {
        "CustomKeyStoreName": "vault",
        "CloudHsmClusterId": CLUSTER,
        "TrustAnchorCertificate": TRUST_ANCHOR,
        "KeyStorePassword": PASSWORD,
    },
    "DescribeCustomKeyStores": lambda key, blob: {"Limit": 10},
    "UpdateCustomKeyStore": lambda key, blob: {"NewCustomKeyStoreName": "renamed"},
    **dict.fromkeys(
        ("DeleteCustomKeyStore", "ConnectCustomKeyStore", "DisconnectCustomKeyStore"), lambda key, blob: {}
    ),
    "ScheduleKeyDeletion": lambda key, blob: {"KeyId": key, "PendingWindowInDays": 7},
    "CancelKeyDeletion": lambda key, blob: {"KeyId": key},
    "AssumeRole": lambda key, blob: {"RoleArn": ROLE_ARN, "RoleSessionName": "session"},
    "AssumeRoleWithWebIdentity": lambda key, blob: {
        "RoleArn": WEB_ROLE_ARN,
        "RoleSessionName": "session",
        "WebIdentityToken": web_identity.token(),
    },
    "GetSessionToken": lambda key, blob: {"DurationSeconds": "900"},
    "GetCallerIdentity": lambda key, blob: {},
    "DecodeAuthorizationMessage": lambda key, blob: {"EncodedMessage": blob},
    "SimulateCustomPolicy": lambda key, blob: {
        "PolicyInputList.member.1": json.dumps(ALLOW_KMS),
        "ActionNames.member.1": "kms:Decrypt",
        "ResourceArns.member.1": f"arn:aws:kms:us-east-1:{ACCOUNT}:key/{key}",
    },
    "SimulatePrincipalPolicy": lambda key, blob: {"PolicySourceArn": ROLE_ARN, "ActionNames.member.1": "kms:Decrypt"},
    "GetContextKeysForCustomPolicy": lambda key, blob: {"PolicyInputList.member.1": json.dumps(ALLOW_KMS)},
    "GetContextKeysForPrincipalPolicy": lambda key, blob: {"PolicySourceArn": ROLE_ARN},
    "ValidatePolicy": lambda key, blob: {"policyDocument": json.dumps(ALLOW_KMS), "policyType": "IDENTITY_POLICY"},
    "CheckAccessNotGranted": lambda key, blob: {
        "policyDocument": json.dumps(ALLOW_KMS),
        "policyType": "IDENTITY_POLICY",
        "access": [{"actions": ["kms:Decrypt"]}],
    },
    "CheckNoPublicAccess": lambda key, blob: {"policyDocument": json.dumps(POLICY), "resourceType": "AWS::KMS::Key"},
    "CreateForwardAccessSession": lambda key, blob: head_of(),
}


SIGNING = {"KeySpec": "ECC_NIST_P256", "KeyUsage": "SIGN_VERIFY"}
MAC = {"KeySpec": "HMAC_256", "KeyUsage": "GENERATE_VERIFY_MAC"}
AGREEMENT = {"KeySpec": "ECC_NIST_P256", "KeyUsage": "KEY_AGREEMENT"}
ENCAPSULATION = {"KeySpec": "ML_KEM_768", "KeyUsage": "ENCAPSULATE_DECAPSULATE"}
PRIMARY = {"MultiRegion": True}
EXTERNAL = {"Origin": "EXTERNAL"}
# The key that an operation needs; the others work on a symmetric encryption key.
KINDS = {
    **dict.fromkeys(("Sign", "Verify", "GetPublicKey"), SIGNING),
    **dict.fromkeys(("GenerateMac", "VerifyMac"), MAC),
    "DeriveSharedSecret": AGREEMENT,
    **dict.fromkeys(("Encapsulate", "Decapsulate"), ENCAPSULATION),
    **dict.fromkeys(("GetParametersForImport", "ImportKeyMaterial", "DeleteImportedKeyMaterial"), EXTERNAL),
    **dict.fromkeys(("ReplicateKey", "UpdatePrimaryRegion"), PRIMARY),
}
# The blob that an operation is called with: which operation made it, and under what name.
MADE_BY = {
    "Verify": ("Sign", "Signature"),
    "VerifyMac": ("GenerateMac", "Mac"),
    "DeriveSharedSecret": ("GetPublicKey", "PublicKey"),
    "Decapsulate": ("Encapsulate", "SharedSecretCiphertextBlob"),
    **dict.fromkeys(("Decrypt", "ReEncrypt"), ("Encrypt", "CiphertextBlob")),
}


def encoded(data):
    return base64.b64encode(data).decode("ascii")


def form_of(operation, members, version=STS_VERSION):
    """The Query protocol's form of a call."""
    return urlencode({"Action": operation, "Version": version, **members})


# What is done to the key first; some operations are called with what comes of that.
BEFORE = {
    "ImportKeyMaterial": lambda service, key: wrapped_for(service, key, MATERIAL),
    "DeleteImportedKeyMaterial": lambda service, key: import_into(service, key, MATERIAL),
    "CancelKeyDeletion": lambda service, key: service.call("ScheduleKeyDeletion", {"KeyId": key}),
    "DecodeAuthorizationMessage": lambda service, key: service.call(
        "DisableKey", {"KeyId": key}, user="nobody"
    ).headers["x-wardkey-authorization-message"],
}


def prepared(service, operation):
    """A key in the state that the operation needs, and the members to call it with."""
    key = service.make_key(POLICY, **KINDS.get(operation, {}))["KeyId"]
    blob = None
    if operation in MADE_BY:
        maker, name = MADE_BY[operation]
        blob = service.call(maker, MEMBERS[maker](key, None)).json[name]
    if operation in BEFORE:
        blob = BEFORE[operation](service, key)
    if operation == "UpdatePrimaryRegion":
        service.call("ReplicateKey", {**MEMBERS["ReplicateKey"](key, blob), "Policy": json.dumps(POLICY)})
    if operation in {"UpdateAlias", "DeleteAlias"}:
        service.call("CreateAlias", MEMBERS["CreateAlias"](key, blob))
    members = MEMBERS[operation](key, blob)
    if operation in {"RevokeGrant", "RetireGrant"}:
        members["GrantId"] = service.call("CreateGrant", MEMBERS["CreateGrant"](key, blob)).json["GrantId"]
    if operation in OF_A_CUSTOM_KEY_STORE:
        made = service.call("CreateCustomKeyStore", MEMBERS["CreateCustomKeyStore"](key, blob)).json
        members |= made
        if operation == "DisconnectCustomKeyStore":
            service.call("ConnectCustomKeyStore", made)
    return key, members


OF_A_CUSTOM_KEY_STORE = {
    *("UpdateCustomKeyStore", "DeleteCustomKeyStore", "ConnectCustomKeyStore", "DisconnectCustomKeyStore")
}


def call(service, family, operation, members, user):
    if family == "wardkey":
        return exchange(service, members, linked=user)
    if family == "sts":
        return service.sts(form_of(operation, members), user=user)
    if family == "iam":
        return service.sts(form_of(operation, members, IAM_VERSION), user=user, service="iam")
    if family == "access-analyzer":
        return service.analyzer(ANALYZER_PATHS[operation], members, user=user)
    return service.call(operation, members, user=user)
