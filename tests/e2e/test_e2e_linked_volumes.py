"""The encrypted volume store through boto3's EC2 client: a data key a volume, a grant, decrypted to attach."""

from dataclasses import replace

import pytest

from keyservice.audit.reader import TrailReader
from keyservice.demo.refusals import Refusal
from keyservice.demo.volumes.device import SECTOR, DeviceError
from tests.e2e.conftest import code_of, policy, refusal_of, statement, user_arn
from tests.linked_stores import (
    FOREIGN_INSTANCE,
    INSTANCE,
    KMS,
    OTHER_INSTANCE,
    attach,
    detach,
    linked,
    make_volume,
    put,
    volume_store,
)
from tests.live import ACCOUNT, OTHER_ACCOUNT, REGION, ROOT

VIA_EC2 = {"StringEquals": {"kms:ViaService": f"ec2.{REGION}.amazonaws.com"}}
FOR_AWS = {"Bool": {"kms:GrantIsForAWSResource": "true"}}
OF_VOLUMES = ["kms:GenerateDataKeyWithoutPlaintext", "kms:DescribeKey"]


@pytest.fixture
def ec2(volume_stores):
    return volume_stores.client()


def grants_of(served, key_arn, user="admin"):
    return served.client(user).list_grants(KeyId=key_arn)["Grants"]


def test_a_users_volume_is_encrypted_under_aws_ebs_and_every_step_is_on_the_trail(served, volume_stores, ec2):
    before = len(served.events())
    volume = make_volume(ec2, Encrypted=True)
    assert (True, "available", []) == (volume["Encrypted"], volume["State"], volume["Attachments"])
    assert "attached" == attach(ec2, volume)["State"]
    device = volume_stores.store.device(volume["VolumeId"], INSTANCE)
    device.write(1, b"a file".ljust(SECTOR))
    assert b"a file" == device.read(1).rstrip()
    (told,) = ec2.describe_volumes(VolumeIds=[volume["VolumeId"]])["Volumes"]
    assert ("in-use", INSTANCE, "/dev/sdf") == (
        told["State"],
        told["Attachments"][0]["InstanceId"],
        told["Attachments"][0]["Device"],
    )
    assert "detached" == detach(ec2, volume)["State"]
    ec2.delete_volume(VolumeId=volume["VolumeId"])
    assert "InvalidVolume.NotFound" == code_of(ec2.describe_volumes, VolumeIds=[volume["VolumeId"]])
    steps = [event for event in served.events()[before:] if event["eventSource"] == "kms.amazonaws.com"]
    user, service = user_arn("admin"), None
    assert {
        ("CreateKey", service),
        ("GenerateDataKeyWithoutPlaintext", user),
        ("CreateGrant", user),
        ("Decrypt", service),
        ("RetireGrant", service),
    } == {(event["eventName"], event["userIdentity"].get("arn")) for event in steps}
    invoked_by = {event["userIdentity"]["invokedBy"] for event in steps if event["eventName"] != "CreateKey"}
    assert {"ec2.amazonaws.com"} == invoked_by
    made = next(event for event in steps if event["eventName"] == "GenerateDataKeyWithoutPlaintext")
    assert {"aws:ebs:id": volume["VolumeId"]} == made["requestParameters"]["encryptionContext"]
    kms_key = served.client().describe_key(KeyId="alias/aws/ebs")["KeyMetadata"]
    assert (volume["KmsKeyId"], "AWS") == (kms_key["Arn"], kms_key["KeyManager"])


def test_the_managed_key_is_the_services_alone(served, volume_stores, ec2):
    volume = make_volume(ec2)
    encrypted = volume_stores.store._volumes[volume["VolumeId"]].encrypted_key
    kms = served.client()
    context = {"aws:ebs:id": volume["VolumeId"]}
    code, message = refusal_of(kms.decrypt, CiphertextBlob=encrypted, EncryptionContext=context)
    assert ("AccessDeniedException", True) == (code, "no resource-based policy allows the kms:Decrypt" in message)
    assert "AccessDeniedException" == code_of(kms.generate_data_key, KeyId=volume["KmsKeyId"], KeySpec="AES_256")


def test_an_attached_volume_outlives_its_key_and_the_next_attachment_does_not(served, volume_stores, ec2, make_key):
    key = make_key(policy(statement("all", ROOT, "kms:*")))
    volume = make_volume(ec2, Encrypted=True, KmsKeyId=key["KeyId"])
    attach(ec2, volume)
    device = volume_stores.store.device(volume["VolumeId"], INSTANCE)
    device.write(0, b"x" * SECTOR)
    served.client().disable_key(KeyId=key["KeyId"])
    assert b"x" * SECTOR == device.read(0)
    device.write(0, b"y" * SECTOR)
    detach(ec2, volume)
    assert (
        ("InvalidKMSKey.InvalidState", f"{key['Arn']} is disabled."),
        [],
    ) == (refusal_of(attach, ec2=ec2, volume=volume), grants_of(served, key["Arn"]))
    assert "InvalidKMSKey.InvalidState" == code_of(make_volume, ec2=ec2, Encrypted=True, KmsKeyId=key["KeyId"])
    served.client().enable_key(KeyId=key["KeyId"])
    attach(ec2, volume)
    assert b"y" * SECTOR == device.read(0)


