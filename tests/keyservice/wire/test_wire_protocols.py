"""The two protocols: what JSON and XML say for outputs and errors, and how forms become members."""

import json
import xml.etree.ElementTree as ET
from dataclasses import dataclass
from typing import Annotated

import pytest

from keyservice import errors
from keyservice.errors import ErrorKind, ServiceError
from keyservice.model.key import KeyState
from keyservice.operations.shapes import Wire
from keyservice.wire import json11, query, rest


@dataclass(frozen=True, kw_only=True)
class Inner:
    some_name: str


@dataclass(frozen=True, kw_only=True)
class Output:
    aws_account_id: Annotated[str, Wire("AWSAccountId")]
    blob: bytes
    moment: float
    flag: bool
    state: KeyState
    inner: Inner
    many: tuple[Inner, ...]
    texts: tuple[str, ...] = ()
    absent: str | None = None


OUTPUT = Output(
    aws_account_id="111122223333",
    blob=b"\x00\xff",
    moment=1.5,
    flag=True,
    state=KeyState.ENABLED,
    inner=Inner(some_name="<&>"),
    many=(Inner(some_name="a"), Inner(some_name="b")),
    texts=("x", "y"),
)
ERRORS = [value for value in vars(errors).values() if isinstance(value, ErrorKind)]


def test_an_output_is_json_under_its_wire_names_with_absent_members_left_out():
    reply = json11.write_output(OUTPUT)
    assert (200, b"application/x-amz-json-1.1") == (reply.status, reply.content_type)
    assert {
        "AWSAccountId": "111122223333",
        "Blob": "AP8=",
        "Moment": 1.5,
        "Flag": True,
        "State": "Enabled",
        "Inner": {"SomeName": "<&>"},
        "Many": [{"SomeName": "a"}, {"SomeName": "b"}],
        "Texts": ["x", "y"],
    } == json.loads(reply.body)


def test_an_operation_without_an_output_answers_nothing():
    assert b"" == json11.write_output(None).body


def test_an_error_has_its_type_and_its_message_unless_aws_sends_none():
    assert {"__type": "DisabledException", "message": "X is disabled."} == json.loads(
        json11.write_error(errors.DISABLED(arn="X")).body
    )
    assert {"__type": "InvalidCiphertextException"} == json.loads(json11.write_error(errors.INVALID_CIPHERTEXT()).body)


def test_access_denied_alone_spells_its_message_with_a_capital():
    denied = json.loads(json11.write_error(errors.ACCESS_DENIED(message="no")).body)
    assert {"__type": "AccessDeniedException", "Message": "no"} == denied


@pytest.mark.parametrize("kind", ERRORS, ids=lambda kind: f"{kind.code}-{kind.message[:20]}")
def test_every_error_is_written_in_both_protocols(kind):
    error = ServiceError(kind, "a <message> & \x00 more")
    told = json.loads(json11.write_error(error).body)
    assert kind.code == told["__type"]
    reply = query.write_error(error, "request-1")
    tree = ET.fromstring(reply.body)
    assert "request-1" == tree.find("{*}RequestId").text
    assert ("Receiver" if reply.status >= 500 else "Sender") == tree.find(".//{*}Type").text
    assert "a <message> & \ufffd more" == tree.find(".//{*}Message").text
    assert 400 <= json11.write_error(error).status <= 500
    assert "Exception" not in tree.find(".//{*}Code").text or kind.source == "S" or kind.code not in query._SPELLINGS


@pytest.mark.parametrize(
    ("kind", "code", "status"),
    [
        (errors.ACCESS_DENIED, "AccessDenied", 403),
        (errors.MISSING_AUTHENTICATION_TOKEN, "MissingAuthenticationToken", 403),
        (errors.INVALID_SIGNATURE, "SignatureDoesNotMatch", 403),
        (errors.UNRECOGNIZED_CLIENT, "InvalidClientTokenId", 403),
        (errors.EXPIRED_TOKEN, "ExpiredToken", 403),
        (errors.VALIDATION, "ValidationError", 400),
        (errors.STS_MALFORMED_POLICY, "MalformedPolicyDocument", 400),
        (errors.KMS_INTERNAL, "InternalFailure", 500),
    ],
    ids=lambda value: getattr(value, "code", value),
)
def test_the_query_protocol_has_spellings_of_its_own(kind, code, status):
    reply = query.write_error(ServiceError(kind, "why"), "id")
    assert (code, status) == (ET.fromstring(reply.body).find(".//{*}Code").text, reply.status)


def test_an_output_is_xml_with_members_in_lists():
    reply = query.write_output("AssumeRole", OUTPUT, "request-1")
    tree = ET.fromstring(reply.body)
    result = tree.find("{*}AssumeRoleResult")
    assert "<&>" == result.find("{*}Inner/{*}SomeName").text
    assert ["a", "b"] == [name.text for name in result.findall("{*}Many/{*}member/{*}SomeName")]
    assert ["x", "y"] == [name.text for name in result.findall("{*}Texts/{*}member")]
    assert "request-1" == tree.find("{*}ResponseMetadata/{*}RequestId").text
    assert None is result.find("{*}Absent")


