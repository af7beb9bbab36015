"""What the tests of jobs begin with: keys that are made, and material that was imported."""

from dataclasses import replace

from keyservice.keystore.software import SoftwareKeyStore
from keyservice.model.imports import settle
from keyservice.model.key import ImportedMaterial, Key, KeyState, Origin
from tests.keyservice.operations.cases import encoded
from tests.live import ACCOUNT, REGION

DAY = 86_400.0
POLICY = (
    f'{{"Statement": {{"Effect": "Allow", "Principal": {{"AWS": "{ACCOUNT}"}}, "Action": "kms:*", "Resource": "*"}}}}'
)


def rotating_key(service, days=None):
    """The id of a new key that rotates by schedule."""
    key = service.make_key()["KeyId"]
    period = {"RotationPeriodInDays": days} if days else {}
    assert 200 == service.call("EnableKeyRotation", {"KeyId": key, **period}).status
    return key


def leaving_key(service, days=7, **members):
    """The id of a new key that is to be deleted."""
    key = service.make_key(**members)["KeyId"]
    service.call("ScheduleKeyDeletion", {"KeyId": key, "PendingWindowInDays": days})
    return key


def imported_key(service, *, valid_to=None, awaits=None):
    """The id of a key with imported material; `awaits` is the expiry of one that awaits its rotation."""
    opened = service.opened
    keystore = SoftwareKeyStore(opened.domain_key, root_id=opened.trust.domain.domain_id)
    now = opened.clock.now()
    key = Key(
        account=ACCOUNT,
        region=REGION,
        key_id=f"1234abcd-12ab-34cd-56ef-{int(now):012x}",
        origin=Origin.EXTERNAL,
        state=KeyState.PENDING_IMPORT,
        created=now,
        policy=POLICY,
    )
    first = replace(keystore.generate(key, now), imported=ImportedMaterial(valid_to=valid_to, description="first"))
    key = replace(key, current_backing_key=first.backing_key_id, current_material_id=first.material_id)
    materials = [first]
    if awaits is not None:
        pending = replace(keystore.generate(key, now), imported=ImportedMaterial(valid_to=awaits))
        materials.append(replace(pending, awaits_rotation=True))
    with opened.store.change() as change:
        for material in materials:
            change.put_backing_key(material)
        change.put_key(settle(key, materials))
    return key.key_id


def encrypt(service, key, text=b"kept", **how):
    return service.call("Encrypt", {"KeyId": key, "Plaintext": encoded(text)}, **how).json["CiphertextBlob"]


def decrypt(service, blob, **how):
    return service.call("Decrypt", {"CiphertextBlob": blob}, **how)


def rotations(service, key, **members):
    return service.call("ListKeyRotations", {"KeyId": key, **members}).json["Rotations"]


def stored(service, key, region=REGION):
    return service.opened.store.key(region, key)


def named(entries, name):
    return [entry["event"] for entry in entries if entry["event"]["eventName"] == name]
