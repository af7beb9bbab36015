"""Whatever arrives at the endpoint is answered with AWS's error, and nothing stored changes.

Every operation is given every fault that its members can have, one at a time.
"""

import json
import logging
import random

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from keyservice.operations.registry import OPERATIONS
from keyservice.operations.shapes import (
    Blob,
    Choice,
    Flag,
    ListOf,
    NotOffered,
    Number,
    Record,
    Text,
    TextMap,
    Timestamp,
    members_of,
)
from tests.keyservice.operations.cases import POLICY, encoded, form_of, prepared
from tests.live import access_key_id_of, open_service, secret_of

KMS = [name for service, name in OPERATIONS if service == "kms"]
DEEP = "[" * 100_000
SECRET_PLAINTEXT = b"the plaintext that must be nowhere"


@pytest.fixture(scope="module")
def shared(tmp_path_factory):
    service = open_service(tmp_path_factory.mktemp("bad-input") / "data")
    yield service
    service.close()


@pytest.fixture(scope="module")
def sound(shared):
    """Sound members of every operation, by name."""
    return {name: prepared(shared, name)[1] for _, name in OPERATIONS}


def records(service):
    """Everything stored but the trail."""
    store = service.opened.store
    keys = store.keys("111122223333", "us-east-1", after=None, limit=10_000)
    aliases = store.aliases("111122223333", "us-east-1", key_id=None, after=None, limit=10_000)
    return list(keys), list(aliases), store.accounts()


WRONG_TYPES = [True, 7, 1.5, 1e308, 10**30, -1, "text", [], {}, [[]], {"a": {"b": {}}}, [None], ""]
LONG = "A" * 200_000


def faulty(shape):  # noqa: C901 - a row a shape
    """Values that the shape must refuse."""
    match shape:
        case Text():
            yield from (value for value in WRONG_TYPES if not isinstance(value, str))
            if shape.least:
                yield ""
            if shape.most is not None:
                yield "x" * (shape.most + 1)
            if shape.pattern and "\\w" in shape.pattern:
                yield from ("ä", "a b", "\u0000")
        case Choice():
            yield from (value for value in WRONG_TYPES if value != "text")
            yield from ("text", shape.values[0].lower(), LONG)
        case Blob():
            yield from (True, 7, [], {}, "", "no base64!", "AAA", "AAAA====", "ÄÄÄÄ", encoded(bytes(shape.most + 1)))
        case Number():
            yield from (True, "7", 1.5, 1e308, 10**30, [], {}, shape.least - 1, shape.most + 1, -(10**30))
        case Timestamp():
            yield from (True, "7", "2030-01-01T00:00:00Z", [], {}, 1e308, -1e308, 10**30, -(10**30), 253402300800)
        case Flag():
            yield from (0, 1, "true", "false", [], {})
        case TextMap():
            yield from (True, 7, "text", [], {"a": 1}, {"a": None}, {"a": []}, {"a": {}}, {"a": True})
        case ListOf():
            yield from (True, 7, "text", {}, {"0": "a"})
            if shape.most is not None:
                yield ["x"] * (shape.most + 1)
            yield from ([value] for value in faulty(shape.member))
            yield [None]
        case Record():
            yield from (True, 7, "text", [])
            for member in members_of(shape.cls):
                yield from ({**whole(shape), member.wire: value} for value in faulty(member.shape))
                yield {name: value for name, value in whole(shape).items() if name != member.wire}
        case _:
            yield from ("text", {}, 1)


def whole(shape):
    return {member.wire: "x" for member in members_of(shape.cls)}


def is_awss_refusal(answer):
    return (
        400 <= answer.status < 500
        and answer.type is not None
        and answer.headers["content-type"] == "application/x-amz-json-1.1"
        and b"Traceback" not in answer.body
        and len(answer.body) < 20_000
    )


def refusals(member):
    """What a faulty member may be answered with."""
    unsupported = {"UnsupportedOperationException"} if isinstance(member.shape, NotOffered) else set()
    corrupted = {"InvalidCiphertextException"} if member.wire == "CiphertextBlob" else set()
    return {"ValidationException", "SerializationException", "NotFoundException"} | unsupported | corrupted


