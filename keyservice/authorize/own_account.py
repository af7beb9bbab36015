"""What a linked service may do in the account of its own: a policy for whatever there has none.

A service principal has no identity-based policies ("Policy evaluation logic"), so that nothing would let it make its
AWS owned keys, or pass its callers on. The policy stands where a key policy would, and is evaluated as one.
Source: KMS Developer Guide, "AWS KMS keys" (AWS owned keys); IAM User Guide, "AWS service principals".
"""

import json
from functools import lru_cache

FORWARD = "wardkey:CreateForwardAccessSession"

_ACTIONS = (
    *(FORWARD, "kms:CreateKey", "kms:ListKeys", "kms:TagResource", "kms:GenerateRandom", "kms:ListRetirableGrants"),
    *("kms:CreateAlias", "kms:UpdateAlias", "kms:DeleteAlias", "kms:ListAliases", "sts:GetCallerIdentity"),
)


@lru_cache(maxsize=256)
def own_account_policy(service: str) -> str:
    """The policy for a service principal."""
    statement = {
        "Sid": "The service in its own account",
        "Effect": "Allow",
        "Principal": {"Service": service},
        "Action": _ACTIONS,
        "Resource": "*",
    }
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})
