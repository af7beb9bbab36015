"""Action patterns. Source: IAM User Guide, "IAM JSON policy elements: Action"."""

import pytest

from policy.operators.action import action_matches, prepare_action

CASES = [
    ("kms:Decrypt", "kms:Decrypt", True),
    ("KMS:decrypt", "kms:Decrypt", True),
    ("kms:Decrypt", "kms:DecryptX", False),
    ("kms:*", "kms:Decrypt", True),
    ("kms:*", "kmsx:Decrypt", False),
    ("*", "kms:Decrypt", True),
    ("kms:ReEncrypt*", "kms:ReEncryptFrom", True),
    ("kms:GenerateDataKey*", "kms:GenerateDataKey", True),
    ("kms:?ncrypt", "kms:Encrypt", True),
    ("kms:?ncrypt", "kms:ncrypt", False),
    ("kms", "kms:Decrypt", False),
]


@pytest.mark.parametrize(("pattern", "action", "expected"), CASES)
def test_actions_match_without_regard_to_case(pattern, action, expected):
    assert (expected, expected) == (action_matches(pattern, action), prepare_action(pattern)(action))
