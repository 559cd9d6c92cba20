"""Linking of devices: docs/protocol.md §15. The messages of it are contents, which wire.py sends and receives."""

from __future__ import annotations

import base64
from dataclasses import dataclass
import hashlib
import re

from common import Json, RequestError, VERSION, take_bytes, take_int
from content import ACCEPTANCE, WELCOME, Content, take_content
from devices import MAX_LIST, NEWER, SIGNATURE, Device, DeviceList, Known, read_list
import ed25519
from initial_message import varint
from pqxdh import MAX_BUNDLE, Bundle, verify
from reader import Reader, block
from wire import WireOperations, WireSession, read_bundle

INVITATION = 8  # the kind in its envelope
CODE_PREFIX = "SPRAG-LINK:"
DIGITS_LABEL = b"sprag link digits"
HASH, SECRET = 20, 16  # bytes of a code
MAX_NAME = 64  # of a new device
MAX_PEER_NAME = 128
MAX_PEERS = 10_000
UNVERIFIED, SCANNED, COMPARED, CHANGED = range(4)


@dataclass(frozen=True)
class Invitation:
    expires: int
    device_list: bytes
    bundle: bytes

    def write(self) -> bytes:
        return bytes([VERSION, INVITATION]) + varint(self.expires) + block(self.device_list) + block(self.bundle)


def read_invitation(content: bytes) -> Invitation:
    reader = Reader(content)
    reader.envelope(INVITATION)
    invitation = Invitation(reader.varint(64), reader.block(MAX_LIST), reader.block(MAX_BUNDLE))
    reader.end()
    return invitation


def check_invitation(content: bytes, code: str, now: int) -> tuple[Invitation, bytes, DeviceList, Bundle]:
    """The invitation, the secret, and the list and the bundle of the invitation, if a new device may accept it."""
    digest, secret = read_code(code)
    if hashlib.sha256(content).digest()[:HASH] != digest:
        raise RequestError("the code is of another invitation")
    invitation = read_invitation(content)
    if now >= invitation.expires:
        raise RequestError("the invitation is too old")
    listed, bundle = read_list(invitation.device_list), read_bundle(invitation.bundle)
    bundle.verify()
    if bundle.device_list:
        raise RequestError("the bundle of an invitation has a list")
    if bundle.one_time_prekey is None or bundle.kem_prekey.created is not None:
        raise RequestError("the bundle of an invitation is reusable")
    if bundle.identity not in listed.keys().values():
        raise RequestError("the list of an invitation does not list the device")
    return invitation, secret, listed, bundle


def write_code(invitation: bytes, secret: bytes) -> str:
    content = hashlib.sha256(invitation).digest()[:HASH] + secret
    return CODE_PREFIX + base64.b32encode(content).decode().rstrip("=")


def read_code(code: str) -> tuple[bytes, bytes]:
    """The start of the invitation's hash, and the secret."""
    text = code.removeprefix(CODE_PREFIX)
    if text == code or not re.fullmatch("[A-Z2-7]{58}", text):
        raise RequestError("this is no code of an invitation")
    content = base64.b32decode(text + "======")
    # 58 characters have two bits more than 36 bytes. A code has one text, so that they are zero.
    if base64.b32encode(content).decode().rstrip("=") != text:
        raise RequestError("the last bits of a code are not zero")
    return content[:HASH], content[HASH:]


def digits(session_id: bytes, secret: bytes, identity: bytes) -> str:
    """The six digits that the new device shows, of the identity key in its 32 bytes."""
    digest = hashlib.sha256(DIGITS_LABEL + session_id + secret + identity).digest()
    return f"{int.from_bytes(digest[:8], 'big') % 1_000_000:06}"


@dataclass(frozen=True)
class Acceptance:
    secret: bytes
    number: int
    signature: bytes
    bundle: bytes
    name: bytes

    def write(self) -> bytes:
        return self.secret + varint(self.number) + self.signature + block(self.bundle) + block(self.name)


def take_text(reader: Reader, limit: int) -> bytes:
    """The bytes of a block that is UTF-8."""
    text = reader.block(limit)
    text.decode()
    return text


