"""What the temporary credentials of GetSessionToken may not call, whatever policies allow.

Source: STS API Reference, "GetSessionToken" (Permissions): no IAM operation without MFA, and of STS only AssumeRole and
GetCallerIdentity.
"""

from keyservice.auth.caller import Caller, CallerKind
from keyservice.errors import ACCESS_DENIED

_OF_STS = frozenset({"AssumeRole", "GetCallerIdentity"})


def refuse_by_session(caller: Caller, service: str, operation: str) -> None:
    """Do nothing if the caller's credentials may be used for an operation; else raise.

    Raises:
        ServiceError: AccessDeniedException.
    """
    session = caller.session
    if session is None or caller.kind not in (CallerKind.USER, CallerKind.ROOT):
        return
    if service == "iam" and not session.mfa_authenticated:
        # No page gives the wording of this one.
        raise ACCESS_DENIED(message=f"Cannot call {operation} with session credentials that have no MFA")
    if service == "sts" and operation not in _OF_STS:
        raise ACCESS_DENIED(message=f"Cannot call {operation} with session credentials")
