"""Users with several devices: docs/protocol.md §§12, 13."""

from __future__ import annotations

import base64
from dataclasses import dataclass, field, replace
import hashlib
import os
import re
import struct

import xeddsa

from common import VERSION, Json, RequestError, signing_scalar, take_bytes, take_int, take_texts
import ed25519
from initial_message import varint
from pqxdh import PqxdhOperations, encode_ec, verify
from reader import Reader

LIST = 6  # the kind in its envelope
ED25519 = 1  # the kind of a user key
USER_LABEL = b"sprag user"
DEVICE_LABEL = b"sprag device of user"
LIST_LABEL = b"sprag device list"
NUMBER_LABEL = b"sprag safety number"
CODE_PREFIX = "SPRAG:"
RETIRED, LOST = 0, 1
MAX_LIST = 8_192
MAX_DEVICES, MAX_REVOKED = 16, 64
MAX_LEFT = 64  # devices that have left, of which a reader keeps the last list
SIGNATURE = 64
HASH_ROUNDS = 5_200
OUTCOMES = SAME, OLD, NEWER, EVIDENCE = "same", "old", "newer", "evidence"


def user_id(user_key: bytes) -> bytes:
    return hashlib.sha256(USER_LABEL + bytes([VERSION, ED25519]) + user_key).digest()


@dataclass(frozen=True)
class Device:
    """A device of a list. The identity key signs that it belongs to the user."""

    number: int
    identity: bytes
    signature: bytes = b""

    def signed(self, user_key: bytes) -> bytes:
        head = DEVICE_LABEL + bytes([VERSION, ED25519]) + user_key
        return head + struct.pack("<I", self.number) + encode_ec(self.identity)

    def sign(self, secret: bytes, user_key: bytes, nonce: bytes) -> Device:
        signature = xeddsa.ed25519_priv_sign(signing_scalar(secret), self.signed(user_key), nonce)
        return replace(self, signature=signature)

    def write(self) -> bytes:
        return varint(self.number) + self.identity + self.signature


@dataclass(frozen=True)
class Revoked:
    """A number that was taken from a device."""

    number: int
    reason: int

    def write(self) -> bytes:
        return varint(self.number) + bytes([self.reason])


@dataclass(frozen=True)
class DeviceList:
    user_key: bytes
    version: int
    created: int
    previous: bytes
    next_number: int
    devices: tuple[Device, ...]
    revoked: tuple[Revoked, ...] = ()

    def unsigned(self) -> bytes:
        return (
            bytes([VERSION, LIST, ED25519]) + self.user_key + varint(self.version) + varint(self.created)
            + self.previous + varint(self.next_number)
            + varint(len(self.devices)) + b"".join(device.write() for device in self.devices)
            + varint(len(self.revoked)) + b"".join(revoked.write() for revoked in self.revoked)
        )

    def sign(self, seed: bytes) -> bytes:
        """The bytes of the list. Nothing is checked, because a hostile user signs anything."""
        return self.unsigned() + ed25519.sign(seed, LIST_LABEL + self.unsigned())

    def keys(self) -> dict[int, bytes]:
        return {device.number: device.identity for device in self.devices}

    def revoked_numbers(self) -> set[int]:
        return {revoked.number for revoked in self.revoked}

    def to_json(self) -> Json:
        return {
            "user": user_id(self.user_key), "user_key": self.user_key, "version": self.version,
            "created": self.created, "previous": self.previous, "next": self.next_number,
            "devices": [dict(vars(device)) for device in self.devices],
            "revoked": [dict(vars(revoked)) for revoked in self.revoked],
        }


def check_order(what: str, numbers: list[int], next_number: int) -> None:
    if any(number >= after for number, after in zip(numbers, numbers[1:] + [next_number])):
        raise RequestError(f"the numbers of {what} devices do not ascend, or reach the next number")


