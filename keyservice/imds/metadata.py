"""What an instance is told about itself, and the credentials of its role.

Source: EC2 User Guide, "Instance metadata categories", "Retrieve security credentials from instance metadata",
"Instance identity documents for Amazon EC2 instances"; IAM User Guide, "Troubleshoot IAM and Amazon EC2".
"""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

from keyservice.auth.caller import Session
from keyservice.auth.session_token import Credentials, RandomBytes, assume_role_credentials
from keyservice.model.identity import Instance, Role
from keyservice.store.port import Store

LIFETIME = 6 * 3600  # seconds
RENEWAL = 3600  # seconds before the end; EC2 promises five minutes, SDKs ask from fifteen before the end
SERVICE_PRINCIPAL = "ec2.amazonaws.com"


@dataclass(frozen=True, slots=True, kw_only=True)
class _Issued:
    role_id: str
    moment: float
    credentials: Credentials


class InstanceMetadata:
    """The metadata of one instance, as it is when it is asked for.

    `may_assume` says whether a role's trust policy lets EC2 assume the role.
    """

    def __init__(
        self,
        store: Store,
        domain_key: bytes,
        instance_id: str,
        *,
        region: str,
        may_assume: Callable[[Role], bool],
        random: RandomBytes,
    ) -> None:
        self._store = store
        self._domain_key = domain_key
        self._instance_id = instance_id
        self._region = region
        self._may_assume = may_assume
        self._random = random
        self._started: float | None = None
        self._issued: _Issued | None = None

    def read(self, path: str, now: float) -> str | None:
        """The text at a path such as `meta-data/instance-id`, a directory as a list of its entries, or None."""
        leaves = self._leaves(now)
        name = path.removesuffix("/")  # botocore asks for the availability zone with a slash behind it
        if name in leaves:
            return leaves[name]()
        directory = f"{name}/" if name else ""
        inside = [leaf[len(directory) :].partition("/") for leaf in leaves if leaf.startswith(directory)]
        return "\n".join(sorted({entry + slash for entry, slash, _ in inside})) or None

    def _leaves(self, now: float) -> Mapping[str, Callable[[], str]]:
        instance = self._store.instance(self._instance_id)
        if instance is None:
            return {}
        leaves: dict[str, Callable[[], str]] = {
            "dynamic/instance-identity/document": lambda: self._identity_document(instance, now),
            "meta-data/instance-id": lambda: instance.id,
            "meta-data/placement/availability-zone": lambda: self._zone,
            "meta-data/placement/region": lambda: self._region,
            "meta-data/services/domain": lambda: "amazonaws.com",
            "meta-data/services/partition": lambda: "aws",
        }
        role = self._role(instance)
        if role is not None:
            leaves[f"meta-data/iam/security-credentials/{role.name}"] = lambda: self._credentials(role, now)
        return leaves

    def _role(self, instance: Instance) -> Role | None:
        profile = self._store.instance_profile(instance.account, instance.instance_profile)
        return None if profile is None else self._store.role(instance.account, profile.role)

    @property
    def _zone(self) -> str:
        return f"{self._region}a"

    def _identity_document(self, instance: Instance, now: float) -> str:
        if self._started is None:
            self._started = now
        document = {
            "accountId": instance.account,
            "availabilityZone": self._zone,
            "instanceId": instance.id,
            "pendingTime": _iso(self._started),
            "region": self._region,
            "version": "2017-09-30",
        }
        return json.dumps(document, indent=2)

    def _credentials(self, role: Role, now: float) -> str:
        if not self._may_assume(role):
            fault = f"EC2 cannot assume the role {role.name}: its trust policy does not allow {SERVICE_PRINCIPAL}."
            refusal = {"Code": "AssumeRoleUnauthorizedAccess", "Message": fault, "LastUpdated": _iso(now)}
            return json.dumps(refusal, indent=2)
        issued = self._current(role, now)
        document = {
            "Code": "Success",
            "LastUpdated": _iso(issued.moment),
            "Type": "AWS-HMAC",
            "AccessKeyId": issued.credentials.access_key_id,
            "SecretAccessKey": issued.credentials.secret_access_key,
            "Token": issued.credentials.session_token,
            "Expiration": _iso(issued.credentials.expiration),
        }
        return json.dumps(document, indent=2)

    def _current(self, role: Role, now: float) -> _Issued:
        """The credentials given out at present; new ones in good time, and at once for another or a recreated role."""
        issued = self._issued
        if issued is None or issued.role_id != role.role_id or issued.credentials.expiration - now < RENEWAL:
            session = Session(issued=float(int(now)), expires=float(int(now)) + LIFETIME, instance_id=self._instance_id)
            # The session is named after the instance (IAM User Guide, "AWS global condition context keys", aws:userid).
            credentials = assume_role_credentials(
                self._domain_key, role, self._instance_id, session, random=self._random
            )
            issued = _Issued(role_id=role.role_id, moment=session.issued, credentials=credentials)
            self._issued = issued
        return issued


def _iso(moment: float) -> str:
    return datetime.fromtimestamp(moment, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
