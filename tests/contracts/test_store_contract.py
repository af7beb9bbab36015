"""What every Store must do, whatever it is built on."""

import threading
from collections.abc import Callable
from dataclasses import replace

import pytest

from keyservice.model.grant import Grant
from keyservice.model.identity import (
    AccessKey,
    Account,
    ControlPolicies,
    Group,
    Instance,
    InstanceProfile,
    ManagedPolicy,
    Membership,
    MfaDevice,
    NamedPolicy,
    OidcProvider,
    Role,
    User,
)
from keyservice.model.job_run import JobRun
from keyservice.model.key import (
    Alias,
    BackingKey,
    ImportedExpiry,
    ImportedMaterial,
    Key,
    KeyManager,
    KeyState,
    KeyUsage,
    Origin,
    Rotation,
    RotationType,
)
from keyservice.model.linked_service import KNOWN
from keyservice.model.organization import Organization, OrganizationalUnit
from keyservice.model.schedule import Duty
from keyservice.model.wrapping_key import WrappingKey
from keyservice.store.port import DueKey, Store, StoreError
from keyservice.store.rows import IDENTITIES

ACCOUNT, OTHER, REGION = "111122223333", "444455556666", "us-east-1"

KEY = Key(
    account=ACCOUNT,
    region=REGION,
    key_id="1234abcd-12ab-34cd-56ef-1234567890ab",
    spec="RSA_2048",
    usage=KeyUsage.SIGN_VERIFY,
    origin=Origin.EXTERNAL,
    manager=KeyManager.AWS,
    state=KeyState.PENDING_DELETION,
    description="fur die Schlüssel 🔑",
    created=1700000000.25,
    deletion_date=1700600000.0,
    pending_window_days=7,
    multi_region=True,
    primary_region="eu-west-1",
    custom_key_store_id="cks-1234567890abcdef0",
    xks_key_id="outside",
    policy='{"Version": "2012-10-17"}',
    rotation=Rotation(period_days=90, since=1.0, next_due=2.0),
    tags={"team": "files", "empty": ""},
    current_backing_key="b1",
    current_material_id="00ff",
    expiry=ImportedExpiry(valid_to=5.5, next_due=4.5),
)
BACKING_KEY = BackingKey(
    account=ACCOUNT,
    region=REGION,
    key_id=KEY.key_id,
    backing_key_id="b1",
    created=1.5,
    material_id="00ff",
    wrapped=bytes(range(256)),
    rotated=2.5,
    rotation_type=RotationType.ON_DEMAND,
    awaits_rotation=True,
    imported=ImportedMaterial(present=False, valid_to=9.5, description="from the vault"),
)
WRAPPING_KEY = WrappingKey(
    account=ACCOUNT, region=REGION, key_id=KEY.key_id, nonce="0a", expires=86400.5, sealed=b"\x00\xffsealed"
)
ALIAS = Alias(account=ACCOUNT, region=REGION, name="alias/files", target_key_id=KEY.key_id, created=1.0, updated=2.0)
GRANT = Grant(
    account=ACCOUNT,
    region=REGION,
    key_id=KEY.key_id,
    grant_id="ab" * 32,
    created=4.5,
    issuing_account=f"arn:aws:iam::{ACCOUNT}:root",
    name="files",
    grantee_principal=f"arn:aws:iam::{ACCOUNT}:role/WebServer",
    retiring_service_principal="ec2.amazonaws.com",
    operations=("Decrypt", "RetireGrant"),
    encryption_context_subset={"app": "web"},
    source_arn="arn:aws:s3:us-east-1:111122223333:bucket",
)
POLICY = NamedPolicy(name="use", document="{}")
USER = User(
    account=ACCOUNT,
    name="Alice",
    path="/eng/",
    user_id="AIDA1",
    groups=("dev", "ops"),
    policies=(POLICY,),
    tags={"a": "b"},
)
GROUP = Group(account=ACCOUNT, name="dev", group_id="AGPA1", policies=(POLICY,))
ROLE = Role(account=ACCOUNT, name="WebServer", role_id="AROA1", trust_policy="{}", policies=(POLICY,), tags={"c": "d"})
PROFILE = InstanceProfile(account=ACCOUNT, name="WebServerProfile", role="WebServer")
INSTANCE = Instance(account=ACCOUNT, id="i-0abc", instance_profile="WebServerProfile")
ACCESS_KEY = AccessKey(
    access_key_id="AKIAEXAMPLE", account=ACCOUNT, user_name=None, sealed_secret=b"\x00\xffsealed", created=3.0
)

