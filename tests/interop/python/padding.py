"""Padded lengths and padded texts: docs/protocol.md §§1, 8."""

from __future__ import annotations

import struct

from common import RequestError

SHORTEST = 32
LENGTH = 4  # bytes of the length in front of a text


def padded(length: int) -> int:
    """The padded length by Padmé: the longer it is, the more of its low bits are zero."""
    if length <= SHORTEST:
        return SHORTEST
    exponent = length.bit_length() - 1
    step = 1 << exponent - exponent.bit_length()
    return -(-length // step) * step


def pad(text: bytes) -> bytes:
    content = struct.pack("<I", len(text)) + text
    return content.ljust(padded(len(content)), b"\0")


def unpad(content: bytes) -> bytes:
    if len(content) < LENGTH:
        raise RequestError("a text has no length")
    (length,) = struct.unpack_from("<I", content)
    text, zeros = content[LENGTH : LENGTH + length], content[LENGTH + length :]
    if len(content) != padded(LENGTH + length):
        raise RequestError("a text is padded to another length")
    if any(zeros):
        raise RequestError("padding is not zero")
    return text
