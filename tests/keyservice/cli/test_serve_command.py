"""`keyservice serve` starts on a new directory, ends cleanly on a signal, and says in a line why it will not start."""

import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from configparser import ConfigParser
from pathlib import Path

import pytest

CLUSTER = "cluster-aaaaaaaaaaa"
SERVE = [sys.executable, "-u", "-m", "keyservice.cli.main", "serve"]


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_ends_the_service_with_everything_closed(number: signal.Signals, tmp_path: Path) -> None:
    data = tmp_path / "data"
    with subprocess.Popen([*SERVE, "--data", str(data), "--port", "0"], stdout=subprocess.PIPE, text=True) as service:
        assert service.stdout is not None
        for line in service.stdout:
            if line.startswith("store.") or line.strip().endswith("secrets store."):
                break
        _wait_until_ready(data)
        service.send_signal(number)
        assert 0 == service.wait(timeout=30)
    left = {path.name for path in data.iterdir()}
    assert {"aws", "root.key", "trail", "wardkey.db", "wardkey.db.lock"} == left


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["--account", "12"], "--account: `12` is no account id: expected 12 digits"),
        (["--region", "Mars"], "--region: `Mars` is no region"),
        (["--port", "99999"], "--port"),
        (["--hsm", "cluster-1=module=/x.so,token=keys"], "--hsm: cluster: String should match pattern"),
        (["--hsm", f"{CLUSTER}=token=keys"], "--hsm: module: Field required"),
        (["--hsm", f"{CLUSTER}=module=/x.so,token=keys,pin=1234"], "--hsm: `pin` in"),
        (["--hsm", f"{CLUSTER}=module=/x.so,token=keys,iv=none"], "--hsm: iv: Input should be 'service' or 'hsm'"),
        (["--hsm", f"{CLUSTER}=module=/x.so,token=keys"] * 2, "--hsm: a cluster or a token is named twice"),
        (["--xks-proxy", "http://xks.example=connect=10.0.0.7:443"], "--xks-proxy: endpoint: String should match"),
        (["--xks-proxy", "https://xks.example"], "expected ENDPOINT=connect=HOST:PORT and other settings"),
        (["--xks-proxy", "https://xks.example=secret=x"], "--xks-proxy: `secret` in"),
        (["--xks-proxy", "https://xks.example=connect=10.0.0.7"], "--xks-proxy: connect: String should match"),
        (["--xks-proxy", "https://xks.example=connect=10.0.0.7:99999"], "--xks-proxy: `10.0.0.7:99999` has no port"),
        (["--xks-proxy", "https://xks.example=ca=/no/such.pem"], "--xks-proxy: ca: Path does not point to a file"),
        (["--xks-proxy", "https://xks.example=service=x"], "--xks-proxy: service: String should match"),
        (["--xks-proxy", "https://xks.example=connect=[::1]:1"] * 2, "--xks-proxy: an endpoint or a VPC endpoint"),
        (["--xks-allow", "10.0.0.1/8"], "--xks-allow: "),
        (["--xks-allow", "everywhere"], "--xks-allow: "),
        (["--xks-timeout", "0"], "--xks-timeout: Input should be greater than 0"),
    ],
)
def test_settings_that_cannot_be_are_usage_errors(options: list[str], said: str, tmp_path: Path) -> None:
    done = subprocess.run(
        [*SERVE, "--data", str(tmp_path / "data"), *options], capture_output=True, text=True, check=False
    )
    assert 2 == done.returncode
    assert said in done.stderr
    assert not (tmp_path / "data").exists()


@pytest.mark.parametrize(
    ("certificate", "said"), [(None, "cannot read the certificate"), ("no PEM", "is not one certificate in PEM form")]
)
def test_a_certificate_that_is_none_is_a_reason_not_to_start(
    certificate: str | None, said: str, tmp_path: Path
) -> None:
    path = tmp_path / "customerCA.crt"
    if certificate is not None:
        path.write_text(certificate)
    hsm = f"{CLUSTER}=module=/x.so,token=keys,certificate={path}"
    command = [*SERVE, "--data", str(tmp_path / "data"), "--port", "0", "--hsm", hsm]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)
    assert (1, True) == (done.returncode, said in done.stderr)
    assert "Traceback" not in done.stderr


def test_an_hsm_that_is_out_of_reach_does_not_keep_the_service_from_starting(tmp_path: Path) -> None:
    hsm = f"{CLUSTER}=module={tmp_path / 'none.so'},token=keys,user=kmsuser,iv=hsm,sessions=4"
    command = [*SERVE, "--data", str(tmp_path / "data"), "--port", "0", "--hsm", hsm]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as service:
        try:
            assert service.stdout is not None
            assert service.stdout.readline().startswith("Wardkey key service: ")
        finally:
            service.terminate()


def test_a_directory_that_is_served_is_not_served_twice(tmp_path: Path) -> None:
    data = str(tmp_path / "data")
    command = [*SERVE, "--data", data, "--port", "0"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as first:
        try:
            assert first.stdout is not None
            assert first.stdout.readline().startswith("Wardkey key service: ")
            second = subprocess.run(command, capture_output=True, text=True, check=False, timeout=30)
            assert 1 == second.returncode
            assert "in use by another process" in second.stderr
            assert "Traceback" not in second.stderr
        finally:
            first.terminate()


def _wait_until_ready(data: Path) -> None:
    config = ConfigParser()
    config.read(data / "aws" / "config")
    for _ in range(100):
        try:
            with urllib.request.urlopen(config["default"]["endpoint_url"] + "/readyz", timeout=5) as answer:
                assert 200 == answer.status
                return
        except urllib.error.URLError:
            time.sleep(0.1)
    pytest.fail("the service did not become ready")
