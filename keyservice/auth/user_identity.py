"""The caller in the trail's terms.

Source: CloudTrail User Guide, "CloudTrail userIdentity element".
"""

from keyservice.audit.record import SessionIssuer, UserIdentity
from keyservice.auth.caller import Caller, CallerKind

NOBODY = UserIdentity(type="Unknown")
"""Whoever sent a request whose signature did not hold: nothing that it claims is believed."""


def user_identity(caller: Caller | None) -> UserIdentity:
    """Who called; NOBODY while that is not known."""
    if caller is None:
        return NOBODY
    if caller.kind is CallerKind.SERVICE:
        return UserIdentity(type=caller.kind, invoked_by=caller.name)
    if caller.kind is CallerKind.WEB_IDENTITY:
        return UserIdentity(
            type=caller.kind, principal_id=caller.unique_id, user_name=caller.name, identity_provider=caller.arn
        )
    session = caller.session
    return UserIdentity(
        type=caller.kind,
        principal_id=caller.unique_id,
        arn=caller.arn,
        account_id=caller.account,
        access_key_id=caller.access_key_id,
        user_name=caller.name if caller.kind is CallerKind.USER else None,
        session_issuer=_issuer(caller),
        session_created=session.issued if session else None,
        mfa_authenticated=session.mfa_authenticated if session else False,
        source_identity=session.source_identity if session else None,
        ec2_role_delivery="2.0" if session and session.instance_id else None,
        invoked_by=caller.via.service if caller.via else None,
    )


def calling_service(caller: Caller | None) -> str | None:
    """The service that made the call, on behalf of the caller or for itself; None of everybody else's calls.

    It stands where an address and a user agent would ("CloudTrail record contents …", sourceIPAddress).
    """
    if caller is None:
        return None
    return caller.name if caller.kind is CallerKind.SERVICE else caller.via.service if caller.via else None


def _issuer(caller: Caller) -> SessionIssuer | None:
    if caller.kind is not CallerKind.ROLE_SESSION or caller.issuer_arn is None:
        return None
    return SessionIssuer(
        type="Role",
        principal_id=caller.unique_id.partition(":")[0],
        arn=caller.issuer_arn,
        account_id=caller.account,
        user_name=caller.name or "",
    )