CONTROL = ControlPolicies(service_control=(POLICY,), resource_control=(POLICY,), full_aws_access=False)
ORGANIZATION = Organization(
    id="o-a1b2c3d4e5",
    management_account=OTHER,
    units=(
        OrganizationalUnit(id="r-ab12", parent=None),
        OrganizationalUnit(id="ou-ab12-11111111", parent="r-ab12", attached=CONTROL),
    ),
)
DIRECTORY: list[object] = [
    ORGANIZATION,
    Account(id=OTHER, membership=Membership(organization=ORGANIZATION.id, parent="r-ab12", attached=CONTROL)),
    ManagedPolicy(account="aws", name="ReadOnlyAccess", policy_id="ANPA1", document="{}"),
    MfaDevice(serial_number=f"arn:aws:iam::{ACCOUNT}:mfa/a", account=ACCOUNT, user_name="a", sealed_seed=b"\xff"),
    OidcProvider(account=ACCOUNT, issuer="example.com/x", client_ids=("a", "b"), jwks="{}"),
    KNOWN["ec2.amazonaws.com"],
    AccessKey(
        access_key_id="AKIAEC2",
        account=OTHER,
        user_name=None,
        service="ec2.amazonaws.com",
        sealed_secret=b"",
        created=1.0,
    ),
    USER,
    ROLE,
]


def identity_of(record: object) -> tuple[str, ...]:
    return IDENTITIES[type(record)].name(record)[1:]


def put_everything(store: Store) -> None:
    with store.change() as change:
        change.put_account(Account(id=ACCOUNT))
        change.put_key(KEY)
        change.put_backing_key(BACKING_KEY)
        change.put_wrapping_key(WRAPPING_KEY)
        change.put_alias(ALIAS)
        change.put_grant(GRANT)
        change.put_user(USER)
        change.put_group(GROUP)
        change.put_role(ROLE)
        change.put_instance_profile(PROFILE)
        change.put_instance(INSTANCE)
        change.put_access_key(ACCESS_KEY)
        change.put_secret("domain", b"\x00sealed")
        change.append_trail(b'{"event": 1}')


READS: list[tuple[str, Callable[[Store], object], object]] = [
    ("key", lambda store: store.key(REGION, KEY.key_id), KEY),
    ("backing key", lambda store: store.backing_key(REGION, KEY.key_id, "b1"), BACKING_KEY),
    ("wrapping key", lambda store: store.wrapping_key(REGION, KEY.key_id, "0a"), WRAPPING_KEY),
    ("alias", lambda store: store.alias(ACCOUNT, REGION, "alias/files"), ALIAS),
    ("grant", lambda store: store.grant(REGION, KEY.key_id, GRANT.grant_id), GRANT),
    ("account", lambda store: store.account(ACCOUNT), Account(id=ACCOUNT)),
    ("user", lambda store: store.user(ACCOUNT, "Alice"), USER),
    ("group", lambda store: store.group(ACCOUNT, "dev"), GROUP),
    ("role", lambda store: store.role(ACCOUNT, "WebServer"), ROLE),
    ("instance profile", lambda store: store.instance_profile(ACCOUNT, "WebServerProfile"), PROFILE),
    ("instance", lambda store: store.instance("i-0abc"), INSTANCE),
    ("access key", lambda store: store.access_key("AKIAEXAMPLE"), ACCESS_KEY),
    ("secret", lambda store: store.secret("domain"), b"\x00sealed"),
]


@pytest.mark.parametrize(("read", "expected"), [row[1:] for row in READS], ids=[row[0] for row in READS])
def test_what_is_put_is_read_back_equal_after_it_was_missing(
    store: Store, read: Callable[[Store], object], expected: object
) -> None:
    assert read(store) is None
    put_everything(store)
    assert expected == read(store)
    assert expected == read(store)