def test_a_form_becomes_members_with_lists_in_the_order_of_their_numbers():
    form = query.read_form(b"Tags.member.2.Key=b&Tags.member.10.Key=c&Tags.member.1.Key=a&Name=x%20y&Empty=")
    assert {"Tags": [{"Key": "a"}, {"Key": "b"}, {"Key": "c"}], "Name": "x y", "Empty": ""} == query.read_members(form)


@pytest.mark.parametrize("body", [b"a=1&a=2", b"a=%ff", b"\xff=1", b"&".join([b"a=1"] * 1001)], ids=range(4))
def test_what_is_no_form_is_refused(body):
    with pytest.raises(ServiceError) as caught:
        query.read_form(body)
    assert "SerializationException" == caught.value.kind.code


@dataclass(frozen=True, kw_only=True)
class Simulated:
    decided: dict[str, str]
    is_truncated: bool
    nothing: tuple[str, ...] = ()
    unsaid: dict[str, str] | None = None


def test_a_map_is_xml_with_entries_and_a_boolean_is_a_word():
    output = Simulated(decided={"IAM Policy": "allowed", "<b>": "implicitDeny"}, is_truncated=False)
    tree = ET.fromstring(query.write_output("SimulateCustomPolicy", output, "request-1", service="iam").body)
    assert "{https://iam.amazonaws.com/doc/2010-05-08/}SimulateCustomPolicyResponse" == tree.tag
    entries = tree.findall(".//{*}Decided/{*}entry")
    assert [("IAM Policy", "allowed"), ("<b>", "implicitDeny")] == [
        (entry.find("{*}key").text, entry.find("{*}value").text) for entry in entries
    ]
    assert "false" == tree.find(".//{*}IsTruncated").text
    assert ([], None) == (list(tree.find(".//{*}Nothing")), tree.find(".//{*}Unsaid"))


def test_a_map_is_an_object_in_json():
    output = Simulated(decided={"a": "b"}, is_truncated=True)
    assert {"Decided": {"a": "b"}, "IsTruncated": True, "Nothing": []} == json.loads(json11.write_output(output).body)


def test_an_error_of_iam_is_in_iams_namespace():
    error = errors.NO_SUCH_ENTITY(type="user", name="alice")
    reply = query.write_error(error, "request-1", service="iam")
    tree = ET.fromstring(reply.body)
    assert (404, "{https://iam.amazonaws.com/doc/2010-05-08/}ErrorResponse") == (reply.status, tree.tag)
    assert "The user with name alice cannot be found." == tree.find(".//{*}Message").text


@pytest.mark.parametrize(
    ("kind", "code", "status"),
    [
        (errors.ACCESS_DENIED, "AccessDeniedException", 403),
        (errors.INVALID_SIGNATURE, "InvalidSignatureException", 403),
        (errors.THROTTLING, "ThrottlingException", 429),
        (errors.UNKNOWN_OPERATION, "UnknownOperationException", 404),
        (errors.INVALID_PARAMETER, "InvalidParameterException", 400),
        (errors.UNPROCESSABLE_ENTITY, "UnprocessableEntityException", 422),
        (errors.KMS_INTERNAL, "InternalServerException", 500),
    ],
    ids=lambda value: getattr(value, "code", value),
)
def test_rest_json_names_the_error_in_a_header(kind, code, status):
    reply = rest.write_error(ServiceError(kind, "why"))
    assert (status, b"application/json") == (reply.status, reply.content_type)
    assert ((b"x-amzn-errortype", code.encode()),) == reply.headers
    assert {"message": "why"} == json.loads(reply.body)


@pytest.mark.parametrize(
    ("kind", "reason"), [(errors.SERIALIZATION, "cannotParse"), (errors.VALIDATION, "fieldValidationFailed")]
)
def test_rest_json_has_one_error_for_bad_input_with_a_reason(kind, reason):
    reply = rest.write_error(ServiceError(kind, "why"))
    assert (400, ((b"x-amzn-errortype", b"ValidationException"),)) == (reply.status, reply.headers)
    assert {"message": "why", "reason": reason} == json.loads(reply.body)


def test_members_of_rest_json_stand_in_body_and_query_string():
    body = json.dumps({"policyDocument": "{}", "maxResults": 7}).encode()
    read = rest.read_input(b"/policy/validation", b"maxResults=2&nextToken=a%2Bb+c", body)
    assert {"policyDocument": "{}", "maxResults": "2", "nextToken": "a+b+c"} == read
    assert {"policyDocument": "{}"} == rest.read_input(b"/policy/validation", b"", body)
    with pytest.raises(ServiceError):
        rest.read_input(b"/policy/check-no-public-access", b"maxResults=2", body)
