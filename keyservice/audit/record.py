"""One call as one event in CloudTrail's form, made from plain values, and one line of the trail around it.

Source: CloudTrail User Guide, "CloudTrail record contents for management, data, and network activity events",
"CloudTrail userIdentity element"; KMS Developer Guide, "Logging AWS KMS API calls with AWS CloudTrail", its examples.
"""

import json
import time
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache

import orjson

EVENT_VERSION = "1.11"

_LONGEST_TEXT = 1024
"""Characters of a user agent or error message; CloudTrail cuts them at 1 KB ("CloudTrail record contents …")."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SessionIssuer:
    """Whose temporary credentials these are: `sessionContext.sessionIssuer`. `type` is Role or IAMUser."""

    type: str
    principal_id: str
    arn: str
    account_id: str
    user_name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class UserIdentity:
    """Who called: `userIdentity`. `type` is CloudTrail's: Root, IAMUser, AssumedRole, AWSService ….

    `session_created` (epoch seconds) is given for temporary credentials alone; `ec2_role_delivery` is "2.0" for
    credentials that an instance got over IMDSv2; `invoked_by` is the service that called for itself or for a caller.
    """

    type: str | None = None
    principal_id: str | None = None
    arn: str | None = None
    account_id: str | None = None
    access_key_id: str | None = None
    user_name: str | None = None
    session_issuer: SessionIssuer | None = None
    session_created: float | None = None
    mfa_authenticated: bool = False
    source_identity: str | None = None
    ec2_role_delivery: str | None = None
    invoked_by: str | None = None
    identity_provider: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class TlsDetails:
    """What the connection was secured with; absent without TLS."""

    tls_version: str
    cipher_suite: str
    client_provided_host_header: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Resource:
    """A resource that the call was on."""

    arn: str
    account_id: str
    type: str = "AWS::KMS::Key"


@dataclass(slots=True, kw_only=True)  # not frozen, as that takes twice as long to make and one is made for every call
class Call:
    """A call that has been answered or is about to be. `event_time` is in epoch seconds.

    `request_parameters` and `response_elements` come redacted, from `redaction`. `deciding` names the statements that
    determined the decision. A failed call has an `error_code` and no `response_elements`.
    """

    operation: str
    event_source: str = "kms.amazonaws.com"
    event_time: float
    region: str
    identity: UserIdentity
    source_ip: str
    user_agent: str | None = None
    request_parameters: Mapping[str, object] | None = None
    response_elements: Mapping[str, object] | None = None
    additional_event_data: Mapping[str, object] | None = None
    resources: tuple[Resource, ...] = ()
    read_only: bool
    request_id: str | None
    event_id: str
    error_code: str | None = None
    error_message: str | None = None
    recipient_account: str | None
    tls: TlsDetails | None = None
    vpc_endpoint_id: str | None = None
    event_type: str = "AwsApiCall"
    service_event_details: Mapping[str, object] | None = None
    deciding: tuple[str, ...] = ()


def event(call: Call) -> dict[str, object]:
    """The call in CloudTrail's shape; members that do not apply are left out, as CloudTrail does."""
    record: dict[str, object] = {
        "eventVersion": EVENT_VERSION,
        "userIdentity": _user_identity(call.identity),
        "eventTime": timestamp(int(call.event_time)),
        "eventSource": call.event_source,
        "eventName": call.operation,
        "awsRegion": call.region,
        "sourceIPAddress": call.source_ip,
        "userAgent": call.user_agent[:_LONGEST_TEXT] if call.user_agent else None,
        "requestParameters": call.request_parameters,
        "responseElements": call.response_elements if call.error_code is None else None,
        "eventID": call.event_id,
        "readOnly": call.read_only,
        "eventType": call.event_type,
        "managementEvent": True,
        "recipientAccountId": call.recipient_account,
        "eventCategory": "Management",
    }
    record.update(_where_it_applies(call))
    return record


def line(event: Mapping[str, object], usage: Mapping[str, object] | None) -> bytes:
    """A line of the trail: the event, and beside it what metering counts; neither is there without the other."""
    entry = {"event": event, "usage": usage}
    try:
        return orjson.dumps(entry)
    except TypeError:
        # A lone surrogate or an integer beyond 64 bits, out of a caller's own text: recorded all the same.
        return json.dumps(entry, separators=(",", ":"), default=str).encode("ascii")


@lru_cache(maxsize=64)
def timestamp(seconds: int) -> str:
    """`2025-05-20T20:45:00Z`: UTC, whole seconds."""
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(seconds))


def _where_it_applies(call: Call) -> dict[str, object]:
    found: dict[str, object] = {}
    if call.error_code is not None:
        found["errorCode"] = call.error_code
        if call.error_message:
            found["errorMessage"] = call.error_message[:_LONGEST_TEXT]
    if call.additional_event_data or call.deciding:
        found["additionalEventData"] = _additional(call)
    if call.request_id is not None:
        found["requestID"] = call.request_id
    if call.resources:
        found["resources"] = [
            {"accountId": resource.account_id, "type": resource.type, "ARN": resource.arn}
            for resource in call.resources
        ]
    if call.service_event_details is not None:
        found["serviceEventDetails"] = call.service_event_details
    if call.vpc_endpoint_id is not None:
        found["vpcEndpointId"] = call.vpc_endpoint_id
    if call.tls is not None:
        found["tlsDetails"] = {
            "tlsVersion": call.tls.tls_version,
            "cipherSuite": call.tls.cipher_suite,
            "clientProvidedHostHeader": call.tls.client_provided_host_header,
        }
    return found


def _additional(call: Call) -> Mapping[str, object]:
    if not call.deciding:
        return call.additional_event_data or {}
    # Unlike AWS: the event names the statements that decided. `additionalEventData` is where a service adds its own.
    return {**(call.additional_event_data or {}), "decidingStatements": call.deciding}


@lru_cache(maxsize=4096)
def _user_identity(identity: UserIdentity) -> Mapping[str, object]:
    """The element; callers come back, so it is kept, and nobody may change it."""
    members = {
        "type": identity.type,
        "principalId": identity.principal_id,
        "arn": identity.arn,
        "accountId": identity.account_id,
        "accessKeyId": identity.access_key_id,
        "userName": identity.user_name,
        "sessionContext": _session_context(identity),
        "invokedBy": identity.invoked_by,
        "identityProvider": identity.identity_provider,
    }
    return {name: value for name, value in members.items() if value is not None}


def _session_context(identity: UserIdentity) -> dict[str, object] | None:
    if identity.session_created is None:
        return None
    context: dict[str, object] = {
        "attributes": {
            "creationDate": timestamp(int(identity.session_created)),
            "mfaAuthenticated": "true" if identity.mfa_authenticated else "false",
        }
    }
    issuer = identity.session_issuer
    if issuer is not None:
        context["sessionIssuer"] = {
            "type": issuer.type,
            "principalId": issuer.principal_id,
            "arn": issuer.arn,
            "accountId": issuer.account_id,
            "userName": issuer.user_name,
        }
    if identity.source_identity is not None:
        context["sourceIdentity"] = identity.source_identity
    if identity.ec2_role_delivery is not None:
        context["ec2RoleDelivery"] = identity.ec2_role_delivery
    return context