@pytest.mark.parametrize("operation", KMS)
def test_a_member_that_is_not_as_the_model_says_is_refused(shared, sound, operation, caplog):
    before = records(shared)
    tried = 0
    for member in members_of(OPERATIONS["kms", operation].input):
        for value in faulty(member.shape):
            if isinstance(member.shape, ListOf) and value in ([], [None], [""]) and member.wire != "Tags":
                continue
            answer = shared.call(operation, {**sound[operation], member.wire: value})
            assert is_awss_refusal(answer), (member.wire, str(value)[:80], answer)
            assert answer.type in refusals(member), (member.wire, str(value)[:80], answer)
            tried += 1
        if member.is_required:
            answer = shared.call(operation, {**sound[operation], member.wire: None})
            assert ("ValidationException", True) == (answer.type, "Member must not be null" in answer.message)
    assert before == records(shared)
    assert [] == caplog.records
    assert tried or not members_of(OPERATIONS["kms", operation].input)


@pytest.mark.parametrize(
    "body",
    [
        *(b"{", b"[]", b"7", b'"text"', b"null", b"true", b"\xff\xfe", b'{"KeyId": "\xff"}', b"\x00", b"{'KeyId': 1}"),
        *(
            b'{"KeyId": "\\ud800"}',
            b'{"KeyId": NaN}',
            b'{"KeyId": 1e999}',
            b'{"a": ' + DEEP.encode(),
            b"\xef\xbb\xbf{}",
        ),
        *(b"{}{}", b"KeyId=1", b'{"KeyId": "a",}', b'{"KeyId": Infinity}', b" " * 1000),
    ],
    ids=lambda body: repr(body[:20]),
)
@pytest.mark.parametrize("operation", KMS)
def test_a_body_that_is_no_json_object_is_refused(shared, operation, body):
    before = records(shared)
    answer = shared.post(body, {"X-Amz-Target": f"TrentService.{operation}"})
    assert is_awss_refusal(answer), answer
    assert answer.type in {"SerializationException", "ValidationException"}
    assert before == records(shared)


def test_unknown_members_are_ignored_as_aws_does(shared):
    assert 200 == shared.call("ListKeys", {"Nonsense": {"a": [1]}, "limit": -1}).status


@pytest.mark.parametrize(
    "how",
    [
        {"method": "GET"},
        {"method": "HEAD"},
        {"method": "PUT"},
        {"method": "DELETE"},
        {"method": "OPTIONS"},
        {"path": "/kms"},
        {"path": "//"},
        {"path": "/../"},
        {"headers": {"X-Amz-Target": "TrentService.NoSuchOperation"}},
        {"headers": {"X-Amz-Target": "NoService.ListKeys"}},
        {"headers": {"X-Amz-Target": "ListKeys"}},
        {"headers": {"X-Amz-Target": ""}},
        {"headers": {"X-Amz-Target": "TrentService.listkeys"}},
        {"headers": {"X-Amz-Target": "TrentService.AssumeRole"}},
        {"headers": {"X-Amz-Target": "TrentService.\u00e4"}},
        {"headers": {"Content-Type": "application/json"}},
        {"headers": {"Content-Type": "application/x-amz-json-1.0"}},
        {"headers": {"Content-Type": "text/plain"}},
        {"headers": {"Content-Type": ""}},
        {"headers": {"Content-Type": "application/x-www-form-urlencoded"}},
    ],
    ids=str,
)
def test_what_is_no_operation_is_an_unknown_operation(shared, how):
    headers = {"X-Amz-Target": "TrentService.ListKeys", **how.get("headers", {})}
    place = {name: value for name, value in how.items() if name != "headers"}
    answer = shared.post(b"{}", headers, **place)
    assert (400, "UnknownOperationException") == (answer.status, answer.type)