def test_everything_is_there_after_closing_and_opening_again(opener: Callable[[], Store]) -> None:
    first = opener()
    put_everything(first)
    first.close()
    second = opener()
    assert [expected for _, _, expected in READS] == [read(second) for _, read, _ in READS]
    assert [BACKING_KEY] == list(second.backing_keys(REGION, KEY.key_id))
    assert [(1, b'{"event": 1}')] == list(second.trail(after=0, limit=10))
    second.close()


def test_a_key_in_another_region_is_another_key(store: Store) -> None:
    put_everything(store)
    assert store.key("eu-west-1", KEY.key_id) is None


def test_the_keys_of_an_id_are_found_in_the_order_of_their_regions(store: Store) -> None:
    put_everything(store)
    replica = replace(KEY, region="eu-west-1")
    with store.change() as change:
        change.put_key(replica)
        change.put_key(replace(KEY, key_id="other", region="ap-south-1"))
        assert [replica, KEY] == list(change.related_keys(KEY.key_id))
        assert [KEY] == list(store.related_keys(KEY.key_id))
    assert [replica, KEY] == list(store.related_keys(KEY.key_id))
    with store.change() as change:
        change.delete_key(REGION, KEY.key_id)
    assert [replica] == list(store.related_keys(KEY.key_id))
    assert [] == list(store.related_keys("none-such"))


def test_a_change_sees_the_backing_keys_of_one_region_in_their_order(store: Store) -> None:
    put_everything(store)
    newer = replace(BACKING_KEY, backing_key_id="a0")
    with store.change() as change:
        change.put_backing_key(newer)
        change.put_backing_key(replace(BACKING_KEY, region="eu-west-1"))
        assert [BACKING_KEY, newer] == list(change.backing_keys(REGION, KEY.key_id))
        assert [BACKING_KEY] == list(store.backing_keys(REGION, KEY.key_id))


def test_a_put_replaces_and_the_next_read_sees_it(store: Store) -> None:
    put_everything(store)
    assert KEY == store.key(REGION, KEY.key_id)
    changed = replace(KEY, state=KeyState.DISABLED, rotation=None, tags={})
    with store.change() as change:
        change.put_key(changed)
    assert changed == store.key(REGION, KEY.key_id)


def test_a_change_sees_its_own_writes_and_others_see_them_only_once_it_is_committed(store: Store) -> None:
    with store.change() as change:
        change.put_key(KEY)
        change.put_alias(ALIAS)
        assert change.key(REGION, KEY.key_id) == KEY
        assert change.alias(ACCOUNT, REGION, "alias/files") == ALIAS
        assert store.key(REGION, KEY.key_id) is None
    assert KEY == store.key(REGION, KEY.key_id)
    assert ALIAS == store.alias(ACCOUNT, REGION, "alias/files")


def test_an_exception_in_a_change_leaves_nothing_behind(store: Store) -> None:
    before = store.version()
    with pytest.raises(ZeroDivisionError), store.change() as change:
        change.put_key(KEY)
        change.append_trail(b"{}")
        raise ZeroDivisionError
    assert store.key(REGION, KEY.key_id) is None
    assert [] == list(store.trail(after=0, limit=10))
    assert before == store.version()
    put_everything(store)
    assert KEY == store.key(REGION, KEY.key_id)


def test_a_change_cannot_be_used_after_its_end(store: Store) -> None:
    with store.change() as change:
        pass
    with pytest.raises(StoreError):
        change.put_key(KEY)


def test_a_change_within_a_change_is_refused_instead_of_waiting_for_ever(store: Store) -> None:
    with store.change(), pytest.raises(StoreError), store.change():
        pass


