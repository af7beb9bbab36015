"""The directory of identities: questions that the Store's records answer together, and the making of access keys.

Source: IAM User Guide, "IAM identities", "Manage access keys for IAM users"; IAM API Reference, "CreateAccessKey".
"""

import json
from collections.abc import Callable
from dataclasses import dataclass, field

from keyservice.crypto.wrapping import IV_LENGTH, SALT_LENGTH, RecordIdentity, unwrap, wrap
from keyservice.identity.events import IamEvent, events_of
from keyservice.identity.file import WantedMfaDevice
from keyservice.ids import ACCESS_KEY_PREFIX, USER_PREFIX, secret_access_key, unique_id
from keyservice.model.identity import AccessKey, Account, Group, ManagedPolicy, MfaDevice, NamedPolicy, User
from keyservice.store.port import Change, Store

RandomBytes = Callable[[int], bytes]
Journal = Callable[[IamEvent], bytes]
"""The trail's line for an event: what a change of the directory commits together with it."""

ADMINISTRATOR = "administrator"
ADMINISTRATOR_ACCESS = NamedPolicy(
    # AWS Managed Policy Reference, "AdministratorAccess".
    name="AdministratorAccess",
    document=json.dumps(
        {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]}, indent=2
    ),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class NewAccessKey:
    """An access key with its secret, which is shown this once."""

    access_key_id: str
    secret_access_key: str = field(repr=False)
    account: str
    user_name: str | None


def user_policies(store: Store, user: User) -> tuple[NamedPolicy, ...]:
    """The identity-based policies that apply to a user: the user's own, then those of its groups."""
    groups = [store.group(user.account, name) for name in user.groups]
    holders: tuple[User | Group, ...] = (user, *(group for group in groups if group is not None))
    attached = (store.identity(ManagedPolicy, arn) for holder in holders for arn in holder.attached)
    return (
        *(policy for holder in holders for policy in holder.policies),
        *(NamedPolicy(name=policy.name, document=policy.document) for policy in attached if policy is not None),
    )


def first_start(
    store: Store,
    domain_key: bytes,
    account_id: str,
    *,
    now: float,
    random: RandomBytes,
    partition: str = "aws",
    journal: Journal | None = None,
) -> NewAccessKey | None:
    """Make the account, its administrator and the administrator's access key; None if the store has any account."""
    if store.accounts():
        return None
    user = User(
        account=account_id,
        name=ADMINISTRATOR,
        user_id=unique_id(USER_PREFIX, random(10)),
        partition=partition,
        policies=(ADMINISTRATOR_ACCESS,),
    )
    with store.change() as change:
        account = Account(id=account_id, partition=partition)
        change.put_account(account)
        change.put_user(user)
        made = create_access_key(change, domain_key, account_id, ADMINISTRATOR, now=now, random=random)
        if journal is not None:
            for record in (account, user):
                for event in events_of(record, None, is_deletion=False):
                    change.append_trail(journal(event))
            change.append_trail(journal(access_key_event("CreateAccessKey", made)))
    return made


def access_key_event(name: str, key: NewAccessKey) -> IamEvent:
    """The event of what was done with an access key."""
    return IamEvent(
        name=name, account=key.account, parameters={"userName": key.user_name, "accessKeyId": key.access_key_id}
    )


def create_access_key(  # noqa: PLR0913 - the parts of one record
    change: Change,
    domain_key: bytes,
    account: str,
    user_name: str | None,
    *,
    now: float,
    random: RandomBytes,
    access_key_id: str | None = None,
    secret: str | None = None,
    service: str | None = None,
) -> NewAccessKey:
    """Keep an access key of a user (of the root user: None) or of a linked service, its id and secret given or made."""
    access_key_id = access_key_id or unique_id(ACCESS_KEY_PREFIX, random(10))
    secret = secret or secret_access_key(random(30))
    change.put_access_key(
        AccessKey(
            access_key_id=access_key_id,
            account=account,
            user_name=user_name,
            service=service,
            sealed_secret=seal_secret(domain_key, account, access_key_id, secret, random=random),
            created=now,
        )
    )
    owner = service or user_name
    return NewAccessKey(access_key_id=access_key_id, secret_access_key=secret, account=account, user_name=owner)


def seal_secret(domain_key: bytes, account: str, access_key_id: str, secret: str, *, random: RandomBytes) -> bytes:
    """A secret access key sealed under the domain key. It opens for its own access key id alone.

    Sealed, not hashed: verifying an HMAC signature takes the secret itself.
    """
    record = _identity(account, access_key_id)
    return wrap(domain_key, record, salt=random(SALT_LENGTH), iv=random(IV_LENGTH), material=secret.encode())


def open_secret(domain_key: bytes, access_key: AccessKey) -> str:
    """The secret access key. Raises UnwrapError if it was sealed otherwise."""
    record = _identity(access_key.account, access_key.access_key_id)
    return unwrap(domain_key, record, access_key.sealed_secret).decode()


def sealed_mfa_device(domain_key: bytes, wanted: WantedMfaDevice, *, random: RandomBytes) -> MfaDevice:
    """An MFA device with its seed sealed under the domain key; it opens for its own serial number alone."""
    record = _seed_identity(wanted.account, wanted.serial_number)
    sealed = wrap(
        domain_key, record, salt=random(SALT_LENGTH), iv=random(IV_LENGTH), material=wanted.seed.encode("ascii")
    )
    return MfaDevice(
        serial_number=wanted.serial_number, account=wanted.account, user_name=wanted.user_name, sealed_seed=sealed
    )


def open_seed(domain_key: bytes, device: MfaDevice) -> str:
    """The seed of an MFA device, in base32. Raises UnwrapError if it was sealed otherwise."""
    record = _seed_identity(device.account, device.serial_number)
    return unwrap(domain_key, record, device.sealed_seed).decode("ascii")


def _seed_identity(account: str, serial_number: str) -> RecordIdentity:
    return RecordIdentity(type="mfa-device", root_id="", account=account, key_id=serial_number)


def _identity(account: str, access_key_id: str) -> RecordIdentity:
    return RecordIdentity(type="access-key", root_id="", account=account, key_id=access_key_id)
