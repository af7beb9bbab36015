"""The action classes of AWS's default key policy: who administers a key, who uses it, who lets services use it.

Source: KMS Developer Guide, "Default key policy". The usage class is that of a symmetric encryption key.
"""

ADMINISTRATION = (
    "kms:Create*",
    "kms:Describe*",
    "kms:Enable*",
    "kms:List*",
    "kms:Put*",
    "kms:Update*",
    "kms:Revoke*",
    "kms:Disable*",
    "kms:Get*",
    "kms:Delete*",
    "kms:TagResource",
    "kms:UntagResource",
    "kms:ScheduleKeyDeletion",
    "kms:CancelKeyDeletion",
    "kms:RotateKeyOnDemand",
)

USAGE = (
    "kms:Encrypt",
    "kms:Decrypt",
    "kms:ReEncrypt*",
    "kms:GenerateDataKey*",
    "kms:DescribeKey",
)

# AWS grants these only with the condition Bool kms:GrantIsForAWSResource true, which a statement has to add.
GRANTS = (
    "kms:CreateGrant",
    "kms:ListGrants",
    "kms:RevokeGrant",
)

# Under the names by which the policy language knows them: @administration, @usage, @grants.
ACTION_CLASSES = {"administration": ADMINISTRATION, "usage": USAGE, "grants": GRANTS}
