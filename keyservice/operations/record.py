"""What the trail says of one call: the audit event and the usage mark, in one line.

It is filled in as the call goes, so that a call which fails half-way is recorded as far as it got.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from functools import lru_cache
from typing import Any, Protocol

from keyservice.audit.record import Call, Resource, UserIdentity, event
from keyservice.audit.record import line as trail_line
from keyservice.audit.redaction import request_parameters
from keyservice.auth.caller import Caller, CallerKind
from keyservice.auth.user_identity import calling_service, user_identity
from keyservice.authorize.authorizer import Verdict
from keyservice.authorize.target import Target
from keyservice.errors import ServiceError
from keyservice.metering.usage import usage_mark
from keyservice.operations.metadata import KeyMetadata
from keyservice.operations.operation import SERVICE_EVENT, Echo, Kind, Operation, Ports

_usage_mark = lru_cache(maxsize=4096)(usage_mark)  # marks repeat themselves, and nobody changes one


# KMS Developer Guide, "Logging AWS KMS API calls with AWS CloudTrail", its examples of each operation.
_MATERIAL = (
    ("key_material_id", "keyMaterialId"),
    ("source_key_material_id", "sourceKeyMaterialId"),
    ("destination_key_material_id", "destinationKeyMaterialId"),
)


AWS_INTERNAL = "AWS Internal"  # where no client has called


def internal_call(echo: Echo, *, now: float, event_id: str) -> Call:
    """What the service did on its own, as CloudTrail records it.

    Source: KMS Developer Guide, "Logging AWS KMS API calls with AWS CloudTrail", RotateKey, DeleteKey,
    DeleteExpiredKeyMaterial, SynchronizeMultiRegionKey.
    """
    key = echo.key
    return Call(
        operation=echo.operation,
        event_time=now,
        region=key.region,
        identity=UserIdentity(account_id=key.account, invoked_by=AWS_INTERNAL),
        source_ip=AWS_INTERNAL,
        user_agent=AWS_INTERNAL,
        request_parameters=echo.request_parameters,
        response_elements=echo.response_elements,
        resources=(Resource(arn=key.arn, account_id=key.account),),
        read_only=False,
        request_id=None,
        event_id=event_id,
        recipient_account=key.account,
        event_type=echo.event_type,
        service_event_details=echo.details,
    )


def internal_line(echo: Echo, *, now: float, event_id: str) -> bytes:
    """The trail's line of it, where no call is under way; it counts as nobody's use."""
    return trail_line(event(internal_call(echo, now=now, event_id=event_id)), None)


class CallOrigin(Protocol):
    """What the trail wants to know of the request itself."""

    @property
    def request_id(self) -> str:
        """The id that the response carries."""
        ...

    @property
    def source_ip(self) -> str:
        """The client's address."""
        ...

    @property
    def user_agent(self) -> str:
        """What the client calls itself."""
        ...


