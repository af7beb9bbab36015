"""AWS managed keys: a service's own key in its caller's account, made when the service first needs it there.

Nothing is refused for their sake: their key policy lets the account's principals use them through the service, and the
account look at them, and that is all that anybody may do. They rotate every year.
Source: KMS Developer Guide, "AWS KMS keys" (AWS managed keys), "Rotate AWS KMS keys"; Amazon EBS User Guide, "How
Amazon EBS encryption works" (the key is made when it is first needed); Secrets Manager User Guide, "Secret encryption
and decryption in AWS Secrets Manager" (the key policy of aws/secretsmanager; those of other services say the same).
"""

import json
from dataclasses import replace

from keyservice.model.key import Alias, Key, KeyManager, Rotation
from keyservice.model.linked_service import LinkedService
from keyservice.model.schedule import DAY
from keyservice.operations.create_key import fresh_key_id
from keyservice.operations.metadata import describe, recorded_metadata
from keyservice.operations.operation import Echo, Run
from keyservice.operations.record import internal_line
from keyservice.operations.rotation import YEAR

_USE = ["kms:Encrypt", "kms:Decrypt", "kms:ReEncrypt*", "kms:GenerateDataKey*", "kms:CreateGrant", "kms:DescribeKey"]
_LOOK = ["kms:Describe*", "kms:Get*", "kms:List*", "kms:RevokeGrant"]
_MEMBERS = ("key_id", "source_key_id", "destination_key_id")


def managed_key_policy(service: LinkedService, *, account: str, region: str, partition: str = "aws") -> str:
    """The key policy of a service's AWS managed key in an account and Region."""
    who = f"all principals in the account that are authorized to use {service.title}"
    use = {
        "Sid": f"Allow access through {service.title} for {who}",
        "Effect": "Allow",
        "Principal": {"AWS": "*"},
        "Action": _USE,
        "Resource": "*",
        "Condition": {
            "StringEquals": {"kms:CallerAccount": account, "kms:ViaService": service.via_service(region)},
        },
    }
    look = {
        "Sid": "Allow direct access to key metadata to the account",
        "Effect": "Allow",
        "Principal": {"AWS": f"arn:{partition}:iam::{account}:root"},
        "Action": _LOOK,
        "Resource": "*",
    }
    document = {"Version": "2012-10-17", "Id": f"auto-{service.managed_key}-2", "Statement": [use, look]}
    return json.dumps(document, indent=2)


def managed_key_wanted(run: Run, given: object) -> LinkedService | None:
    """The service whose AWS managed key a call names that is not there yet: a call of that very service's caller."""
    via = run.caller.via
    if via is None:
        return None
    service = run.ports.store.identity(LinkedService, via.service)
    alias = None if service is None else service.managed_alias
    if alias is None:
        return None
    place = f"arn:{run.caller.partition}:kms:{run.region}:{run.caller.account}"
    names = (alias, f"{place}:{alias}")
    if not any(getattr(given, member, None) in names for member in _MEMBERS):
        return None
    return service if run.ports.store.alias(run.caller.account, run.region, alias) is None else None


def make_managed_key(run: Run, service: LinkedService) -> None:
    """Make the key and its alias in the caller's account, unless another call has done so meanwhile."""
    account, partition, ports = run.caller.account, run.caller.partition, run.ports
    key = Key(
        account=account,
        partition=partition,
        region=run.region,
        key_id=fresh_key_id(run, multi_region=False),
        manager=KeyManager.AWS,
        description=f"Default key that protects my {service.protects} when no other key is defined",
        created=run.now,
        policy=managed_key_policy(service, account=account, region=run.region, partition=partition),
        rotation=Rotation(period_days=YEAR, since=run.now, next_due=run.now + YEAR * DAY),
    )
    backing = ports.keystore.generate(key, run.now)
    key = replace(key, current_backing_key=backing.backing_key_id, current_material_id=backing.material_id)
    name = service.managed_alias or ""
    with ports.store.change() as change:
        if change.alias(account, run.region, name) is not None:
            return
        change.put_key(key)
        change.put_backing_key(backing)
        change.put_alias(
            Alias(
                account=account,
                partition=partition,
                region=run.region,
                name=name,
                target_key_id=key.key_id,
                created=run.now,
                updated=run.now,
            )
        )
        # No page shows this event: it is that of any key's creation, by the service that AWS KMS is.
        made = Echo(
            operation="CreateKey",
            key=key,
            response_elements={"keyMetadata": recorded_metadata(describe(key))},
            by_service=True,
        )
        change.append_trail(internal_line(made, now=run.now, event_id=ports.fresh_id()))
