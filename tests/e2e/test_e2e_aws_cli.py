"""The AWS CLI as it is installed, pointed at the service by its environment or by its configuration file."""

import base64
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.live import OTHER_REGION, REGION, access_key_id_of, secret_of

AWS = shutil.which("aws", path=str(Path(sys.executable).parent)) or shutil.which("aws")


def aws(served, user, *arguments):
    """Exit status, the JSON that was printed, and what stands on the error stream."""
    environment = {
        "PATH": os.environ["PATH"],
        "AWS_ENDPOINT_URL": served.endpoint,
        "AWS_DEFAULT_REGION": REGION,
        "AWS_ACCESS_KEY_ID": access_key_id_of(user),
        "AWS_SECRET_ACCESS_KEY": secret_of(user),
        "AWS_EC2_METADATA_DISABLED": "true",
        "AWS_CONFIG_FILE": os.devnull,
        "AWS_MAX_ATTEMPTS": "1",
    }
    return run(environment, *arguments)


def run(environment, *arguments):
    done = subprocess.run(
        [AWS, "--output", "json", *arguments], env=environment, capture_output=True, text=True, check=False, timeout=60
    )
    return done.returncode, json.loads(done.stdout) if done.stdout.strip() else None, done.stderr


@pytest.fixture(scope="module")
def key(served):
    status, made, told = aws(served, "admin", "kms", "create-key", "--description", "of the CLI")
    assert (0, "") == (status, told)
    return made["KeyMetadata"]["KeyId"]


def test_the_permitted_caller_does_everything_and_the_other_is_denied(served, key, tmp_path):
    plain = tmp_path / "plain"
    plain.write_bytes(b"a file's text")
    status, made, told = aws(served, "admin", "kms", "encrypt", "--key-id", key, "--plaintext", f"fileb://{plain}")
    assert (0, "") == (status, told)
    sealed = tmp_path / "sealed"
    sealed.write_bytes(base64.b64decode(made["CiphertextBlob"]))
    commands = {
        "CreateKey": ("create-key",),
        "Encrypt": ("encrypt", "--key-id", key, "--plaintext", f"fileb://{plain}"),
        "Decrypt": ("decrypt", "--ciphertext-blob", f"fileb://{sealed}"),
        "EnableKeyRotation": ("enable-key-rotation", "--key-id", key),
        "GetKeyRotationStatus": ("get-key-rotation-status", "--key-id", key),
        "GenerateDataKey": ("generate-data-key", "--key-id", key, "--key-spec", "AES_256"),
    }
    answers = {}
    for operation, arguments in commands.items():
        status, answers[operation], told = aws(served, "admin", "kms", *arguments)
        assert (0, "") == (status, told), operation
        status, printed, told = aws(served, "nobody", "kms", *arguments)
        assert (True, None) == (status in {254, 255}, printed), operation  # version 2 and version 1 of the CLI
        said = f"An error occurred (AccessDeniedException) when calling the {operation} operation: User: arn:aws:iam::"
        assert said in told
        assert f"is not authorized to perform: kms:{operation}" in told
    assert b"a file's text" == base64.b64decode(answers["Decrypt"]["Plaintext"])
    assert answers["GetKeyRotationStatus"]["KeyRotationEnabled"]
    assert 32 == len(base64.b64decode(answers["GenerateDataKey"]["Plaintext"]))


def test_a_key_is_replicated_into_another_region_and_decrypts_there(served, tmp_path):
    plain = tmp_path / "plain"
    plain.write_bytes(b"text")
    _, made, _ = aws(served, "admin", "kms", "create-key", "--multi-region")
    key = made["KeyMetadata"]["KeyId"]
    status, replica, told = aws(
        served, "admin", "kms", "replicate-key", "--key-id", key, "--replica-region", OTHER_REGION
    )
    assert (0, OTHER_REGION, "") == (status, replica["ReplicaKeyMetadata"]["Arn"].split(":")[3], told)
    _, made, _ = aws(served, "admin", "kms", "encrypt", "--key-id", key, "--plaintext", f"fileb://{plain}")
    sealed = tmp_path / "sealed"
    sealed.write_bytes(base64.b64decode(made["CiphertextBlob"]))
    there = ("--region", OTHER_REGION)
    status, opened, told = aws(served, "admin", "kms", "decrypt", "--ciphertext-blob", f"fileb://{sealed}", *there)
    assert (0, b"text", "") == (status, base64.b64decode(opened["Plaintext"]), told)
    status, _, told = aws(
        served, "admin", "kms", "update-primary-region", "--key-id", key, "--primary-region", there[1]
    )
    assert (0, "") == (status, told)


def test_the_files_that_the_service_writes_are_all_that_the_cli_needs(served):
    directory = served.opened.directory
    environment = {
        "PATH": os.environ["PATH"],
        "AWS_CONFIG_FILE": str(directory.aws_config),
        "AWS_SHARED_CREDENTIALS_FILE": str(directory.aws_credentials),
    }
    status, who, told = run(environment, "sts", "get-caller-identity")
    assert (0, "arn:aws:iam::111122223333:user/administrator", "") == (status, who["Arn"], told)
    assert {0o600} == {path.stat().st_mode & 0o777 for path in (directory.aws_config, directory.aws_credentials)}
