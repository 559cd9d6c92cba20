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
MAX_REQUESTS = 8  # of a device that are granted between two texts
MAX_ABOVE = 1_000  # by which an ordinal ranks above the sessions that there are


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
class Known:
    """The knowledge of a party about one device: the sessions by name, in the order in which they began, the names of
    those that it began as renewals, and the creation time of the newest bundle."""

    sessions: dict[str, WireSession]
    renewals: list[str]
    newest: int = 0

    def is_old(self, name: str) -> bool:
        confirmed = {other: session for other, session in self.sessions.items() if session.confirmed}
        if name in confirmed:
            return preferred(confirmed) != name
        return bool(confirmed) and preferred({name: self.sessions[name], **confirmed}) != name

    def rank_of_renewal(self, ordinal: int) -> int:
        """The rank of a session with this ordinal by which the device renews."""
        highest = max([session.rank for session in self.sessions.values()], default=0)
        by_ordinal = max(min(ordinal, highest + MAX_ABOVE), 1)
        own = [self.sessions[name] for name in self.renewals]
        at_once = [session for session in own if not session.answered or session.rank <= by_ordinal]
        before = [session.rank for session in self.sessions.values() if session not in at_once]
        return max([by_ordinal, max(before, default=0) + 1, *(session.rank for session in at_once)])

    def reason_to_ignore(self, name: str, granted: int) -> str:
        """The rule by which a request in this session is ignored, or nothing."""
        if name != preferred(self.sessions) and self.is_old(name):
            return "an old session"
        if any(not self.sessions[renewal].answered for renewal in self.renewals):
            return "a renewal is under way"
        return "" if granted < MAX_REQUESTS else "too many requests"

    def check_request(self, renew: Renew, name: str) -> None:
        if renew.role != REQUEST:
            raise RequestError("no request")
        bundle, came = read_bundle(renew.bundle), self.sessions[name]
        bundle.verify()
        agreement = came.agreement
        if bundle.identity != (agreement.responder if came.initiator else agreement.initiator.identity):
            raise RequestError("a bundle of another device")
        if bundle.signed_prekey.created < self.newest:
            raise RequestError("an old bundle")
        used = {
            number
            for session in self.sessions.values() if session.initiator and session.handshake.kem
            for number in (session.handshake.one_time_prekey, session.handshake.kem.prekey)
        }
        one_time = bundle.one_time_prekey
        if bundle.kem_prekey.number in used or (one_time and one_time.number in used):
            raise RequestError("used keys")


class RenewalOperations(WireOperations):
    """The operations whose names begin with renewal_."""

    def known(self, request: Json) -> Known:
        sessions = {name: self.wire_sessions[name] for name in request["sessions"]}
        return Known(sessions, request.get("renewals", []), take_optional(request, "newest", 64) or 0)

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
        rank = self.known(request).rank_of_renewal(session.agreement.initiator.ordinal)
        accepted = self.keep_accepted(request, replace(session, ranked=rank))
        return {**head.to_json(), **accepted}

    async def op_renewal_judge(self, request: Json) -> Json:
        known, name = self.known(request), request.get("session", "")
        ignored = known.reason_to_ignore(name, take_int(request, "granted", 32))
        if not ignored:
            known.check_request(read_renew(take_bytes(request, "payload")), name)
        return {"ignored": ignored}
