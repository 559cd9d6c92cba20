"""The values that bytes are made of: docs/protocol.md §1. Each has one encoding, and a reader refuses others."""

from __future__ import annotations

from collections.abc import Callable
import struct
from typing import TypeVar

from common import VERSION, RequestError
from initial_message import varint
from pqxdh import check_public_key

T = TypeVar("T")


class Reader:
    """A reader that takes values from bytes, one after the other."""

    def __init__(self, content: bytes, limit: int | None = None) -> None:
        self.content = content
        if limit is not None and len(content) > limit:
            raise RequestError("too long")

    def envelope(self, kind: int) -> None:
        if self.take(2) != bytes([VERSION, kind]):
            raise RequestError("of another version or kind")

    def take(self, length: int) -> bytes:
        taken, self.content = self.content[:length], self.content[length:]
        if len(taken) < length:
            raise RequestError("cut off")
        return taken

    def byte(self, *allowed: int) -> int:
        (value,) = self.take(1)
        if value not in allowed:
            raise RequestError(f"{value} where one of {allowed} was due")
        return value

    def varint(self, bits: int) -> int:
        value = shift = 0
        while True:
            (byte,) = self.take(1)
            value |= (byte & 0x7F) << shift
            if byte == 0 and shift:
                raise RequestError("a number is longer than it need be")
            if value >> bits:
                raise RequestError("a number is too large")
            if byte < 0x80:
                return value
            shift += 7

    def u32(self) -> int:
        (value,) = struct.unpack("<I", self.take(4))
        return int(value)

    def option(self, take: Callable[[], T]) -> T | None:
        return take() if self.byte(0, 1) else None

    def block(self, limit: int | None = None) -> bytes:
        length = self.varint(32)
        if limit is not None and length > limit:
            raise RequestError("too long")
        return self.take(length)

    def public_key(self) -> bytes:
        return check_public_key(self.take(32))

    def rest(self) -> bytes:
        return self.take(len(self.content))

    def end(self) -> None:
        if self.content:
            raise RequestError("bytes after the end")


def block(content: bytes) -> bytes:
    return varint(len(content)) + content
