"""Law: whatever happens to keys, the service is what a model of a few lines says: state, aliases, tags, ciphertexts.

Long: `WARDKEY_LONG_LAWS=1 pytest tests/laws/test_lifecycle_law.py`.
"""

import os
import shutil
import tempfile
from dataclasses import dataclass, field
from pathlib import Path

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, consumes, initialize, invariant, rule

from tests.keyservice.operations.cases import GRANTEE, encoded
from tests.live import open_service

IS_LONG = bool(os.environ.get("WARDKEY_LONG_LAWS"))
ALIASES = st.sampled_from([f"alias/{name}" for name in "abc"])
TAGS = st.dictionaries(st.sampled_from(["team", "env", "Env"]), st.text("xyz", max_size=2), max_size=2)
CONTEXTS = st.dictionaries(st.sampled_from(["app", "App", ""]), st.text("ab", max_size=1), max_size=2)
PLAINTEXTS = st.binary(min_size=1, max_size=8)
ENABLED, DISABLED, PENDING_DELETION = "Enabled", "Disabled", "PendingDeletion"


@dataclass
class ModelKey:
    """What a key is."""

    key_id: str
    state: str = ENABLED
    tags: dict = field(default_factory=dict)
    rotates: bool = False
    materials: int = 1

    def refusal(self, *, disabled=True):
        """The error of what needs a key that is not to be deleted and, mostly, not disabled."""
        if self.state == PENDING_DELETION:
            return "KMSInvalidStateException"
        return "DisabledException" if disabled and self.state == DISABLED else None