def read_acceptance(payload: bytes) -> Acceptance:
    reader = Reader(payload)
    acceptance = Acceptance(
        reader.take(SECRET), reader.varint(32), reader.take(SIGNATURE), reader.block(MAX_BUNDLE),
        take_text(reader, MAX_NAME),
    )
    reader.end()
    return acceptance


@dataclass(frozen=True)
class OldDevice:
    """The device that invited: its invitation, the secret of the code, and the newest list that it knows."""

    invitation: bytes
    secret: bytes
    device_list: bytes

    def check(self, head: Content, session: WireSession, now: int) -> Acceptance:
        """The acceptance, if it may be shown to the user. `session` is the one that it began."""
        invitation = read_invitation(self.invitation)
        if now >= invitation.expires:
            raise RequestError("the invitation is too old")
        own, listed = read_bundle(invitation.bundle), read_list(self.device_list)
        known = read_list(invitation.device_list).version
        if head.kind != ACCEPTANCE or head.device_list is not None:
            raise RequestError("this is no acceptance")
        if (head.version, head.digest, head.known) != (0, bytes(8), known):
            raise RequestError("the header is not that of an acceptance")
        assert own.one_time_prekey and session.handshake.kem
        began = session.handshake.one_time_prekey, session.handshake.kem.prekey
        if session.initiator or began != (own.one_time_prekey.number, own.kem_prekey.number):
            raise RequestError("the session did not begin with the prekeys of the invitation")
        acceptance = read_acceptance(head.payload)
        if acceptance.secret != self.secret:
            raise RequestError("the secret is not that of the code")
        if acceptance.number != listed.next_number:
            raise RequestError("the number is not the next one of the list")
        device = Device(acceptance.number, session.agreement.initiator.identity, acceptance.signature)
        verify("device", device.identity, device.signed(listed.user_key), device.signature)
        bundle = read_bundle(acceptance.bundle)
        bundle.verify()
        if bundle.identity != device.identity:
            raise RequestError("the bundle is of another device")
        if bundle.device_list or bundle.one_time_prekey or bundle.kem_prekey.created is None:
            raise RequestError("the bundle of a new device has a list, or is not reusable")
        return acceptance


@dataclass(frozen=True)
class WelcomePeer:
    """A peer that the old device knows. The name is in the form in which names are compared."""

    name: bytes
    device_list: bytes
    verification: int

    def write(self) -> bytes:
        return block(self.name) + block(self.device_list) + bytes([self.verification])


@dataclass(frozen=True)
class Welcome:
    seed: bytes | None
    peers: tuple[WelcomePeer, ...]

    def write(self) -> bytes:
        key = b"\0" if self.seed is None else b"\1" + self.seed
        return key + varint(len(self.peers)) + b"".join(peer.write() for peer in self.peers)


def read_welcome(payload: bytes) -> Welcome:
    reader = Reader(payload)
    seed = reader.option(lambda: reader.take(32))
    count = reader.varint(32)
    if count > MAX_PEERS:
        raise RequestError("too many peers")
    peers = tuple(
        WelcomePeer(
            take_text(reader, MAX_PEER_NAME), reader.block(MAX_LIST),
            reader.byte(UNVERIFIED, SCANNED, COMPARED, CHANGED),
        )
        for _ in range(count)
    )
    reader.end()
    return Welcome(seed, peers)


@dataclass(frozen=True)
class NewDevice:
    """The device that accepted: the invitation, and its own number and identity key."""

    invitation: bytes
    number: int
    identity: bytes

    def check(self, head: Content) -> Welcome:
        """The welcome, if the device may take it."""
        if head.kind != WELCOME or head.device_list is None:
            raise RequestError("this is no welcome")
        welcome, invitation = read_welcome(head.payload), read_invitation(self.invitation)
        outcome, reason, known = Known.first(invitation.device_list).replace(head.device_list)
        if outcome != NEWER:
            raise RequestError(f"the list does not follow on that of the invitation: {outcome} {reason}")
        listed = known.newest
        if (head.version, head.digest) != (listed.version, hashlib.sha256(head.device_list).digest()[:8]):
            raise RequestError("the header is of another list")
        old = read_bundle(invitation.bundle).identity
        if old not in listed.keys().values():
            raise RequestError("the list does not list the old device")
        if listed.keys().get(self.number) != self.identity:
            raise RequestError("the list does not list the new device under its number")
        if welcome.seed is not None and ed25519.public_key(welcome.seed) != listed.user_key:
            raise RequestError("the private user key is of another user")
        for peer in welcome.peers:
            read_list(peer.device_list)
        return welcome


