"""Files: docs/protocol.md §9. The message that carries the key is written and read by wire.py."""

from __future__ import annotations

import struct

from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDFExpand

from common import RequestError
from padding import LENGTH, padded

COMMITMENT_INFO = b"sprag-v1 file commitment"
CONTENT_INFO = b"sprag-v1 file content"
CALLERS_LABEL = b"sprag file"
KEY_LENGTH = 32
PIECE = 65_532
CHUNK = 65_536
TAG = 16


def expand(key: bytes, info: bytes) -> bytes:
    return HKDFExpand(SHA256(), 32, info).derive(key)


def commitment(key: bytes) -> bytes:
    return expand(key, COMMITMENT_INFO)


def divide(content: bytes, length: int) -> list[bytes]:
    """The parts of the content. Empty content is one empty part."""
    return [content[first : first + length] for first in range(0, max(len(content), 1), length)]


def nonce(number: int, last: bool) -> bytes:
    return struct.pack("<Q3xB", number, last)


def total(pieces: list[bytes]) -> int:
    """The length of all chunks together, before they are encrypted."""
    return padded(CHUNK * (len(pieces) - 1) + len(pieces[-1]) + LENGTH)


def write_chunks(content: bytes) -> list[bytes]:
    """The chunks before they are encrypted."""
    pieces = divide(content, PIECE)
    sizes = [min(CHUNK, total(pieces) - first) for first in range(0, total(pieces), CHUNK)]
    pieces += [b""] * (len(sizes) - len(pieces))
    return [
        piece.ljust(size - LENGTH, b"\0") + struct.pack("<I", len(piece))
        for piece, size in zip(pieces, sizes)
    ]


def read_piece(chunk: bytes) -> bytes:
    if len(chunk) < LENGTH:
        raise RequestError("a chunk has no length")
    (length,) = struct.unpack("<I", chunk[-LENGTH:])
    piece, zeros = chunk[:-LENGTH][:length], chunk[:-LENGTH][length:]
    if len(piece) < length:
        raise RequestError("a piece does not fit its chunk")
    if any(zeros):
        raise RequestError("padding is not zero")
    return piece


def read_chunks(chunks: list[bytes]) -> bytes:
    pieces = [read_piece(chunk) for chunk in chunks]
    while len(pieces) > 1 and not pieces[-1]:
        pieces.pop()
    if any(len(piece) < PIECE for piece in pieces[:-1]):
        raise RequestError("a piece follows on a short one")
    if sum(map(len, chunks)) != total(pieces):
        raise RequestError("a file is padded to another length")
    return b"".join(pieces)


def encrypt_chunks(key: bytes, chunks: list[bytes]) -> bytes:
    aead, last = ChaCha20Poly1305(expand(key, CONTENT_INFO)), len(chunks) - 1
    return b"".join(
        aead.encrypt(nonce(number, number == last), chunk, None) for number, chunk in enumerate(chunks)
    )


def decrypt_chunks(key: bytes, content: bytes) -> list[bytes]:
    aead, chunks = ChaCha20Poly1305(expand(key, CONTENT_INFO)), divide(content, CHUNK + TAG)
    last = len(chunks) - 1
    return [aead.decrypt(nonce(number, number == last), chunk, None) for number, chunk in enumerate(chunks)]


def encrypt_content(key: bytes, content: bytes) -> bytes:
    return encrypt_chunks(key, write_chunks(content))


def decrypt_content(key: bytes, content: bytes) -> bytes:
    return read_chunks(decrypt_chunks(key, content))
