"""Every operation of the SDK's model with every fault that the model lets its members have: none is listed by hand.

Of each fault AWS has a sentence; what the answer may be follows from the constraint that is broken.
"""

import base64
import json
import logging

import botocore.session
import pytest

from keyservice.operations.registry import OPERATIONS
from tests.keyservice.operations.cases import prepared
from tests.live import open_service

MODEL = botocore.session.get_session().get_service_model("kms")
KMS = [name for service, name in OPERATIONS if service == "kms"]
DEEP = 3000
ODD = "\u0000\u007f\uffff"

# Of every AWS service (KMS API Reference, "Common Errors").
COMMON = {"AccessDeniedException", "ValidationException", "SerializationException", "UnrecognizedClientException"}


@pytest.fixture(scope="module")
def shared(tmp_path_factory):
    service = open_service(tmp_path_factory.mktemp("faults") / "data")
    yield service
    service.close()


@pytest.fixture(scope="module")
def sound(shared):
    """Sound members of every operation, by name."""
    return {name: prepared(shared, name)[1] for name in KMS}


def lower(name):
    return name[:1].lower() + name[1:]


def wrong_types(shape):
    """JSON values of other types than the shape's, and what AWS says of some."""
    values = {
        "string": [7, 1.5, True, False],
        "blob": [7, 1.5, True, False],
        "integer": ["7", True, False],
        "boolean": ["true", 0, 1],
        "timestamp": [True, "text"],
        "map": ["text", 7, True],
        "list": ["text", 7, True],
        "structure": ["text", 7, True],
    }[shape.type_name]
    lists, maps = [[]], [{}]
    return (
        values
        + (lists if shape.type_name != "list" else [])
        + (maps if shape.type_name not in {"map", "structure"} else [])
    )


def told(where, must, value=None, of="Member"):
    """AWS's sentence, or its beginning."""
    shown = "Value" if value is None else f"Value '{value}'"
    return f"{shown} at '{where}' failed to satisfy constraint: {of} must {must}"


def broken_texts(shape, where):
    limits = shape.metadata
    if getattr(shape, "enum", None):
        for text in ("", "NO_SUCH_VALUE", shape.enum[0].lower() + "x"):
            yield text, told(where, f"satisfy enum value set: [{', '.join(shape.enum)}]", text)
        return
    if limits.get("min", 0) > 0:
        yield "x" * (limits["min"] - 1), f"Member must have length greater than or equal to {limits['min']}"
    if "max" in limits:
        yield "x" * (limits["max"] + 1), f"Member must have length less than or equal to {limits['max']}"
    if "pattern" in limits:
        must = f"Member must satisfy regular expression pattern: {limits['pattern']}"
        yield ODD.ljust(limits.get("min", 1), "x"), must


def broken_blobs(shape, where):
    limits = shape.metadata
    if limits.get("min", 0) > 0:
        yield "", told(where, "have length greater than or equal to 1")
    if "max" in limits:
        text = base64.b64encode(bytes(limits["max"] + 1)).decode()
        yield text, told(where, f"have length less than or equal to {limits['max']}")


def broken_numbers(shape, where):
    limits = shape.metadata
    for number in (limits["min"] - 1, -(10**9)) if "min" in limits else ():
        yield number, told(where, "have value greater than or equal to", number)
    for number in (limits["max"] + 1, 2**31 - 1) if "max" in limits else ():
        yield number, told(where, "have value less than or equal to", number)


def broken_lists(shape, where):
    if "max" in shape.metadata:
        yield [whole(shape.member)] * (shape.metadata["max"] + 1), told(where, "have length less than or equal to")
    if shape.member.type_name != "structure":
        for value, _ in broken_constraints(shape.member, where):
            yield [value], f"at '{where}' failed to satisfy constraint: Member must satisfy constraint: [Member must"
        return
    inner = f"{where}.1.member"
    sound = whole(shape.member)
    for name, member in shape.member.members.items():
        for value, said in broken_constraints(member, f"{inner}.{lower(name)}"):
            yield [{**sound, name: value}], said
    for name in shape.member.required_members:
        lacking = {other: value for other, value in sound.items() if other != name}
        yield [lacking], f"Value null at '{inner}.{lower(name)}' failed to satisfy constraint: Member must not be null"
    yield [None], f"Value null at '{inner}' failed to satisfy constraint: Member must not be null"


def broken_structures(shape, where):
    for name, member in shape.members.items():
        for value, said in broken_constraints(member, f"{where}.{lower(name)}"):
            yield {name: value}, said


def broken_maps(shape, where):
    yield {"a": None}, told(where, "satisfy constraint: [Member must not be null]", of="Map value")


BROKEN = {
    "string": broken_texts,
    "blob": broken_blobs,
    "integer": broken_numbers,
    "list": broken_lists,
    "structure": broken_structures,
    "map": broken_maps,
}


def broken_constraints(shape, where):
    """Values that break one constraint of the model each, and what is said of them."""
    find = BROKEN.get(shape.type_name)  # booleans and timestamps have none
    return find(shape, where) if find else ()


def whole(shape):
    """A value of the shape that breaks nothing which the model says."""
    match shape.type_name:
        case "string":
            return (shape.enum or ["x" * max(shape.metadata.get("min", 1), 1)])[0]
        case "structure":
            return {name: whole(shape.members[name]) for name in shape.required_members}
    raise AssertionError(shape)


