"""What an instance is told about itself, and the credentials of its role.

Source: EC2 User Guide, "Instance metadata categories", "Retrieve security credentials from instance metadata",
"Instance identity documents for Amazon EC2 instances"; IAM User Guide, "Troubleshoot IAM and Amazon EC2".
"""

import json
from collections.abc import Callable, Mapping

from keyservice.auth.caller import Session
from keyservice.auth.session_token import RandomBytes
from keyservice.imds.role_credentials import RoleCredentials, iso
from keyservice.model.identity import Instance, Role
from keyservice.store.port import Store

SERVICE_PRINCIPAL = "ec2.amazonaws.com"


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
        self._instance_id = instance_id
        self._region = region
        self._may_assume = may_assume
        self._started: float | None = None
        # The session is named after the instance (IAM User Guide, "AWS global condition context keys", aws:userid).
        self._issued = RoleCredentials(domain_key, instance_id, self._session, random=random)

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

    def _session(self, issued: float, expires: float) -> Session:
        return Session(issued=issued, expires=expires, instance_id=self._instance_id)

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
            "pendingTime": iso(self._started),
            "region": self._region,
            "version": "2017-09-30",
        }
        return json.dumps(document, indent=2)

    def _credentials(self, role: Role, now: float) -> str:
        if not self._may_assume(role):
            fault = f"EC2 cannot assume the role {role.name}: its trust policy does not allow {SERVICE_PRINCIPAL}."
            refusal = {"Code": "AssumeRoleUnauthorizedAccess", "Message": fault, "LastUpdated": iso(now)}
            return json.dumps(refusal, indent=2)
        issued = self._issued.current(role, now)
        document = {
            "Code": "Success",
            "LastUpdated": iso(issued.moment),
            "Type": "AWS-HMAC",
            "AccessKeyId": issued.credentials.access_key_id,
            "SecretAccessKey": issued.credentials.secret_access_key,
            "Token": issued.credentials.session_token,
            "Expiration": iso(issued.credentials.expiration),
        }
        return json.dumps(document, indent=2)
