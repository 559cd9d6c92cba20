"""Renewal of sessions: docs/protocol.md §17."""

from __future__ import annotations

from dataclasses import dataclass, replace
import hashlib

from common import Json, RequestError, take_bytes, take_int, take_texts
from content import RENEW, read_content
from initial_message import varint
from pqxdh import MAX_BUNDLE, take_optional
from reader import Reader, block
from wire import WireOperations, WireSession, preferred, read_bundle, take_callers

UNREAD_LABEL = b"sprag unread"
REQUEST, RENEWAL = 0, 1  # roles
GAP, FORK, LOST, RESTORED = range(1, 5)  # reasons
UNREAD = 32  # bytes of a hash of a message that could not be read
MAX_UNREAD = 32  # such hashes
MAX_REQUESTS = 8  # of a device since its last text


def unread(message: bytes) -> bytes:
    return hashlib.sha256(UNREAD_LABEL + message).digest()


@dataclass(frozen=True)
class Renew:
    role: int
    reason: int
    unread: tuple[bytes, ...] = ()
    bundle: bytes = b""

    def write(self) -> bytes:
        front = bytes([self.role, self.reason]) + varint(len(self.unread))
        return front + b"".join(self.unread) + block(self.bundle)


def read_renew(payload: bytes) -> Renew:
    reader = Reader(payload)
    role, reason, count = reader.byte(REQUEST, RENEWAL), reader.byte(GAP, FORK, LOST, RESTORED), reader.varint(32)
    if count > MAX_UNREAD:
        raise RequestError("too many messages that could not be read")
    renew = Renew(role, reason, tuple(reader.take(UNREAD) for _ in range(count)), reader.block(MAX_BUNDLE))
    reader.end()
    if renew.role == RENEWAL and renew.bundle:
        raise RequestError("a renewal has a bundle")
    return renew


@dataclass(frozen=True)
class Requested:
    """A request, and all that its receiver knows of that device: the sessions by name, in the order in which they
    began, the creation time of the newest bundle, the number of requests between the last text and this one, and
    whether a request to the device is open."""

    renew: Renew
    session: str
    sessions: dict[str, WireSession]
    newest: int
    requests: int
    open_request: bool

    def reason_to_ignore(self) -> str:
        """The rule that the request breaks, or nothing if it is to be answered by a renewal."""
        if self.session != preferred(self.sessions):
            return "an old session"
        if self.renew.role != REQUEST:
            return "no request"
        try:
            bundle = read_bundle(self.renew.bundle)
            bundle.verify()
        except RequestError:
            return "no bundle"
        came, agreement = self.sessions[self.session], self.sessions[self.session].agreement
        sender = agreement.responder if came.initiator else agreement.initiator.identity
        if bundle.identity != sender:
            return "a bundle of another device"
        if bundle.signed_prekey.created < self.newest:
            return "an old bundle"
        used = {
            number
            for session in self.sessions.values() if session.initiator and session.handshake.kem
            for number in (session.handshake.one_time_prekey, session.handshake.kem.prekey)
        }
        one_time = bundle.one_time_prekey
        if bundle.kem_prekey.number in used or (one_time and one_time.number in used):
            return "used keys"
        if self.open_request or any(
            session.initiator and not session.answered for session in self.sessions.values()
        ):
            return "a renewal is under way"
        return "" if self.requests < MAX_REQUESTS else "too many requests"


class RenewalOperations(WireOperations):
    """The operations whose names begin with renewal_."""

    async def op_renewal_unread(self, request: Json) -> Json:
        return {"hash": unread(take_bytes(request, "message"))}

    async def op_renewal_write(self, request: Json) -> Json:
        renew = Renew(
            take_int(request, "role", 8), take_int(request, "reason", 8), tuple(take_texts(request, "unread")),
            take_bytes(request, "bundle"),
        )
        return {"payload": renew.write()}

    async def op_renewal_read(self, request: Json) -> Json:
        renew = read_renew(take_bytes(request, "payload"))
        return {
            "role": renew.role, "reason": renew.reason, "unread": list(renew.unread), "bundle": renew.bundle,
        }

    async def op_renewal_accept(self, request: Json) -> Json:
        session, text = self.accept(request, take_bytes(request, "message"), take_callers(request))
        head = read_content(text)
        if head.kind != RENEW or read_renew(head.payload).role != RENEWAL:
            raise RequestError("this is no renewal")
        others = [self.wire_sessions[name].rank for name in request["sessions"]]
        accepted = self.keep_accepted(request, replace(session, ranked=max(others, default=0) + 1))
        return {**head.to_json(), **accepted}

    async def op_renewal_judge(self, request: Json) -> Json:
        requested = Requested(
            read_renew(take_bytes(request, "payload")), request.get("session", ""),
            {name: self.wire_sessions[name] for name in request["sessions"]},
            take_optional(request, "newest", 64) or 0, take_int(request, "requests", 32), request["open"],
        )
        return {"ignored": requested.reason_to_ignore()}