def members(operation):
    shape = MODEL.operation_model(operation).input_shape
    return dict(shape.members) if shape else {}


def errors_of(operation):
    """What the operation may answer: its own errors and those of every service."""
    return {shape.name for shape in MODEL.operation_model(operation).error_shapes} | COMMON


def refusal(shared, operation, given):
    answer = shared.call(operation, given)
    context = (operation, str(given)[:300], answer.status, answer.body[:300])
    assert answer.status == 400, context
    assert answer.type in errors_of(operation) | not_offered(answer), context
    assert len(answer.body) < 20_000
    return answer


def not_offered(answer):
    """A member that this service does not have is refused before anything else is looked at."""
    is_told = "is not supported" in (answer.json.get("message") or "")
    return {"UnsupportedOperationException"} if is_told else set()


@pytest.mark.parametrize("operation", KMS)
def test_a_value_of_another_type_is_a_serialization_exception(shared, sound, operation, caplog):
    for name, shape in members(operation).items():
        for value in wrong_types(shape):
            answer = refusal(shared, operation, {**sound[operation], name: value})
            if not not_offered(answer):
                assert ("SerializationException", operation, name) == (answer.type, operation, name), value
                assert answer.message
    assert [] == [record for record in caplog.records if record.levelno >= logging.WARNING]


@pytest.mark.parametrize("operation", KMS)
def test_a_value_that_breaks_a_constraint_of_the_model_is_told_which(shared, sound, operation):
    for name, shape in members(operation).items():
        for value, said in broken_constraints(shape, lower(name)):
            answer = refusal(shared, operation, {**sound[operation], name: value})
            if not not_offered(answer):
                assert "ValidationException" == answer.type, (name, str(value)[:80], answer)
                assert said in answer.message, (name, str(value)[:80])


@pytest.mark.parametrize("operation", KMS)
def test_what_the_model_requires_is_missed_all_at_once(shared, operation):
    shape = MODEL.operation_model(operation).input_shape
    required = list(shape.required_members) if shape else []
    for given in ({}, dict.fromkeys(required), {"Unknown": 1}):
        if required:
            answer = refusal(shared, operation, given)
            must = "failed to satisfy constraint: Member must not be null"
            faults = [f"Value null at '{lower(name)}' {must}" for name in members(operation) if name in required]
            noun = "error" if len(faults) == 1 else "errors"
            assert f"{len(faults)} validation {noun} detected: {'; '.join(faults)}" == answer.message


@pytest.mark.parametrize("operation", KMS)
def test_nulls_unknown_members_and_all_but_the_last_of_a_name_are_as_if_they_were_not_there(service, operation):
    _, given = prepared(service, operation)
    parts = [f'"{name}": 7, "{name}": {json.dumps(value)}' for name, value in given.items()]
    parts += [f'"{name}": null' for name in members(operation) if name not in given]
    parts += ['"Unknown": {"a": [null, {"b": 1}]}', '"keyId": 7']
    answer = service.post(f"{{{', '.join(parts)}}}".encode(), {"X-Amz-Target": f"TrentService.{operation}"})
    assert 200 == answer.status, answer.body


@pytest.mark.parametrize("operation", KMS)
def test_base64_that_is_none_is_a_serialization_exception(shared, sound, operation):
    for name, shape in members(operation).items():
        if shape.type_name == "blob":
            for text in ("A", "AAA", "A=AA", "====", "AA==AAAA", "AAAA====", "AA A", "AAA\n", "\u00c4AAA", "AA-_"):
                answer = refusal(shared, operation, {**sound[operation], name: text})
                assert "SerializationException" == answer.type, (name, text)
                assert text not in answer.message


@pytest.mark.parametrize("operation", KMS)
def test_json_that_is_odd_is_read_or_refused_and_never_a_fault_of_ours(shared, sound, operation):
    text = json.dumps(sound[operation])
    start = text[:-1] + (", " if len(text) > 2 else "") + '"x": '
    readable = ["[" * DEEP + "]" * DEEP, '{"a":' * DEEP + "1" + "}" * DEEP, "1e99999", "9" * 5000]
    unreadable = [start + value + "}" for value in ("NaN", "-Infinity", '"\\ud800"')]
    for body in [start + value + "}" for value in readable]:
        answer = shared.post(body.encode(), {"X-Amz-Target": f"TrentService.{operation}"}, user="nobody")
        assert 400 == answer.status, body[-80:]
    for body in (*unreadable, text + "x", "\ufeff" + text, f"[{text}]"):
        answer = shared.post(body.encode(), {"X-Amz-Target": f"TrentService.{operation}"})
        assert (400, "SerializationException") == (answer.status, answer.type), body[-80:]
    for raw in (b'{"x": "\xff"}', b'{"\xed\xa0\x80": 1}', text.encode("utf-16")):
        answer = shared.post(raw, {"X-Amz-Target": f"TrentService.{operation}"})
        assert (400, "SerializationException") == (answer.status, answer.type)


def test_faults_of_several_members_are_told_together_in_the_models_order(shared, sound):
    given = {**sound["CreateKey"], "KeySpec": "x", "Description": "x" * 8193, "KeyUsage": "y", "Policy": ""}
    answer = shared.call("CreateKey", given)
    assert answer.message.startswith(
        "5 validation errors detected: Value '' at 'policy' failed to satisfy constraint: "
    )
    places = [answer.message.index(f"at '{name}'") for name in ("policy", "description", "keyUsage", "keySpec")]
    assert sorted(places) == places
