"""TagResource, UntagResource and ListResourceTags; and what tags a key may have.

Source: KMS Developer Guide, "Tags in AWS KMS", "Controlling access to tags"; KMS API Reference, "Tag" and the three
operations.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Annotated

from keyservice.authorize.context import SpelledValues
from keyservice.errors import TAG_FAULT
from keyservice.model.states import StateRule
from keyservice.operations.locate import key_target
from keyservice.operations.members import KeyId, Limit, Marker
from keyservice.operations.operation import Kind, Operation, Run
from keyservice.operations.paging import Paging, read_page
from keyservice.operations.shapes import ListOf, Record, Text
from keyservice.store.port import Change

MOST_TAGS = 50  # of a key ("Tags in AWS KMS")
_RESERVED = "aws:"

TagKey = Annotated[str, Text(1, 128)]


@dataclass(frozen=True, slots=True, kw_only=True)
class Tag:
    """A tag as requests and answers give it."""

    tag_key: TagKey
    tag_value: Annotated[str, Text(0, 256)]


Tags = Annotated[tuple[Tag, ...], ListOf(Record(Tag), 200)]


def checked_tags(given: Sequence[Tag]) -> Mapping[str, str]:
    """The tags of a request, each key once.

    Raises:
        ServiceError: TagException.
    """
    if len(given) > MOST_TAGS:
        raise TAG_FAULT(detail="Too many tags")
    tags = {tag.tag_key: tag.tag_value for tag in given}
    if len(tags) != len(given):
        raise TAG_FAULT(detail="Duplicate tag keys")
    _check_reserved(tags)
    return tags


def _check_reserved(keys: Sequence[str] | Mapping[str, str]) -> None:
    if any(key.lower().startswith(_RESERVED) for key in keys):
        raise TAG_FAULT(detail="Tags beginning with aws: are reserved")


def offered_tags(tags: Sequence[Tag]) -> SpelledValues:
    """The condition keys that tags in a request offer (IAM User Guide, "AWS global condition context keys")."""
    if not tags:
        return {}
    values: dict[str, str | tuple[str, ...]] = {f"aws:RequestTag/{tag.tag_key}": tag.tag_value for tag in tags}
    values["aws:TagKeys"] = tuple(tag.tag_key for tag in tags)
    return values


@dataclass(frozen=True, slots=True, kw_only=True)
class TagResourceInput:
    """The parameters of TagResource."""

    key_id: KeyId
    tags: Tags


def tag_resource(run: Run, change: Change, given: TagResourceInput) -> None:
    """Give a key tags, or other values to tags that it has."""
    key = run.key
    tags = {**key.tags, **checked_tags(given.tags)}
    if len(tags) > MOST_TAGS:
        raise TAG_FAULT(detail="Too many tags")
    change.put_key(replace(key, tags=tags))


@dataclass(frozen=True, slots=True, kw_only=True)
class UntagResourceInput:
    """The parameters of UntagResource."""

    key_id: KeyId
    tag_keys: Annotated[tuple[str, ...], ListOf(Text(1, 128), 200)]


def untag_resource(run: Run, change: Change, given: UntagResourceInput) -> None:
    """Take tags from a key; those that it does not have are passed over."""
    _check_reserved(given.tag_keys)
    key = run.key
    gone = set(given.tag_keys)
    change.put_key(replace(key, tags={name: value for name, value in key.tags.items() if name not in gone}))


@dataclass(frozen=True, slots=True, kw_only=True)
class ListResourceTagsInput:
    """The parameters of ListResourceTags."""

    key_id: KeyId
    limit: Limit = None
    marker: Marker = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ListResourceTagsOutput:
    """A page of tags."""

    tags: tuple[Tag, ...]
    next_marker: str | None
    truncated: bool


def list_resource_tags(run: Run, given: ListResourceTagsInput) -> ListResourceTagsOutput:
    """List a key's tags in the order of their keys."""
    key = run.key

    def fetch(after: str | None, limit: int) -> list[str]:
        return sorted(name for name in key.tags if after is None or name > after)[:limit]

    paging = Paging(scope=f"tags/{key.key_id}", default=50, most=50)
    page = read_page(run, paging, limit=given.limit, marker=given.marker, fetch=fetch, name=str)
    tags = tuple(Tag(tag_key=name, tag_value=key.tags[name]) for name in page.members)
    return ListResourceTagsOutput(tags=tags, next_marker=page.next_marker, truncated=page.truncated)


TAG_RESOURCE = Operation(
    name="TagResource",
    page="TagResource",
    input=TagResourceInput,
    kind=Kind.CHANGE,
    locate=lambda run, given: key_target(run, "kms:TagResource", given.key_id),
    apply=tag_resource,
    states=StateRule.LABEL,
    offers=lambda given: offered_tags(given.tags),
    read_only=False,
)

UNTAG_RESOURCE = Operation(
    name="UntagResource",
    page="UntagResource",
    input=UntagResourceInput,
    kind=Kind.CHANGE,
    locate=lambda run, given: key_target(run, "kms:UntagResource", given.key_id),
    apply=untag_resource,
    states=StateRule.LABEL,
    offers=lambda given: {"aws:TagKeys": given.tag_keys} if given.tag_keys else {},
    read_only=False,
)

LIST_RESOURCE_TAGS = Operation(
    name="ListResourceTags",
    page="ListResourceTags",
    input=ListResourceTagsInput,
    kind=Kind.READ,
    locate=lambda run, given: key_target(run, "kms:ListResourceTags", given.key_id),
    answer=list_resource_tags,
)
