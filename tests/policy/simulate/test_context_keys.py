"""The context keys that policies ask about."""

import json

from policy.model.reading import parse
from policy.simulate.context_keys import context_keys


def document(version="2012-10-17", **more):
    statement = {"Effect": "Allow", "Action": "kms:Decrypt", "Resource": "*", **more}
    return parse(json.dumps({"Version": version, "Statement": statement}))


def test_conditions_and_variables_in_values_and_resources_are_keys():
    asked = document(
        Resource="arn:aws:s3:::home/${aws:username}/*",
        Condition={
            "StringEquals": {"aws:PrincipalTag/team": "${aws:RequestTag/team}"},
            "Null": {"kms:ViaService": "true"},
        },
    )
    assert ("aws:PrincipalTag/team", "aws:requesttag/team", "kms:ViaService", "aws:username") == context_keys([asked])


def test_a_key_is_told_once_as_it_is_spelled_first():
    one = document(Condition={"Bool": {"aws:SecureTransport": "true"}})
    other = document(Condition={"Bool": {"AWS:securetransport": "false"}})
    assert ("aws:SecureTransport",) == context_keys([one, other])


def test_there_are_no_variables_in_the_old_version_of_the_language():
    assert () == context_keys([document("2008-10-17", Resource="arn:aws:s3:::home/${aws:username}")])


def test_policies_without_conditions_ask_for_nothing():
    assert () == context_keys([document()])