def test_deleting_a_key_deletes_its_backing_keys_and_aliases_and_no_others(store: Store) -> None:
    put_everything(store)
    other = replace(KEY, key_id="other")
    other_alias = replace(ALIAS, name="alias/other", target_key_id="other")
    with store.change() as change:
        change.put_key(other)
        change.put_backing_key(replace(BACKING_KEY, key_id="other"))
        change.put_alias(other_alias)
    assert ALIAS == store.alias(ACCOUNT, REGION, "alias/files")
    with store.change() as change:
        change.delete_key(REGION, KEY.key_id)
    assert store.key(REGION, KEY.key_id) is None
    assert store.backing_key(REGION, KEY.key_id, "b1") is None
    assert [] == list(store.backing_keys(REGION, KEY.key_id))
    assert store.wrapping_key(REGION, KEY.key_id, "0a") is None
    assert store.alias(ACCOUNT, REGION, "alias/files") is None
    assert other == store.key(REGION, "other")
    assert 1 == len(store.backing_keys(REGION, "other"))
    assert other_alias == store.alias(ACCOUNT, REGION, "alias/other")


def test_a_deleted_backing_key_is_gone_and_the_others_stay(store: Store) -> None:
    put_everything(store)
    other = replace(BACKING_KEY, backing_key_id="b2")
    with store.change() as change:
        change.put_backing_key(other)
    assert BACKING_KEY == store.backing_key(REGION, KEY.key_id, "b1")
    with store.change() as change:
        change.delete_backing_key(REGION, KEY.key_id, "b1")
        assert [other] == list(change.backing_keys(REGION, KEY.key_id))
    assert store.backing_key(REGION, KEY.key_id, "b1") is None
    assert [other] == list(store.backing_keys(REGION, KEY.key_id))


def test_wrapping_keys_go_when_they_are_deleted_and_when_they_expire(store: Store) -> None:
    nonces = {"used": 9.0, "expired": 5.0, "expires now": 6.0, "later": 6.5}
    with store.change() as change:
        for nonce, expires in nonces.items():
            change.put_wrapping_key(replace(WRAPPING_KEY, nonce=nonce, expires=expires))
    assert [*nonces] == [nonce for nonce in nonces if store.wrapping_key(REGION, KEY.key_id, nonce)]
    with store.change() as change:
        change.delete_wrapping_key(REGION, KEY.key_id, "used")
        change.delete_expired_wrapping_keys(6.0)
        assert change.wrapping_key(REGION, KEY.key_id, "expired") is None
        assert change.wrapping_key(REGION, KEY.key_id, "later") is not None
    assert ["later"] == [nonce for nonce in nonces if store.wrapping_key(REGION, KEY.key_id, nonce)]


def test_a_deleted_alias_is_gone_and_its_key_stays(store: Store) -> None:
    put_everything(store)
    assert ALIAS == store.alias(ACCOUNT, REGION, "alias/files")
    with store.change() as change:
        change.delete_alias(ACCOUNT, REGION, "alias/files")
    assert store.alias(ACCOUNT, REGION, "alias/files") is None
    assert KEY == store.key(REGION, KEY.key_id)


def test_keys_are_paged_in_the_order_of_their_ids_within_account_and_region(store: Store) -> None:
    with store.change() as change:
        for key_id in ("d", "a", "c", "b"):
            change.put_key(replace(KEY, key_id=key_id))
        change.put_key(replace(KEY, key_id="e", account=OTHER))
        change.put_key(replace(KEY, key_id="f", region="eu-west-1"))
    first = store.keys(ACCOUNT, REGION, after=None, limit=3)
    assert ["a", "b", "c"] == [key.key_id for key in first]
    assert ["d"] == [key.key_id for key in store.keys(ACCOUNT, REGION, after="c", limit=3)]


def test_aliases_are_paged_in_the_order_of_their_names_and_can_be_narrowed_to_a_key(store: Store) -> None:
    with store.change() as change:
        for name, target in (("c", "k1"), ("a", "k1"), ("b", "k2")):
            change.put_alias(replace(ALIAS, name=f"alias/{name}", target_key_id=target))
    every = store.aliases(ACCOUNT, REGION, key_id=None, after=None, limit=2)
    assert ["alias/a", "alias/b"] == [alias.name for alias in every]
    of_one = store.aliases(ACCOUNT, REGION, key_id="k1", after="alias/a", limit=10)
    assert ["alias/c"] == [alias.name for alias in of_one]


