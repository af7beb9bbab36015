"""Policies of the policy simulator that cannot be read: whose fault it is decides what is told."""

import pytest

from keyservice.authorize.attached import AttachedPolicy
from keyservice.errors import ServiceError
from keyservice.operations.iam_documents import attached_documents, given_documents


def test_an_attached_policy_that_cannot_be_read_is_nobodys_input():
    broken = AttachedPolicy(name="broken", document="{", holder_type="user", holder_name="alice")
    with pytest.raises(ServiceError) as caught:
        attached_documents([broken])
    assert ("PolicyEvaluation", 500) == (caught.value.kind.code, caught.value.kind.status)
    assert "The policy user_alice_broken cannot be evaluated." == caught.value.message


def test_every_fault_of_a_given_policy_is_told_with_its_place():
    with pytest.raises(ServiceError) as caught:
        given_documents("PolicyInputList", ['{"Statement": {"Effect": "Alow", "Acton": "x"}}'])
    assert "InvalidInput" == caught.value.kind.code
    assert 2 <= caught.value.message.count("PolicyInputList.1:1:")
