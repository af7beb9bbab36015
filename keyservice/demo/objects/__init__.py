"""An object store front: a small linked service that S3's own clients call, with SSE-KMS as S3 has it."""
