"""Resource patterns: ARNs with wildcards, and with policy variables behind the fifth colon; case-sensitive.

Source: IAM User Guide, "IAM JSON policy elements: Resource" and "IAM policy elements: Variables and tags".
"""

from collections.abc import Callable

from policy.model.arn_pattern import SEGMENTS, ArnSegments, prepare_segments, segments_match
from policy.model.document import Version
from policy.model.pattern import Wild, Wildcard, parse_wildcards
from policy.model.request import RequestContext
from policy.model.template import Template, parse_template
from policy.operators.family import Context

ResourceTest = Callable[[str, Context], bool]
"""A prepared resource pattern: takes the resource and the context under lower-case names."""


def resource_matches(pattern: str, resource: str, context: RequestContext, version: Version) -> bool:
    """The definition: whether the resource, or `*` for no resource, is of the pattern.

    A variable without a value makes a pattern that nothing is of ("Policy variables with no value").
    """
    if _is_everything(pattern):
        return True
    head, template = _split(pattern, version)
    resource_parts = template.resolve(context)
    return resource_parts is not None and segments_match((*head, resource_parts), resource)


def prepare_resource(pattern: str, version: Version) -> ResourceTest:
    """`resource_matches` for one pattern, prepared."""
    if _is_everything(pattern):
        return lambda _resource, _context: True
    head, template = _split(pattern, version)
    constant = template.constant
    if constant is not None:
        matches = prepare_segments((*head, constant))
        return lambda resource, _context: matches(resource)

    in_place = prepare_segments((*head, (Wild.ANY_RUN,)))

    def test(resource: str, context: Context) -> bool:
        if not in_place(resource):
            return False
        resource_parts = template.resolve(context)
        if resource_parts is None:
            return False
        return Wildcard.from_parts(resource_parts).matches(resource.split(":", SEGMENTS - 1)[-1])

    return test


def _is_everything(pattern: str) -> bool:
    """Whether the pattern is all `*`: only such a pattern is for actions on no resource."""
    return bool(pattern) and not pattern.strip("*")


def _split(pattern: str, version: Version) -> tuple[ArnSegments, Template]:
    """The first five segments, and the resource part, where alone variables may stand ("Resource element").

    A pattern with fewer segments whose last one ends in `*` (`arn:aws:kms:*`) is taken as if the missing ones were `*`:
    AWS accepts such patterns, and its pages do not describe them. Without that `*` it is no ARN and matches nothing.
    """
    segments = pattern.split(":", SEGMENTS - 1)
    if len(segments) < SEGMENTS and segments[-1].endswith("*"):
        segments += ["*"] * (SEGMENTS - len(segments))
    if len(segments) < SEGMENTS:
        return (), Template((Wild.ANY_RUN,))
    *head, resource = segments
    return tuple(parse_wildcards(segment) for segment in head), parse_template(resource, version)
