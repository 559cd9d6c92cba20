"""The contents of a client's messages, each in the place of a text: docs/protocol.md §14."""

from __future__ import annotations

from dataclasses import dataclass

from common import VERSION, Json, RequestError, take_bytes, take_int, take_texts
from devices import MAX_LIST
from initial_message import varint
from pqxdh import MAX_BUNDLE
from reader import Reader, block

TEXT, COPY, LIST, RENEW, ACCEPTANCE, WELCOME, NOTHING, FILE_KEY = 0, 1, 2, 3, 8, 9, 10, 11  # kinds
KINDS = (TEXT, COPY, LIST, RENEW, ACCEPTANCE, WELCOME, NOTHING, FILE_KEY)
WITH_LIST = 0x80
MAX_BUNDLES = 16
CALLERS_LABEL = b"sprag content"


def callers_data(callers: bytes) -> bytes:
    """The associated data of a message that carries a content."""
    return CALLERS_LABEL + bytes([VERSION]) + callers


@dataclass(frozen=True)
class Content:
    """A content. `version` and `digest` are those of the sender's list, `known` the version of the receiver's."""

    kind: int
    version: int
    digest: bytes
    known: int
    device_list: bytes | None
    payload: bytes

    def write(self) -> bytes:
        mark = 0 if self.device_list is None else WITH_LIST
        attached = b"" if self.device_list is None else block(self.device_list)
        head = bytes([self.kind | mark]) + varint(self.version) + self.digest + varint(self.known)
        return head + attached + self.payload

    def to_json(self) -> Json:
        return {
            "kind": self.kind, "version": self.version, "hash": self.digest, "known": self.known,
            "list": self.device_list, "payload": self.payload,
        }


def read_content(content: bytes) -> Content:
    reader = Reader(content)
    (first,) = reader.take(1)
    if first & ~WITH_LIST not in KINDS:
        raise RequestError(f"a content of kind {first & ~WITH_LIST}")
    version, digest, known = reader.varint(64), reader.take(8), reader.varint(64)
    attached = reader.block(MAX_LIST) if first & WITH_LIST else None
    return Content(first & ~WITH_LIST, version, digest, known, attached, reader.rest())


def write_copy(user: bytes, payload: bytes) -> bytes:
    return user + block(payload)


def read_copy(payload: bytes) -> tuple[bytes, bytes]:
    """The user to whom the payload was sent, and the payload."""
    reader = Reader(payload)
    user, copied = reader.take(32), reader.block()
    reader.end()
    return user, copied


def write_bundles(bundles: list[bytes]) -> bytes:
    return b"".join(map(block, bundles))


def read_bundles(payload: bytes) -> list[bytes]:
    reader, bundles = Reader(payload), []
    while reader.content:
        bundles.append(reader.block(MAX_BUNDLE))
    if len(bundles) > MAX_BUNDLES:
        raise RequestError("too many bundles")
    return bundles


def take_content(request: Json) -> Content:
    attached = None if request.get("list") is None else take_bytes(request, "list")
    return Content(
        take_int(request, "kind", 7), take_int(request, "version", 64), take_bytes(request, "hash", 8),
        take_int(request, "known", 64), attached, take_bytes(request, "payload"),
    )


class ContentOperations:
    """The operations whose names begin with content_, on bytes outside of messages."""

    async def op_content_write(self, request: Json) -> Json:
        return {"content": take_content(request).write()}

    async def op_content_read(self, request: Json) -> Json:
        return read_content(take_bytes(request, "content")).to_json()

    async def op_content_write_copy(self, request: Json) -> Json:
        return {"payload": write_copy(take_bytes(request, "user", 32), take_bytes(request, "copied"))}

    async def op_content_read_copy(self, request: Json) -> Json:
        user, copied = read_copy(take_bytes(request, "payload"))
        return {"user": user, "copied": copied}

    async def op_content_write_bundles(self, request: Json) -> Json:
        return {"payload": write_bundles(take_texts(request, "bundles"))}

    async def op_content_read_bundles(self, request: Json) -> Json:
        return {"bundles": read_bundles(take_bytes(request, "payload"))}
