"""What looks like a fault and is none: a false positive is a bug. And what other linters miss is found."""

import json

import pytest

from policy.lint.project import Options, lint_source
from policy.model.kinds import PolicyKind
from policy.source import Source

DELEGATION = """
allow "Enable IAM policies" {
  principal  arn:aws:iam::111122223333:root
  action     kms:*
  resource   *
}
"""


def names(text: str, kind: PolicyKind | None = None) -> list[str]:
    return [finding.rule.name for finding in lint_source(Source("a.policy", text), Options(kind=kind)).findings]


CLEAN_KEY_STATEMENTS = {
    "names in other case": """allow "a" {
  principal arn:aws:iam::111122223333:role/App
  action    KMS:decrypt, kms:generatedatakey*
  resource  *
  when      AWS:SourceIp in 192.0.2.0/24
  when      KMS:encryptioncontext:APP == "web"
}""",
    "a deny with wildcards everywhere": """deny "a" {
  principal *
  action    kms:*Key*
  resource  *
  when      aws:PrincipalArn not like arn:aws:iam::111122223333:role/*
}""",
    "everyone of the account through a service": """allow "a" {
  principal *
  action    kms:Decrypt, kms:GenerateDataKey*, kms:CreateGrant
  resource  *
  when      kms:CallerAccount == "111122223333"
  when      kms:ViaService like "*.us-east-1.amazonaws.com"
}""",
    "everyone of the organization": """allow "a" {
  principal *
  action    kms:Decrypt
  resource  *
  when      any aws:PrincipalOrgPaths like "o-exampleorgid/r-ab12/ou-ab12-11111111/*"
}""",
    "an enclave": """allow "a" {
  principal *
  action    kms:Decrypt
  resource  *
  when      kms:RecipientAttestation:ImageSha384 StringEqualsIgnoreCase "9fedcba8"
  when      aws:PrincipalAccount == "111122223333"
}""",
    "any value of a key with one": """allow "a" {
  principal arn:aws:iam::111122223333:role/App
  action    kms:Decrypt
  resource  *
  when      any kms:RequestAlias like "alias/app-*"
}""",
    "a session, a path, a canonical user": """allow "a" {
  principal arn:aws:sts::111122223333:assumed-role/App/session, arn:aws:iam::111122223333:user/a/b/Alice
  action    kms:DescribeKey
  resource  *
}""",
    "the key itself by a pattern": """allow "a" {
  principal arn:aws:iam::111122223333:role/App
  action    kms:Decrypt
  resource  arn:aws:kms:*:111122223333:key/*
}""",
    "a variable with a default": """allow "a" {
  principal arn:aws:iam::111122223333:role/App
  action    kms:Decrypt
  resource  *
  when      kms:EncryptionContext:team == "${aws:PrincipalTag/team, 'none'}"
}""",
    "two ranges of the same key": """allow "a" {
  principal arn:aws:iam::111122223333:role/App
  action    kms:Decrypt
  resource  *
  when      aws:CurrentTime > 2026-01-01T00:00:00Z
  when      aws:CurrentTime < 2027-01-01T00:00:00Z
}""",
    "another partition": """allow "a" {
  principal arn:aws-cn:iam::111122223333:role/App, arn:aws-us-gov:iam::111122223333:role/App
  action    kms:Decrypt
  resource  *
  when      kms:ViaService == "s3.cn-north-1.amazonaws.com.cn"
}""",
    "grants for services by an administrator": """allow "a" {
  principal arn:aws:iam::111122223333:role/Admin
  action    @administration
  resource  *
}""",
}


@pytest.mark.parametrize("text", CLEAN_KEY_STATEMENTS.values(), ids=CLEAN_KEY_STATEMENTS)
@pytest.mark.parametrize("kind", [None, PolicyKind.KEY])
def test_sound_key_policies_are_clean(text: str, kind: PolicyKind | None) -> None:
    assert [] == names(text + DELEGATION, kind)


CLEAN_IDENTITY_STATEMENTS = {
    "other services": """allow "a" {
  action    s3:GetObject, dynamodb:Query, execute-api:Invoke, new-service:DoIt
  resource  arn:aws:s3:::bucket/*, arn:aws:iam::aws:policy/ReadOnlyAccess, arn:aws:dynamodb:*:111122223333:table/t
  when      s3:prefix == "home/"
  when      new-service:Thing > 5
}""",
    "all of tomorrow's Regions": """allow "a" {
  action    kms:Decrypt
  resource  arn:aws:kms:us-*:111122223333:key/mrk-*, arn:aws:kms:eusc-de-east-1:111122223333:key/*
}""",
    "aliases and keys": """allow "a" {
  action    kms:CreateAlias
  resource  arn:aws:kms:us-east-1:111122223333:alias/app-*, arn:aws:kms:us-east-1:111122223333:key/*
}""",
    "passing a role to one service": """allow "a" {
  action    iam:PassRole
  resource  *
  when      iam:PassedToService == "ec2.amazonaws.com"
}""",
}