def read_list(content: bytes) -> DeviceList:
    """The list, if it is valid in itself."""
    reader = Reader(content, MAX_LIST)
    reader.envelope(LIST)
    reader.byte(ED25519)
    user_key = reader.take(32)
    version, created, previous = reader.varint(64), reader.varint(64), reader.take(32)
    next_number, count = reader.varint(32), reader.varint(32)
    if not 1 <= count <= MAX_DEVICES:
        raise RequestError("a list has too many devices, or none")
    devices = tuple(
        Device(reader.varint(32), reader.public_key(), reader.take(SIGNATURE)) for _ in range(count)
    )
    count = reader.varint(32)
    if count > MAX_REVOKED:
        raise RequestError("a list has too many revoked devices")
    revoked = tuple(Revoked(reader.varint(32), reader.byte(RETIRED, LOST)) for _ in range(count))
    signature = reader.take(SIGNATURE)
    reader.end()
    if version == 0 or (version == 1 and any(previous)):
        raise RequestError("version 0, or a version 1 with a list before it")
    check_order("listed", [device.number for device in devices], next_number)
    check_order("revoked", [device.number for device in revoked], next_number)
    read = DeviceList(user_key, version, created, previous, next_number, devices, revoked)
    if len(set(read.keys().values())) < len(devices):
        raise RequestError("two devices have one key")
    if read.revoked_numbers() & read.keys().keys():
        raise RequestError("a device is listed and revoked")
    for device in devices:
        verify("device", device.identity, device.signed(user_key), device.signature)
    if not ed25519.verify(user_key, LIST_LABEL + content[:-SIGNATURE], signature):
        raise RequestError("the signature of the list is not valid")
    return read


@dataclass(frozen=True)
class Known:
    """The newest list that a reader knows of a user, and the last list of each device that has left it, by number."""

    content: bytes
    newest: DeviceList
    left: dict[int, DeviceList] = field(default_factory=dict)

    @classmethod
    def first(cls, content: bytes) -> Known:
        return cls(content, read_list(content))

    def replace(self, content: bytes) -> tuple[str, str, Known]:
        """The outcome of reading another list of the user, the reason for it, and what the reader knows then."""
        other = read_list(content)
        if other.user_key != self.newest.user_key:
            raise RequestError("a list of another user")
        if other.version < self.newest.version:
            return OLD, "", self
        if other.version == self.newest.version:
            if content == self.content:
                return SAME, "", self
            return EVIDENCE, "another list of the same version", self
        if other.version == self.newest.version + 1:
            if other.previous != hashlib.sha256(self.content).digest():
                return EVIDENCE, "it does not follow on the known list", self
        for before in [self.newest, *self.left.values()]:
            reason = contradiction(before, other)
            if reason:
                return EVIDENCE, reason, self
        gone = self.newest.keys().keys() - other.keys().keys()
        left = {**self.left, **{number: self.newest for number in sorted(gone)}}
        return NEWER, "", Known(content, other, dict(list(left.items())[-MAX_LEFT:]))


def contradiction(before: DeviceList, later: DeviceList) -> str:
    """A fault of a later list that an honest user's has not, or nothing."""
    known, listed = before.keys(), later.keys()
    if later.next_number < before.next_number:
        return "its next number is lower"
    for number, identity in listed.items():
        if number not in known and number < before.next_number:
            return "a new device has an old number"
        if any((key == identity) != (other == number) for other, key in known.items()):
            return "a number has another key, or a key another number"
    # A list has room for so many revoked devices, so one can be missing only if they fill it.
    gone = known.keys() - listed.keys() - later.revoked_numbers()
    if gone and len(later.revoked) < MAX_REVOKED:
        return "a device is gone that was not revoked"
    return ""


def half(user: bytes) -> str:
    """The half of a safety number that belongs to one user."""
    digest = hashlib.sha512(NUMBER_LABEL + bytes([VERSION]) + user).digest()
    for _ in range(HASH_ROUNDS - 1):
        digest = hashlib.sha512(digest + user).digest()
    groups = (int.from_bytes(digest[first : first + 5], "big") % 100_000 for first in range(0, 30, 5))
    return "".join(f"{group:05}" for group in groups)


def safety_number(own: bytes, peer: bytes) -> str:
    digits = "".join(sorted((half(own), half(peer))))
    return " ".join(digits[first : first + 5] for first in range(0, 60, 5))


