"""The actions of the catalogue."""

from policy.catalogue.actions import AccessLevel, action_facts, cryptographic_actions, kms_actions
from policy.catalogue.keys import condition_keys


def test_every_action_of_kms_is_there():
    names = [facts.name for facts in kms_actions()]
    assert 58 == len(names)
    assert sorted(names) == names
    assert {
        "kms:Decrypt",
        "kms:ReEncryptFrom",
        "kms:ReEncryptTo",
        "kms:RotateKeyOnDemand",
        "kms:DeriveSharedSecret",
    } <= set(names)


def test_actions_are_found_in_any_case():
    facts = action_facts("KMS:decrypt")
    assert facts is not None
    assert ("kms:Decrypt", AccessLevel.WRITE, ("key",)) == (facts.name, facts.access_level, facts.resource_types)
    assert {"kms:EncryptionContext:*", "kms:ViaService", "aws:ResourceTag/*"} <= set(facts.condition_keys)
    assert action_facts("kms:Decrypts") is None
    assert action_facts("s3:GetObject") is None


def test_access_levels_and_resource_types_are_those_of_the_reference():
    expected = {
        "kms:CreateAlias": (AccessLevel.WRITE, ("alias", "key")),
        "kms:CreateGrant": (AccessLevel.PERMISSIONS_MANAGEMENT, ("key",)),
        "kms:CreateKey": (AccessLevel.WRITE, ()),
        "kms:ListKeys": (AccessLevel.LIST, ()),
        "kms:PutKeyPolicy": (AccessLevel.PERMISSIONS_MANAGEMENT, ("key",)),
        "kms:TagResource": (AccessLevel.TAGGING, ("key",)),
    }
    facts = {name: action_facts(name) for name in expected}
    assert expected == {name: (each.access_level, each.resource_types) for name, each in facts.items() if each}


def test_every_condition_key_of_an_action_is_in_the_catalogue():
    known = {facts.name for facts in condition_keys()}
    assert set() == {key for facts in kms_actions() for key in facts.condition_keys} - known


def test_cryptographic_actions_are_those_of_every_key_usage():
    some = {"kms:Decrypt", "kms:ReEncryptTo", "kms:Sign", "kms:VerifyMac", "kms:DeriveSharedSecret", "kms:Decapsulate"}
    assert some <= cryptographic_actions()
    assert {"kms:DescribeKey", "kms:GetPublicKey", "kms:CreateGrant", "kms:GenerateRandom"}.isdisjoint(
        cryptographic_actions()
    )
