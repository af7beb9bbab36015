"""The key service: the AWS KMS API over HTTP, every request of which goes before the policy engine first."""
