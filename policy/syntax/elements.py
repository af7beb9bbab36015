"""The names that AWS gives the elements of a policy, all sensitive to case.

Source: IAM User Guide, "IAM JSON policy elements reference".
"""

CURRENT_VERSION = "2012-10-17"
OLD_VERSION = "2008-10-17"
VERSIONS = (CURRENT_VERSION, OLD_VERSION)
EFFECTS = ("Allow", "Deny")
POLICY_ELEMENTS = ("Version", "Id", "Statement")
STATEMENT_ELEMENTS = (
    "Sid",
    "Effect",
    "Principal",
    "NotPrincipal",
    "Action",
    "NotAction",
    "Resource",
    "NotResource",
    "Condition",
)
PRINCIPAL_MEMBERS = ("AWS", "Service", "Federated", "CanonicalUser")
