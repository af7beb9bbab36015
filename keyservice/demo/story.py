"""The story, step by step: what is done, by whom, what the policy engine decided and why."""

import re
from collections.abc import Mapping
from contextlib import ExitStack
from pathlib import Path
from typing import Any

from keyservice.demo.services_scene import play_services
from keyservice.demo.stage import HERE, Stage, instance_metadata, keyservice
from keyservice.demo.teller import Say, StoryError, Teller
from policy.model.reading import PolicyKind, read_policy
from policy.model.writing import to_json
from policy.source import Source

WEB, BATCH = "i-0aaaaaaaaaaaaaaa1", "i-0bbbbbbbbbbbbbbb2"
_ACCESS_KEY = re.compile(r"access key of [0-9]+/(\S+),.*\n  aws_access_key_id = (\S+)\n  aws_secret_access_key = (\S+)")
TEXT = "Quarterly figures: 42, 17 and a pleasant surprise."


def tell(stage: Stage, say: Say) -> None:
    """Play the story on a stage. Raises StoryError if anything goes otherwise than it should."""
    teller = Teller(stage, say)
    with ExitStack() as instances:
        access_keys = _identities(teller)
        kms = stage.client("kms")
        key_id = _key(teller, kms)
        sealed = _upload(teller, key_id, access_keys["uploader"])
        for instance in (WEB, BATCH):
            instances.enter_context(instance_metadata(stage, instance))
        _open_on_web(teller, sealed)
        _refused_elsewhere(teller, kms, key_id, sealed)
        play_services(teller, access_keys, BATCH)
    _books(teller)


def _identities(teller: Teller) -> Mapping[str, tuple[str, str]]:
    """Bring everybody in; gives the access keys that were made, by the user or service they belong to."""
    teller.step("Who there is: a user who uploads, two EC2 instances with a role each, and two services, S3 and EC2")
    printed = keyservice("identity", "apply", str(HERE / "identities.yaml"), "--data", str(teller.stage.directory.path))
    for line in printed.splitlines():
        if not line.startswith(("access key", "  aws_")):
            teller.say(f"   {line}")
    return {name: (key_id, secret) for name, key_id, secret in _ACCESS_KEY.findall(printed)}


def _key(teller: Teller, kms: Any) -> str:
    teller.step("The administrator makes a key. Its key policy names who may use it, and for what:")
    text = (HERE / "files_key.policy").read_text(encoding="utf-8")
    for line in text.splitlines():
        teller.say(f"   | {line}")
    reading = read_policy(Source("files_key.policy", text), kind=PolicyKind.KEY)
    if reading.document is None:
        raise StoryError("the story's key policy cannot be read")
    made = kms.create_key(Description="files of the web server", Policy=to_json(reading.document))
    teller.allowed(made["ResponseMetadata"]["RequestId"])
    key_id: str = made["KeyMetadata"]["KeyId"]
    kms.enable_key_rotation(KeyId=key_id)
    status = kms.get_key_rotation_status(KeyId=key_id)
    teller.say(f"   Its material rotates every {status['RotationPeriodInDays']} days.")
    return key_id


def _upload(teller: Teller, key_id: str, uploader: tuple[str, str]) -> Path:
    teller.step("The uploader seals a file: GenerateDataKey, then AES-GCM with the data key (seal_file.py)")
    directory = teller.stage.directory.path
    plain, sealed = directory / "figures.txt", directory / "figures.sealed"
    plain.write_text(TEXT, encoding="utf-8")
    environment = {
        "AWS_ACCESS_KEY_ID": uploader[0],
        "AWS_SECRET_ACCESS_KEY": uploader[1],
        "AWS_ENDPOINT_URL": teller.stage.endpoint,
        "AWS_DEFAULT_REGION": "us-east-1",
    }
    done = teller.stage.run("seal_file.py", key_id, str(plain), str(sealed), environment=environment)
    plain.unlink()
    if done.returncode:
        raise StoryError(done.stderr.strip())
    teller.allowed(done.stdout.split()[0])
    return sealed


def _open_on_web(teller: Teller, sealed: Path) -> None:
    teller.step(f"On instance {WEB} boto3 finds the role's credentials by itself, and opens the file (open_file.py)")
    done = teller.stage.run("open_file.py", str(sealed), environment=teller.stage.on_instance(WEB))
    request_id, _, opened = done.stdout.partition("\n")
    if done.returncode or opened.strip() != TEXT:
        raise StoryError(f"the instance could not open the file: {done.stderr.strip()}")
    teller.allowed(request_id)
    teller.say(f"   The file says: {opened.strip()}")


def _refused_elsewhere(teller: Teller, kms: Any, key_id: str, sealed: Path) -> None:
    teller.step(f"The same program on instance {BATCH}, whose role may do anything in KMS as far as IAM goes")
    done = teller.stage.run("open_file.py", str(sealed), environment=teller.stage.on_instance(BATCH))
    if not done.returncode:
        raise StoryError("the other instance opened the file")
    teller.denied(done.stdout.split()[0])
    teller.say("   The file stays closed.")
    teller.step("The administrator administers the key, and may not use it")
    teller.attempt(lambda: kms.encrypt(KeyId=key_id, Plaintext=b"x"))
    done = kms.describe_key(KeyId=key_id)
    teller.allowed(done["ResponseMetadata"]["RequestId"])


def _books(teller: Teller) -> None:
    teller.step("Every call is on the trail and was counted (keyservice audit tail, keyservice usage)")
    printed = keyservice("usage", "--data", str(teller.stage.directory.path), "--by", "operation")
    for line in printed.splitlines():
        teller.say(f"   {line}")