def test_detaching_forgets_the_key_and_gives_the_grant_back(served, volume_stores, ec2, make_key):
    key = make_key(policy(statement("all", ROOT, "kms:*")))
    volume = make_volume(ec2, Encrypted=True, KmsKeyId=key["Arn"])
    attach(ec2, volume)
    (grant,) = grants_of(served, key["Arn"])
    assert ["Decrypt"] == grant["Operations"]
    assert {
        "EncryptionContextEquals": {"aws:ebs:id": volume["VolumeId"]},
        "SourceArn": f"arn:aws:ec2:{REGION}:{ACCOUNT}:instance/{INSTANCE}",
    } == grant["Constraints"]
    device = volume_stores.store.device(volume["VolumeId"], INSTANCE)
    detach(ec2, volume)
    assert [] == grants_of(served, key["Arn"])
    for attempt in (lambda: device.read(0), lambda: device.write(0, bytes(SECTOR))):
        with pytest.raises(DeviceError):
            attempt()


def test_another_instances_host_gets_nothing_of_an_attached_volume(volume_stores, ec2):
    volume = make_volume(ec2)
    attach(ec2, volume)
    with pytest.raises(DeviceError):
        volume_stores.store.device(volume["VolumeId"], OTHER_INSTANCE).read(0)


def test_a_store_that_is_started_again_opens_attached_volumes_through_their_grants(served, tmp_path, make_key):
    key = make_key(policy(statement("all", ROOT, "kms:*")))
    with volume_store(served, tmp_path / "volumes") as stores:
        volume = make_volume(stores.client(), Encrypted=True, KmsKeyId=key["Arn"])
        attach(stores.client(), volume)
        stores.store.device(volume["VolumeId"], INSTANCE).write(0, b"x" * SECTOR)
    with volume_store(served, tmp_path / "volumes") as stores:
        assert b"x" * SECTOR == stores.store.device(volume["VolumeId"], INSTANCE).read(0)
    (grant,) = grants_of(served, key["Arn"])
    served.client().revoke_grant(KeyId=key["Arn"], GrantId=grant["GrantId"])
    with volume_store(served, tmp_path / "volumes") as stores:
        with pytest.raises(Refusal, match="UnauthorizedOperation"):
            stores.store.device(volume["VolumeId"], INSTANCE).read(0)
        assert "detached" == detach(stores.client(), volume)["State"]


def test_the_grant_is_for_this_volume_and_this_instance_alone(served, volume_stores, ec2, make_key):
    key = make_key(policy(statement("all", ROOT, "kms:*")))
    volume = make_volume(ec2, Encrypted=True, KmsKeyId=key["Arn"])
    attach(ec2, volume)
    other = make_volume(ec2, Encrypted=True, KmsKeyId=key["Arn"])
    service = linked(served.endpoint, "ec2")
    kept = volume_stores.store._volumes

    def code(of, source_arn):
        kms = service.client("kms", source_arn=source_arn, source_account=ACCOUNT)
        context = {"aws:ebs:id": of["VolumeId"]}
        return code_of(kms.decrypt, CiphertextBlob=kept[of["VolumeId"]].encrypted_key, EncryptionContext=context)

    arn = f"arn:aws:ec2:{REGION}:{ACCOUNT}:instance"
    assert [None, "AccessDeniedException", "AccessDeniedException", "AccessDeniedException"] == [
        code(volume, f"{arn}/{INSTANCE}"),
        code(volume, f"{arn}/{OTHER_INSTANCE}"),
        code(volume, None),
        code(other, f"{arn}/{INSTANCE}"),
    ]


def test_a_volumes_key_in_another_volumes_record_opens_nothing(volume_stores, ec2):
    victim, own = make_volume(ec2), make_volume(ec2)
    store = volume_stores.store
    stolen = store._volumes[victim["VolumeId"]].encrypted_key
    store._keep(replace(store._volumes[own["VolumeId"]], encrypted_key=stolen))
    assert code_of(attach, ec2=ec2, volume=own) is not None


def test_a_caller_without_permission_gets_the_key_services_reason_and_nothing_is_made(served, volume_stores, make_key):
    key = make_key(policy(statement("all", ROOT, "kms:*")))
    alice = volume_stores.client("alice")
    assert (
        "UnauthorizedOperation",
        (
            f"User: {user_arn('alice')} is not authorized to perform: kms:GenerateDataKeyWithoutPlaintext on resource: "
            f"{key['Arn']} because no identity-based policy allows the kms:GenerateDataKeyWithoutPlaintext action"
        ),
    ) == refusal_of(make_volume, ec2=alice, Encrypted=True, KmsKeyId=key["Arn"])
    assert [] == alice.describe_volumes()["Volumes"]


