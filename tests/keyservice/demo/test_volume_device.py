"""The sectors of a volume: encrypted where they lie, zeros where nothing was written."""

import os

import pytest

from keyservice.demo.volumes.device import SECTOR, BlockDevice, DeviceError

KEY = bytes(range(64))


@pytest.fixture
def path(tmp_path):
    return tmp_path / "vol.sectors"


@pytest.fixture
def device(path):
    return BlockDevice(path, 1000, lambda: KEY)


def test_what_was_written_is_read_again_and_is_not_on_the_disk(device, path):
    data = b"a secret".ljust(2 * SECTOR, b".")
    device.write(3, data)
    assert data == device.read(3, 2)
    assert data[SECTOR:] == device.read(4)
    assert b"secret" not in path.read_bytes()


def test_what_was_never_written_is_zeros(device):
    assert bytes(2 * SECTOR) == device.read(998, 2)
    device.write(500, bytes(SECTOR - 1) + b"x")
    assert bytes(SECTOR) == device.read(499)


def test_zeros_that_were_written_are_encrypted_too(device, path):
    device.write(0, bytes(SECTOR))
    assert bytes(SECTOR) != path.read_bytes()
    assert bytes(SECTOR) == device.read(0)


def test_the_same_text_in_two_sectors_is_encrypted_differently(device, path):
    device.write(0, b"x" * 2 * SECTOR)
    lying = path.read_bytes()
    assert lying[:SECTOR] != lying[SECTOR:]


def test_a_sector_is_written_without_touching_its_neighbours(device):
    before, other = os.urandom(3 * SECTOR), os.urandom(SECTOR)
    device.write(7, before)
    device.write(8, other)
    assert before[:SECTOR] + other + before[2 * SECTOR :] == device.read(7, 3)


def test_another_key_reads_nothing_sensible(device, path):
    device.write(0, b"x" * SECTOR)
    assert b"x" * SECTOR != BlockDevice(path, 1000, lambda: KEY[::-1]).read(0)


@pytest.mark.parametrize(("sector", "count"), [(-1, 1), (1000, 1), (999, 2), (0, 0)])
def test_there_is_nothing_beyond_the_ends(device, sector, count):
    with pytest.raises(DeviceError):
        device.read(sector, count)


@pytest.mark.parametrize("data", [b"", b"x", b"x" * (SECTOR + 1), b"x" * 1001 * SECTOR])
def test_only_whole_sectors_that_there_are_can_be_written(device, path, data):
    with pytest.raises(DeviceError):
        device.write(0, data)
    assert not path.exists()


def test_without_the_key_nothing_is_read_or_written(path):
    def gone():
        raise DeviceError("detached")

    device = BlockDevice(path, 1000, gone)
    for attempt in (lambda: device.read(0), lambda: device.write(0, bytes(SECTOR))):
        with pytest.raises(DeviceError):
            attempt()
    assert not path.exists()


def test_the_file_is_for_its_owner_only(device, path):
    device.write(0, bytes(SECTOR))
    assert 0o600 == path.stat().st_mode & 0o777
