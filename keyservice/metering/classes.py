"""The price class of a call, by operation and key spec.

Source: "AWS Key Management Service Pricing", Key usage and Free tier: requests; requests with RSA 2048 keys; other
asymmetric requests, which are those "such as Sign, Verify, Encrypt, Decrypt, and GetPublicKey" on an asymmetric key;
GenerateDataKeyPair by ECC and by RSA.
"""

from enum import StrEnum


class PriceClass(StrEnum):
    """What AWS has a price of its own for."""

    REQUEST = "request"
    RSA_2048 = "rsa-2048 request"
    ASYMMETRIC = "asymmetric request"
    ECC_KEY_PAIR = "ecc data key pair"
    RSA_KEY_PAIR = "rsa data key pair"
    FREE = "free"
    REFUSED = "refused"


FREE_SERVICES = frozenset({"sts", "iam", "access-analyzer", "wardkey"})
"""IAM User Guide, "What is IAM?": IAM and AWS STS come at no additional charge; `wardkey` is what AWS has inside.

Unlike AWS: Access Analyzer's custom policy checks are free, too.
"""

KEY_PAIR_OPERATIONS = frozenset({"GenerateDataKeyPair", "GenerateDataKeyPairWithoutPlaintext"})

ASYMMETRIC_OPERATIONS = frozenset(
    (
        *("Encrypt", "Decrypt", "ReEncrypt", "Sign", "Verify", "GetPublicKey"),
        *("DeriveSharedSecret", "Encapsulate", "Decapsulate"),
    )
)

ASYMMETRIC_SPECS = ("RSA_", "ECC_", "SM2", "ML_DSA_", "ML_KEM_")
"""How the key specs of asymmetric keys begin; SYMMETRIC_DEFAULT and HMAC_* are the others ("KeySpec")."""


def price_class(
    operation: str,
    key_spec: str | None = None,
    *,
    service: str = "kms",
    key_pair_spec: str | None = None,
    is_aws_owned: bool = False,
    succeeded: bool = True,
) -> PriceClass:
    """The price class of a call; `key_pair_spec` is what GenerateDataKeyPair was asked for.

    Calls on AWS owned keys are free (KMS Developer Guide, "AWS KMS keys"), those on AWS managed keys are not.

    Unlike AWS: a call that was refused or failed is counted under a class of its own, which costs nothing. The pricing
    page prices requests and does not say whether failed ones are among them; nobody should pay for another's mistakes.
    """
    if not succeeded:
        return PriceClass.REFUSED
    if service in FREE_SERVICES or is_aws_owned:
        return PriceClass.FREE
    if operation in KEY_PAIR_OPERATIONS:
        return PriceClass.RSA_KEY_PAIR if (key_pair_spec or "").startswith("RSA_") else PriceClass.ECC_KEY_PAIR
    if operation in ASYMMETRIC_OPERATIONS and key_spec is not None and key_spec.startswith(ASYMMETRIC_SPECS):
        return PriceClass.RSA_2048 if key_spec == "RSA_2048" else PriceClass.ASYMMETRIC
    return PriceClass.REQUEST
