"""Helpers of all parts of the peer: the fields of requests, and the parts that both handshakes share."""

from __future__ import annotations

from dataclasses import dataclass
import re
from typing import Any

from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDFExpand
import xeddsa

VERSION = 1
CURVE25519 = b"\x01"  # the byte that EncodeEC puts before a u-coordinate
SIGNED_PREKEY_LABEL = b"sprag signed prekey"
SESSION_INFOS = (
    b"sprag-v1 session root", b"sprag-v1 initiator header key", b"sprag-v1 responder header key",
)
GROUP_ORDER = 2**252 + 27742317777372353535851937790883648493

Json = dict[str, Any]


class RequestError(Exception):
    """A request that cannot be answered."""


def take_bytes(request: Json, name: str, length: int | None = None) -> bytes:
    """The bytes of a field: lower-case hex, of the given length."""
    text = request.get(name)
    if not isinstance(text, str) or len(text) % 2 or not re.fullmatch("[0-9a-f]*", text):
        raise RequestError(f"{name}: bytes are needed, as lower-case hex")
    if length not in (None, len(text) // 2):
        raise RequestError(f"{name}: {length} bytes are needed")
    return bytes.fromhex(text)


def take_texts(request: Json, name: str) -> list[bytes]:
    """The bytes of each text in a field."""
    return [take_bytes({name: text}, name) for text in request[name]]


def take_int(request: Json, name: str, bits: int) -> int:
    """The unsigned integer of a field."""
    value = request.get(name)
    if type(value) is not int or not 0 <= value < 1 << bits:
        raise RequestError(f"{name}: an integer of {bits} bits is needed")
    return value


def signing_scalar(secret: bytes) -> bytes:
    """The scalar whose public key has sign bit 0, reduced as XEdDSA defines it. The package leaves a scalar
    unreduced that it need not negate, and this would change the bytes that are hashed into r."""
    scalar = xeddsa.priv_force_sign(secret, False)
    return (int.from_bytes(scalar, "little") % GROUP_ORDER).to_bytes(32, "little")


@dataclass(frozen=True)
class SessionKeys:
    """The keys that a ratchet with header encryption begins with. One without it takes the root key alone."""

    root: bytes
    shared_hka: bytes
    shared_nhkb: bytes

    @classmethod
    def derive(cls, shared_secret: bytes) -> SessionKeys:
        """The keys that follow from SK."""
        return cls(*(HKDFExpand(SHA256(), 32, info).derive(shared_secret) for info in SESSION_INFOS))

    def to_json(self) -> Json:
        return dict(vars(self))
