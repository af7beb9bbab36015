"""What an external key manager is told of the call that asks for its key.

Source: AWS KMS External Key Store Proxy API Specification, "Appendix B: RequestMetadata fields".
"""

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class RequestMetadata:
    """The operation that was called, its request id, by whom, and on what key; `via_service` called for somebody."""

    operation: str
    request_id: str
    principal_arn: str | None = None
    key_arn: str | None = None
    via_service: str | None = None

    def encoded(self) -> Mapping[str, str]:
        """The members under the specification's names; those that do not apply are left out."""
        members = {
            "awsPrincipalArn": self.principal_arn,
            "kmsKeyArn": self.key_arn,
            "kmsOperation": self.operation,
            "kmsRequestId": self.request_id,
            "kmsViaService": self.via_service,
        }
        return {name: value for name, value in members.items() if value is not None}


INTERNAL = RequestMetadata(operation="KmsInternal", request_id="none", principal_arn="AWS Internal")
"""Of what no call has caused ("AWS Internal": the specification's awsPrincipalArn)."""
