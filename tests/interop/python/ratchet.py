"""The Double Ratchet of the package, with sprag's labels, encodings and limits."""

from __future__ import annotations

import struct
from typing import Any

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305
import doubleratchet
from doubleratchet.recommended import HashFunction, kdf_hkdf, kdf_separate_hmacs
from doubleratchet.recommended import diffie_hellman_ratchet_curve25519 as ratchet_curve25519

from common import Json, take_bytes

RATCHET_ROOT_INFO = b"sprag-v1 ratchet root"
CHAIN_CONSTANT = b"\x02\x01"  # the package takes the next chain key first, then the message key
MAX_SKIP = 25_000  # message keys derived for one message
MAX_STORED = 2_000  # message keys kept


class RootKdf(kdf_hkdf.KDF):
    """KDF_RK: HKDF-SHA-256, salt = root key, input = DH output, to root key || chain key."""

    @staticmethod
    def _get_hash_function() -> HashFunction:
        return HashFunction.SHA_256

    @staticmethod
    def _get_info() -> bytes:
        return RATCHET_ROOT_INFO


class ChainKdf(kdf_separate_hmacs.KDF):
    """KDF_CK: one HMAC-SHA-256 for each byte of CHAIN_CONSTANT."""

    @staticmethod
    def _get_hash_function() -> HashFunction:
        return HashFunction.SHA_256


class Aead(doubleratchet.AEAD):
    """ChaCha20-Poly1305 under the message key, with a nonce of zeros."""

    @staticmethod
    async def encrypt(plaintext: bytes, key: bytes, associated_data: bytes) -> bytes:
        return ChaCha20Poly1305(key).encrypt(bytes(12), plaintext, associated_data)

    @staticmethod
    async def decrypt(ciphertext: bytes, key: bytes, associated_data: bytes) -> bytes:
        try:
            return ChaCha20Poly1305(key).decrypt(bytes(12), ciphertext, associated_data)
        except InvalidTag as error:
            raise doubleratchet.AuthenticationFailedException from error


class DhRatchet(ratchet_curve25519.DiffieHellmanRatchet):
    """The DH ratchet over X25519. The session refuses to derive more keys for a message than it may keep, so
    it is given MAX_STORED for both limits, and the limit for deriving is replaced here."""

    @classmethod
    async def create(cls, *arguments: Any) -> DhRatchet:
        return await super().create(*arguments[:-1], MAX_SKIP)  # type: ignore[call-arg]


def encode_header(header: doubleratchet.Header) -> bytes:
    return struct.pack("<32sII", *header)


def encode_message(message: doubleratchet.EncryptedMessage) -> Json:
    return {"header": encode_header(message.header), "ciphertext": message.ciphertext}


def take_message(request: Json) -> doubleratchet.EncryptedMessage:
    header = doubleratchet.Header(*struct.unpack("<32sII", take_bytes(request, "header", 40)))
    return doubleratchet.EncryptedMessage(header, take_bytes(request, "ciphertext"))


class Session(doubleratchet.DoubleRatchet):
    """The Double Ratchet with sprag's CONCAT."""

    @staticmethod
    def _build_associated_data(associated_data: bytes, header: doubleratchet.Header) -> bytes:
        return struct.pack("<Q", len(associated_data)) + associated_data + encode_header(header)


# The first arguments of both ways to begin a session
PARAMETERS = (DhRatchet, RootKdf, ChainKdf, CHAIN_CONSTANT, MAX_STORED, MAX_STORED, Aead)

ERRORS = {
    doubleratchet.AuthenticationFailedException: "not authentic",
    doubleratchet.DoSProtectionException: "too many skipped",
    doubleratchet.DuplicateMessageException: "duplicate",
}