def test_a_media_type_may_have_parameters_and_any_case(shared):
    headers = {"X-Amz-Target": "TrentService.ListKeys", "Content-Type": "Application/X-AMZ-JSON-1.1; charset=utf-8"}
    assert 200 == shared.post(b"{}", headers).status


def test_a_body_larger_than_any_sound_request_is_refused(shared):
    answer = shared.post(b" " * 1_048_577, {"X-Amz-Target": "TrentService.ListKeys"})
    assert (413, "RequestEntityTooLargeException") == (answer.status, answer.type)


FORM_FAULTS = [
    *("", "Action", "Action=", "Action=AssumeRole", "Version=2011-06-15", "Action=Nothing&Version=2011-06-15"),
    *(
        "Action=AssumeRole&Version=1999-01-01",
        "%ff%fe=1",
        "Action=GetCallerIdentity&Action=AssumeRole",
        "&&&",
        "\u0000",
    ),
    "&".join(f"a{number}=1" for number in range(2000)),
]


@pytest.mark.parametrize("form", FORM_FAULTS, ids=lambda form: repr(form[:40]))
def test_a_form_that_names_no_operation_is_refused_in_xml(shared, form):
    answer = shared.sts(form)
    assert 400 <= answer.status < 500
    assert answer.body.startswith(b"<ErrorResponse ")


MEMBER_FAULTS = [
    *({"Tags.member.1.Key": "a"}, {"Tags.member.1": "a", "Tags.member.1.Key": "b", "Tags.member.1.Value": "c"}),
    *(
        {"Tags.member.1.Key": "b", "Tags.member.1.Value": "c", "Tags.member.1": "a"},
        {"Tags": "a"},
        {"Tags.member": "a"},
    ),
    *({"Tags.member.x.Key": "a"}, {"Tags.member.0.Key": "a"}, {"Tags.1.Key": "a"}, {"Tags..Key": "a"}),
    *(
        {"DurationSeconds": "text"},
        {"DurationSeconds": "1"},
        {"DurationSeconds": "9" * 30},
        {"DurationSeconds": "\uff11"},
    ),
    *({"DurationSeconds": "-900"}, {"DurationSeconds": "900.0"}, {"DurationSeconds": ""}, {"DurationSeconds.a": "900"}),
    *({"RoleArn": ""}, {"RoleArn": "x" * 3000}, {"RoleArn": "arn:aws:iam::1:user/App/aaaaaaaa"}, {"RoleArn.x": "a"}),
    *({"RoleSessionName": "a"}, {"RoleSessionName": "ä" * 5}, {"RoleSessionName": "a b"}, {"ExternalId": "\n\n\n"}),
    *({"Policy": ""}, {"Policy": "{}"}, {"Policy": "text"}, {"Policy": '{"Statement": []}' + " " * 3000}),
    *({"Policy": '{"Version": "2012-10-17", "Statement": {"Effect": "Maybe"}}'}, {"PolicyArns.member.1.arn": "x" * 30}),
    *({"SerialNumber": "arn:aws:iam::1:mfa/x"}, {"TokenCode": "123456"}, {"SourceIdentity": "a"}),
    {f"Tags.member.{number}.{part}": f"t{number}" for number in range(1, 60) for part in ("Key", "Value")},
    {"Tags.member.1.Key": "a", "Tags.member.1.Value": "b", "Tags.member.2.Key": "A", "Tags.member.2.Value": "b"},
    {"TransitiveTagKeys.member.1": "x" * 200},
    {".".join("a" * 20): "deep"},
]


@pytest.mark.parametrize("members", MEMBER_FAULTS, ids=lambda members: str(members)[:60])
def test_a_form_whose_members_are_wrong_or_contradict_is_refused(shared, sound, members):
    given = {name: value for name, value in sound["AssumeRole"].items() if f"{name}.x" not in members}
    answer = shared.sts(form_of("AssumeRole", {**given, **members}), user="alice")
    assert 400 == answer.status, answer.body
    assert b"<Code>" in answer.body


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(max_size=30),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=10), inner, max_size=4),
    max_leaves=10,
)


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(operation=st.sampled_from(KMS), values=st.lists(JSON, min_size=12, max_size=12), seed=st.integers(0, 2**32))
def test_no_json_makes_a_fault_of_ours(shared, sound, operation, values, seed):
    chosen = random.Random(seed)
    members = dict(sound[operation])
    for member, value in zip(members_of(OPERATIONS["kms", operation].input), values, strict=False):
        if chosen.random() < 0.4:
            members[member.wire] = value
    try:
        answer = shared.call(operation, members)
    except UnicodeEncodeError:
        return  # a lone surrogate, which the test's own client cannot send
    assert 200 <= answer.status < 500, (members, answer)


@settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(body=st.binary(max_size=300), target=st.sampled_from(KMS))
def test_no_bytes_make_a_fault_of_ours(shared, body, target):
    assert 200 <= shared.post(body, {"X-Amz-Target": f"TrentService.{target}"}).status < 500


def test_tag_keys_that_differ_only_in_case_are_two_tags_of_a_key_that_still_works(service):
    tags = [{"TagKey": "Env", "TagValue": "a"}, {"TagKey": "env", "TagValue": "b"}]
    key = service.make_key(POLICY, Tags=tags)["KeyId"]
    assert 200 == service.call("Encrypt", {"KeyId": key, "Plaintext": encoded(b"x")}).status
    context = {"App": "a", "app": "b"}
    blob = service.call("Encrypt", {"KeyId": key, "Plaintext": encoded(b"x"), "EncryptionContext": context})
    assert (
        200
        == service.call("Decrypt", {"CiphertextBlob": blob.json["CiphertextBlob"], "EncryptionContext": context}).status
    )


def test_no_plaintext_or_secret_is_in_the_trail_the_store_the_logs_or_an_answer_that_refuses(service, caplog):
    caplog.set_level(logging.DEBUG)
    key = service.make_key(POLICY)["KeyId"]
    plaintext = encoded(SECRET_PLAINTEXT)
    data_key = service.call("GenerateDataKey", {"KeyId": key, "KeySpec": "AES_256"}).json["Plaintext"]
    blob = service.call("Encrypt", {"KeyId": key, "Plaintext": plaintext}).json["CiphertextBlob"]
    assert plaintext == service.call("Decrypt", {"CiphertextBlob": blob}).json["Plaintext"]
    given = service.sts(form_of("AssumeRole", prepared(service, "AssumeRole")[1]), user="alice").body.decode()
    secret, token = (given.split(f"<{name}>")[1].split("<")[0] for name in ("SecretAccessKey", "SessionToken"))
    refused = [
        service.call("Encrypt", {"KeyId": key, "Plaintext": plaintext}, user="nobody"),
        service.call("Encrypt", {"KeyId": key, "Plaintext": plaintext, "EncryptionContext": 7}),
        service.call("Encrypt", {"KeyId": key, "Plaintext": SECRET_PLAINTEXT.decode()}),
        service.call("Encrypt", {"KeyId": "no", "Plaintext": plaintext, "GrantTokens": [7, SECRET_PLAINTEXT.decode()]}),
        service.call("Encrypt", {"KeyId": key, "Plaintext": [SECRET_PLAINTEXT.decode()]}),
        service.post(b'{"Plaintext": "' + SECRET_PLAINTEXT, {"X-Amz-Target": "TrentService.Encrypt"}),
        service.call("Encrypt", {"KeyId": key, "GrantTokens": [SECRET_PLAINTEXT.decode() * 400]}),
    ]
    assert {400} == {answer.status for answer in refused}
    service.opened.close()
    kept = b"".join(path.read_bytes() for path in service.opened.directory.path.rglob("*") if path.is_file())
    told = kept + b"".join(answer.body for answer in refused) + caplog.text.encode()
    secrets = [plaintext, data_key, secret, token, SECRET_PLAINTEXT.decode(), secret_of("admin"), secret_of("nobody")]
    assert [] == [text for text in secrets if text.encode() in told]
    assert access_key_id_of("admin").encode() in told
    assert json.dumps(key).encode() in told
