"""The Double Ratchet with header encryption: docs/protocol.md §6, written from the specification alone."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
import hmac
import os
import struct
from typing import NamedTuple

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF, HKDFExpand
import xeddsa

from common import Json, RequestError, SessionKeys, take_bytes
from pqxdh import check_public_key, diffie_hellman
import xchacha

ROOT_INFO = b"sprag-v1 ratchet root, header encryption"
FINGERPRINT_INFO = b"sprag-v1 root fingerprint"
HEADER_LENGTH = 80  # of an encrypted header
NONCE_START = xchacha.NONCE_LENGTH - 12  # the bytes before the part that is the message's nonce
MAX_SKIP = 25_000  # steps in one chain for one message
MAX_STORED = 2_000  # message keys kept
MAX_AGE = 25_000  # later messages of the same chain, after which a message key is not kept
MAX_FINISHED = 32  # finished chains kept
END_OF_NUMBERS = 2**32 - 1  # is no number of a message


class NotAuthentic(Exception):
    """No header key opens the header, or the message key does not open the message."""


class Duplicate(Exception):
    """The message's key was used, or is no longer kept."""


class TooManySkipped(Exception):
    """The message is too far ahead."""


class Forked(Exception):
    """The header is authentic, but one of the parties was put back to an older state."""


ERRORS = {
    NotAuthentic: "not authentic", Duplicate: "duplicate", TooManySkipped: "too many skipped",
    Forked: "forked",
}


def kdf_root(root: bytes, shared: bytes) -> tuple[bytes, bytes, bytes]:
    """KDF_RK_HE: root key, chain key and next header key."""
    output = HKDF(SHA256(), 96, root, ROOT_INFO).derive(shared)
    return output[:32], output[32:64], output[64:]


def kdf_chain(key: bytes) -> tuple[bytes, bytes]:
    """KDF_CK: next chain key and message key."""
    return hmac.digest(key, b"\2", "sha256"), hmac.digest(key, b"\1", "sha256")


class Header(NamedTuple):
    ratchet_key: bytes
    previous_length: int
    number: int

    def seal(self, key: bytes) -> bytes:
        nonce = os.urandom(xchacha.NONCE_LENGTH)
        return nonce + xchacha.encrypt(key, nonce, struct.pack("<32sII", *self))


def open_header(key: bytes, sealed: bytes) -> Header | None:
    nonce, ciphertext = sealed[: xchacha.NONCE_LENGTH], sealed[xchacha.NONCE_LENGTH :]
    try:
        return Header(*struct.unpack("<32sII", xchacha.decrypt(key, nonce, ciphertext)))
    except InvalidTag:
        return None


def concat(data: bytes, sealed_header: bytes) -> bytes:
    return struct.pack("<Q", len(data)) + data + sealed_header


@dataclass
class Sending:
    """The sending chain."""

    header_key: bytes
    chain_key: bytes
    ratchet_key: bytes


@dataclass
class Receiving:
    """A receiving chain, the current one or a finished one. `length` is the number of its next message key.
    A finished chain has no key of that number or a later one, even if its `end` is beyond."""

    header_key: bytes
    ratchet_key: bytes
    chain_key: bytes
    length: int = 0
    end: int = 0  # once it is finished, 1 more than the number of the last message that was sent in it
    skipped: dict[int, bytes] = field(default_factory=dict)

    def copy(self) -> Receiving:
        return replace(self, skipped=dict(self.skipped))

    def open_header(self, sealed: bytes) -> Header | None:
        header = open_header(self.header_key, sealed)
        if header and header.ratchet_key != self.ratchet_key:
            raise Forked
        return header

    def step(self) -> bytes:
        self.chain_key, message_key = kdf_chain(self.chain_key)
        self.length += 1
        return message_key

    def skip_to(self, length: int) -> None:
        if length - self.length > MAX_SKIP:
            raise TooManySkipped
        while self.length < length:
            number = self.length
            self.skipped[number] = self.step()

    def take_skipped(self, number: int) -> bytes:
        if number not in self.skipped:
            raise Duplicate
        return self.skipped.pop(number)

    def take(self, number: int) -> bytes:
        if number < self.length:
            return self.take_skipped(number)
        if number >= END_OF_NUMBERS:
            raise RequestError("this is no number of a message")
        self.skip_to(number)
        self.forget_older(number - MAX_AGE)
        return self.step()

    def forget_older(self, number: int) -> None:
        for old in [kept for kept in self.skipped if kept <= number]:
            del self.skipped[old]

    def finish(self, previous_length: int) -> None:
        """Skips to the end. If that is too far, the messages that are missing there are lost."""
        self.end = max(previous_length, self.length)
        if self.end - self.length <= MAX_SKIP:
            self.skip_to(self.end)

    def take_finished(self, number: int) -> bytes:
        if number >= self.end:
            raise Forked
        return self.take_skipped(number)


