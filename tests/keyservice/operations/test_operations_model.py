"""The registry against the SDK's own model of the API: names, required members, types, limits, enums, errors."""

import re
from dataclasses import MISSING, fields

import pytest

from keyservice import errors
from keyservice.errors import ErrorKind
from keyservice.operations.operation import Kind
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
from keyservice.operations.sts import ListInForm, NumberAsText
from tests.keyservice.operations.cases import IDS, MODELS

ROWS = pytest.mark.parametrize(("service", "name"), list(OPERATIONS), ids=IDS)

# Limits that the service itself sets narrower than the model (KMS API Reference, "ScheduleKeyDeletion"; "Tag"), and
# Python's spelling of a class of characters that the model gives in Java's.
EXCEPTIONS = {
    ("ScheduleKeyDeletion", "PendingWindowInDays"): {"min": 7, "max": 30},
    ("AssumeRole", "Tags.Key"): {"min": 1, "max": 128},
    ("AssumeRole", "Tags.Value"): {"min": 0, "max": 256},
    ("AssumeRole", "TransitiveTagKeys.member"): {"min": 1, "max": 128},
    ("AssumeRole", "RoleArn"): {"min": 20, "max": 2048},
    ("AssumeRole", "PolicyArns.arn"): {"min": 20, "max": 2048},
    ("AssumeRole", "PolicyArns"): {"max": 10},
    ("AssumeRoleWithWebIdentity", "RoleArn"): {"min": 20, "max": 2048},
    ("AssumeRoleWithWebIdentity", "PolicyArns.arn"): {"min": 20, "max": 2048},
    ("AssumeRoleWithWebIdentity", "PolicyArns"): {"max": 10},
    ("AssumeRoleWithWebIdentity", "Policy"): {"min": 1},
    ("CreateKey", "Tags"): {"max": 200},
    ("ReplicateKey", "Tags"): {"max": 200},
    ("CreateGrant", "Operations"): {"max": 100},
    ("TagResource", "Tags"): {"max": 200},
    ("UntagResource", "TagKeys"): {"max": 200},
    # "Wildcard characters are supported" ("InlinePolicyIdentifierType"), which the model's pattern leaves out.
    ("SimulatePrincipalPolicy", "PolicyExclusionList.InlinePolicyIdentifier.AttachmentName"): {"min": 1, "max": 128},
    ("ValidatePolicy", "maxResults"): {"min": 1, "max": 1000},
    ("ValidatePolicy", "nextToken"): {"max": 2048},
    ("ValidatePolicy", "policyDocument"): {"max": 65_536},
    ("CheckAccessNotGranted", "policyDocument"): {"max": 65_536},
    ("CheckNoPublicAccess", "policyDocument"): {"max": 65_536},
}

TYPES = {
    Text: "string",
    Choice: "string",
    Blob: "blob",
    Number: "integer",
    NumberAsText: "integer",
    Flag: "boolean",
    TextMap: "map",
    Timestamp: "timestamp",
    ListOf: "list",
    ListInForm: "list",
    Record: "structure",
}


def model_of(service, name):
    return MODELS[service].operation_model(name)


@ROWS
def test_an_input_has_exactly_the_members_of_the_model(service, name):
    shape = model_of(service, name).input_shape
    assert sorted(shape.members if shape else ()) == sorted(
        member.wire for member in members_of(OPERATIONS[service, name].input)
    )


@ROWS
def test_what_the_model_requires_is_required(service, name):
    shape = model_of(service, name).input_shape
    required = {member.wire for member in members_of(OPERATIONS[service, name].input) if member.is_required}
    assert set(shape.required_members if shape else ()) == required


@ROWS
def test_members_have_the_types_limits_and_enums_of_the_model(service, name):
    shape = model_of(service, name).input_shape
    for member in members_of(OPERATIONS[service, name].input):
        compare(name, member.wire, shape.members[member.wire], member.shape)


def compare(operation, where, model, shape):  # noqa: C901 - a row a shape
    if isinstance(shape, NotOffered):
        return
    assert (where, model.type_name) == (where, TYPES[type(shape)])
    limits = EXCEPTIONS.get((operation, where), model.metadata)
    match shape:
        case Text():
            assert (where, limits.get("min", 0), limits.get("max")) == (where, shape.least, shape.most)
            if "pattern" in limits:
                if not operation.startswith("AssumeRole"):  # whose patterns Python spells otherwise
                    assert (where, limits["pattern"]) == (where, shape.pattern)
                assert (where, python_pattern(limits["pattern"])) == (where, python_pattern(shape.pattern))
        case Choice():
            assert (where, tuple(model.enum)) == (where, shape.values)
        case Blob() | Number():
            assert (where, limits.get("min"), limits.get("max")) == (where, shape.least, shape.most)
        case NumberAsText():
            compare(operation, where, model, shape.number)
        case ListInForm():
            compare(operation, where, model, shape.items)
        case Record():
            for each in members_of(shape.cls):
                compare(operation, f"{where}.{each.wire}", model.members[each.wire], each.shape)
        case ListOf():
            assert (where, limits.get("max")) == (where, shape.most)
            if isinstance(shape.member, Record):
                inner = members_of(shape.member.cls)
                assert sorted(model.member.members) == sorted(each.wire for each in inner)
                for each in inner:
                    compare(operation, f"{where}.{each.wire}", model.member.members[each.wire], each.shape)
            else:
                compare(operation, f"{where}.member", model.member, shape.member)


def python_pattern(java):
    """The model's pattern as `re.fullmatch` takes it: characters for escapes, no anchors."""
    text = re.sub(r"\\u00([0-9A-F]{2})", lambda found: chr(int(found[1], 16)), java).removeprefix("^").removesuffix("$")
    text = text.replace("\t", r"\t").replace("\n", r"\n").replace("\r", r"\r")
    return text.replace(r"[\w]", r"\w")


@ROWS
def test_an_operation_is_open_to_other_accounts_where_its_page_says_so(service, name):
    page = re.sub(r"<[^>]+>", "", model_of(service, name).documentation)
    found = re.search(r"Cross-account use\s*:?\s*(Yes|No)", page)
    if found:
        assert (found[1] == "Yes") == OPERATIONS[service, name].cross_account


@ROWS
def test_a_row_says_one_way_to_run_it_and_changes_are_no_reads(service, name):
    row = OPERATIONS[service, name]
    assert (row.kind is Kind.CHANGE) == (row.apply is not None)
    assert (row.answer is None) == (row.apply is not None)
    if row.apply is not None:
        assert not row.read_only


def test_every_error_of_the_catalogue_is_one_of_awss():
    common = {
        *(
            "AccessDeniedException",
            "ExpiredTokenException",
            "IncompleteSignatureException",
            "InvalidSignatureException",
        ),
        *("MissingAuthenticationTokenException", "UnrecognizedClientException", "UnknownOperationException"),
        *("SerializationException", "ValidationException", "RequestEntityTooLargeException", "ThrottlingException"),
        *("AccessDenied", "ValidationError", "InvalidAction"),
    }
    modelled = {shape.error_code for model in MODELS.values() for shape in model.error_shapes}
    modelled |= {shape.name for model in MODELS.values() for shape in model.error_shapes}
    rows = [value for value in vars(errors).values() if isinstance(value, ErrorKind)]
    assert set() == {row.code for row in rows} - modelled - common


def test_no_input_declares_a_field_without_a_default_that_is_not_required():
    for row in OPERATIONS.values():
        needed = {
            item.name for item in fields(row.input) if item.default is MISSING and item.default_factory is MISSING
        }
        assert needed == {member.name for member in members_of(row.input) if member.is_required}
