"""The volume store: volumes are made, attached, detached and deleted, each step on behalf of whoever asks for it.

The plaintext key of a volume is in this process's memory while the volume is attached, and nowhere else. So a KMS key
that becomes unusable stops the next attachment and leaves attached volumes as they are (KMS Developer Guide, "How
unusable KMS keys affect data keys").
"""

import re
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from secrets import token_hex

from keyservice.demo.refusals import Refusal
from keyservice.demo.volumes.device import SECTOR, BlockDevice, DeviceError
from keyservice.demo.volumes.keys import DEFAULT_KEY, VolumeKeys
from keyservice.demo.volumes.records import VolumeRecords
from keyservice.demo.volumes.volume import GIBIBYTE, Attachment, Volume
from keyservice.linked import ForwardAccessSession, LinkedService

LARGEST = {"gp2": 16_384, "gp3": 65_536}  # GiB ("CreateVolume", Size)

_VOLUME_ID = re.compile(r"vol-[0-9a-f]{17}")
_INSTANCE_ID = re.compile(r"i-[0-9a-f]{3,17}")
_DEVICE = re.compile(r"/dev/[a-z0-9/]{1,25}|xvd[a-z]{1,2}")


@dataclass(frozen=True, slots=True, kw_only=True)
class NewVolume:
    """What CreateVolume is asked for."""

    zone: str
    size: int
    volume_type: str = "gp2"
    key_id: str | None = None
    client_token: str | None = None