@dataclass
class Ratchet:
    """One end of a session. An initiator begins with the peer's ratchet key and without one of its own, and
    takes its first sending step when it first sends, as every party does."""

    root: bytes
    next_sending: bytes  # header keys
    next_receiving: bytes
    secret: bytes | None = None  # of its own ratchet key, until the peer has answered to that
    remote: bytes | None = None
    sending: Sending | None = None
    sent: int = 0
    previous_length: int = 0
    receiving: Receiving | None = None
    finished: list[Receiving] = field(default_factory=list)

    @classmethod
    def initiator(cls, keys: SessionKeys, remote: bytes) -> Ratchet:
        return cls(keys.root, keys.shared_hka, keys.shared_nhkb, remote=check_public_key(remote))

    @classmethod
    def responder(cls, keys: SessionKeys, secret: bytes) -> Ratchet:
        return cls(keys.root, keys.shared_nhkb, keys.shared_hka, secret=secret)

    def fingerprint(self) -> bytes:
        return HKDFExpand(SHA256(), 8, FINGERPRINT_INFO).derive(self.root)

    def encrypt(self, plaintext: bytes, data: bytes) -> tuple[bytes, bytes]:
        """The encrypted header, and the ciphertext with its tag."""
        chain = self.sending or self.begin_sending()
        if self.sent == END_OF_NUMBERS:
            raise RequestError("the chain has no more numbers")
        chain.chain_key, message_key = kdf_chain(chain.chain_key)
        header = Header(chain.ratchet_key, self.previous_length, self.sent).seal(chain.header_key)
        self.sent += 1
        nonce = header[NONCE_START : xchacha.NONCE_LENGTH]
        return header, ChaCha20Poly1305(message_key).encrypt(nonce, plaintext, concat(data, header))

    def skip_sending(self, count: int) -> None:
        """Spends the keys of so many messages, as if they had been sent and lost."""
        chain = self.sending or self.begin_sending()
        for _ in range(count):
            chain.chain_key, _ = kdf_chain(chain.chain_key)
            self.sent += 1

    def begin_sending(self) -> Sending:
        if self.remote is None:
            raise RequestError("nothing was received yet")
        self.secret = os.urandom(32)
        header_key, shared = self.next_sending, diffie_hellman(self.secret, self.remote)
        self.root, chain_key, self.next_sending = kdf_root(self.root, shared)
        self.sending = Sending(header_key, chain_key, xeddsa.priv_to_curve25519_pub(self.secret))
        self.sent = 0
        return self.sending

    def decrypt(self, header: bytes, ciphertext: bytes, data: bytes) -> tuple[Ratchet, bytes]:
        """The ratchet as it is afterwards, and the plaintext. This ratchet remains as it was, so that a caller
        who refuses the plaintext can keep it."""
        after = self.copy()
        message_key, nonce = after.take(header), header[NONCE_START : xchacha.NONCE_LENGTH]
        try:
            plaintext = ChaCha20Poly1305(message_key).decrypt(nonce, ciphertext, concat(data, header))
        except InvalidTag as error:
            raise NotAuthentic from error
        after.forget_oldest()
        return after, plaintext

    def copy(self) -> Ratchet:
        return replace(
            self, sending=self.sending and replace(self.sending),
            receiving=self.receiving and self.receiving.copy(),
            finished=[chain.copy() for chain in self.finished],
        )

    def take(self, sealed: bytes) -> bytes:
        """The message key of the message with this header."""
        if self.receiving and (header := self.receiving.open_header(sealed)):
            return self.receiving.take(header.number)
        if header := open_header(self.next_receiving, sealed):
            return self.begin_receiving(header).take(header.number)
        for chain in self.finished:
            # The header key of a chain without keys is to be forgotten with its last one
            if chain.skipped and (header := chain.open_header(sealed)):
                return chain.take_finished(header.number)
        raise NotAuthentic

    def begin_receiving(self, header: Header) -> Receiving:
        if self.secret is None:
            raise Forked
        if self.receiving:
            self.receiving.finish(header.previous_length)
            self.finished = [*self.finished, self.receiving][-MAX_FINISHED:]
        header_key, shared = self.next_receiving, diffie_hellman(self.secret, header.ratchet_key)
        self.root, chain_key, self.next_receiving = kdf_root(self.root, shared)
        self.receiving = Receiving(header_key, header.ratchet_key, chain_key)
        self.remote, self.previous_length = header.ratchet_key, self.sent
        self.sending = self.secret = None
        return self.receiving

    def kept(self) -> Iterator[tuple[dict[int, bytes], int]]:
        """The places of the keys of skipped messages, the oldest first."""
        for chain in [*self.finished, *([self.receiving] if self.receiving else [])]:
            yield from [(chain.skipped, number) for number in chain.skipped]

    def forget_oldest(self) -> None:
        kept = list(self.kept())
        for skipped, number in kept[: max(len(kept) - MAX_STORED, 0)]:
            del skipped[number]


