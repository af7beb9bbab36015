"""For what a service calls for itself: the headers in which it says so, which are signed like the rest of a request.

They count for service principals alone: whatever others send under these names is not looked at.
Source: IAM User Guide, "AWS global condition context keys" ("aws:SourceArn", "aws:SourceAccount"), "The confused deputy
problem"; the headers are those that AWS's own SDK helpers send with a service's calls.
"""

import re

from keyservice.auth.caller import NO_SOURCE, CallSource
from keyservice.auth.signed_request import SignedRequest
from keyservice.errors import VALIDATION

_ARN = re.compile(r"arn:[a-z0-9-]+:[a-z0-9-]+:[a-z0-9-]*:([0-9]{12}|):[\x21-\x7e]+")
_ACCOUNT = re.compile(r"[0-9]{12}")
_LONGEST = 2048  # characters


def source_of(request: SignedRequest) -> CallSource:
    """The source that a service names; its account is the ARN's, where that has one and no header says it.

    Raises:
        ServiceError: ValidationException if it is none, or of another account than is said.
    """
    arn, account = request.header(b"x-amz-source-arn"), request.header(b"x-amz-source-account")
    if arn is None and account is None:
        return NO_SOURCE
    found = None if arn is None else _ARN.fullmatch(arn[: _LONGEST + 1])
    if (arn is not None and (found is None or len(arn) > _LONGEST)) or (account and not _ACCOUNT.fullmatch(account)):
        raise VALIDATION(detail="x-amz-source-arn must be an ARN, and x-amz-source-account an account id")
    owner = found[1] if found else ""
    if account and owner and account != owner:
        raise VALIDATION(detail=f"The source {arn} is not of account {account}")
    return CallSource(arn=arn, account=account or owner or None)