class LinkingOperations(WireOperations):
    """The operations whose names begin with link_."""

    async def op_link_write_invitation(self, request: Json) -> Json:
        written = Invitation(
            take_int(request, "expires", 64), take_bytes(request, "list"), take_bytes(request, "bundle"),
        ).write()
        return {"invitation": written, "code": write_code(written, take_bytes(request, "secret", SECRET))}

    async def op_link_read_invitation(self, request: Json) -> Json:
        invitation = read_invitation(take_bytes(request, "invitation"))
        return {"expires": invitation.expires, "list": invitation.device_list, "bundle": invitation.bundle}

    async def op_link_check_invitation(self, request: Json) -> Json:
        content, code, now = take_bytes(request, "invitation"), request["code"], take_int(request, "now", 64)
        invitation, secret, listed, bundle = check_invitation(content, code, now)
        return {
            "secret": secret, "number": listed.next_number, "user_key": listed.user_key, "known": listed.version,
            "bundle": invitation.bundle, "identity": bundle.identity,
        }

    async def op_link_read_code(self, request: Json) -> Json:
        digest, secret = read_code(request["code"])
        return {"hash": digest, "secret": secret}

    async def op_link_digits(self, request: Json) -> Json:
        session_id, secret = take_bytes(request, "session_id", 32), take_bytes(request, "secret", SECRET)
        return {"digits": digits(session_id, secret, take_bytes(request, "identity", 32))}

    async def op_link_write_acceptance(self, request: Json) -> Json:
        acceptance = Acceptance(
            take_bytes(request, "secret", SECRET), take_int(request, "number", 32),
            take_bytes(request, "signature", SIGNATURE), take_bytes(request, "bundle"), take_bytes(request, "name"),
        )
        return {"payload": acceptance.write()}

    async def op_link_read_acceptance(self, request: Json) -> Json:
        return dict(vars(read_acceptance(take_bytes(request, "payload"))))

    async def op_link_check_acceptance(self, request: Json) -> Json:
        old = OldDevice(
            take_bytes(request, "invitation"), take_bytes(request, "secret", SECRET), take_bytes(request, "newest"),
        )
        session = self.wire_session(request)
        acceptance = old.check(take_content(request), session, take_int(request, "now", 64))
        identity = session.agreement.initiator.identity
        shown = digits(session.agreement.session_id, old.secret, identity)
        return {**vars(acceptance), "identity": identity, "digits": shown}

    async def op_link_write_welcome(self, request: Json) -> Json:
        seed = None if request["seed"] is None else take_bytes(request, "seed", 32)
        peers = tuple(
            WelcomePeer(take_bytes(peer, "name"), take_bytes(peer, "list"), take_int(peer, "verification", 8))
            for peer in request["peers"]
        )
        return {"payload": Welcome(seed, peers).write()}

    async def op_link_read_welcome(self, request: Json) -> Json:
        return welcome_to_json(read_welcome(take_bytes(request, "payload")))

    async def op_link_check_welcome(self, request: Json) -> Json:
        new = NewDevice(
            take_bytes(request, "invitation"), take_int(request, "number", 32), take_bytes(request, "identity", 32),
        )
        return welcome_to_json(new.check(take_content(request)))


def welcome_to_json(welcome: Welcome) -> Json:
    return {
        "seed": welcome.seed,
        "peers": [
            {"name": peer.name, "list": peer.device_list, "verification": peer.verification}
            for peer in welcome.peers
        ],
    }
