"""Resource patterns. Source: IAM User Guide, "IAM JSON policy elements: Resource" and "… Variables and tags"."""

import pytest

from policy.model.document import Version
from policy.model.request import RequestContext
from policy.operators.resource import prepare_resource, resource_matches

KEY = "arn:aws:kms:us-east-1:111122223333:key/1234abcd"
CONTEXT = RequestContext({"aws:username": "alice", "star": "*", "colon": "a:b"})

CASES = [
    ("*", KEY, True),
    ("**", KEY, True),
    (KEY, KEY, True),
    (KEY.upper(), KEY, False),
    ("arn:aws:kms:us-east-1:111122223333:key/*", KEY, True),
    ("arn:aws:kms:us-east-1:111122223333:*", KEY, True),
    ("arn:aws:kms:us-east-1:111122223333:alias/*", KEY, False),
    ("arn:aws:kms:*:111122223333:key/*", KEY, True),
    ("arn:aws:kms:us-*-1:1111????3333:key/1234?bcd", KEY, True),
    ("arn:*:kms:*:*:key/*", KEY, True),
    # A wildcard before the fifth colon stays inside its segment: here one segment is missing.
    ("arn:aws:kms:*:key/1234abcd", KEY, False),
    ("arn:aws:*:key/1234abcd", KEY, False),
    # In the resource part it matches colons and slashes too.
    ("arn:aws:logs:*:*:*", "arn:aws:logs:us-east-1:1:log-group:x:log-stream:y/z", True),
    ("arn:aws:logs:*:*:log-group:*:y/z", "arn:aws:logs:us-east-1:1:log-group:x:log-stream:y/z", True),
    # Short patterns that end in `*`.
    ("arn:aws:kms:*", KEY, True),
    ("arn:aws:*", KEY, True),
    ("arn:aws:k*", KEY, True),
    ("arn:*", KEY, True),
    ("a*", KEY, True),
    ("arn:aws:s3:*", KEY, False),
    ("arn:aws:kms", KEY, False),
    ("arn:aws:kms:us-east-1:111122223333", KEY, False),
    ("", KEY, False),
    # No resource at all.
    ("*", "*", True),
    ("**", "*", True),
    ("?", "*", False),
    ("arn:aws:kms:*", "*", False),
    ("arn:*:*:*:*:*", "*", False),
    # Variables: only behind the fifth colon.
    ("arn:aws:s3:::bucket/${aws:username}/*", "arn:aws:s3:::bucket/alice/x", True),
    ("arn:aws:s3:::bucket/${aws:UserName}/*", "arn:aws:s3:::bucket/bob/x", False),
    ("arn:aws:s3:::bucket/${aws:nobody}", "arn:aws:s3:::bucket/", False),
    ("arn:aws:s3:::bucket/${aws:nobody, 'anyone'}", "arn:aws:s3:::bucket/anyone", True),
    ("arn:aws:s3:::${star}", "arn:aws:s3:::bucket", False),
    ("arn:aws:s3:::${star}", "arn:aws:s3:::*", True),
    ("arn:aws:s3:::${colon}/*", "arn:aws:s3:::a:b/c", True),
    ("arn:aws:s3:::a${*}", "arn:aws:s3:::a*", True),
    ("arn:aws:s3:::a${*}", "arn:aws:s3:::ab", False),
    ("arn:aws:${aws:username}:::b", "arn:aws:alice:::b", False),
    ("arn:aws:${aws:username}:*", "arn:aws:alice:::b", False),
]


@pytest.mark.parametrize(("pattern", "resource", "expected"), CASES)
def test_resources_match_segment_by_segment(pattern, resource, expected):
    assert expected == resource_matches(pattern, resource, CONTEXT, Version.CURRENT)
    assert expected == prepare_resource(pattern, Version.CURRENT)(resource, CONTEXT.lowered())


def test_variables_are_literal_text_in_the_older_version():
    pattern = "arn:aws:s3:::bucket/${aws:username}"
    assert not resource_matches(pattern, "arn:aws:s3:::bucket/alice", CONTEXT, Version.OLD)
    assert resource_matches(pattern, pattern, CONTEXT, Version.OLD)