def take_session_keys(request: Json) -> SessionKeys:
    names = "root", "shared_hka", "shared_nhkb"
    return SessionKeys(*(take_bytes(request, name, 32) for name in names))


class HeaderEncryptionOperations:
    """The operations whose names begin with ratchet_he_."""

    def __init__(self) -> None:
        super().__init__()
        self.ratchets: dict[str, Ratchet] = {}

    def ratchet(self, request: Json) -> Ratchet:
        ratchet = self.ratchets.get(request.get("session", ""))
        if ratchet is None:
            raise RequestError("no such session")
        return ratchet

    def encrypt_with(self, ratchet: Ratchet, request: Json) -> Json:
        plaintext, data = take_bytes(request, "plaintext"), take_bytes(request, "associated_data")
        header, ciphertext = ratchet.encrypt(plaintext, data)
        self.ratchets[request.get("session", "")] = ratchet
        return {"header": header, "ciphertext": ciphertext}

    def decrypt_with(self, ratchet: Ratchet, request: Json) -> Json:
        header, ciphertext = take_bytes(request, "header", HEADER_LENGTH), take_bytes(request, "ciphertext")
        after, plaintext = ratchet.decrypt(header, ciphertext, take_bytes(request, "associated_data"))
        self.ratchets[request.get("session", "")] = after
        return {"plaintext": plaintext}

    async def op_ratchet_he_initiate(self, request: Json) -> Json:
        keys, remote = take_session_keys(request), take_bytes(request, "remote", 32)
        return self.encrypt_with(Ratchet.initiator(keys, remote), request)

    async def op_ratchet_he_respond(self, request: Json) -> Json:
        keys, secret = take_session_keys(request), take_bytes(request, "secret", 32)
        return self.decrypt_with(Ratchet.responder(keys, secret), request)

    async def op_ratchet_he_encrypt(self, request: Json) -> Json:
        return self.encrypt_with(self.ratchet(request), request)

    async def op_ratchet_he_decrypt(self, request: Json) -> Json:
        return self.decrypt_with(self.ratchet(request), request)

    async def op_ratchet_he_copy(self, request: Json) -> Json:
        self.ratchets[request["copy"]] = self.ratchet(request).copy()
        return {}
