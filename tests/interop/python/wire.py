"""Bundles, uploads, messages and files in bytes: docs/protocol.md §§3, 4, 7, 8, 9, 14, in suite 2."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
import hashlib
import os
import struct
from typing import TypeVar

from cryptography.exceptions import InvalidTag

from common import VERSION, Json, RequestError, SessionKeys, take_bytes, take_int, take_texts
from content import FILE_KEY, Content, ContentOperations, callers_data, read_content, read_copy, take_content
from content import write_copy
from devices import MAX_LIST, DeviceOperations
import files
from header_encryption import NotAuthentic, Ratchet
from initial_message import PREKEY_MESSAGE, PQXDH, SEALED_LENGTH, X3DH, Handshake, KemPart, option, varint
from padding import pad, unpad
from pqxdh import KEM_LENGTH, MAX_BUNDLE, SUITE, Agreement, Bundle, KemPrekey, OneTimePrekey
from pqxdh import SignedPrekey, check_kem_key, encode_ec, verify
from reader import Reader, block

BUNDLE, MESSAGE, FILE, UPLOAD = 1, 3, 4, 5
HEADER_LENGTHS = {X3DH: 80, PQXDH: 80}  # of an encrypted header, by the suite of the session
MAX_UPLOAD, MAX_MESSAGE = 2_097_152, 16_777_216
MAX_UPLOADED = 1_000
MAX_FILE_MESSAGE, MAX_FILE_MESSAGES = 4_096, 24
ONE_TIME, LAST_RESORT = 0, 1
TAG = 16
CHECKSUM = 8

T = TypeVar("T")

class WireReader(Reader):
    """A reader of what begins with an envelope."""

    def __init__(self, content: bytes, kind: int, limit: int | None = None) -> None:
        super().__init__(content, limit)
        self.envelope(kind)

    def signed_prekey(self) -> SignedPrekey:
        number, created = self.varint(32), self.varint(64)
        return SignedPrekey(number, created, self.public_key(), self.take(64))

    def one_time_prekey(self) -> OneTimePrekey:
        return OneTimePrekey(self.varint(32), self.public_key())

    def kem_prekey(self, *uses: int) -> KemPrekey:
        created = self.varint(64) if self.byte(*uses) == LAST_RESORT else None
        number, signature = self.varint(32), self.take(64)
        return KemPrekey(number, created, check_kem_key(self.take(KEM_LENGTH)), signature)


def checksum(content: bytes) -> bytes:
    return hashlib.sha256(content).digest()[:CHECKSUM]


class CheckedReader(WireReader):
    """A reader of what ends in a checksum, and begins with a suite."""

    def __init__(self, content: bytes, kind: int, limit: int) -> None:
        super().__init__(content, kind, limit)
        self.byte(SUITE)
        if len(self.content) < CHECKSUM:
            raise RequestError("cut off")
        self.content, given = self.content[:-CHECKSUM], self.content[-CHECKSUM:]
        if checksum(content[:-CHECKSUM]) != given:
            raise RequestError("damaged")


def write_bundle(bundle: Bundle) -> bytes:
    signed, one_time, kem = bundle.signed_prekey, bundle.one_time_prekey, bundle.kem_prekey
    use = bytes([ONE_TIME]) if kem.created is None else bytes([LAST_RESORT]) + varint(kem.created)
    content = (
        bytes([VERSION, BUNDLE, SUITE]) + bundle.identity + block(bundle.device_list)
        + varint(signed.number) + varint(signed.created) + signed.key + signed.signature
        + option(varint(one_time.number) + one_time.key if one_time else None)
        + use + varint(kem.number) + kem.signature + kem.key
    )
    return content + checksum(content)


def read_bundle(content: bytes) -> Bundle:
    reader = CheckedReader(content, BUNDLE, MAX_BUNDLE)
    identity, device_list = reader.public_key(), reader.block(MAX_LIST)
    signed, one_time = reader.signed_prekey(), reader.option(reader.one_time_prekey)
    kem = reader.kem_prekey(ONE_TIME, LAST_RESORT)
    reader.end()
    return Bundle(identity, signed, one_time, kem, device_list)


def divide(content: bytes) -> list[Bundle]:
    """The bundles that a directory gives out, in order. The last one is reusable."""
    reader = CheckedReader(content, UPLOAD, MAX_UPLOAD)
    identity, device_list = reader.public_key(), reader.block(MAX_LIST)
    signed = reader.signed_prekey()
    last_resort = reader.kem_prekey(LAST_RESORT)
    counts = reader.varint(32), reader.varint(32)
    if max(counts) > MAX_UPLOADED:
        raise RequestError("too many prekeys")
    one_time = [reader.one_time_prekey() for _ in range(counts[0])]
    kem = [reader.kem_prekey(ONE_TIME) for _ in range(counts[1])]
    reader.end()
    verify("upload's signed prekey", identity, signed.signed(), signed.signature)
    for prekey in [last_resort, *kem]:
        verify("upload's KEM prekey", identity, prekey.signed(signed), prekey.signature)
    rest = max(counts) + 1
    return [
        Bundle(identity, signed, own, own_kem, device_list)
        for own, own_kem in zip(
            one_time + [None] * (rest - counts[0]), kem + [last_resort] * (rest - counts[1])
        )
    ]


def read_handshake(reader: WireReader) -> Handshake:
    suite, ephemeral = reader.byte(SUITE), reader.public_key()
    signed, one_time = reader.varint(32), reader.option(lambda: reader.varint(32))
    kem = KemPart(reader.varint(32), reader.take(KEM_LENGTH))
    return Handshake(suite, ephemeral, signed, one_time, kem, reader.take(SEALED_LENGTH))


def read_encrypted(reader: WireReader, suite: int) -> tuple[bytes, bytes]:
    """The encrypted header, and the ciphertext with its tag."""
    header = reader.take(HEADER_LENGTHS[suite])
    if len(reader.content) < TAG:
        raise RequestError("cut off")
    return header, reader.content


def kind_of(message: bytes) -> int:
    return PREKEY_MESSAGE if message[1:2] == bytes([PREKEY_MESSAGE]) else MESSAGE


def write_file(commitment: bytes, messages: list[bytes], chunks: bytes) -> bytes:
    if not 1 <= len(messages) <= MAX_FILE_MESSAGES:
        raise RequestError("a file has too many messages, or none")
    if any(len(message) > MAX_FILE_MESSAGE for message in messages):
        raise RequestError("a message of a file is too long")
    parts = (struct.pack("<I", len(message)) + message for message in messages)
    return bytes([VERSION, FILE]) + commitment + bytes([len(messages)]) + b"".join(parts) + chunks


def read_file(content: bytes) -> tuple[bytes, list[bytes], bytes]:
    reader, messages = WireReader(content, FILE), []
    commitment = reader.take(32)
    for _ in range(reader.byte(*range(1, MAX_FILE_MESSAGES + 1))):
        length = reader.u32()
        if length > MAX_FILE_MESSAGE:
            raise RequestError("a message of a file is too long")
        messages.append(reader.take(length))
    return commitment, messages, reader.rest()


def file_data(commitment: bytes) -> bytes:
    """The associated data of the messages of a file."""
    return callers_data(files.CALLERS_LABEL + commitment)


def open_file(text: bytes, commitment: bytes, chunks: bytes) -> tuple[Content, bytes]:
    """The content of the message, and that of the file."""
    head = read_content(text)
    if head.kind != FILE_KEY:
        raise RequestError("the message carries no key of a file")
    _, key = read_copy(head.payload)
    if len(key) != files.KEY_LENGTH or files.commitment(key) != commitment:
        raise RequestError("the key is not that of the file")
    return head, files.decrypt_content(key, chunks)


def part(content: bytes) -> bytes:
    return struct.pack("<Q", len(content)) + content


def associated_data(agreement: Agreement, kind: int, callers: bytes) -> bytes:
    parts = (
        encode_ec(agreement.initiator.identity), encode_ec(agreement.responder), agreement.session_id,
        agreement.kem_hash, bytes([VERSION, kind]), callers,
    )
    return b"".join(map(part, parts))


@dataclass
class WireSession:
    """A session with all that its messages need. An initiator sends its handshake until it has an answer."""

    agreement: Agreement
    ratchet: Ratchet
    handshake: Handshake
    initiator: bool
    answered: bool = False
    ranked: int | None = None  # the rank, if it is not the ordinal

    @property
    def rank(self) -> int:
        return self.agreement.initiator.ordinal if self.ranked is None else self.ranked

    @property
    def confirmed(self) -> bool:
        """Tells whether the peer has answered in it. A responder has a finished chain once another answers its own."""
        return self.answered if self.initiator else bool(self.ratchet.finished)

    def front(self) -> tuple[int, bytes]:
        if self.initiator and not self.answered:
            return PREKEY_MESSAGE, self.handshake.write()
        return MESSAGE, bytes([VERSION, MESSAGE])

    def encrypt(self, text: bytes, callers: bytes) -> bytes:
        return self.encrypt_padded(pad(text), callers)

    def encrypt_padded(self, padded_text: bytes, callers: bytes) -> bytes:
        kind, front = self.front()
        if len(front) + HEADER_LENGTHS[self.handshake.suite] + len(padded_text) + TAG > MAX_MESSAGE:
            raise RequestError("too long")
        data = associated_data(self.agreement, kind, callers)
        return front + b"".join(self.ratchet.encrypt(padded_text, data))

    def decrypt(self, content: bytes, callers: bytes) -> tuple[WireSession, bytes]:
        """The session as it is afterwards, and the text."""
        kind = kind_of(content)
        reader = WireReader(content, kind, MAX_MESSAGE)
        if kind == PREKEY_MESSAGE:
            session_id = read_handshake(reader).session_id()
            if self.initiator or session_id != self.agreement.session_id:
                raise RequestError("of another session")
        data = associated_data(self.agreement, kind, callers)
        ratchet, padded_text = self.ratchet.decrypt(*read_encrypted(reader, self.handshake.suite), data)
        return replace(self, ratchet=ratchet, answered=True), unpad(padded_text)


def preferred(sessions: dict[str, WireSession]) -> str:
    """The name of the session to send in, of several with one peer: docs/protocol.md §5.5. The sessions are
    in the order in which they began."""
    highest = max(session.rank for session in sessions.values())
    latest = {
        session.initiator: name
        for name, session in sessions.items() if session.rank == highest
    }
    if True in latest and sessions[latest[True]].answered:
        return latest[True]
    return min(latest.values(), key=lambda name: sessions[name].agreement.session_id)


def one_of(messages: list[bytes], attempt: Callable[[bytes], T]) -> T:
    """The result of the first attempt that succeeds. The messages to other parties fail. Other errors than theirs end
    the attempts."""
    error: Exception = RequestError("no message is for this party")
    for message in messages:
        try:
            return attempt(message)
        except (NotAuthentic, InvalidTag, RequestError) as other:
            error = other
    raise error


def take_callers(request: Json) -> bytes:
    return callers_data(take_bytes(request, "associated_data"))


class WireOperations(DeviceOperations, ContentOperations):
    """The operations whose names begin with wire_, and those with content_ on messages."""

    def __init__(self) -> None:
        super().__init__()
        self.wire_sessions: dict[str, WireSession] = {}

    def wire_session(self, request: Json) -> WireSession:
        session = self.wire_sessions.get(request.get("session", ""))
        if session is None:
            raise RequestError("no such session")
        return session

    async def op_wire_publish(self, request: Json) -> Json:
        device_list = take_bytes(request, "list") if "list" in request else b""
        return {"bundle": write_bundle(replace(self.publish(request), device_list=device_list))}

    async def op_wire_divide(self, request: Json) -> Json:
        return {"bundles": [write_bundle(bundle) for bundle in divide(take_bytes(request, "upload"))]}

    async def op_wire_identity(self, request: Json) -> Json:
        return {"identity": self.account(request).identity}

    async def op_wire_read_bundle(self, request: Json) -> Json:
        bundle = read_bundle(take_bytes(request, "bundle"))
        bundle.verify()
        return {"identity": bundle.identity, "list": bundle.device_list}

    def begin(self, request: Json, text: bytes, callers: bytes) -> Json:
        bundle = read_bundle(take_bytes(request, "bundle"))
        claimed = take_bytes(request, "claimed", 32) if "claimed" in request else None
        ordinal = take_int(request, "ordinal", 32)
        handshake, agreement = self.account(request).initiate(bundle, ordinal, claimed)
        keys = SessionKeys.derive(agreement.shared_secret)
        ratchet = Ratchet.initiator(keys, bundle.signed_prekey.key)
        session = WireSession(agreement, ratchet, handshake, initiator=True)
        message = session.encrypt(text, callers)
        self.wire_sessions[request.get("session", "")] = session
        return {"message": message, "session_id": agreement.session_id}

    async def op_wire_begin(self, request: Json) -> Json:
        return self.begin(request, take_bytes(request, "plaintext"), take_bytes(request, "associated_data"))

    async def op_content_begin(self, request: Json) -> Json:
        return self.begin(request, take_content(request).write(), take_callers(request))

    def accept(self, request: Json, message: bytes, callers: bytes) -> tuple[WireSession, bytes]:
        """The session that a prekey message begins, and the text."""
        account = self.account(request)
        handshake = read_handshake(WireReader(message, PREKEY_MESSAGE, MAX_MESSAGE))
        agreement = account.respond(handshake)
        keys = SessionKeys.derive(agreement.shared_secret)
        ratchet = Ratchet.responder(keys, account.signed_prekeys[handshake.signed_prekey])
        return WireSession(agreement, ratchet, handshake, initiator=False).decrypt(message, callers)

    def keep_accepted(self, request: Json, session: WireSession) -> Json:
        self.account(request).delete_one_time(session.handshake)
        self.wire_sessions[request.get("session", "")] = session
        agreement = session.agreement
        return {
            "session_id": agreement.session_id, "identity": agreement.initiator.identity,
            "ordinal": agreement.initiator.ordinal,
        }

    async def op_wire_accept(self, request: Json) -> Json:
        message, callers = take_bytes(request, "message"), take_bytes(request, "associated_data")
        session, text = self.accept(request, message, callers)
        return {"plaintext": text, **self.keep_accepted(request, session)}

    async def op_content_accept(self, request: Json) -> Json:
        session, text = self.accept(request, take_bytes(request, "message"), take_callers(request))
        head = read_content(text).to_json()
        return {**head, **self.keep_accepted(request, session)}

    async def op_wire_encrypt(self, request: Json) -> Json:
        session, callers = self.wire_session(request), take_bytes(request, "associated_data")
        if "padded" in request:
            return {"message": session.encrypt_padded(take_bytes(request, "padded"), callers)}
        return {"message": session.encrypt(take_bytes(request, "plaintext"), callers)}

    async def op_content_encrypt(self, request: Json) -> Json:
        written = take_content(request).write()
        return {"message": self.wire_session(request).encrypt(written, take_callers(request))}

    async def op_wire_decrypt(self, request: Json) -> Json:
        message, callers = take_bytes(request, "message"), take_bytes(request, "associated_data")
        session, text = self.wire_session(request).decrypt(message, callers)
        self.wire_sessions[request.get("session", "")] = session
        return {"plaintext": text}

    async def op_content_decrypt(self, request: Json) -> Json:
        message, callers = take_bytes(request, "message"), take_callers(request)
        session, text = self.wire_session(request).decrypt(message, callers)
        head = read_content(text)
        self.wire_sessions[request.get("session", "")] = session
        return head.to_json()

    async def op_wire_skip(self, request: Json) -> Json:
        self.wire_session(request).ratchet.skip_sending(take_int(request, "count", 32))
        return {}

    async def op_wire_copy(self, request: Json) -> Json:
        session = self.wire_session(request)
        self.wire_sessions[request["copy"]] = replace(session, ratchet=session.ratchet.copy())
        return {}

    async def op_wire_fingerprint(self, request: Json) -> Json:
        return {"fingerprint": self.wire_session(request).ratchet.fingerprint()}

    async def op_wire_prefer(self, request: Json) -> Json:
        return {"session": preferred({name: self.wire_sessions[name] for name in request["sessions"]})}

    async def op_content_encrypt_file(self, request: Json) -> Json:
        key = os.urandom(files.KEY_LENGTH)
        if "chunks" in request:
            chunks = take_texts(request, "chunks")
        else:
            chunks = files.write_chunks(take_bytes(request, "content"))
        sessions = [self.wire_session({"session": name}) for name in request["sessions"]]
        payload = write_copy(take_bytes(request, "user", 32), key)
        head = replace(take_content({"kind": FILE_KEY, "payload": "", **request}), payload=payload)
        commitment = files.commitment(key)
        messages = [session.encrypt(head.write(), file_data(commitment)) for session in sessions]
        return {"file": write_file(commitment, messages, files.encrypt_chunks(key, chunks))}

    async def op_content_accept_file(self, request: Json) -> Json:
        commitment, messages, chunks = read_file(take_bytes(request, "file"))
        session, text = one_of(
            [message for message in messages if kind_of(message) == PREKEY_MESSAGE],
            lambda message: self.accept(request, message, file_data(commitment)),
        )
        head, content = open_file(text, commitment, chunks)
        accepted = self.keep_accepted(request, session)
        return {**head.to_json(), **accepted, "content": content}

    async def op_content_decrypt_file(self, request: Json) -> Json:
        commitment, messages, chunks = read_file(take_bytes(request, "file"))
        ours = self.wire_session(request)
        session, text = one_of(messages, lambda message: ours.decrypt(message, file_data(commitment)))
        head, content = open_file(text, commitment, chunks)
        self.wire_sessions[request.get("session", "")] = session
        return {**head.to_json(), "content": content}
