"""`python -m tests.clients.encryption_cli`: the AWS Encryption CLI and `keyservice file` read each other's files.

The CLI needs an older AWS Encryption SDK than the development extra brings, so it is installed into an environment of
its own.
"""

import os
import subprocess
import sys
import tempfile
import venv
from pathlib import Path

from tests.live import REGION, access_key_id_of, secret_of, serving

CLI = "aws-encryption-sdk-cli==4.3.0"
TEXT = b"a file of either command line\n" * 10_000


def main():
    """Exit status 0 if each reads the other's files, and only who may."""
    with tempfile.TemporaryDirectory() as scratch:
        place = Path(scratch)
        venv.create(place / "venv", with_pip=True)
        pip = [place / "venv/bin/pip", "install", "-q", "--disable-pip-version-check", CLI]
        subprocess.run(pip, check=True)
        with serving(place / "data") as service:
            check(place, service)
    sys.stdout.write("the AWS Encryption CLI and `keyservice file` read each other's files\n")


def check(place, service):
    """Encrypt with each, decrypt with the other, and be refused as somebody else."""
    key = service.client().create_key()["KeyMetadata"]["Arn"]
    plain, ours, theirs = (place / name for name in ("plain", "ours", "theirs"))
    plain.write_bytes(TEXT)
    cli = [place / "venv/bin/aws-encryption-cli", "--suppress-metadata", "--wrapping-keys", f"key={key}"]
    file = [sys.executable, "-m", "keyservice.cli.main", "file"]
    of_key = ["--key-id", key, "--context", "app=web"]

    def run(command, user="admin"):
        return subprocess.run(command, env=environment(service, user), check=False, capture_output=True, timeout=60)

    def succeed(command):
        done = run(command)
        assert (0, b"") == (done.returncode, done.stderr), done.stderr

    succeed([*file, "encrypt", *of_key, plain, "--output", ours])
    succeed([*cli, "--decrypt", "-c", "app=web", "--input", ours, "--output", place / "ours.plain"])
    assert TEXT == (place / "ours.plain").read_bytes()

    succeed([*cli, "--encrypt", "-c", "app=web", "--input", plain, "--output", theirs])
    succeed([*file, "decrypt", *of_key, theirs, "--output", place / "theirs.plain"])
    assert TEXT == (place / "theirs.plain").read_bytes()

    refused = run([*cli, "--decrypt", "--input", ours, "--output", place / "stolen"], user="nobody")
    told = b"Unable to decrypt any data key"
    assert (True, True) == (refused.returncode != 0, told in refused.stderr), refused.stderr


def environment(service, user):
    """All that either command is told."""
    return {
        "PATH": os.environ["PATH"],
        "PYTHONPATH": os.environ.get("PYTHONPATH", ""),
        "AWS_ENDPOINT_URL": service.endpoint,
        "AWS_DEFAULT_REGION": REGION,
        "AWS_ACCESS_KEY_ID": access_key_id_of(user),
        "AWS_SECRET_ACCESS_KEY": secret_of(user),
        "AWS_CONFIG_FILE": os.devnull,
        "AWS_EC2_METADATA_DISABLED": "true",
    }


if __name__ == "__main__":
    main()