def scan_code(own: bytes, peer: bytes) -> str:
    return CODE_PREFIX + base64.b32encode(bytes([VERSION]) + own + peer).decode().rstrip("=")


def scan(own: bytes, peer: bytes, code: str) -> str:
    """The result of comparing a code that the peer shows with the ids that its reader knows."""
    text = code.removeprefix(CODE_PREFIX)
    if text == code or not re.fullmatch("[A-Z2-7]{104}", text):
        raise RequestError("this is no code of a user")
    version, theirs, mine = struct.unpack("<B32s32s", base64.b32decode(text))
    if version != VERSION:
        raise RequestError(f"a code of version {version}")
    if theirs == peer:
        return "match" if mine == own else "self differs"
    return "peer differs" if mine == own else "unrelated"


class DeviceOperations(PqxdhOperations):
    """The operations whose names begin with ed25519_ and devices_."""

    async def op_ed25519_sign(self, request: Json) -> Json:
        seed, message = take_bytes(request, "seed", 32), take_bytes(request, "message")
        return {"signature": ed25519.sign(seed, message), "public": ed25519.public_key(seed)}

    async def op_ed25519_sign_hostile(self, request: Json) -> Json:
        seed, message = take_bytes(request, "seed", 32), take_bytes(request, "message")
        r, torsion = take_int(request, "r", 64), take_int(request, "torsion", 3)
        return {"signature": ed25519.sign_hostile(seed, message, r, torsion)}

    async def op_ed25519_verify(self, request: Json) -> Json:
        public, signature = take_bytes(request, "public", 32), take_bytes(request, "signature", 64)
        return {"valid": ed25519.verify(public, take_bytes(request, "message"), signature)}

    async def op_devices_user(self, request: Json) -> Json:
        user_key = ed25519.public_key(take_bytes(request, "seed", 32))
        return {"user_key": user_key, "user": user_id(user_key)}

    async def op_devices_sign(self, request: Json) -> Json:
        account = self.account(request)
        user_key, number = take_bytes(request, "user_key", 32), take_int(request, "number", 32)
        device = Device(number, account.identity).sign(account.secret, user_key, os.urandom(64))
        return dict(vars(device))

    async def op_devices_write(self, request: Json) -> Json:
        seed = take_bytes(request, "seed", 32)
        devices = tuple(
            Device(
                take_int(device, "number", 32), take_bytes(device, "identity", 32),
                take_bytes(device, "signature", SIGNATURE),
            )
            for device in request["devices"]
        )
        revoked = tuple(
            Revoked(take_int(device, "number", 32), take_int(device, "reason", 8))
            for device in request["revoked"]
        )
        written = DeviceList(
            ed25519.public_key(seed), take_int(request, "version", 64), take_int(request, "created", 64),
            take_bytes(request, "previous", 32), take_int(request, "next", 32), devices, revoked,
        ).sign(seed)
        return {"list": written, "hash": hashlib.sha256(written).digest()}

    async def op_devices_read(self, request: Json) -> Json:
        content = take_bytes(request, "list")
        return {**read_list(content).to_json(), "hash": hashlib.sha256(content).digest()}

    async def op_devices_follow(self, request: Json) -> Json:
        first, *later = take_texts(request, "lists")
        known, steps = Known.first(first), []
        for content in later:
            try:
                outcome, reason, known = known.replace(content)
            except RequestError as error:
                outcome, reason = "refused", str(error)
            steps.append({"outcome": outcome, "reason": reason})
        return {"steps": steps, "newest": known.content}

    async def op_devices_safety_number(self, request: Json) -> Json:
        return {"number": safety_number(take_bytes(request, "own", 32), take_bytes(request, "other", 32))}

    async def op_devices_scan_code(self, request: Json) -> Json:
        return {"code": scan_code(take_bytes(request, "own", 32), take_bytes(request, "other", 32))}

    async def op_devices_scan(self, request: Json) -> Json:
        own, peer = take_bytes(request, "own", 32), take_bytes(request, "other", 32)
        return {"result": scan(own, peer, request["code"])}
