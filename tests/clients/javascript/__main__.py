"""`python -m tests.clients.javascript`: the AWS SDKs for JavaScript, from npm, against a live key service.

It needs Node 18 or newer with npm, and installs the packages that package-lock.json names into a directory of its own.
"""

import base64
import json
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from click.testing import CliRunner

from keyservice.cli.file import command as file_command
from tests.live import ACCOUNT, REGION, USERS, access_key_id_of, secret_of, serving

HERE = Path(__file__).parent
TEXT = b"a file of the command line\n" * 10_000


def main():
    """Exit status 0 if every test passed."""
    if not (shutil.which("node") and shutil.which("npm")):
        sys.exit("this needs Node 18 or newer, with npm")
    with tempfile.TemporaryDirectory() as scratch:
        place = Path(scratch)
        for name in ("package.json", "package-lock.json", "clients.test.mjs"):
            shutil.copy(HERE / name, place)
        npm = ["npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"]
        subprocess.run(npm, cwd=place, check=True)
        with serving(place / "data") as service:
            (place / "service.json").write_text(json.dumps(told(service)))
            environment = {**os.environ, "AWS_EC2_METADATA_DISABLED": "true"}
            done = subprocess.run(["npm", "test", "--silent"], cwd=place, env=environment, check=False)
    sys.exit(done.returncode)


def told(service):
    """What the tests need to know, and a file that `keyservice file` encrypted."""
    users = {name: {"accessKeyId": access_key_id_of(name), "secretAccessKey": secret_of(name)} for name in USERS}
    key = service.client().create_key()["KeyMetadata"]["Arn"]
    file = {"key": key, "sealed": base64.b64encode(sealed(service, key)).decode()}
    file["text"] = base64.b64encode(TEXT).decode()
    return {"endpoint": service.endpoint, "region": REGION, "account": ACCOUNT, "users": users, "file": file}


def sealed(service, key):
    """The text, encrypted by the command."""
    arguments = ["encrypt", "--key-id", key, "--endpoint-url", service.endpoint, "-", "--output", "-"]
    signing = {"AWS_ACCESS_KEY_ID": access_key_id_of("admin"), "AWS_SECRET_ACCESS_KEY": secret_of("admin")}
    done = CliRunner().invoke(file_command, arguments, input=TEXT, env=signing, catch_exceptions=False)
    if done.exit_code:
        sys.exit(done.stderr)
    return done.stdout_bytes


if __name__ == "__main__":
    main()