def some_grants(store: Store) -> list[Grant]:
    """Of one key: grants to Alice (named), Bob, and a service, the last two to be retired by Carol; of another: one."""
    grants = [
        replace(GRANT, grant_id="2", grantee_principal="Alice", retiring_service_principal=None),
        replace(GRANT, grant_id="1", grantee_principal="Bob", name=None, retiring_principal="Carol"),
        replace(
            GRANT, grant_id="3", grantee_principal=None, grantee_service_principal="ec2", retiring_principal="Carol"
        ),
        replace(GRANT, grant_id="4", key_id="other", grantee_principal="Alice", retiring_principal="Carol"),
    ]
    with store.change() as change:
        for grant in grants:
            change.put_grant(grant)
    return grants


def test_grants_of_a_key_are_paged_in_the_order_of_their_ids_and_can_be_narrowed_to_a_grantee(store: Store) -> None:
    some_grants(store)
    first = store.grants(REGION, KEY.key_id, grantee=None, after=None, limit=2)
    assert ["1", "2"] == [grant.grant_id for grant in first]
    rest = store.grants(REGION, KEY.key_id, grantee=None, after="2", limit=2)
    assert ["3"] == [grant.grant_id for grant in rest]
    of_one = store.grants(REGION, KEY.key_id, grantee="Alice", after=None, limit=9)
    assert ["2"] == [grant.grant_id for grant in of_one]
    assert [] == list(store.grants("eu-west-1", KEY.key_id, grantee=None, after=None, limit=9))


def test_grants_of_all_keys_are_paged_by_retiring_principal(store: Store) -> None:
    some_grants(store)
    first = store.retirable_grants(REGION, "Carol", after=None, limit=2)
    assert ["1", "3"] == [grant.grant_id for grant in first]
    rest = store.retirable_grants(REGION, "Carol", after="3", limit=2)
    assert ["4"] == [grant.grant_id for grant in rest]
    assert [] == list(store.retirable_grants("eu-west-1", "Carol", after=None, limit=9))


def test_a_change_knows_how_many_keys_an_account_has_in_a_region(store: Store) -> None:
    with store.change() as change:
        before = change.key_count(KEY.account, REGION)
        change.put_key(replace(KEY, key_id="another"))
        change.put_key(replace(KEY, key_id="elsewhere", region="eu-west-1"))
        change.put_key(replace(KEY, key_id="of another", account="444455556666"))
        assert before + 1 == change.key_count(KEY.account, REGION)
        assert 1 == change.key_count("444455556666", REGION)


def test_a_change_knows_the_grants_of_a_key_their_names_and_their_number(store: Store) -> None:
    alice, *_ = some_grants(store)
    with store.change() as change:
        assert alice == change.grant(REGION, KEY.key_id, "2")
        assert None is change.grant(REGION, "other", "2")
        assert ["2", "3"] == [grant.grant_id for grant in change.grants_named(REGION, KEY.key_id, "files")]
        assert 3 == change.grant_count(REGION, KEY.key_id)
        change.delete_grant(REGION, KEY.key_id, "2")
        assert 2 == change.grant_count(REGION, KEY.key_id)


def test_the_grants_to_a_grantee_are_seen_as_they_are_after_every_change(store: Store) -> None:
    names = ("Alice", "ec2")

    def ids() -> list[str]:
        return [grant.grant_id for grant in store.grants_to(REGION, KEY.key_id, names)]

    assert [] == ids()
    some_grants(store)
    assert ["2", "3"] == ids()
    assert ["2", "3"] == ids()
    assert () == store.grants_to(REGION, KEY.key_id, ("Nobody",))
    assert () == store.grants_to(REGION, KEY.key_id, ())
    with store.change() as change:
        change.delete_grant(REGION, KEY.key_id, "2")
    assert ["3"] == ids()
    with store.change() as change:
        change.put_grant(replace(GRANT, grant_id="9", grantee_principal="Alice"))
    assert ["3", "9"] == ids()
    with store.change() as change:
        change.put_key(replace(KEY, key_id="other"))
        change.delete_key(REGION, KEY.key_id)
    assert [] == ids()
    assert 1 == len(store.grants_to(REGION, "other", names))


def test_a_grant_that_was_put_in_a_change_that_failed_allows_nobody_anything(store: Store) -> None:
    assert () == store.grants_to(REGION, KEY.key_id, (GRANT.grantee,))
    with pytest.raises(ZeroDivisionError), store.change() as change:
        change.put_grant(GRANT)
        raise ZeroDivisionError
    assert () == store.grants_to(REGION, KEY.key_id, (GRANT.grantee,))