class Lifecycle(RuleBasedStateMachine):
    """Two principals: `admin` may do everything, `alice` what grants let her."""

    keys = Bundle("keys")
    ciphertexts = Bundle("ciphertexts")
    grants = Bundle("grants")

    @initialize()
    def begin(self):
        self.directory = Path(tempfile.mkdtemp())
        self.service = open_service(self.directory / "data")
        self.aliases = {}
        self.known = []
        self.granted = {}

    def teardown(self):
        if hasattr(self, "service"):
            self.service.close()
            shutil.rmtree(self.directory)

    def call(self, operation, key=None, *, error=None, user="admin", **members):
        """The call's answer, which is this error or none."""
        named = {} if key is None else {"KeyId": key.key_id}
        answer = self.service.call(operation, {**named, **members}, user=user)
        assert (operation, error) == (operation, answer.type if answer.status != 200 else None), answer.body
        return answer.json or {}

    @rule(target=keys, tags=TAGS)
    def create(self, tags):
        given = [{"TagKey": name, "TagValue": value} for name, value in tags.items()]
        key = ModelKey(self.call("CreateKey", Tags=given)["KeyMetadata"]["KeyId"], tags=tags)
        self.known.append(key)
        return key

    @rule(key=keys, state=st.sampled_from([ENABLED, DISABLED]))
    def switch(self, key, state):
        operation = "EnableKey" if state == ENABLED else "DisableKey"
        self.call(operation, key, error=key.refusal(disabled=False))
        key.state = key.state if key.state == PENDING_DELETION else state

    @rule(key=keys, days=st.integers(7, 30))
    def schedule(self, key, days):
        self.call("ScheduleKeyDeletion", key, error=key.refusal(disabled=False), PendingWindowInDays=days)
        key.state = PENDING_DELETION

    @rule(key=keys)
    def cancel(self, key):
        is_pending = key.state == PENDING_DELETION
        self.call("CancelKeyDeletion", key, error=None if is_pending else "KMSInvalidStateException")
        key.state = DISABLED if is_pending else key.state

    @rule(key=keys, rotates=st.booleans())
    def rotate_yearly(self, key, rotates):
        self.call("EnableKeyRotation" if rotates else "DisableKeyRotation", key, error=key.refusal())
        key.rotates = rotates if key.refusal() is None else key.rotates

    @rule(key=keys)
    def rotate_now(self, key):
        self.call("RotateKeyOnDemand", key, error=key.refusal())
        key.materials += key.refusal() is None

    @rule(key=keys, tags=TAGS)
    def tag(self, key, tags):
        given = [{"TagKey": name, "TagValue": value} for name, value in tags.items()]
        self.call("TagResource", key, error=key.refusal(disabled=False), Tags=given)
        key.tags = key.tags if key.refusal(disabled=False) else {**key.tags, **tags}

    @rule(key=keys, name=st.sampled_from(["team", "Env", "none"]))
    def untag(self, key, name):
        self.call("UntagResource", key, error=key.refusal(disabled=False), TagKeys=[name])
        if key.refusal(disabled=False) is None:
            key.tags = {tag: value for tag, value in key.tags.items() if tag != name}

    @rule(key=keys, alias=ALIASES)
    def name(self, key, alias):
        taken = "AlreadyExistsException" if alias in self.aliases else None
        error = key.refusal(disabled=False) or taken
        self.call("CreateAlias", error=error, AliasName=alias, TargetKeyId=key.key_id)
        if error is None:
            self.aliases[alias] = key

    @rule(key=keys, alias=ALIASES)
    def rename(self, key, alias):
        missing = None if alias in self.aliases else "NotFoundException"
        error = missing or key.refusal(disabled=False)
        self.call("UpdateAlias", error=error, AliasName=alias, TargetKeyId=key.key_id)
        if error is None:
            self.aliases[alias] = key

    @rule(alias=ALIASES)
    def unname(self, alias):
        self.call("DeleteAlias", error=None if alias in self.aliases else "NotFoundException", AliasName=alias)
        self.aliases.pop(alias, None)

    @rule(target=ciphertexts, key=keys, plaintext=PLAINTEXTS, context=CONTEXTS)
    def encrypt(self, key, plaintext, context):
        error = key.refusal()
        answer = self.call("Encrypt", key, error=error, Plaintext=encoded(plaintext), EncryptionContext=context)
        return None if error else (key, answer["CiphertextBlob"], encoded(plaintext), context)

    @rule(target=ciphertexts, alias=ALIASES, plaintext=PLAINTEXTS)
    def encrypt_by_name(self, alias, plaintext):
        key = self.aliases.get(alias)
        error = key.refusal() if key else "NotFoundException"
        answer = self.call("Encrypt", error=error, KeyId=alias, Plaintext=encoded(plaintext))
        return None if error else (key, answer["CiphertextBlob"], encoded(plaintext), {})

    @rule(made=ciphertexts, context=CONTEXTS | st.none())
    def decrypt(self, made, context):
        if made is not None:
            key, blob, plaintext, own = made
            given = own if context is None else context
            error = key.refusal() or (None if given == own else "InvalidCiphertextException")
            answer = self.call("Decrypt", error=error, CiphertextBlob=blob, EncryptionContext=given)
            assert error is not None or plaintext == answer["Plaintext"]

    @rule(made=ciphertexts, key=keys)
    def decrypt_under_a_key(self, made, key):
        if made is not None and made[0] is not key:
            self.call("Decrypt", key, error="IncorrectKeyException", CiphertextBlob=made[1], EncryptionContext=made[3])

    @rule(target=grants, key=keys)
    def grant(self, key):
        error = key.refusal()
        made = self.call("CreateGrant", key, error=error, GranteePrincipal=GRANTEE, Operations=["Encrypt"])
        if error is None:
            self.granted.setdefault(key.key_id, set()).add(made["GrantId"])
        return None if error else (key, made["GrantId"])

    @rule(granted=consumes(grants))
    def revoke(self, granted):
        if granted is not None:
            key, grant_id = granted
            self.call("RevokeGrant", key, GrantId=grant_id)
            self.granted[key.key_id].remove(grant_id)

    @rule(key=keys)
    def use_a_grant(self, key):
        error = key.refusal() if self.granted.get(key.key_id) else "AccessDeniedException"
        self.call("Encrypt", key, error=error, user="alice", Plaintext=encoded(b"x"))

    @invariant()
    def keys_are_as_the_model_says(self):
        for key in getattr(self, "known", [])[-2:]:
            told = self.call("DescribeKey", key)["KeyMetadata"]
            assert (key.state, key.state == ENABLED) == (told["KeyState"], told["Enabled"])
            tags = self.call("ListResourceTags", key)["Tags"]
            assert key.tags == {tag["TagKey"]: tag["TagValue"] for tag in tags}

    @invariant()
    def aliases_are_as_the_model_says(self):
        if hasattr(self, "service"):
            told = {alias["AliasName"]: alias["TargetKeyId"] for alias in self.call("ListAliases")["Aliases"]}
            assert {name: key.key_id for name, key in self.aliases.items()} == told

    @rule(key=keys)
    def rotation_is_as_the_model_says(self, key):
        told = self.call("GetKeyRotationStatus", key)
        assert key.rotates == told["KeyRotationEnabled"]
        rotations = self.call("ListKeyRotations", key, IncludeKeyMaterial="ALL_KEY_MATERIAL")["Rotations"]
        assert key.materials == len(rotations)

    @rule(key=keys)
    def grants_are_as_the_model_says(self, key):
        told = self.call("ListGrants", key)["Grants"]
        assert self.granted.get(key.key_id, set()) == {grant["GrantId"] for grant in told}


TestLifecycle = Lifecycle.TestCase
TestLifecycle.settings = settings(
    max_examples=400 if IS_LONG else 20, stateful_step_count=100 if IS_LONG else 40, deadline=None
)
