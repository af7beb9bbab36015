"""A role's temporary credentials as a machine's endpoint gives them out: the same ones until they are nearly over."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime

from keyservice.auth.caller import Session
from keyservice.auth.session_token import Credentials, RandomBytes, assume_role_credentials
from keyservice.model.identity import Role

LIFETIME = 6 * 3600  # seconds
RENEWAL = 3600  # seconds before the end; EC2 promises five minutes, SDKs ask from fifteen before the end


@dataclass(frozen=True, slots=True, kw_only=True)
class Issued:
    """Credentials that were given out, to which role, and when."""

    role_id: str
    moment: float
    credentials: Credentials


class RoleCredentials:
    """The credentials of a role's session, which is named after the machine.

    `session` makes the session that begins at a moment and ends at another.
    """

    def __init__(
        self, domain_key: bytes, session_name: str, session: Callable[[float, float], Session], *, random: RandomBytes
    ) -> None:
        self._domain_key = domain_key
        self._session_name = session_name
        self._session = session
        self._random = random
        self._issued: Issued | None = None

    def current(self, role: Role, now: float) -> Issued:
        """The credentials given out at present; new ones in good time, and at once where the old are over.

        They are over for another or a recreated role, and when the directory ends the role's sessions.
        """
        issued = self._issued
        if issued is None or issued.credentials.expiration - now < RENEWAL or _is_over(issued, role):
            session = self._session(float(int(now)), float(int(now)) + LIFETIME)
            credentials = assume_role_credentials(
                self._domain_key, role, self._session_name, session, random=self._random
            )
            issued = Issued(role_id=role.role_id, moment=session.issued, credentials=credentials)
            self._issued = issued
        return issued


def _is_over(issued: Issued, role: Role) -> bool:
    since = role.sessions_valid_from
    return issued.role_id != role.role_id or (since is not None and issued.moment < since)


def iso(moment: float) -> str:
    """A moment as these endpoints write it: `2026-11-24T12:00:00Z`."""
    return datetime.fromtimestamp(moment, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