def test_no_thread_uses_a_grant_that_had_been_deleted_before_it_looked(store: Store) -> None:
    """A writer makes and deletes a grant; readers compare what they see with what had been committed before."""
    gone: set[str] = set()
    stop = threading.Event()
    stale: list[str] = []

    def read() -> None:
        while not stop.is_set():
            before = set(gone)
            stale.extend(
                grant.grant_id
                for grant in store.grants_to(REGION, KEY.key_id, (GRANT.grantee,))
                if grant.grant_id in before
            )

    readers = [threading.Thread(target=read) for _ in range(3)]
    for thread in readers:
        thread.start()
    for number in range(60):
        with store.change() as change:
            change.put_grant(replace(GRANT, grant_id=str(number)))
        with store.change() as change:
            change.delete_grant(REGION, KEY.key_id, str(number))
        gone.add(str(number))
    stop.set()
    for thread in readers:
        thread.join()
    assert [] == stale


def test_backing_keys_come_in_the_order_in_which_they_were_put(store: Store) -> None:
    with store.change() as change:
        for backing_key_id in ("z", "a", "m"):
            change.put_backing_key(replace(BACKING_KEY, backing_key_id=backing_key_id))
    with store.change() as change:
        change.put_backing_key(replace(BACKING_KEY, backing_key_id="z", wrapped=b"again"))
    assert ["z", "a", "m"] == [key.backing_key_id for key in store.backing_keys(REGION, KEY.key_id)]


def test_the_trail_is_read_in_order_from_where_a_reader_left_off(store: Store) -> None:
    for number in range(5):
        with store.change() as change:
            change.append_trail(b"%d" % number)
    first = store.trail(after=0, limit=2)
    assert [b"0", b"1"] == [line for _, line in first]
    assert [b"2", b"3", b"4"] == [line for _, line in store.trail(after=first[-1][0], limit=10)]


def test_the_version_grows_with_every_change_and_a_change_knows_its_own(store: Store) -> None:
    before = store.version()
    with store.change() as change:
        change.put_account(Account(id=ACCOUNT))
        announced = change.version()
    assert before < store.version()
    assert announced == store.version()


def test_a_change_says_what_it_touched(store: Store) -> None:
    put_everything(store)
    with store.change() as change:
        change.delete_key(REGION, KEY.key_id)
        touched = change.touched()
    assert {
        ("key", REGION, KEY.key_id),
        ("backing_key", REGION, KEY.key_id, "b1"),
        ("wrapping_key", REGION, KEY.key_id, "0a"),
        ("alias", ACCOUNT, REGION, "alias/files"),
        ("key_grant", REGION, KEY.key_id, GRANT.grant_id),
    } == touched


def test_use_after_close_is_an_error(opener: Callable[[], Store]) -> None:
    store = opener()
    put_everything(store)
    assert KEY == store.key(REGION, KEY.key_id)
    store.close()
    with pytest.raises(StoreError):
        store.key(REGION, KEY.key_id)
    with pytest.raises(StoreError), store.change():
        pass


def test_no_thread_reads_anything_older_than_a_change_that_has_returned(store: Store) -> None:
    """A writer counts up; readers compare what they see with what had been committed before they looked."""
    with store.change() as change:
        change.put_key(replace(KEY, description="0"))
    committed = [0]
    stop = threading.Event()
    stale: list[tuple[int, int]] = []

    def read() -> None:
        while not stop.is_set():
            floor = committed[0]
            key = store.key(REGION, KEY.key_id)
            seen = int(key.description) if key else -1
            if seen < floor:
                stale.append((seen, floor))

    readers = [threading.Thread(target=read) for _ in range(3)]
    for thread in readers:
        thread.start()
    for number in range(1, 101):
        with store.change() as change:
            change.put_key(replace(KEY, description=str(number)))
        committed[0] = number
    stop.set()
    for thread in readers:
        thread.join()
    assert [] == stale


