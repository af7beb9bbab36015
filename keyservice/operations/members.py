"""The members that many operations share, with AWS's limits.

Source: KMS API Reference, the parameters of the operations; the constraints are those of the SDK's own model.
"""

from collections.abc import Mapping
from typing import Annotated

from keyservice.errors import UNSUPPORTED_OPERATION
from keyservice.operations.shapes import Blob, Choice, Flag, ListOf, NotOffered, Number, Text, TextMap

KeyId = Annotated[str, Text(1, 2048)]
Region = Annotated[str, Text(1, 32, r"^([a-z]+-){2,3}\d+$")]
GrantId = Annotated[str, Text(1, 128)]
GrantTokens = Annotated[tuple[str, ...], ListOf(Text(1, 8192, secret=True), 10)]
EncryptionContext = Annotated[Mapping[str, str], TextMap()]
Plaintext = Annotated[bytes, Blob(1, 4096)]
CiphertextBlob = Annotated[bytes, Blob(1, 6144)]
Message = Annotated[bytes, Blob(1, 4096)]
DryRun = Annotated[bool, Flag()]
DryRunModifiers = Annotated[tuple[str, ...], ListOf(Choice(("IGNORE_CIPHERTEXT",)))]
# Of a Nitro enclave, for which results are encrypted: it must never be answered in plaintext instead.
Recipient = Annotated[None, NotOffered(UNSUPPORTED_OPERATION)]
Marker = Annotated[str | None, Text(1, 1024, r"[\u0020-\u00FF]*")]
Limit = Annotated[int | None, Number(1, 1000)]
Policy = Annotated[str, Text(1, 131072, r"[\u0009\u000A\u000D\u0020-\u00FF]+")]
PolicyName = Annotated[str, Text(1, 128, r"[\w]+")]
AliasName = Annotated[str, Text(1, 256, r"^[a-zA-Z0-9:/_-]+$")]

ENCRYPTION_ALGORITHMS = ("SYMMETRIC_DEFAULT", "RSAES_OAEP_SHA_1", "RSAES_OAEP_SHA_256", "SM2PKE")
EncryptionAlgorithm = Annotated[str, Choice(ENCRYPTION_ALGORITHMS)]
Description = Annotated[str, Text(0, 8192)]
