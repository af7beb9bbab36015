"""The condition keys of the catalogue."""

import pytest

from policy.catalogue.keys import KeyType, condition_keys, key_type

KNOWN = [
    ("kms:ViaService", "kms:ViaService", KeyType.STRING, False),
    ("KMS:viaservice", "kms:ViaService", KeyType.STRING, False),
    ("kms:GrantIsForAWSResource", "kms:GrantIsForAWSResource", KeyType.BOOL, False),
    ("kms:GrantOperations", "kms:GrantOperations", KeyType.STRING, True),
    ("kms:ResourceAliases", "kms:ResourceAliases", KeyType.STRING, True),
    ("kms:RequestAlias", "kms:RequestAlias", KeyType.STRING, False),
    ("kms:EncryptionContextKeys", "kms:EncryptionContextKeys", KeyType.STRING, True),
    ("kms:EncryptionContext:app", "kms:EncryptionContext:*", KeyType.STRING, False),
    ("kms:encryptioncontext:aws:s3:arn", "kms:EncryptionContext:*", KeyType.STRING, False),
    ("kms:EncryptionContext:a/b", "kms:EncryptionContext:*", KeyType.STRING, False),
    ("kms:RecipientAttestation:PCR0", "kms:RecipientAttestation:PCR#", KeyType.STRING, False),
    ("kms:RecipientAttestation:pcr31", "kms:RecipientAttestation:PCR#", KeyType.STRING, False),
    ("kms:RecipientAttestation:NitroTPMPCR23", "kms:RecipientAttestation:NitroTPMPCR#", KeyType.STRING, False),
    ("kms:RotationPeriodInDays", "kms:RotationPeriodInDays", KeyType.NUMERIC, False),
    ("kms:ValidTo", "kms:ValidTo", KeyType.DATE, False),
    ("kms:GrantConstraintSourceArn", "kms:GrantConstraintSourceArn", KeyType.ARN, False),
    ("aws:SourceIp", "aws:SourceIp", KeyType.IP_ADDRESS, False),
    ("aws:PrincipalArn", "aws:PrincipalArn", KeyType.ARN, False),
    ("aws:PrincipalTag/team", "aws:PrincipalTag/*", KeyType.STRING, False),
    ("aws:resourcetag/a/b", "aws:ResourceTag/*", KeyType.STRING, False),
    ("aws:RequestTag/Cost Center", "aws:RequestTag/*", KeyType.STRING, False),
    ("aws:TagKeys", "aws:TagKeys", KeyType.STRING, True),
    ("aws:CalledVia", "aws:CalledVia", KeyType.STRING, True),
    ("aws:PrincipalOrgPaths", "aws:PrincipalOrgPaths", KeyType.STRING, True),
    ("aws:MultiFactorAuthAge", "aws:MultiFactorAuthAge", KeyType.NUMERIC, False),
    ("aws:CurrentTime", "aws:CurrentTime", KeyType.DATE, False),
]


@pytest.mark.parametrize(("asked", "name", "kind", "multivalued"), KNOWN)
def test_keys_are_found_in_any_case_and_by_pattern(asked, name, kind, multivalued):
    facts = key_type(asked)
    assert facts is not None
    assert (name, kind, multivalued) == (facts.name, facts.type, facts.multivalued)


@pytest.mark.parametrize(
    "name",
    [
        "",
        "kms:",
        "kms:ViaServices",
        "kms:EncryptionContext",
        "kms:EncryptionContext:",
        "aws:RequestTag",
        "aws:RequestTag/",
        "aws:SourceIp/x",
        "kms:RecipientAttestation:PCR",
        "kms:RecipientAttestation:PCR32",
        "kms:RecipientAttestation:PCR007",
        "kms:RecipientAttestation:NitroTPMPCR24",
    ],
)
def test_near_misses_are_not_known(name):
    assert key_type(name) is None


def test_every_key_is_found_by_its_own_name():
    keys = condition_keys()
    assert len(keys) > 90
    for facts in keys:
        assert facts == key_type(facts.name.replace("*", "x").replace("#", "0"))
