"""SoftHSM2 for the tests: an HSM's PKCS#11 library in software, its tokens in a directory of the test's own."""

import os
import secrets
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

import pytest

from keyservice.keystore.pkcs11_module import module_at
from keyservice.keystore.pkcs11_token import Pkcs11Token
from keyservice.settings import Hsm

_PLACES = ("/usr/lib/softhsm", "/usr/lib64/softhsm", "/usr/local/lib/softhsm", "/opt/homebrew/lib/softhsm")
MODULE = next((path for place in _PLACES if (path := Path(place) / "libsofthsm2.so").exists()), None)

needs_softhsm = pytest.mark.skipif(
    MODULE is None or shutil.which("softhsm2-util") is None,
    reason="SoftHSM2 is not installed, which this test needs: apt-get install softhsm2",
)

PASSWORD = "kmsuser-password"
CLUSTER = "cluster-aaaaaaaaaaa"


@dataclass(frozen=True, kw_only=True)
class SoftHsm:
    """A directory of tokens, and one token's label, which no other test's token has: a process has one library."""

    path: Path
    label: str

    def create(self, pin=PASSWORD):
        """Make the token, empty."""
        self._util("--init-token", "--free", "--label", self.label, "--so-pin", "security-officer", "--pin", pin)

    def delete(self):
        """Delete the token with all its keys, whoever is using it."""
        self._util("--delete-token", "--token", self.label)

    def hide(self):
        """Take the token away: the network to the HSM is down."""
        shutil.move(self.path / "tokens", self.path / "hidden")
        (self.path / "tokens").mkdir()

    def show(self):
        """Bring it back."""
        (self.path / "tokens").rmdir()
        shutil.move(self.path / "hidden", self.path / "tokens")

    def settings(self, **more):
        return Hsm(cluster=CLUSTER, module=MODULE, token=self.label, **more)

    def token(self, **more):
        return Pkcs11Token(self.settings(**more), module_at(MODULE, 1), os.urandom)

    def _util(self, *arguments):
        subprocess.run(["softhsm2-util", *arguments], check=True, capture_output=True)


def make_softhsm(path, monkeypatch):
    """A SoftHSM with a token in it."""
    (path / "tokens").mkdir(parents=True)
    configuration = path / "softhsm2.conf"
    configuration.write_text(
        f"directories.tokendir = {path / 'tokens'}\nobjectstore.backend = file\nlog.level = ERROR\n"
    )
    monkeypatch.setenv("SOFTHSM2_CONF", str(configuration))
    made = SoftHsm(path=path, label=f"keys-{secrets.token_hex(4)}")
    made.create()
    return made
