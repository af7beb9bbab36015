"""The identities file: organizations, where accounts hang in them, and identity providers.

Source: AWS Organizations API Reference, "Organization", "OrganizationalUnit"; AWS Organizations User Guide, "Quotas for
AWS Organizations"; IAM API Reference, "CreateOpenIDConnectProvider".
"""

from collections.abc import Iterator
from urllib.parse import urlsplit

from keyservice.identity.reading import Fields, PolicyUse, Reader
from keyservice.model.identity import ControlPolicies, Membership, OidcProvider
from keyservice.model.organization import Organization, OrganizationalUnit

_ATTACHED = ("service_control_policies", "resource_control_policies", "full_aws_access")
_DEEPEST = 5  # OUs under the root ("Quotas", Maximum nesting of OUs)


def organization(reader: Reader, entry: object, place: str) -> Organization:
    """An entry of `organizations`."""
    fields = reader.members(entry, place, ("id", "management_account", "root"))
    at = f"{place}.root"
    root = reader.members(fields["root"], at, ("id",), ("units", *_ATTACHED)) if "root" in fields else {}
    root_id = reader.text(root, "id", at, "root")
    units = (
        OrganizationalUnit(id=root_id, parent=None, attached=_attached(reader, root, at)),
        *_units(reader, root, at, root_id, 1),
    )
    reader.once(at, [unit.id for unit in units])
    return Organization(
        id=reader.text(fields, "id", place, "organization"),
        management_account=reader.text(fields, "management_account", place, "account"),
        units=units,
    )


def _units(reader: Reader, fields: Fields, place: str, parent: str, depth: int) -> Iterator[OrganizationalUnit]:
    for entry, at in reader.entries(fields, "units", place):
        if depth > _DEEPEST:
            reader.fault(at, f"organizational units are nested at most {_DEEPEST} deep")
            return
        unit = reader.members(entry, at, ("id",), ("units", *_ATTACHED))
        unit_id = reader.text(unit, "id", at, "organizational unit")
        yield OrganizationalUnit(id=unit_id, parent=parent, attached=_attached(reader, unit, at))
        yield from _units(reader, unit, at, unit_id, depth + 1)


def membership(reader: Reader, fields: Fields, place: str) -> Membership | None:
    """Where an account hangs, from the members of its entry."""
    given = [name for name in ("organization", "parent", *_ATTACHED) if name in fields]
    if not given:
        return None
    if "organization" not in fields or "parent" not in fields:
        reader.fault(place, f"`{given[0]}` wants both `organization` and `parent`")
        return None
    return Membership(
        organization=reader.text(fields, "organization", place, "organization"),
        parent=reader.text(fields, "parent", place, "unit"),
        attached=_attached(reader, fields, place),
    )


def _attached(reader: Reader, fields: Fields, place: str) -> ControlPolicies:
    return ControlPolicies(
        service_control=reader.policies(fields, place, "service_control_policies", PolicyUse.CONTROL),
        resource_control=reader.policies(fields, place, "resource_control_policies", PolicyUse.CONTROL),
        full_aws_access=reader.flag(fields, "full_aws_access", place, default=True),
    )


def oidc_provider(reader: Reader, account: str, entry: object, place: str) -> OidcProvider:
    """An entry of `oidc_providers`."""
    fields = reader.members(entry, place, ("url", "client_ids"), ("jwks", "jwks_url"))
    url = urlsplit(reader.text(fields, "url", place, "URL"))
    if url.query or url.fragment or (url.scheme == "http" and url.hostname not in ("127.0.0.1", "::1", "localhost")):
        reader.fault(f"{place}.url", "expected an https URL without a query (http on the loopback alone)")
    if "jwks" in fields and "jwks_url" in fields:
        reader.fault(place, "`jwks` and `jwks_url`: expected one of them, or neither to have the issuer asked")
    jwks_url = reader.text(fields, "jwks_url", place, "URL") if "jwks_url" in fields else None
    return OidcProvider(
        account=account,
        issuer=f"{url.netloc}{url.path}".removesuffix("/"),
        client_ids=tuple(reader.formed(*entry, "client id") for entry in reader.entries(fields, "client_ids", place)),
        jwks=reader.policy(fields["jwks"], f"{place}.jwks", PolicyUse.JWK_SET) if "jwks" in fields else None,
        jwks_url=jwks_url,
        is_plain=url.scheme == "http",
    )
