"""The volume store's HTTP face: what an unmodified EC2 client calls.

Every request is exchanged at the key service before anything is made of it: the key service verifies the signature, and
this service has no means to do so. Who of the account may call which operation of EC2 is not asked: this store has no
policies of its own; what decides is the KMS key.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

from keyservice.demo.front import Answer, Front
from keyservice.demo.refusals import Refusal
from keyservice.demo.volumes.keys import SPELLINGS
from keyservice.demo.volumes.query import VERSION, read_form, refused, result, taken_list
from keyservice.demo.volumes.store import NewVolume, VolumeStore
from keyservice.demo.volumes.volume import Attachment, Volume
from keyservice.linked import CallerRequest, ForwardAccessSession, LinkedService

MOST_BODY = 65_536  # bytes of a form
_TOO_LARGE = Refusal("RequestEntityTooLarge", f"The request exceeds {MOST_BODY} bytes.", 413)

Form = dict[str, str]


def volume_app(linked: LinkedService, store: VolumeStore) -> Front:
    """The ASGI application."""
    return Front(_Volumes(linked, store).answer, most_body=MOST_BODY, too_large=refused(_TOO_LARGE))


@dataclass(frozen=True, slots=True)
class _Volumes:
    linked: LinkedService
    store: VolumeStore

    def answer(self, request: CallerRequest) -> Answer:
        """The answer to one request, whatever it is."""
        try:
            session = SPELLINGS.caller(self.linked, request)
            form = _form(request)
            action = form.pop("Action")
            members = _ACTIONS[action](self.store, session, form)
            return result(action, members)
        except Refusal as refusal:
            return refused(refusal)


def _form(request: CallerRequest) -> Form:
    if (request.method, request.path, request.query) != ("POST", "/", ""):
        raise Refusal("InvalidAction", "The Query API takes POST requests to / with a form.")
    form = read_form(request.body)
    action, version = form.get("Action", ""), form.pop("Version", "")
    if action not in _ACTIONS or version != VERSION:
        told = f"The action {action[:64]} is not valid for this web service in version {version[:16]}."
        raise Refusal("InvalidAction", told)
    return form


def _create(store: VolumeStore, session: ForwardAccessSession, form: Form) -> Mapping[str, object]:
    """CreateVolume. https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_CreateVolume.html."""
    encrypted, key_id = form.pop("Encrypted", "true"), form.pop("KmsKeyId", None)
    if encrypted not in ("true", "false"):
        raise Refusal("InvalidParameterValue", f"Value ({encrypted[:64]}) for parameter encrypted is invalid.")
    if key_id is not None and encrypted == "false":
        raise Refusal(
            "InvalidParameterDependency", "The parameter KmsKeyId requires the parameter Encrypted to be set."
        )
    size = _taken(form, "Size")
    if not (size.isascii() and size.isdigit() and len(size) <= 9):
        raise Refusal("InvalidParameterValue", f"Value ({size[:64]}) for parameter size is invalid.")
    wanted = NewVolume(
        zone=_taken(form, "AvailabilityZone"),
        size=int(size),
        volume_type=form.pop("VolumeType", "gp2"),
        key_id=key_id,
        client_token=form.pop("ClientToken", None),
    )
    _check_all_taken(form)
    return _volume(store.create(session, wanted))


def _attach(store: VolumeStore, session: ForwardAccessSession, form: Form) -> Mapping[str, object]:
    """AttachVolume. https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_AttachVolume.html."""
    volume_id, instance_id, device = (_taken(form, name) for name in ("VolumeId", "InstanceId", "Device"))
    _check_all_taken(form)
    return _attachment(volume_id, store.attach(session, volume_id, instance_id, device), "attached")


def _detach(store: VolumeStore, session: ForwardAccessSession, form: Form) -> Mapping[str, object]:
    """DetachVolume. https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_DetachVolume.html."""
    volume_id, instance_id = _taken(form, "VolumeId"), form.pop("InstanceId", None)
    _check_all_taken(form)
    return _attachment(volume_id, store.detach(session, volume_id, instance_id), "detached")


def _delete(store: VolumeStore, session: ForwardAccessSession, form: Form) -> Mapping[str, object]:
    """DeleteVolume. https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_DeleteVolume.html."""
    volume_id = _taken(form, "VolumeId")
    _check_all_taken(form)
    store.delete(session, volume_id)
    return {"return": True}


def _describe(store: VolumeStore, session: ForwardAccessSession, form: Form) -> Mapping[str, object]:
    """DescribeVolumes. https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_DescribeVolumes.html."""
    volume_ids = taken_list(form, "VolumeId")
    _check_all_taken(form)
    return {"volumeSet": [_volume(volume) for volume in store.describe(session, volume_ids)]}


_ACTIONS: Mapping[str, Callable[[VolumeStore, ForwardAccessSession, Form], Mapping[str, object]]] = {
    "AttachVolume": _attach,
    "CreateVolume": _create,
    "DeleteVolume": _delete,
    "DescribeVolumes": _describe,
    "DetachVolume": _detach,
}


def _taken(form: Form, name: str) -> str:
    if name not in form:
        raise Refusal("MissingParameter", f"The request must contain the parameter {name}")
    return form.pop(name)


def _check_all_taken(form: Form) -> None:
    """What this store does not know it refuses: a parameter that is passed over would be a promise not kept."""
    for name in form:
        raise Refusal("UnknownParameter", f"The parameter {name[:64]} is not recognized")


def _volume(volume: Volume) -> dict[str, object]:
    attachments = [] if volume.attachment is None else [_attachment(volume.id, volume.attachment, "attached")]
    return {
        "volumeId": volume.id,
        "size": volume.size,
        "availabilityZone": volume.zone,
        "status": volume.state,
        "createTime": _iso(volume.create_time),
        "attachmentSet": attachments,
        "volumeType": volume.volume_type,
        "encrypted": True,
        "kmsKeyId": volume.key_arn,
        "multiAttachEnabled": False,
    }


def _attachment(volume_id: str, attachment: Attachment, state: str) -> dict[str, object]:
    return {
        "volumeId": volume_id,
        "instanceId": attachment.instance_id,
        "device": attachment.device,
        "status": state,
        "attachTime": _iso(attachment.attach_time),
        "deleteOnTermination": False,
    }


def _iso(moment: float) -> str:
    return datetime.fromtimestamp(moment, UTC).strftime("%Y-%m-%dT%H:%M:%S.000Z")