class Recording:
    """One call, as far as it has got."""

    def __init__(self, operation: Operation[Any, Any], origin: CallOrigin, now: float, ports: Ports) -> None:
        self._operation = operation
        self._origin = origin
        self.now = now
        self._ports = ports
        self.caller: Caller | None = None
        self.region = ports.home_region  # until the call's own is known
        self.given: object | None = None
        self.targets: tuple[Target, ...] = ()
        self.verdicts: list[Verdict] = []
        self.error: ServiceError | None = None

    def line(self, output: object) -> bytes:
        """The trail's line: `output` is what the operation answers, None if it failed."""
        return trail_line(event(self._call(output)), self._usage())

    def echoed(self, echoes: Iterable[Echo]) -> Iterator[bytes]:
        """The lines of what the call did to keys of other Regions; they are charged to nobody."""
        for echo in echoes:
            call = internal_call(echo, now=self.now, event_id=self._ports.fresh_id())
            if echo.event_type != SERVICE_EVENT:
                call.request_id = self._origin.request_id
            if not echo.by_service:  # "Logging AWS KMS API calls …", "UpdatePrimaryRegion"
                call.identity = replace(user_identity(self.caller), invoked_by="kms.amazonaws.com")
                call.source_ip = self._origin.source_ip
            yield trail_line(event(call), None)

    def _call(self, output: object) -> Call:
        operation = self._operation
        redacted = operation.redacted
        service = calling_service(self.caller)
        return Call(
            operation=operation.name,
            event_source=f"{operation.service}.amazonaws.com",
            event_time=self.now,
            region=self.region,
            identity=user_identity(self.caller),
            source_ip=service or self._origin.source_ip,
            user_agent=service or self._origin.user_agent,
            request_parameters=None if self.given is None else request_parameters(self.given, redacted) or None,
            response_elements=self._response(output),
            additional_event_data=self._additional(output),
            resources=tuple(self._resources(output)),
            read_only=operation.read_only,
            request_id=self._origin.request_id,
            event_id=self._ports.fresh_id(),
            error_code=self.error.kind.code if self.error else None,
            error_message=self.error.message if self.error else None,
            recipient_account=self._recipient(),
            deciding=tuple(self._deciding()),
        )

    def _recipient(self) -> str | None:
        """The caller's account; of what a service does for itself, the account on whose key it is done."""
        if self.caller is None:
            return None
        is_service = self.caller.kind is CallerKind.SERVICE
        return next((target.account for target in self.targets if is_service and target.key), self.caller.account)

    def _usage(self) -> dict[str, object]:
        key = next((target.key for target in self.targets if target.key), None)
        return _usage_mark(
            account=self.caller.account if self.caller else None,
            operation=self._operation.name,
            key_arn=key.arn if key else None,
            key_spec=key.spec if key else None,
            key_pair_spec=getattr(self.given, "key_pair_spec", None),
            service=self._operation.service,
            is_aws_owned=key is not None and key.owning_service is not None,
            succeeded=self.error is None,
        )

    def _response(self, output: object) -> Mapping[str, object] | None:
        """What the trail shows of the answer; of a change to a key always the key, whatever the operation answers.

        Source: "Logging AWS KMS API calls with AWS CloudTrail", the examples of "CreateAlias", "EnableKey" and others.
        """
        shown = None if output is None else self._operation.recorded(output)
        if self._operation.kind is not Kind.CHANGE or self._operation.service != "kms":
            return shown
        changed = [target.key for target in self.targets if target.key is not None]
        return {"keyId": changed[0].arn, **(shown or {})} if changed else shown

    def _resources(self, output: object) -> Iterator[Resource]:
        """The keys, and behind them the aliases ("CreateAlias"), which have the keys' type; a key that was made."""
        aliases: list[Resource] = []
        for target in self.targets:
            if target.key is not None:
                yield Resource(arn=target.key.arn, account_id=target.account)
            elif target.role is not None:
                yield Resource(arn=target.role.arn, account_id=target.account, type="AWS::IAM::Role")
            elif target.resource is not None and ":alias/" in target.resource:
                aliases.append(Resource(arn=target.resource, account_id=target.account))
        yield from aliases
        made = getattr(output, "key_metadata", None)
        if isinstance(made, KeyMetadata) and not any(target.key for target in self.targets):  # "CreateKey"
            yield Resource(arn=made.arn, account_id=made.aws_account_id)

    def _deciding(self) -> Iterator[str]:
        """The statements that decided: `resource-based policy/Sid`, or the statement's number where it has no Sid."""
        for verdict in self.verdicts:
            for where in verdict.decision.determining:
                yield f"{where.layer}/{where.statement.sid or where.index}"
            for grant in verdict.decision.grants:
                yield f"grant/{grant.grant_id}"

    def _additional(self, output: object) -> dict[str, object] | None:
        """The material that was used; the grant that was retired, as a token does not show it ("RetireGrant")."""
        material = {wire: used for name, wire in _MATERIAL if (used := getattr(output, name, None))}
        if material and self._operation.kind is Kind.CRYPTOGRAPHIC:
            return material
        retired = next((target.grant for target in self.targets if target.grant), None)
        return {"grantId": retired.grant_id} if retired else None
