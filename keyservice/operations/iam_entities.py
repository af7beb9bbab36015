"""The user, group or role that an operation of IAM is about: authorised on its ARN, and then looked for.

Source: Service Authorization Reference, "Actions, resources, and condition keys for AWS Identity and Access
Management"; wording as recorded from AWS.
"""

import re

from keyservice.authorize.attached import Holder, holder_named
from keyservice.authorize.target import Target
from keyservice.errors import IAM_INVALID_INPUT, NO_SUCH_ENTITY
from keyservice.model.identity import Group
from keyservice.operations.operation import Run

_ENTITY = re.compile(r"arn:[a-z-]+:iam::([0-9]{12}):(user|group|role)/[!-~]+")


def check_entity_arn(arn: str) -> None:
    """Refuse what is no ARN of a user, group or role.

    Raises:
        ServiceError: InvalidInput.
    """
    if not _ENTITY.fullmatch(arn):
        raise IAM_INVALID_INPUT(
            detail=f"Invalid Entity Arn: {arn[:2048]} does not clearly define entity type and name."
        )


def entity_target(run: Run, action: str, arn: str) -> tuple[Target, ...]:
    """What an operation on a user, group or role is authorised on. Nobody is told whether it exists who may not."""
    check_entity_arn(arn)
    holder = holder_named(run.ports.store, arn)
    tags = {} if holder is None or isinstance(holder, Group) else holder.tags
    offered = {f"{prefix}:ResourceTag/{key}": value for key, value in tags.items() for prefix in ("aws", "iam")}
    return (Target(action=action, resource=arn, account=arn.split(":")[4], offered=offered),)


def entity(run: Run, arn: str) -> Holder:
    """The user, group or role.

    Raises:
        ServiceError: NoSuchEntity.
    """
    holder = holder_named(run.ports.store, arn)
    if holder is None:
        kind, _, name = arn.split(":", 5)[5].partition("/")
        raise NO_SUCH_ENTITY(type=kind, name=name.rsplit("/", 1)[-1])
    return holder