def test_who_may_make_a_volume_may_not_therefore_attach_it(served, volume_stores, make_key):
    key = make_key(
        policy(
            statement("administration", user_arn("admin"), "kms:*"),
            statement("volumes", user_arn("alice"), OF_VOLUMES),
            statement("grants", user_arn("bob"), [*OF_VOLUMES, "kms:CreateGrant"], Condition=FOR_AWS),
        )
    )
    volume = make_volume(volume_stores.client("alice"), Encrypted=True, KmsKeyId=key["Arn"])
    code, message = refusal_of(attach, ec2=volume_stores.client("alice"), volume=volume)
    assert ("UnauthorizedOperation", True) == (code, "kms:CreateGrant" in message)
    assert "attached" == attach(volume_stores.client("bob"), volume)["State"]
    members = {"KeyId": key["Arn"], "GranteePrincipal": user_arn("bob"), "Operations": ["Decrypt"]}
    assert "AccessDeniedException" == code_of(served.client("bob").create_grant, **members)


def test_a_key_for_volumes_alone_is_refused_to_direct_use(served, volume_stores, make_key):
    alice = [*OF_VOLUMES, "kms:CreateGrant", "kms:Decrypt", "kms:GenerateDataKey"]
    key = make_key(
        policy(
            statement("administration", user_arn("admin"), "kms:*"),
            statement("via", user_arn("alice"), alice, Condition=VIA_EC2),
        )
    )
    volume = make_volume(volume_stores.client("alice"), Encrypted=True, KmsKeyId=key["Arn"])
    attach(volume_stores.client("alice"), volume)
    kms = served.client("alice")
    assert "AccessDeniedException" == code_of(kms.generate_data_key, KeyId=key["Arn"], KeySpec="AES_256")
    encrypted = volume_stores.store._volumes[volume["VolumeId"]].encrypted_key
    context = {"aws:ebs:id": volume["VolumeId"]}
    assert "AccessDeniedException" == code_of(kms.decrypt, CiphertextBlob=encrypted, EncryptionContext=context)


def test_the_key_of_another_service_is_of_no_use_to_ec2(object_stores, ec2):
    put(object_stores.client(), **KMS)  # with which alias/aws/s3 is there
    assert "UnauthorizedOperation" == code_of(make_volume, ec2=ec2, Encrypted=True, KmsKeyId="alias/aws/s3")
    assert [] == ec2.describe_volumes()["Volumes"]


def test_another_account_sees_neither_volumes_nor_instances(volume_stores, ec2):
    volume = make_volume(ec2)
    foreign = volume_stores.client("foreign")
    assert [] == foreign.describe_volumes()["Volumes"]
    assert "InvalidVolume.NotFound" == code_of(attach, ec2=foreign, volume=volume, instance=FOREIGN_INSTANCE)
    assert "InvalidVolume.NotFound" == code_of(foreign.delete_volume, VolumeId=volume["VolumeId"])
    assert "InvalidInstanceID.NotFound" == code_of(attach, ec2=ec2, volume=volume, instance=FOREIGN_INSTANCE)


def test_each_account_has_a_managed_key_of_its_own_and_pays_for_its_own_calls(served, volume_stores, ec2):
    before = len(served.events())
    own, foreign = make_volume(ec2), make_volume(volume_stores.client("foreign"))
    assert [ACCOUNT, OTHER_ACCOUNT] == [volume["KmsKeyId"].split(":")[4] for volume in (own, foreign)]
    entries = list(TrailReader(served.opened.directory.trail, served.opened.store).entries())[before:]
    made = [entry for entry in entries if entry["event"]["eventName"] == "GenerateDataKeyWithoutPlaintext"]
    assert [(ACCOUNT, "request"), (OTHER_ACCOUNT, "request")] == [
        (entry["usage"]["account"], entry["usage"]["class"]) for entry in made
    ]


def test_a_role_session_attaches_volumes_too(served, volume_stores):
    role = f"arn:aws:iam::{ACCOUNT}:role/App"
    session = served.client("alice", "sts").assume_role(RoleArn=role, RoleSessionName=INSTANCE)["Credentials"]
    ec2 = volume_stores.client(session=session)
    volume = make_volume(ec2)
    attach(ec2, volume)
    event = next(event for event in reversed(served.events()) if event["eventName"] == "CreateGrant")
    assert (f"arn:aws:sts::{ACCOUNT}:assumed-role/App/{INSTANCE}", "ec2.amazonaws.com") == (
        event["userIdentity"]["arn"],
        event["userIdentity"]["invokedBy"],
    )


def test_nothing_on_the_disk_holds_a_key_or_a_text(volume_stores, ec2, tmp_path):
    volume = make_volume(ec2)
    attach(ec2, volume)
    volume_stores.store.device(volume["VolumeId"], INSTANCE).write(0, b"plain text".ljust(SECTOR))
    key = volume_stores.store._open[volume["VolumeId"]]
    lying = b"".join(path.read_bytes() for path in (tmp_path / "volumes").iterdir())
    assert (64, False, False) == (len(key), key in lying, b"plain text" in lying)
