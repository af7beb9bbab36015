"""The parameters of AES-GCM as PKCS#11 takes them, in buffers that an HSM may write its own IV into.

Source: PKCS #11 v3.1, section 6.13.3; AWS CloudHSM User Guide, "Supported mechanisms for the PKCS #11 library".
"""

import ctypes

IV_LENGTH = 12  # bytes
TAG_LENGTH = 16


class GcmParameters(ctypes.Structure):
    """CK_GCM_PARAMS (PKCS #11 v3.1, section 6.13.3)."""

    _fields_ = (
        ("iv", ctypes.c_void_p),
        ("iv_length", ctypes.c_ulong),
        ("iv_bits", ctypes.c_ulong),
        ("additional_data", ctypes.c_void_p),
        ("additional_data_length", ctypes.c_ulong),
        ("tag_bits", ctypes.c_ulong),
    )


class Gcm:
    """The mechanism's parameters over buffers of our own, which live as long as this and which an HSM may write to."""

    def __init__(self, iv: bytes, additional_data: bytes) -> None:
        self._iv = ctypes.create_string_buffer(iv, IV_LENGTH)
        self._additional_data = ctypes.create_string_buffer(additional_data, len(additional_data))
        self.encoded = bytes(
            GcmParameters(
                iv=ctypes.addressof(self._iv),
                iv_length=IV_LENGTH,
                iv_bits=8 * IV_LENGTH,
                additional_data=ctypes.addressof(self._additional_data),
                additional_data_length=len(additional_data),
                tag_bits=8 * TAG_LENGTH,
            )
        )

    @property
    def iv(self) -> bytes:
        """The IV that was used: ours, or the one that the HSM wrote over it."""
        return self._iv.raw
