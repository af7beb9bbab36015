"""The text of an identities file becomes values, and nothing is guessed."""

import pytest

from keyservice.identity.document import IdentitiesError, read_document


def faults_of(text, **how):
    with pytest.raises(IdentitiesError) as caught:
        read_document(text, **how)
    return caught.value.faults


def test_what_yaml_would_make_a_date_an_octal_number_or_false_stays_text():
    assert {"Version": "2012-10-17", "id": "011122223333", "tag": "no", "n": "3600"} == read_document(
        "{Version: 2012-10-17, id: 011122223333, tag: no, n: 3600}"
    )


def test_true_false_and_null_are_themselves():
    assert {"a": True, "b": False, "c": None, "d": None} == read_document("{a: true, b: false, c: null, d: }")


def test_a_member_given_twice_is_refused_with_its_place():
    assert ("line 2, column 1: found `a` twice",) == faults_of("a: 1\na: 2\n")
    assert ("found `a` twice in one object",) == faults_of('{"x": {"a": 1, "a": 2}}', is_json=True)


def test_aliases_are_refused():
    assert "alias" in faults_of("a: &x [1]\nb: *x\n")[0]


@pytest.mark.parametrize(
    "text",
    ["a: [", "\t- x", "!!python/object:os.system {}", "a: b: c", "? [x]\n: y", "\x00", "- a\nb: c", "[" * 20_000],
)
def test_what_is_no_yaml_is_one_fault_and_no_traceback(text):
    assert 1 == len(faults_of(text))


@pytest.mark.parametrize("text", ["", "{", '{"a": }', "[" * 200_000, "nul", "9" * 5000])
def test_what_is_no_json_is_one_fault_and_no_traceback(text):
    assert 1 == len(faults_of(text, is_json=True))


def test_a_file_too_long_is_not_read():
    assert "at most" in faults_of(" " * (4 * 1024 * 1024 + 1))[0]
