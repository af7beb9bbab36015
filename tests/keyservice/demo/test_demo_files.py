"""Files that are there whole or not at all, and the instances of an identities file."""

import os

import pytest

from keyservice.demo.files import replace_file
from keyservice.demo.instances import read_instances
from keyservice.demo.stage import HERE


def test_a_file_is_replaced_for_its_owner_only(tmp_path):
    path = tmp_path / "file"
    for content in (b"old", b"new"):
        replace_file(path, content)
        assert (content, 0o600) == (path.read_bytes(), path.stat().st_mode & 0o777)
    assert ["file"] == [entry.name for entry in tmp_path.iterdir()]


def test_what_cannot_be_replaced_leaves_the_old_file_and_nothing_beside_it(tmp_path, monkeypatch):
    path = tmp_path / "file"
    replace_file(path, b"old")

    def fail(_):
        raise OSError("no space left")

    monkeypatch.setattr(os, "fsync", fail)
    with pytest.raises(OSError, match="no space left"):
        replace_file(path, b"new")
    assert (b"old", ["file"]) == (path.read_bytes(), [entry.name for entry in tmp_path.iterdir()])


def test_the_instances_are_those_of_the_identities_file(tmp_path):
    account = "111122223333"
    instances = {"i-0aaaaaaaaaaaaaaa1": account, "i-0bbbbbbbbbbbbbbb2": account}
    assert instances == read_instances(HERE / "identities.yaml")
    path = tmp_path / "ids.yaml"
    path.write_text("accounts: [{id: '444455556666'}, {id: '111122223333', instances: [{id: i-0abc}]}]")
    assert {"i-0abc": account} == read_instances(path)
