"""The message of the initiator in both suites, with the initiator sealed: docs/protocol.md §§5, 8."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
import hashlib
import struct

from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from common import CURVE25519, VERSION

PREKEY_MESSAGE = 2  # the kind in its envelope
X3DH, PQXDH = 1, 2  # suites
SESSION_LABEL = b"sprag session"
SEAL_LABEL = b"sprag sealed initiator"
SEAL_INFOS = {
    X3DH: b"sprag-v1 sealed initiator, CURVE25519_SHA-256",
    PQXDH: b"sprag-v1 sealed initiator, CURVE25519_SHA-256_ML-KEM-1024",
}
SEALED_LENGTH = 52


def varint(value: int) -> bytes:
    written = b""
    while value > 0x7F:
        written += bytes([value & 0x7F | 0x80])
        value >>= 7
    return written + bytes([value])


def option(written: bytes | None) -> bytes:
    return b"\0" if written is None else b"\1" + written


@dataclass(frozen=True)
class KemPart:
    prekey: int
    ciphertext: bytes


@dataclass(frozen=True)
class Handshake:
    """The message of the initiator. The prekeys in it are numbers. There is a KEM part in suite 2 alone."""

    suite: int
    ephemeral: bytes
    signed_prekey: int
    one_time_prekey: int | None
    kem: KemPart | None = None
    sealed: bytes = b""

    def clear_part(self) -> bytes:
        """All bytes in front of the sealed initiator."""
        one_time = None if self.one_time_prekey is None else varint(self.one_time_prekey)
        kem = varint(self.kem.prekey) + self.kem.ciphertext if self.kem else b""
        front = bytes([VERSION, PREKEY_MESSAGE, self.suite]) + self.ephemeral
        return front + varint(self.signed_prekey) + option(one_time) + kem

    def write(self) -> bytes:
        return self.clear_part() + self.sealed

    def session_id(self) -> bytes:
        one_time = None if self.one_time_prekey is None else struct.pack("<I", self.one_time_prekey)
        kem = struct.pack("<I", self.kem.prekey) + self.kem.ciphertext if self.kem else b""
        return hashlib.sha256(
            SESSION_LABEL + bytes([VERSION, self.suite]) + CURVE25519 + self.ephemeral
            + struct.pack("<I", self.signed_prekey) + option(one_time) + kem + self.sealed
        ).digest()

    def cipher(self, outputs: Sequence[bytes], kem_secret: bytes) -> ChaCha20Poly1305:
        return ChaCha20Poly1305(seal_key(self.suite, outputs, kem_secret))

    def seal(
        self, initiator: Initiator, outputs: Sequence[bytes], kem_secret: bytes = b""
    ) -> Handshake:
        """This message with the initiator in it. `outputs` are DH2, DH3 and perhaps DH4."""
        data, content = SEAL_LABEL + self.clear_part(), initiator.write()
        return replace(self, sealed=self.cipher(outputs, kem_secret).encrypt(bytes(12), content, data))

    def open(self, outputs: Sequence[bytes], kem_secret: bytes = b"") -> Initiator:
        data = SEAL_LABEL + self.clear_part()
        content = self.cipher(outputs, kem_secret).decrypt(bytes(12), self.sealed, data)
        return Initiator(*struct.unpack("<32sI", content))


@dataclass(frozen=True)
class Initiator:
    """The part of the message that is sealed."""

    identity: bytes
    ordinal: int

    def write(self) -> bytes:
        return struct.pack("<32sI", self.identity, self.ordinal)


def seal_key(suite: int, outputs: Sequence[bytes], kem_secret: bytes) -> bytes:
    """KS, from DH2, DH3, perhaps DH4, and SS in suite 2."""
    material = b"\xff" * 32 + b"".join(outputs) + kem_secret
    return HKDF(SHA256(), 32, bytes(32), SEAL_INFOS[suite]).derive(material)
