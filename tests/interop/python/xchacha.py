"""XChaCha20-Poly1305 of draft-irtf-cfrg-xchacha-03, from the ChaCha20 of the package cryptography."""

from __future__ import annotations

import struct

from cryptography.hazmat.primitives.ciphers import Cipher
from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305
from cryptography.hazmat.primitives.ciphers.algorithms import ChaCha20

CONSTANTS = b"expand 32-byte k"
NONCE_LENGTH = 24


def words(content: bytes) -> tuple[int, ...]:
    return struct.unpack("<4I", content)


def hchacha20(key: bytes, nonce: bytes) -> bytes:
    """The rounds of ChaCha20 alone. Its block function adds its initial state at the end, so the initial
    state is subtracted here from the first and the last row of a block."""
    block = Cipher(ChaCha20(key, nonce), mode=None).encryptor().update(bytes(64))
    rows = words(block[:16]) + words(block[48:])
    began = words(CONSTANTS) + words(nonce)
    return struct.pack("<8I", *((word - first) % 2**32 for word, first in zip(rows, began)))


def cipher(key: bytes, nonce: bytes) -> tuple[ChaCha20Poly1305, bytes]:
    """ChaCha20-Poly1305 with its key and its nonce, both derived from these."""
    return ChaCha20Poly1305(hchacha20(key, nonce[:16])), bytes(4) + nonce[16:]


def encrypt(key: bytes, nonce: bytes, plaintext: bytes, data: bytes = b"") -> bytes:
    aead, short = cipher(key, nonce)
    return aead.encrypt(short, plaintext, data)


def decrypt(key: bytes, nonce: bytes, ciphertext: bytes, data: bytes = b"") -> bytes:
    aead, short = cipher(key, nonce)
    return aead.decrypt(short, ciphertext, data)
