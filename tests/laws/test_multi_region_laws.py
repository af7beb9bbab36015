"""Laws of a multi-Region set: whatever is done to it, it has one primary, one material, and no key lags behind."""

import base64

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from keyservice.model.key import KeyState, MultiRegionKeyType
from keyservice.operations.multi_region import after_deletion
from tests.live import REGIONS, open_service

regions = st.sampled_from(REGIONS)
SHARED = ("key_id", "spec", "usage", "origin", "rotation", "current_backing_key", "current_material_id")


class RelatedKeys(RuleBasedStateMachine):
    """Calls of the administrator, and what the jobs do, in any order and in any Region."""

    service = None

    @initialize()
    def create(self):
        self.key_id = self.service.make_key(MultiRegion=True)["KeyId"]
        self.blobs = [self.encrypt(REGIONS[0])]

    def call(self, operation, region, **members):
        return self.service.call(operation, {"KeyId": self.key_id, **members}, region=region)

    def encrypt(self, region):
        return self.call("Encrypt", region, Plaintext="dGV4dA==").json["CiphertextBlob"]

    @property
    def keys(self):
        return {key.region: key for key in self.service.opened.store.related_keys(self.key_id)}

    @property
    def primary(self):
        return next(key for key in self.keys.values() if key.primary_region is None)

    @rule(at=regions, to=regions)
    def replicate(self, at, to):
        before = self.keys
        answer = self.call("ReplicateKey", at, ReplicaRegion=to)
        can = at in before and before[at].primary_region is None and before[at].is_enabled and to not in before
        assert can == (answer.status == 200)

    @rule(at=regions, to=regions)
    def move(self, at, to):
        before = self.keys
        answer = self.call("UpdatePrimaryRegion", at, PrimaryRegion=to)
        can = at != to and {at, to} <= set(before) and before[at].primary_region is None
        can = can and before[at].is_enabled and before[to].is_enabled
        assert can == (answer.status == 200)
        if can:
            assert to == self.primary.region

    @rule(at=regions, state=st.sampled_from(["EnableKey", "DisableKey"]))
    def switch(self, at, state):
        self.call(state, at)

    @rule(at=regions, days=st.integers(90, 2560))
    def schedule_rotation(self, at, days):
        self.call("EnableKeyRotation", at, RotationPeriodInDays=days)

    @rule(at=regions)
    def rotate(self, at):
        keys = self.keys
        can = at in keys and keys[at].primary_region is None and keys[at].is_enabled
        assert can == (self.call("RotateKeyOnDemand", at).status == 200)

    @rule(at=regions)
    def schedule_deletion(self, at):
        self.call("ScheduleKeyDeletion", at, PendingWindowInDays=7)

    @rule(at=regions)
    def cancel_deletion(self, at):
        self.call("CancelKeyDeletion", at)

    @precondition(lambda self: len(self.keys) > 1)
    @rule(at=regions)
    def delete(self, at):
        key = self.keys.get(at)
        if key is None or key.state is not KeyState.PENDING_DELETION:
            return
        assert key.multi_region_key_type is MultiRegionKeyType.REPLICA
        with self.service.opened.store.change() as change:
            change.delete_key(at, self.key_id)
            after_deletion(change, key, 1.0)

    @rule(at=regions)
    def use(self, at):
        if at in self.keys and self.keys[at].is_enabled:
            self.blobs.append(self.encrypt(at))

    @invariant()
    def there_is_one_primary_and_every_replica_knows_it(self):
        if not hasattr(self, "key_id"):
            return
        primaries = [region for region, key in self.keys.items() if key.primary_region is None]
        assert 1 == len(primaries)
        assert {None, primaries[0]} >= {key.primary_region for key in self.keys.values()}

    @invariant()
    def related_keys_share_their_properties_and_every_material(self):
        if not hasattr(self, "key_id"):
            return
        assert 1 == len({tuple(getattr(key, name) for name in SHARED) for key in self.keys.values()})
        materials = [
            [(one.backing_key_id, one.material_id) for one in self.service.opened.store.backing_keys(at, self.key_id)]
            for at in self.keys
        ]
        assert all(materials[0] == other for other in materials)

    @invariant()
    def a_primary_waits_exactly_while_it_has_replicas(self):
        if hasattr(self, "key_id"):
            states = [KeyState.PENDING_DELETION, KeyState.PENDING_REPLICA_DELETION]
            if self.primary.state in states:
                assert states[len(self.keys) > 1] is self.primary.state
            replicas = [key for key in self.keys.values() if key.primary_region]
            assert all(key.state is not KeyState.PENDING_REPLICA_DELETION for key in replicas)

    def teardown(self):
        """What any of the keys ever encrypted, every key that is left decrypts."""
        for region, key in self.keys.items():
            if key.state in (KeyState.PENDING_DELETION, KeyState.PENDING_REPLICA_DELETION):
                self.call("CancelKeyDeletion", region)
            self.call("EnableKey", region)
            for blob in self.blobs:
                answer = self.service.call("Decrypt", {"CiphertextBlob": blob}, region=region)
                assert b"text" == base64.b64decode(answer.json["Plaintext"])


@pytest.fixture(scope="module")
def service(tmp_path_factory):
    opened = open_service(tmp_path_factory.mktemp("related") / "data")
    yield opened
    opened.close()


def test_a_set_holds_together_whatever_is_done_to_it(service):
    machine = type("OneServices", (RelatedKeys,), {"service": service})
    steps = settings(max_examples=15, stateful_step_count=20, deadline=None)
    run_state_machine_as_test(machine, settings=steps)
