"""How the story tells of a call, from what the trail says."""

import pytest

from keyservice.demo.teller import StoryError, Teller

USER = {"type": "IAMUser", "arn": "arn:aws:iam::111122223333:user/alice"}


class Trail:
    """A stage with one event on its trail."""

    def __init__(self, **event):
        self._event = {"eventSource": "kms.amazonaws.com", "eventName": "Decrypt", **event}

    def event(self, request_id):
        assert "r-1" == request_id
        return self._event


def told(tell, **event):
    lines = []
    getattr(Teller(Trail(**event), lines.append), tell)("r-1")
    return [line.strip() for line in lines]


@pytest.mark.parametrize(
    ("identity", "who"),
    [
        (USER, "user/alice"),
        ({**USER, "invokedBy": "s3.amazonaws.com"}, "user/alice, invokedBy s3.amazonaws.com"),
        ({"type": "AWSService", "invokedBy": "ec2.amazonaws.com"}, "ec2.amazonaws.com"),
    ],
)
def test_an_allowed_call_is_told_with_who_made_it_and_why_it_was_allowed(identity, who):
    decided = {"decidingStatements": ["grant/1", "resource-based policy/x"]}
    assert [f"{who}: kms:Decrypt -> allow", "because of grant/1, resource-based policy/x"] == told(
        "allowed", userIdentity=identity, additionalEventData=decided
    )


def test_a_denied_call_is_told_in_the_callers_words():
    refusal = {"errorCode": "AccessDeniedException", "errorMessage": "because no"}
    assert ["user/alice: kms:Decrypt -> deny", "because no"] == told("denied", userIdentity=USER, **refusal)


def test_a_story_that_goes_otherwise_ends():
    with pytest.raises(StoryError, match="Decrypt failed: because no"):
        told("allowed", userIdentity=USER, errorCode="AccessDeniedException", errorMessage="because no")
    with pytest.raises(StoryError, match="Decrypt was not denied"):
        told("denied", userIdentity=USER)