class VolumeStore:
    """Volumes in a directory, one process's at a time. `instances` says which account an instance belongs to."""

    def __init__(
        self, linked: LinkedService, directory: Path, instances: Mapping[str, str], clock: Callable[[], float]
    ) -> None:
        self._region = linked.region
        self._keys = VolumeKeys(linked)
        self._records = VolumeRecords(directory)
        self._instances = instances
        self._clock = clock
        self._volumes = {volume.id: volume for volume in self._records.all()}
        self._open: dict[str, bytes] = {}
        self._locks: dict[str, threading.Lock] = {volume_id: threading.Lock() for volume_id in self._volumes}
        self._creating = threading.Lock()

    def create(self, session: ForwardAccessSession, wanted: NewVolume) -> Volume:
        """A new volume with a data key of its own.

        Every volume is encrypted, as where an account has encryption by default (EBS User Guide, "Enable Amazon EBS
        encryption by default").

        Unlike AWS: the KMS key is checked before the volume is there, not afterwards ("CreateVolume", KmsKeyId).
        """
        _check_new(wanted, self._region)
        with self._creating:
            made = self._made_before(session.caller.account, wanted)
            return self._made(session, wanted) if made is None else made

    def attach(self, session: ForwardAccessSession, volume_id: str, instance_id: str, device: str) -> Attachment:
        """Attach a volume to an instance: a grant on behalf of the caller, then the key through that grant."""
        self._check_instance(session, instance_id)
        if not _DEVICE.fullmatch(device):
            raise Refusal("InvalidParameterValue", f"Value ({device[:64]}) for parameter device is invalid.")
        with self._held(session, volume_id) as volume:
            if volume.attachment is not None:
                told = f"{volume.id} is already attached to an instance"
                raise Refusal("VolumeInUse", told)
            grant_id = self._keys.lend(session, volume, instance_id)
            try:
                key = self._keys.open(volume, instance_id)
            except Refusal:
                self._keys.retire(volume, grant_id)
                raise
            attachment = Attachment(
                instance_id=instance_id, device=device, grant_id=grant_id, attach_time=self._clock()
            )
            self._keep(replace(volume, attachment=attachment))
            self._open[volume.id] = key
            return attachment

    def detach(self, session: ForwardAccessSession, volume_id: str, instance_id: str | None) -> Attachment:
        """Detach a volume: the grant is retired and the plaintext key is forgotten."""
        with self._held(session, volume_id) as volume:
            attachment = volume.attachment
            if attachment is None:
                raise Refusal("IncorrectState", f"Volume '{volume.id}' is in the 'available' state.")
            if instance_id not in (None, attachment.instance_id):
                told = f"The volume '{volume.id}' is not attached to instance '{instance_id}'."
                raise Refusal("InvalidAttachment.NotFound", told)
            self._keys.retire(volume, attachment.grant_id)
            self._open.pop(volume.id, None)
            self._keep(replace(volume, attachment=None))
            return attachment

    def delete(self, session: ForwardAccessSession, volume_id: str) -> None:
        """Delete a volume that is not attached: with its encrypted key goes the last way to what is on it."""
        with self._held(session, volume_id) as volume:
            if volume.attachment is not None:
                told = f"Volume {volume.id} is currently attached to {volume.attachment.instance_id}"
                raise Refusal("VolumeInUse", told)
            self._records.delete(volume.id)
            del self._volumes[volume.id]

    def describe(self, session: ForwardAccessSession, volume_ids: Sequence[str]) -> Sequence[Volume]:
        """The account's volumes, or those that are named."""
        own = [volume for volume in list(self._volumes.values()) if volume.account == session.caller.account]
        if not volume_ids:
            return own
        return [self._volume(session, volume_id) for volume_id in volume_ids]

    def device(self, volume_id: str, instance_id: str) -> BlockDevice:
        """The volume as the host of the instance sees it: for the host alone, not for callers of the API."""
        volume = self._volumes.get(volume_id)
        if volume is None:
            raise DeviceError(f"there is no volume {volume_id}")
        sectors = volume.size * GIBIBYTE // SECTOR
        return BlockDevice(self._records.sectors(volume_id), sectors, lambda: self._key_for(volume_id, instance_id))

    def _key_for(self, volume_id: str, instance_id: str) -> bytes:
        """The key of an attached volume; a process that was started anew gets it through the grant, as the first did.

        "Amazon EBS retains the encrypted volume key for later use in case the volume key in memory is no longer
        available" (KMS Cryptographic Details, "Amazon EBS volume encryption").
        """
        with self._locks[volume_id]:
            volume = self._volumes.get(volume_id)
            if volume is None or volume.attachment is None or volume.attachment.instance_id != instance_id:
                raise DeviceError(f"{volume_id} is not attached to {instance_id}")
            if volume_id not in self._open:
                self._open[volume_id] = self._keys.open(volume, instance_id)
            return self._open[volume_id]

    def _made_before(self, account: str, wanted: NewVolume) -> Volume | None:
        """What the same client token made ("Ensuring idempotency in Amazon EC2 API requests")."""
        if wanted.client_token is None:
            return None
        for volume in list(self._volumes.values()):
            if (volume.account, volume.client_token) == (account, wanted.client_token):
                if (volume.zone, volume.size, volume.volume_type) != (wanted.zone, wanted.size, wanted.volume_type):
                    told = "The client token was used before with other parameters."
                    raise Refusal("IdempotentParameterMismatch", told)
                return volume
        return None

    def _made(self, session: ForwardAccessSession, wanted: NewVolume) -> Volume:
        volume_id = f"vol-{token_hex(9)[:17]}"
        key_arn, encrypted_key = self._keys.make(session, wanted.key_id or DEFAULT_KEY, volume_id)
        volume = Volume(
            id=volume_id,
            account=session.caller.account,
            region=self._region,
            zone=wanted.zone,
            size=wanted.size,
            volume_type=wanted.volume_type,
            key_arn=key_arn,
            encrypted_key=encrypted_key,
            create_time=self._clock(),
            client_token=wanted.client_token,
        )
        self._locks[volume_id] = threading.Lock()
        self._keep(volume)
        return volume

    def _keep(self, volume: Volume) -> None:
        self._records.put(volume)
        self._volumes[volume.id] = volume

    @contextmanager
    def _held(self, session: ForwardAccessSession, volume_id: str) -> Iterator[Volume]:
        """The caller's volume, which nobody else changes meanwhile."""
        self._volume(session, volume_id)
        with self._locks[volume_id]:
            yield self._volume(session, volume_id)

    def _volume(self, session: ForwardAccessSession, volume_id: str) -> Volume:
        if not _VOLUME_ID.fullmatch(volume_id):
            raise Refusal("InvalidVolumeID.Malformed", f'Invalid id: "{volume_id[:64]}" (expecting "vol-...")')
        volume = self._volumes.get(volume_id)
        # Another account's volume is not to be told from one that is not there.
        if volume is None or volume.account != session.caller.account:
            raise Refusal("InvalidVolume.NotFound", f"The volume '{volume_id}' does not exist.")
        return volume

    def _check_instance(self, session: ForwardAccessSession, instance_id: str) -> None:
        if not _INSTANCE_ID.fullmatch(instance_id):
            raise Refusal("InvalidInstanceID.Malformed", f'Invalid id: "{instance_id[:64]}" (expecting "i-...")')
        if self._instances.get(instance_id) != session.caller.account:
            raise Refusal("InvalidInstanceID.NotFound", f"The instance ID '{instance_id}' does not exist")


def _check_new(wanted: NewVolume, region: str) -> None:
    if wanted.client_token is not None and not 1 <= len(wanted.client_token) <= 64:
        raise Refusal("InvalidParameterValue", "A client token is 1 to 64 characters long.")
    if wanted.zone != f"{region}a":  # the one zone that the instances are in
        raise Refusal("InvalidParameterValue", f"Invalid availability zone: [{wanted.zone[:64]}]")
    largest = LARGEST.get(wanted.volume_type)
    if largest is None:
        told = f"Value ({wanted.volume_type[:64]}) for parameter volumeType is invalid. Expected: {', '.join(LARGEST)}"
        raise Refusal("InvalidParameterValue", told)
    if not 1 <= wanted.size <= largest:
        told = f"Volume of {wanted.size}GiB is invalid; expected 1 to {largest}GiB for {wanted.volume_type}."
        raise Refusal("InvalidParameterValue", told)
