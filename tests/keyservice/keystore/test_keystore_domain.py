"""The domain key: made once, opened ever after, and never made again in place of one that is lost."""

from contextlib import contextmanager

import pytest

from keyservice.keystore.domain import SECRET_NAME, DomainKeyError, create_domain, open_domain, unseal
from keyservice.keystore.root import RootKeyError, create_root
from keyservice.model.identity import Account
from keyservice.store.sqlite import SqliteStore


class MemoryStore:
    """As much of a Store as the domain key needs; a change is kept whole or not at all."""

    def __init__(self) -> None:
        self.secrets: dict[str, bytes] = {}
        self.known: list[Account] = []

    def secret(self, name: str) -> bytes | None:
        return self.secrets.get(name)

    def accounts(self) -> list[Account]:
        return self.known

    @contextmanager
    def change(self):
        change = MemoryChange()
        yield change
        self.secrets |= change.secrets


class MemoryChange:
    def __init__(self) -> None:
        self.secrets: dict[str, bytes] = {}

    def put_secret(self, name: str, sealed: bytes) -> None:
        self.secrets[name] = sealed


@pytest.fixture
def store():
    return MemoryStore()


@pytest.fixture
def root(tmp_path):
    return create_root(tmp_path / "root.key")


def test_a_new_store_is_given_a_domain_key_that_opens_again(store, tmp_path):
    first = unseal(store, tmp_path / "root.key")
    store.known.append(Account(id="111122223333"))
    assert first == unseal(store, tmp_path / "root.key")
    assert 32 == len(first.domain.key)


def test_a_real_store_keeps_it_across_a_restart(tmp_path):
    store = SqliteStore.open(tmp_path / "wardkey.db", create=True)
    first = unseal(store, tmp_path / "root.key")
    store.close()
    store = SqliteStore.open(tmp_path / "wardkey.db", create=False)
    assert first == unseal(store, tmp_path / "root.key")
    store.close()


def test_a_root_key_made_before_the_first_start_is_taken(store, root, tmp_path):
    assert root.root_id == unseal(store, tmp_path / "root.key").root.root_id


def test_a_root_key_of_the_owner_s_that_is_unsafe_is_not_replaced(store, root, tmp_path):
    (tmp_path / "root.key").chmod(0o644)
    with pytest.raises(RootKeyError, match="open to others"):
        unseal(store, tmp_path / "root.key")
    assert {} == store.secrets


def test_a_second_process_starting_at_once_takes_the_first_one_s(store, root):
    assert create_domain(store, root) == create_domain(store, root)


def test_every_store_has_another_domain_key(root):
    assert create_domain(MemoryStore(), root) != create_domain(MemoryStore(), root)


def test_another_root_key_is_refused_and_nothing_is_changed(store, root, tmp_path):
    create_domain(store, root)
    before = dict(store.secrets)
    other = create_root(tmp_path / "other.key")
    with pytest.raises(DomainKeyError) as refusal:
        unseal(store, tmp_path / "other.key")
    expected = (
        f"the store's domain key is sealed under root key {root.root_id}, and this is root key {other.root_id};"
        " look in `retired-roots` and in the directories of other nodes"
    )
    assert expected == str(refusal.value)
    assert before == store.secrets


def test_a_lost_root_key_is_refused_and_no_other_is_made(store, root, tmp_path):
    create_domain(store, root)
    (tmp_path / "root.key").unlink()
    with pytest.raises(RootKeyError, match="No such file"):
        unseal(store, tmp_path / "root.key")
    assert [] == list(tmp_path.iterdir())


def test_a_lost_domain_key_is_refused_and_no_other_is_made(store, root, tmp_path):
    store.known.append(Account(id="111122223333"))
    for attempt in (lambda: unseal(store, tmp_path / "root.key"), lambda: create_domain(store, root)):
        with pytest.raises(DomainKeyError, match="holds accounts but no domain key"):
            attempt()
    assert {} == store.secrets


def test_a_lost_domain_key_leaves_no_new_root_key_behind(store, tmp_path):
    store.known.append(Account(id="111122223333"))
    with pytest.raises(DomainKeyError):
        unseal(store, tmp_path / "root.key")
    assert [] == list(tmp_path.iterdir())


def test_a_damaged_domain_key_is_refused(store, root):
    create_domain(store, root)
    store.secrets[SECRET_NAME] = store.secrets[SECRET_NAME][:-1]
    with pytest.raises(DomainKeyError, match="does not open"):
        open_domain(store, root)


def test_opening_where_there_is_none_is_refused(store, root):
    with pytest.raises(DomainKeyError, match="the store has no domain key"):
        open_domain(store, root)


def test_the_domain_key_is_neither_shown_nor_stored_in_the_clear(store, tmp_path):
    unsealed = unseal(store, tmp_path / "root.key")
    name = unsealed.root.root_id
    assert f"Unsealed(root=RootKey(root_id='{name}'), domain=Domain(domain_id='{name}'))" == repr(unsealed)
    assert unsealed.domain.key not in store.secrets[SECRET_NAME]
