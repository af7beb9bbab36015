"""Linked services: those that call on behalf of their callers, as values, and the table of those that AWS has.

Source: KMS Developer Guide, "AWS KMS condition keys" ("kms:ViaService", Services that support the condition key), "AWS
KMS keys" (AWS managed keys, AWS owned keys); IAM User Guide, "AWS JSON policy elements: Principal" (service
principals).
"""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

DOMAIN = ".amazonaws.com"
OWN_ENDPOINTS = frozenset({"kms", "sts", "iam", "organizations", "access-analyzer", "wardkey"})
"""What clients sign for to call this service itself: no linked service may be called so."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LinkedService:
    """A service that calls on behalf of its callers, and for itself. `name` is its service principal.

    `endpoint` is what its callers sign their requests for, and how kms:ViaService begins. `account` is the account of
    its own, in which its AWS owned keys are. `managed_key` names its AWS managed keys (`ebs`: alias/aws/ebs), None if
    it has none; `title` is what their key policy calls the service, `protects` what they are there for.
    """

    name: str
    endpoint: str
    account: str
    managed_key: str | None = None
    title: str = ""
    protects: str = ""

    @property
    def managed_alias(self) -> str | None:
        """`alias/aws/ebs`."""
        return None if self.managed_key is None else f"alias/aws/{self.managed_key}"

    def via_service(self, region: str) -> str:
        """What kms:ViaService holds: `ec2.us-east-1.amazonaws.com`."""
        return f"{self.endpoint}.{region}{DOMAIN}"


def own_account(name: str) -> str:
    """The account of a service's own where nobody gives one: always the same 12 digits, which begin with a 9."""
    digits = int.from_bytes(hashlib.sha256(name.encode()).digest()[:8], "big") % 10**11
    return f"9{digits:011}"


def _row(endpoint: str, managed_key: str | None, title: str, protects: str) -> LinkedService:
    name = endpoint + DOMAIN
    return LinkedService(
        name=name,
        endpoint=endpoint,
        account=own_account(name),
        managed_key=managed_key,
        title=title,
        protects=protects,
    )


KNOWN: Mapping[str, LinkedService] = MappingProxyType(
    {
        row.name: row
        for row in (
            _row("ec2", "ebs", "EBS", "EBS volumes"),
            _row("s3", "s3", "S3", "S3 objects"),
            _row("rds", "rds", "RDS", "RDS database volumes"),
            _row("lambda", "lambda", "Lambda", "Lambda functions"),
            _row("secretsmanager", "secretsmanager", "AWS Secrets Manager", "Secrets Manager data"),
            _row("ssm", "ssm", "SSM", "SSM parameters"),
            _row("dynamodb", "dynamodb", "Amazon DynamoDB", "DynamoDB data"),
            _row("sqs", "sqs", "SQS", "SQS messages"),
            _row("sns", "sns", "SNS", "SNS data"),
            _row("kinesis", "kinesis", "Kinesis", "Kinesis data"),
            _row("elasticfilesystem", "elasticfilesystem", "EFS", "EFS filesystems"),
            _row("fsx", "fsx", "FSx", "FSx resources"),
            _row("backup", "backup", "Backup", "Backup data"),
            _row("glue", "glue", "Glue", "Glue data"),
            _row("redshift", "redshift", "Redshift", "Redshift clusters"),
            _row("es", "es", "Elasticsearch", "Elasticsearch domains"),
            _row("codecommit", "codecommit", "CodeCommit", "CodeCommit repositories"),
            _row("workspaces", "workspaces", "WorkSpaces", "WorkSpaces volumes"),
            # With AWS owned and customers' keys alone ("AWS KMS keys": newer services have no AWS managed keys).
            _row("athena", None, "Athena", ""),
            _row("cloudformation", None, "CloudFormation", ""),
        )
    }
)
"""The rows by service principal; who runs one of these registers it and gives it access keys, or another by itself."""