@pytest.mark.parametrize("text", CLEAN_IDENTITY_STATEMENTS.values(), ids=CLEAN_IDENTITY_STATEMENTS)
def test_sound_identity_policies_are_clean(text: str) -> None:
    assert [] == names(text, PolicyKind.IDENTITY)


def test_an_origin_access_identity_is_a_principal() -> None:
    policy = {
        "Version": "2012-10-17",
        "Statement": {
            "Effect": "Allow",
            "Principal": {"AWS": "arn:aws:iam::cloudfront:user/CloudFront Origin Access Identity E2EXAMPLE"},
            "Action": "s3:GetObject",
            "Resource": "arn:aws:s3:::bucket/*",
        },
    }
    assert [] == names(json.dumps(policy))


ROLE = "principal arn:aws:iam::111122223333:role/App\n  resource *"

# The faults in key policies that no other linter names.
TAG = "when aws:PrincipalTag/a"

FAULTY = {
    "key-policy-locks-everybody-out": (f"allow {{\n  {ROLE}\n  action kms:Decrypt\n}}\n", ""),
    "user-can-change-policy": (f"allow {{\n  {ROLE}\n  action kms:Decrypt, kms:PutKeyPolicy\n}}\n", DELEGATION),
    "administers-and-uses": (f"allow {{\n  {ROLE}\n  action kms:*\n}}\n", DELEGATION),
    "missing-qualifier": (
        f'allow {{\n  {ROLE}\n  action kms:CreateGrant\n  when kms:GrantOperations == "Decrypt"\n}}\n',
        DELEGATION,
    ),
    "invalid-alias-value": (
        f'allow {{\n  {ROLE}\n  action kms:Decrypt\n  when kms:RequestAlias like "arn:aws:kms:*:*:alias/a"\n}}\n',
        DELEGATION,
    ),
    "invalid-via-service": (
        f'allow {{\n  {ROLE}\n  action kms:Decrypt\n  when kms:ViaService == "ec2"\n}}\n',
        DELEGATION,
    ),
    "wildcard-without-like": (
        f'allow {{\n  {ROLE}\n  action kms:Decrypt\n  when kms:EncryptionContext:app == "web*"\n}}\n',
        DELEGATION,
    ),
    "group-as-principal": (
        "allow {\n  principal arn:aws:iam::111122223333:group/G\n  action kms:Decrypt\n  resource *\n}\n",
        DELEGATION,
    ),
    "wildcard-in-principal": (
        "allow {\n  principal arn:aws:iam::111122223333:role/*\n  action kms:Decrypt\n  resource *\n}\n",
        DELEGATION,
    ),
    "resource-other-than-key": (
        "allow {\n principal 111122223333\n action kms:Decrypt\n resource arn:aws:kms:*:111122223333:alias/a\n}\n",
        DELEGATION,
    ),
    "redundant-statement": (f"allow {{\n  {ROLE}\n  action kms:Decrypt\n}}\n" * 2, DELEGATION),
    "redundant-action": (f"allow {{\n  {ROLE}\n  action kms:Encrypt, KMS:encrypt\n}}\n", DELEGATION),
    "user-can-create-grants": (f"allow {{\n  {ROLE}\n  action kms:CreateGrant\n}}\n", DELEGATION),
    "shadowed-by-deny": (
        f"allow {{\n  {ROLE}\n  action kms:Decrypt\n}}\ndeny {{\n principal *\n resource *\n action kms:*t\n}}\n",
        DELEGATION,
    ),
    "contradictory-conditions": (
        f'allow {{\n  {ROLE}\n  action kms:Decrypt\n  {TAG} == "x"\n  {TAG} missing\n}}\n',
        DELEGATION,
    ),
    "duplicate-condition-key": (
        f'allow {{\n  {ROLE}\n  action kms:Decrypt\n  {TAG} == "x"\n  when aws:principaltag/A == "y"\n}}\n',
        DELEGATION,
    ),
}


@pytest.mark.parametrize("name", FAULTY)
@pytest.mark.parametrize("kind", [None, PolicyKind.KEY])
def test_faults_that_others_miss_are_found(name: str, kind: PolicyKind | None) -> None:
    text, rest = FAULTY[name]
    assert name in names(text + rest, kind)


def test_one_cause_is_one_finding() -> None:
    text = f"allow {{\n  {ROLE}\n  action kms:Decrypt, kms:Encrypt, kms:ReEncrypt*, kms:ScheduleKeyDeletion\n}}\n"
    assert ["administers-and-uses"] == names(text + DELEGATION)