def test_changes_of_several_threads_wait_for_each_other(store: Store) -> None:
    with store.change() as change:
        change.put_key(replace(KEY, description="0"))

    def count() -> None:
        for _ in range(20):
            with store.change() as change:
                key = change.key(REGION, KEY.key_id)
                assert key is not None
                change.put_key(replace(key, description=str(int(key.description) + 1)))

    threads = [threading.Thread(target=count) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    key = store.key(REGION, KEY.key_id)
    assert key is not None
    assert "80" == key.description


@pytest.mark.parametrize("record", DIRECTORY, ids=lambda record: type(record).__name__)
def test_a_record_of_the_directory_is_kept_listed_and_deleted(store: Store, record: object) -> None:
    identity = identity_of(record)
    assert store.identity(type(record), *identity) is None
    with store.change() as change:
        change.put_identity(record)
    assert record == store.identity(type(record), *identity)
    assert [record] == list(store.identities(type(record)))
    with store.change() as change:
        change.delete_identity(record)
    assert store.identity(type(record), *identity) is None
    assert [] == list(store.identities(type(record)))


ROTATING = replace(KEY, state=KeyState.ENABLED, primary_region=None, expiry=None)


def rotating(key_id: str, due: float, region: str = REGION) -> Key:
    return replace(ROTATING, key_id=key_id, region=region, rotation=Rotation(since=0.0, next_due=due))


def test_what_is_due_is_found_the_earliest_first_page_by_page(store: Store) -> None:
    with store.change() as change:
        for key in (rotating("c", 30.0), rotating("a", 10.0), rotating("b", 10.0), rotating("a", 10.0, "eu-west-1")):
            change.put_key(key)
        change.put_key(replace(KEY, key_id="leaving", deletion_date=20.0, expiry=None))
        change.put_key(replace(ROTATING, key_id="expiring", rotation=None, expiry=ImportedExpiry(next_due=5.0)))
    found = [
        DueKey(10.0, "eu-west-1", "a"),
        DueKey(10.0, REGION, "a"),
        DueKey(10.0, REGION, "b"),
        DueKey(30.0, REGION, "c"),
    ]
    assert found[:3] == list(store.due_keys(Duty.ROTATION, until=29.9, after=None, limit=10))
    assert found == list(store.due_keys(Duty.ROTATION, until=30.0, after=None, limit=10))
    assert found[:2] == list(store.due_keys(Duty.ROTATION, until=30.0, after=None, limit=2))
    assert found[2:] == list(store.due_keys(Duty.ROTATION, until=30.0, after=found[1], limit=10))
    assert [DueKey(20.0, REGION, "leaving")] == list(store.due_keys(Duty.DELETION, until=1e9, after=None, limit=10))
    assert [DueKey(5.0, REGION, "expiring")] == list(store.due_keys(Duty.IMPORT_EXPIRY, until=5, after=None, limit=10))


def test_what_has_been_done_is_not_due_any_more(store: Store) -> None:
    with store.change() as change:
        change.put_key(rotating("a", 10.0))
        change.put_key(replace(KEY, key_id="b", deletion_date=20.0, expiry=None))
    with store.change() as change:
        change.put_key(replace(rotating("a", 10.0), state=KeyState.DISABLED))
        change.delete_key(REGION, "b")
    for duty in Duty:
        assert [] == list(store.due_keys(duty, until=1e9, after=None, limit=10))


def test_what_a_job_did_is_kept_in_place_of_what_it_did_before(store: Store) -> None:
    assert [] == list(store.job_runs())
    run = JobRun(name="rotation", ran=2.5, done=3, failed=1, fault="a key")
    with store.change() as change:
        change.put_job_run(JobRun(name="rotation", ran=1.0))
        change.put_job_run(run)
    assert [run] == list(store.job_runs())


def test_the_store_is_scrubbed_of_what_was_deleted_and_goes_on(store: Store) -> None:
    with store.change() as change:
        change.put_key(KEY)
        change.put_backing_key(BACKING_KEY)
    with store.change() as change:
        change.delete_key(REGION, KEY.key_id)
    assert store.scrub()
    with store.change() as change:
        change.put_backing_key(BACKING_KEY)
    assert [BACKING_KEY] == list(store.backing_keys(REGION, KEY.key_id))
