"""The root key's sealings: what opens, what does not, and that nobody else reads the key."""

import json

import pytest
from cryptography.hazmat.primitives.kdf.argon2 import Argon2id

from keyservice.crypto.passphrase import PassphraseError, Stretching, stretch
from keyservice.keystore.configured import HsmSettingsError
from keyservice.keystore.domain import open_domain, unseal
from keyservice.keystore.root import create_root, is_sealed, look_at_root, open_root, reseal_root
from keyservice.keystore.root_files import RootFiles
from keyservice.keystore.root_key import RootKeyError, RootSealedError, UnsealError, make_root
from keyservice.keystore.root_of_trust import RootOfTrust
from keyservice.keystore.root_sealing import (
    FileSealing,
    HsmSealing,
    PassphraseSealing,
    SealingKind,
    WrongSecretError,
    read_sealing,
)
from keyservice.settings import HsmToken
from keyservice.store.port import StoreError
from keyservice.store.sqlite import SqliteStore
from tests.softhsm import MODULE, PASSWORD, make_softhsm, needs_softhsm

PASSPHRASE = "correct horse battery"
QUICK = Stretching(memory=64, iterations=1, lanes=1)


def by_passphrase(passphrase=PASSPHRASE):
    return PassphraseSealing(passphrase, QUICK)


def asked(secret):
    return lambda kind, named: secret


@pytest.fixture
def path(tmp_path):
    return tmp_path / "root.key"


@pytest.fixture
def opened(tmp_path, path):
    store = SqliteStore.open(tmp_path / "wardkey.db", create=True)
    yield store, RootOfTrust(store, path, unseal(store, path))
    store.close()


def test_argon2id_gives_the_known_answer():
    # The reference implementation's test vectors (phc-winner-argon2, src/test.c): argon2id v=19, t=2, m=65536, p=1.
    answer = "09316115d5cf24ed5a15a31a3ba326e5cf32edc24702987c02b6566f61913cf7"
    given = Argon2id(salt=b"somesalt", length=32, iterations=2, lanes=1, memory_cost=65_536).derive(b"password")
    assert answer == given.hex()
    cost = Stretching(memory=64, iterations=1, lanes=1)
    same = Argon2id(salt=b"s" * 16, length=32, iterations=1, lanes=1, memory_cost=64).derive(b"password")
    assert same == stretch("password", b"s" * 16, cost)


def test_a_passphrase_opens_what_it_sealed_and_no_other_does(path):
    root = create_root(path, by_passphrase())
    assert root == open_root(path, asked(PASSPHRASE))
    assert root.key not in path.read_bytes()
    with pytest.raises(WrongSecretError, match="the passphrase is another, or the file is damaged"):
        open_root(path, asked(PASSPHRASE + "!"))


def test_one_text_in_two_unicode_spellings_is_one_passphrase(path):
    root = create_root(path, by_passphrase("Schl\u00fcsselbrett"))
    assert root == open_root(path, asked("Schlu\u0308sselbrett"))


def test_nobody_to_ask_is_said_and_the_file_tells_how_it_is_sealed(path):
    root = create_root(path, by_passphrase())
    with pytest.raises(RootSealedError, match="sealed by a passphrase, which has not been given"):
        open_root(path)
    assert (SealingKind.PASSPHRASE, root.root_id) == (look_at_root(path).kind, look_at_root(path).root_id)
    assert is_sealed(path)


def test_no_flipped_bit_of_a_sealed_file_opens(path):
    create_root(path, by_passphrase())
    content = path.read_bytes()
    for at in range(len(content)):
        path.write_bytes(content[:at] + bytes([content[at] ^ 1]) + content[at + 1 :])
        with pytest.raises(UnsealError):
            open_root(path, asked(PASSPHRASE))


def test_a_cost_out_of_bounds_is_refused_before_it_is_paid():
    for cost in (Stretching(memory=2**24), Stretching(iterations=10_000), Stretching(lanes=0), Stretching(memory=1)):
        with pytest.raises(PassphraseError, match="out of bounds"):
            Stretching.decode(cost.encode())


