"""AWS's words for members that are not what they must be: lengths, and JSON values of another type.

As recorded from KMS, and of wrong types from other services of its kind (Kinesis, CodeDeploy).
"""

from keyservice.errors import SERIALIZATION


def at_least(length: int) -> str:
    """What a length must be."""
    return f"have length greater than or equal to {length}"


def at_most(length: int | None) -> str:
    """What a length must be."""
    return f"have length less than or equal to {length}"


def no_base64(text: str) -> Exception:
    """What AWS says of a blob that is none; the text is not repeated, for it may be a plaintext."""
    if len(text) % 4:
        return SERIALIZATION(detail=f"Base64 encoded length is expected a multiple of 4 bytes but found: {len(text)}")
    return SERIALIZATION(detail="Invalid Base64 character")


def wrong_type(value: object, wanted: str | None = None) -> Exception:
    """What AWS says of a value of another JSON type; without `wanted` a list, map or structure was expected."""
    # The value is not repeated: it may be a plaintext.
    if isinstance(value, list):
        return SERIALIZATION(detail="Start of list found where not expected")
    if isinstance(value, dict):
        return SERIALIZATION(detail="Start of structure or map found where not expected.")
    if wanted is None:
        return SERIALIZATION(detail="Unexpected field type")
    if isinstance(value, bool):
        return SERIALIZATION(detail=f"{str(value).upper()}_VALUE can not be converted to {wanted}")
    kind = "STRING" if isinstance(value, str) else "NUMBER"
    return SERIALIZATION(detail=f"{kind}_VALUE can not be converted to {wanted}")
