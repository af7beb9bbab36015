"""The service against the SDK's whole model: every operation is there, answers in its shapes, and fails in its errors.

That each denies without permission, is audited and is metered: `test_operations_pipeline.py`, for every one registered.
"""

import botocore.session
import pytest

from keyservice.operations.registry import OPERATIONS
from tests.keyservice.operations.cases import MEMBERS, prepared

MODELS = {service: botocore.session.get_session().get_service_model(service) for service in ("kms", "sts")}
MODEL = MODELS["kms"]
KMS = [name for service, name in OPERATIONS if service == "kms"]
# Of every AWS service (KMS API Reference, "Common Errors").
COMMON = {"AccessDeniedException", "ValidationException", "SerializationException", "UnrecognizedClientException"}
TYPES = {
    "string": str,
    "blob": str,
    "timestamp": (int, float),
    "integer": int,
    "boolean": bool,
    "list": list,
    "map": dict,
    "structure": dict,
}


def test_every_operation_of_the_model_is_registered_and_no_other():
    assert sorted(MODEL.operation_names) == sorted(KMS)


def faults_of_shape(shape, value, where):
    """What of an answer the model does not say, or says otherwise."""
    if not isinstance(value, TYPES[shape.type_name]) or (shape.type_name == "integer" and isinstance(value, bool)):
        yield f"{where}: {value!r} is no {shape.type_name}"
    elif shape.type_name == "structure":
        yield from (f"{where}.{name} is unknown" for name in set(value) - set(shape.members))
        yield from (f"{where}.{name} is missing" for name in set(shape.required_members) - set(value))
        for name in set(value) & set(shape.members):
            yield from faults_of_shape(shape.members[name], value[name], f"{where}.{name}")
    elif shape.type_name == "list":
        for item in value:
            yield from faults_of_shape(shape.member, item, f"{where}[]")
    elif shape.type_name == "string" and getattr(shape, "enum", None) and value not in shape.enum:
        yield f"{where}: {value} is none of {shape.enum}"


@pytest.mark.parametrize("operation", KMS)
def test_an_answer_is_of_the_models_shape_to_its_last_member(service, operation):
    _, members = prepared(service, operation)
    answer = service.call(operation, members)
    assert 200 == answer.status, answer.body
    shape = MODEL.operation_model(operation).output_shape
    assert [] == (list(faults_of_shape(shape, answer.json, operation)) if shape else [])
    assert (shape is None) == (answer.body == b"")


def errors_of(operation):
    return {shape.name for shape in MODEL.operation_model(operation).error_shapes} | COMMON


UNKNOWN_KEY = "1234abcd-12ab-34cd-56ef-1234567890ab"
PLACE = "arn:aws:kms:us-east-1"
KEY_IDS = [
    UNKNOWN_KEY,
    "nothing",
    f"{PLACE}:111122223333:key/{UNKNOWN_KEY}",
    f"{PLACE}:444455556666:key/{UNKNOWN_KEY}",
    f"arn:aws:kms:mars-1:111122223333:key/{UNKNOWN_KEY}",
    "arn:aws:s3:::bucket",
    "arn:",
    "alias/none",
    f"{PLACE}:111122223333:alias/none",
    f"{PLACE}:444455556666:alias/none",
]
NAMES_OF_KEYS = ("KeyId", "TargetKeyId", "DestinationKeyId", "SourceKeyId")


@pytest.mark.parametrize("operation", KMS)
def test_a_key_that_is_not_there_is_told_in_an_error_of_the_operations_own(service, operation):
    _, members = prepared(service, operation)
    known = set(
        MODEL.operation_model(operation).input_shape.members if MODEL.operation_model(operation).input_shape else ()
    )
    for name in known & set(NAMES_OF_KEYS):
        for key_id in KEY_IDS:
            answer = service.call(operation, {**members, name: key_id})
            assert 400 == answer.status, (name, key_id)
            assert answer.type in errors_of(operation), (name, key_id, answer.type)


STATES = {
    "disabled": lambda service, key: service.call("DisableKey", {"KeyId": key}),
    "pending deletion": lambda service, key: service.call("ScheduleKeyDeletion", {"KeyId": key}),
    "pending import": lambda service, key: service.call("DeleteImportedKeyMaterial", {"KeyId": key}),
}


@pytest.mark.parametrize("state", STATES)
@pytest.mark.parametrize("operation", KMS)
def test_a_key_in_any_state_is_answered_or_refused_in_an_error_of_the_operations_own(service, operation, state):
    key, members = prepared(service, operation)
    STATES[state](service, key)
    answer = service.call(operation, members)
    assert answer.status == 200 or (answer.status == 400 and answer.type in errors_of(operation)), answer.body


KINDS = [
    {},
    {"KeySpec": "RSA_2048", "KeyUsage": "ENCRYPT_DECRYPT"},
    {"KeySpec": "ECC_NIST_P256", "KeyUsage": "SIGN_VERIFY"},
    {"KeySpec": "HMAC_256", "KeyUsage": "GENERATE_VERIFY_MAC"},
    {"KeySpec": "ML_KEM_768", "KeyUsage": "ENCAPSULATE_DECAPSULATE"},
    {"Origin": "EXTERNAL"},
    {"MultiRegion": True},
]


@pytest.mark.parametrize("operation", KMS)
def test_a_key_of_any_kind_is_answered_or_refused_in_an_error_of_the_operations_own(service, operation):
    _, members = prepared(service, operation)
    for kind in KINDS:
        key = service.make_key(**kind)["KeyId"]
        for name in set(members) & set(NAMES_OF_KEYS):
            answer = service.call(operation, {**members, name: key})
            is_refusal = answer.status == 400 and answer.type in errors_of(operation)
            assert answer.status == 200 or is_refusal, (kind, name, answer.body)


def test_there_is_a_case_for_every_operation():
    assert set(KMS) <= set(MEMBERS)