def test_a_short_passphrase_seals_nothing(path):
    with pytest.raises(RootKeyError, match="at least 12 characters"):
        create_root(path, by_passphrase("too short"))
    assert not path.exists()


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"seal": "wax"}, "`wax`: expected file, passphrase, hsm"),
        ({"seal": "passphrase"}, "no passphrase or PIN has been given"),
        ({"seal": "hsm", "secret": "x", "hsm": "module=/x.so"}, "--hsm: token: Field required"),
        ({"seal": "hsm", "secret": "x", "hsm": "pin=1"}, "--hsm: `pin` in `pin=1`: expected module=PATH"),
    ],
)
def test_a_sealing_that_cannot_be_is_refused_in_a_line(given, said):
    with pytest.raises((UnsealError, HsmSettingsError)) as refusal:
        read_sealing(given)
    assert str(refusal.value).startswith(said)


def test_resealing_keeps_the_key_and_overwrites_the_old_file(path, tmp_path):
    root = create_root(path)
    (tmp_path / "open").hardlink_to(path)
    reseal_root(path, root, by_passphrase())
    assert root == open_root(path, asked(PASSPHRASE))
    assert root == open_root(tmp_path / "open")  # a second name is the owner's doing: it is left alone
    with pytest.raises(RootKeyError, match="holds another root key"):
        reseal_root(path, make_root(), FileSealing())


def test_a_new_root_key_seals_the_same_domain_key_and_the_old_one_is_kept(opened, path, tmp_path):
    store, trust = opened
    before, domain = trust.root, trust.domain
    for _ in range(3):
        trust.rotate(FileSealing())
    assert trust.root.root_id != before.root_id
    again = unseal(store, path)
    assert (trust.root, domain) == (again.root, again.domain)
    assert before == open_root(tmp_path / "retired-roots" / f"{before.root_id}.key")
    with pytest.raises(UnsealError, match=f"sealed under root key {trust.root.root_id}, and this is"):
        open_domain(store, before)


@pytest.mark.parametrize("is_committed", [False, True])
def test_a_rotation_cut_short_is_settled_by_what_the_store_says(opened, path, tmp_path, monkeypatch, is_committed):
    store, trust = opened
    before = trust.root
    if is_committed:
        settle = RootFiles.settle
        calls = iter([settle, stopped])

        def settle_then_stop(files, wanted):
            next(calls)(files, wanted)

        monkeypatch.setattr(RootFiles, "settle", settle_then_stop)
    else:
        monkeypatch.setattr(type(store), "change", stopped)
    with pytest.raises(StoreError, match="stopped"):
        trust.rotate(FileSealing())
    monkeypatch.undo()
    assert (tmp_path / "root.key.next").exists()
    again = unseal(store, path)
    assert is_committed is (again.root != before)
    assert trust.domain == again.domain
    assert not (tmp_path / "root.key.next").exists()
    assert 1 == len(list((tmp_path / "retired-roots").iterdir()))  # the one or the other: none is ever deleted


def stopped(*_):
    raise StoreError("stopped")


@needs_softhsm
def test_an_hsm_seals_by_a_key_that_stays_inside(path, tmp_path, monkeypatch):
    softhsm = make_softhsm(tmp_path / "softhsm", monkeypatch)
    hsm = HsmToken.read(f"module={MODULE},token={softhsm.label}")
    root = create_root(path, HsmSealing(hsm, PASSWORD))
    assert root.key not in path.read_bytes()
    assert hsm == look_at_root(path).hsm
    assert root == open_root(path, asked(PASSWORD))
    with pytest.raises(UnsealError, match="cannot be used: the HSM answers PinIncorrect"):
        open_root(path, asked("another"))
    softhsm.delete()
    softhsm.create()
    with pytest.raises(RootKeyError, match="does not have the key that seals the root key"):
        open_root(path, asked(PASSWORD))
    softhsm.delete()
    with pytest.raises(UnsealError, match="there is no token"):
        open_root(path, asked(PASSWORD))


def test_settings_of_an_hsm_survive_their_way_through_a_file():
    hsm = HsmToken.read("module=/x.so,token=root,user=kmsuser,iv=hsm")
    assert hsm == HsmToken.read(json.loads(json.dumps(hsm.model_dump(mode="json", exclude_defaults=True))))
