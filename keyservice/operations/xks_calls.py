"""What an external key store proxy is told of the call under way."""

from keyservice.auth.caller import Caller, CallerKind
from keyservice.keystore.request_metadata import RequestMetadata
from keyservice.model.key import Key
from keyservice.operations.operation import Run


def call_metadata(run: Run, key: Key | None) -> RequestMetadata | None:
    """The metadata of a call on a key; None unless that is a key in an external key store."""
    return metadata_of(run, key.arn) if key is not None and key.xks_key_id is not None else None


def metadata_of(run: Run, key_arn: str | None = None) -> RequestMetadata:
    """The metadata of the call. There is no VPC here that it could come from."""
    via = run.caller.via
    return RequestMetadata(
        operation=run.operation,
        request_id=run.request_id,
        principal_arn=_principal(run.caller),
        key_arn=key_arn,
        via_service=via.via_service if via else None,
    )


def _principal(caller: Caller) -> str:
    """The value of aws:PrincipalArn, and of a service that calls for itself its service principal."""
    return (caller.name or "") if caller.kind is CallerKind.SERVICE else caller.issuer_arn or caller.arn
