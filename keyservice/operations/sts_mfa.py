"""Codes of MFA devices: who shows a good one, once, has authenticated with MFA.

Source: STS API Reference, "GetSessionToken", "AssumeRole" (SerialNumber, TokenCode); RFC 6238, section 5.2; IAM User
Guide, "Secure API access with MFA". The wording of the errors is as AWS's users report it.
"""

from dataclasses import replace

from keyservice.auth.caller import CallerKind
from keyservice.crypto.totp import seed_of, step_of
from keyservice.errors import ACCESS_DENIED, VALIDATION
from keyservice.identity.directory import open_seed
from keyservice.model.identity import MfaDevice
from keyservice.operations.operation import Run


def checked_step(run: Run, serial_number: str | None, code: str | None) -> int | None:
    """The time step of the code that the caller shows; None if none is shown.

    Raises:
        ServiceError: ValidationException if one of the two is missing, AccessDeniedException if they do not hold.
    """
    if serial_number is None and code is None:
        return None
    if serial_number is None or code is None:
        raise VALIDATION(detail="Both SerialNumber and TokenCode are needed for multi-factor authentication")
    device = _device(run, serial_number)
    if device is None:
        detail = "unable to validate MFA code.  Please verify your MFA serial number is valid and associated with this"
        raise ACCESS_DENIED(message=f"MultiFactorAuthentication failed, {detail} user.")
    step = step_of(seed_of(open_seed(run.ports.domain_key, device)), code, run.now, after=device.last_step)
    if step is None:
        raise ACCESS_DENIED(message="MultiFactorAuthentication failed with invalid MFA one time pass code. ")
    return step


def use_code(run: Run, serial_number: str | None, code: str | None) -> bool:
    """Whether a code is shown; it is then used up, so that nobody who saw it can show it again."""
    if serial_number is None:
        return False
    with run.ports.store.change() as change:
        # Looked at again now that nobody else can write: of two calls with one code, one has come first.
        step = checked_step(run, serial_number, code)
        device = _device(run, serial_number)
        if step is not None and device is not None:
            change.put_identity(replace(device, last_step=step))
    return True


def _device(run: Run, serial_number: str) -> MfaDevice | None:
    """The caller's own device of a serial number: it takes the long-term credentials of a user, or the root user's."""
    caller = run.caller
    if caller.session is not None or caller.kind not in (CallerKind.USER, CallerKind.ROOT):
        return None
    device = run.ports.store.identity(MfaDevice, serial_number)
    name = caller.name if caller.kind is CallerKind.USER else None
    return device if device is not None and (device.account, device.user_name) == (caller.account, name) else None
