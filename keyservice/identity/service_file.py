"""The identities file: linked services, and the access keys with which they sign.

    services:
      - name: ec2.amazonaws.com        # one of the table: everything else follows
        access_keys: [{}]              # made, and shown once
      - name: vault.amazonaws.com      # one's own, called `vault`, with the AWS managed key alias/aws/vault
        title: Vault

`account`, `endpoint` (what callers sign for, and how kms:ViaService begins) and `managed_key` may be given, too.
"""

from dataclasses import replace

from keyservice.identity.reading import Fields, Reader
from keyservice.model.linked_service import DOMAIN, KNOWN, OWN_ENDPOINTS, LinkedService, own_account

_OPTIONAL = ("account", "endpoint", "managed_key", "title", "protects", "access_keys")


def linked_service(reader: Reader, entry: object, place: str) -> tuple[LinkedService, Fields]:
    """An entry of `services`, and its members, among which are its access keys."""
    fields = reader.members(entry, place, ("name",), _OPTIONAL)
    name = reader.text(fields, "name", place, "service principal")
    service = KNOWN.get(name) or _of_ones_own(name)
    for member, form in (("account", "account"), ("endpoint", "endpoint"), ("managed_key", "endpoint")):
        if fields.get(member) is not None:
            service = replace(service, **{member: reader.text(fields, member, place, form)})
        elif member in fields and member == "managed_key":
            service = replace(service, managed_key=None)
    for member in ("title", "protects"):
        if member in fields:
            service = replace(service, **{member: reader.text(fields, member, place, "title")})
    if service.endpoint in OWN_ENDPOINTS:
        reader.fault(place, f"`{service.endpoint}` is what clients of this service itself sign for")
    return service, fields


def _of_ones_own(name: str) -> LinkedService:
    called = name.removesuffix(DOMAIN)
    return LinkedService(
        name=name,
        endpoint=called,
        account=own_account(name),
        managed_key=called,
        title=called,
        protects=f"{called} data",
    )
