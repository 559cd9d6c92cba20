"""The self-test of users with several devices: Ed25519, device lists, safety numbers and codes."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
import hashlib
import os
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
import xeddsa

from checks import ask, check, refuses
from common import GROUP_ORDER
from devices import EVIDENCE, LIST_LABEL, LOST, MAX_DEVICES, MAX_REVOKED, NEWER, OLD, RETIRED, SAME, Device
from devices import DeviceList, Known, Revoked, half, read_list, safety_number, scan, scan_code, user_id
import ed25519
from peer import Peer
from pqxdh import SMALL_ORDER

# Of the seeds 32 times 11 and 22 for the users A and B, of the secrets 32 times 03 and 04 for the devices 0 and 1 of A,
# and of the nonce 00 to 3f
SEEDS = b"\x11" * 32, b"\x22" * 32
SECRETS = b"\x03" * 32, b"\x04" * 32
USER_KEYS = (
    "d04ab232742bb4ab3a1368bd4615e4e6d0224ab71a016baf8520a332c9778737",
    "a09aa5f47a6759802ff955f8dc2d2a14a5c99d23be97f864127ff9383455a4f0",
)
USERS = (
    "ed4e1a59dda87b8e96fa81e0fe5b2d9b7f9b14b60f3935d8b01cd1e47023c5c1",
    "b50c2994aa525163dc195481187029bda67e37ab6892d036fac269c9926fb10c",
)
DEVICE_SIGNATURE = (
    "0645d5325ba4ece841ec2c36917f3138c00cb143cdc02fe0456f5a11f9cbeaa6"
    "9064d367da3db82fd53aece081cb627504faf6b807eca740f5ec6bd973f56708"
)
FIRST_LIST = (
    "010601d04ab232742bb4ab3a1368bd4615e4e6d0224ab71a016baf8520a332c9778737010000000000000000000000000000000000000000"
    "000000000000000000000000000101005dfedd3b6bd47f6fa28ee15d969d5bb0ea53774d488bdaf9df1c6e0124b3ef220645d5325ba4ece8"
    "41ec2c36917f3138c00cb143cdc02fe0456f5a11f9cbeaa69064d367da3db82fd53aece081cb627504faf6b807eca740f5ec6bd973f56708"
    "00c2048b0383a48fea34d2f3961bf2e98b167c6efc101910f5b6393507912c57cef5f700c246aa45ada4590ad64ee20738a6f525c3b62584"
    "c48fa9d608418cdd00"
)
# Length and hash of each list
LISTS = (
    (233, "0246c65b53b55bf60d8a391808bd5e23e606681e483c7fbbe542b1940963a8b5"),
    (334, "22da0e7338c15993c972d96fd3997af9f17914a0ff597473bbf319ebf934c1ce"),
    (239, "3a10a5cecf3e82633547a156495a7a442ba75e3d91e192916a52bc7c0f87365e"),
)
HALVES = "598253167547836141511032389277", "145794928997785722135442420620"
SAFETY_NUMBER = "14579 49289 97785 72213 54424 20620 59825 31675 47836 14151 10323 89277"
CODE = (
    "SPRAG:AHWU4GSZ3WUHXDUW7KA6B7S3FWNX7GYUWYHTSNOYWAONDZDQEPC4DNIMFGKKUUSRMPOBSVEBDBYCTPNGPY32W2ES2A3PVQTJZGJG7MIM"
)

# Encodings of points whose order divides 8, and others of such points that are not the one encoding
SMALL_POINTS = (
    "0100000000000000000000000000000000000000000000000000000000000000",
    "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
    "0000000000000000000000000000000000000000000000000000000000000000",
    "0000000000000000000000000000000000000000000000000000000000000080",
    "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05",
    "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc85",
    "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a",
    "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac03fa",
)
OTHER_ENCODINGS = (
    "0100000000000000000000000000000000000000000000000000000000000080",
    "edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
    "eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff",
)


def ed25519_signatures() -> None:
    for number in range(20):
        seed, message = os.urandom(32), os.urandom(number)
        pair, signature = Ed25519PrivateKey.from_private_bytes(seed), ed25519.sign(seed, message)
        check("Ed25519 signature", signature == pair.sign(message))
        public = ed25519.public_key(seed)
        check("Ed25519 key", public == pair.public_key().public_bytes_raw())
        check("verifies", ed25519.verify(public, message, signature))
        check("another message", not ed25519.verify(public, message + b"\0", signature))
        for byte in (0, 31, 32, 63):
            altered = bytearray(signature)
            altered[byte] ^= 1
            check("altered", not ed25519.verify(public, message, bytes(altered)))
        higher = int.from_bytes(signature[32:], "little") + GROUP_ORDER
        other = signature[:32] + higher.to_bytes(32, "little")
        check("s is not reduced", not ed25519.verify(public, message, other))


def ed25519_is_strict() -> None:
    for encoding in SMALL_POINTS:
        point = ed25519.decode(bytes.fromhex(encoding))
        check("of small order", point is not None and ed25519.is_small(point))
    for encoding in OTHER_ENCODINGS:
        check("not the one encoding", ed25519.decode(bytes.fromhex(encoding)) is None)
    neutral, seed = bytes.fromhex(SMALL_POINTS[0]), SEEDS[0]
    check("a key of small order", not ed25519.verify(neutral, b"", neutral + bytes(32)))
    # r is 0 in some, so that R is of small order; in the others R and that of an honest signer differ by such a point.
    for r in (0, 7):
        for torsion in range(8):
            signature = ed25519.sign_hostile(seed, b"", r, torsion)
            valid = ed25519.verify(ed25519.public_key(seed), b"", signature)
            check(f"R with {r} and {torsion}", valid == ((r, torsion) == (7, 0)))


def secret_of(number: int) -> bytes:
    return hashlib.sha256(str(number).encode()).digest()


def device(number: int, secret: bytes | None = None, seed: bytes = SEEDS[0]) -> Device:
    """A device whose secret follows from its number, unless it is given."""
    secret = secret or secret_of(number)
    own = Device(number, xeddsa.priv_to_curve25519_pub(secret))
    return own.sign(secret, ed25519.public_key(seed), bytes(range(64)))


def a_list(*numbers: int, **fields: Any) -> DeviceList:
    """The first list of A, with devices of these numbers."""
    usual: dict[str, Any] = {
        "user_key": ed25519.public_key(SEEDS[0]), "version": 1, "created": 0, "previous": bytes(32),
        "next_number": max(numbers, default=0) + 1, "devices": tuple(map(device, numbers)),
    }
    return DeviceList(**{**usual, **fields})


def after(before: bytes, *numbers: int, **fields: Any) -> bytes:
    """The list that follows on `before`, signed."""
    version, previous = read_list(before).version + 1, hashlib.sha256(before).digest()
    return a_list(*numbers, **{"version": version, "previous": previous, **fields}).sign(SEEDS[0])


def revoked(*numbers: int, reason: int = RETIRED) -> tuple[Revoked, ...]:
    return tuple(Revoked(number, reason) for number in numbers)


def answers() -> list[bytes]:
    """Checks the known answers, and returns the lists."""
    for seed, key, user in zip(SEEDS, USER_KEYS, USERS):
        check("user key", ed25519.public_key(seed).hex() == key)
        check("user id", user_id(bytes.fromhex(key)).hex() == user)
    devices = tuple(device(number, secret) for number, secret in enumerate(SECRETS))
    check("device signature", devices[0].signature.hex() == DEVICE_SIGNATURE)
    first = a_list(0, devices=devices[:1]).sign(SEEDS[0])
    second = after(first, created=1_800_000_000, next_number=2, devices=devices)
    third = after(
        second, created=1_800_000_300, next_number=2, devices=devices[:1], revoked=revoked(1, reason=LOST)
    )
    check("first list", first.hex() == FIRST_LIST)
    for content, answer in zip((first, second, third), LISTS):
        check("list", (len(content), hashlib.sha256(content).hexdigest()) == answer)
        check("and back", read_list(content).sign(SEEDS[0]) == content)
    known = Known.first(first)
    for content in (second, third):
        outcome, _, known = known.replace(content)
        check("each replaces the one before", outcome == NEWER)
    check("without the second", Known.first(first).replace(third)[0] == NEWER)
    check("known", known.content == third and known.newest.revoked_numbers() == {1})
    own, peer = map(bytes.fromhex, USERS)
    check("halves", (half(own), half(peer)) == HALVES)
    check("safety number", safety_number(own, peer) == safety_number(peer, own) == SAFETY_NUMBER)
    check("code", scan_code(own, peer) == CODE)
    return [first, second, third]


def faulty_lists() -> dict[str, DeviceList]:
    """Lists that their user signed, but that no reader takes."""
    own = (device(0), device(1))
    unsigned = replace(own[1], signature=device(2).signature)
    of_b = device(1, seed=SEEDS[1])
    twice = device(1, secret_of(0))
    small = Device(1, SMALL_ORDER[4], own[1].signature)
    beyond = Device(1, (2**255 - 19 + 9).to_bytes(32, "little"), own[1].signature)
    return {
        "no device": a_list(),
        "too many devices": a_list(*range(MAX_DEVICES + 1)),
        "too many revoked": a_list(100, revoked=revoked(*range(MAX_REVOKED + 1))),
        "no version": a_list(0, version=0),
        "first with a list before": a_list(0, previous=b"\1" * 32),
        "descending": a_list(1, 0),
        "twice the number": a_list(0, devices=(own[0], device(0, b"\7" * 32))),
        "a number too high": a_list(0, 1, next_number=1),
        "twice the key": a_list(0, devices=(own[0], twice), next_number=2),
        "listed and revoked": a_list(0, 1, revoked=revoked(1)),
        "revoked descending": a_list(5, revoked=revoked(1, 0)),
        "revoked twice": a_list(5, revoked=revoked(1, 1)),
        "revoked too high": a_list(5, revoked=revoked(6)),
        "another reason": a_list(5, revoked=revoked(1, reason=2)),
        "a signature of another number": a_list(0, devices=(own[0], unsigned), next_number=2),
        "a signature for another user": a_list(0, devices=(own[0], of_b), next_number=2),
        "a device of small order": a_list(0, devices=(own[0], small), next_number=2),
        "a device beyond the prime": a_list(0, devices=(own[0], beyond), next_number=2),
        "a user key of small order": a_list(0, user_key=bytes.fromhex(SMALL_POINTS[4])),
        "a user key that is none": a_list(0, user_key=bytes.fromhex(OTHER_ENCODINGS[1])),
    }


def lists(first: bytes) -> None:
    for what, faulty in faulty_lists().items():
        refuses(what, lambda faulty=faulty: read_list(faulty.sign(SEEDS[0])))
    highest = range(2**32 - 1 - MAX_DEVICES, 2**32 - 1)
    longest = a_list(
        *highest, version=2**64 - 1, created=2**64 - 1, previous=b"\xff" * 32,
        revoked=revoked(*range(2**31, 2**31 + MAX_REVOKED)),
    )
    check("the longest", read_list(longest.sign(SEEDS[0])) == longest)
    for byte in range(len(first)):
        altered = bytearray(first)
        altered[byte] ^= 1 << byte % 8
        refuses(f"altered byte {byte}", lambda altered=altered: read_list(bytes(altered)))
    for content in (b"", first[:-1], first + b"\0"):
        refuses("another length", lambda content=content: read_list(content))
    check("too long", "too long" in refusal(bytes(8_193)) and "too long" not in refusal(bytes(8_192)))
    signed_otherwise(first[:-64])


def refusal(content: bytes) -> str:
    try:
        read_list(content)
    except Exception as error:  # pylint: disable=broad-exception-caught
        return str(error)
    return ""


def signed_otherwise(unsigned: bytes) -> None:
    """Bytes that the user signed, but that are no list, and a list that another user signed."""
    # Version, time, next number and the counts, each in two bytes: the list is signed, but not the one encoding.
    for place in (35, 36, 69, 70, len(unsigned) - 1):
        other = unsigned[:place] + bytes([unsigned[place] | 0x80, 0]) + unsigned[place + 1 :]
        signed = other + ed25519.sign(SEEDS[0], LIST_LABEL + other)
        refuses("a longer number", lambda signed=signed: read_list(signed))
    for other in (b"\2" + unsigned[1:], b"\1\7" + unsigned[2:], unsigned[:2] + b"\2" + unsigned[3:]):
        signed = other + ed25519.sign(SEEDS[0], LIST_LABEL + other)
        refuses("of another kind", lambda signed=signed: read_list(signed))
    # The signature also covers a byte of itself, and a byte more follows: it is that of all bytes but the last 64.
    commitment, scalar = ed25519.encode(ed25519.times(7, ed25519.BASE)), ed25519.expand(SEEDS[0])[0]
    message = LIST_LABEL + unsigned + commitment[:1]
    s = (7 + ed25519.hash_scalar(commitment, ed25519.public_key(SEEDS[0]), message) * scalar) % GROUP_ORDER
    longer = unsigned + commitment + s.to_bytes(32, "little") + b"\0"
    refuses("a byte after the end", lambda: read_list(longer))
    for forged in (
        unsigned + ed25519.sign(SEEDS[1], LIST_LABEL + unsigned), unsigned + ed25519.sign(SEEDS[0], unsigned),
    ):
        refuses("another signature", lambda forged=forged: read_list(forged))


def outcomes(chain: Sequence[bytes]) -> list[str]:
    """The outcomes for a reader that meets these lists one after the other."""
    known, met = Known.first(chain[0]), []
    for content in chain[1:]:
        outcome, _, known = known.replace(content)
        met.append(outcome)
    return met


def replacing(chain: list[bytes]) -> None:
    first, second, third = chain
    check("old and same", outcomes([second, first, second, third, third, second]) == [OLD, SAME, NEWER, SAME, OLD])
    two = a_list(0, 1).sign(SEEDS[0])
    later = {"version": 3, "previous": b"\7" * 32}
    evidence: dict[str, tuple[bytes, bytes]] = {
        "another of one version": (a_list(0).sign(SEEDS[0]), a_list(0, created=1).sign(SEEDS[0])),
        "another before": (two, after(two, 0, 1, previous=bytes(32))),
        "another key": (two, after(two, devices=(device(0), device(1, b"\7" * 32)), next_number=2)),
        "a lower next number": (
            a_list(0, next_number=5).sign(SEEDS[0]), a_list(0, next_number=4, **later).sign(SEEDS[0])
        ),
        "a new device with an old number": (
            a_list(0, next_number=5).sign(SEEDS[0]), a_list(0, 4, next_number=5, **later).sign(SEEDS[0])
        ),
        "gone": (two, after(two, 0, next_number=2)),
        "gone in a gap": (two, a_list(0, next_number=2, **later).sign(SEEDS[0])),
        "a key moves": (
            two,
            after(two, devices=(device(0), device(2, secret_of(1))), next_number=3, revoked=revoked(1)),
        ),
    }
    for what, pair in evidence.items():
        check(what, outcomes([*pair, pair[0]]) == [EVIDENCE, SAME])
    of_b = a_list(user_key=ed25519.public_key(SEEDS[1]), devices=(device(0, seed=SEEDS[1]),))
    check("valid", read_list(of_b.sign(SEEDS[1])) == of_b)
    refuses("another user", lambda: outcomes([first, of_b.sign(SEEDS[1])]))
    # A number and a key that were revoked do not come back, even if the list does not name them.
    gone = after(two, 0, next_number=2, revoked=revoked(1))
    back = after(gone, 0, 1)
    moved = after(gone, devices=(device(0), device(2, secret_of(1))), next_number=3)
    check("a number comes back", outcomes([two, gone, back]) == [NEWER, EVIDENCE])
    check("a key comes back", outcomes([two, gone, moved]) == [NEWER, EVIDENCE])
    check("a revoked number goes", outcomes([two, gone, after(gone, 0, next_number=2)]) == [NEWER, EVIDENCE])
    fill_revoked()


def fill_revoked() -> None:
    """A device can be missing from the revoked ones only if so many were revoked after it that they fill the list."""
    two = a_list(0, 1).sign(SEEDS[0])
    for count, outcome in ((MAX_REVOKED - 1, EVIDENCE), (MAX_REVOKED, NEWER)):
        numbers = range(2, 2 + count)
        far = a_list(
            0, version=100, previous=b"\7" * 32, next_number=2 + count, revoked=revoked(*numbers)
        ).sign(SEEDS[0])
        check(f"{count} revoked since", outcomes([two, far]) == [outcome])


def codes() -> None:
    own, peer, other = (bytes([number]) * 32 for number in range(1, 4))
    for shown, result in (
        ((peer, own), "match"), ((other, own), "peer differs"), ((peer, other), "self differs"),
        ((other, other), "unrelated"), ((own, peer), "unrelated"),
    ):
        check(result, scan(own, peer, scan_code(*shown)) == result)
    code = scan_code(peer, own)
    wrong: dict[str, Callable[[], str]] = {
        "nothing": lambda: "", "no prefix": lambda: code[6:], "a short one": lambda: code[:-1],
        "a long one": lambda: code + "A", "small letters": lambda: "SPRAG:" + code[6:].lower(),
        "padding": lambda: code[:-1] + "=", "another character": lambda: code[:-1] + "1",
        "a line end": lambda: code + "\n", "another version": lambda: "SPRAG:AI" + code[8:],
        "a prefix in small letters": lambda: "sprag:" + code[6:],
    }
    for what, make in wrong.items():
        refuses(what, lambda make=make: scan(own, peer, make()))
    try:
        scan(own, peer, wrong["another version"]())
    except Exception as error:  # pylint: disable=broad-exception-caught
        check("version is named", "version 2" in str(error))


async def operations() -> None:
    """A list by requests alone, as the process reads them."""
    peer, seed = Peer(), SEEDS[0].hex()
    user = await ask(peer, "devices_user", seed=seed)
    check("user", user == {"user_key": USER_KEYS[0], "user": USERS[0]})
    devices = [
        await ask(peer, "devices_sign", account=name, user_key=user["user_key"], number=number)
        for number, name in enumerate(("phone", "laptop"))
    ]
    fields: dict[str, Any] = {
        "version": 1, "created": 5, "previous": "00" * 32, "next": 2, "devices": devices, "revoked": [],
    }
    written = await ask(peer, "devices_write", seed=seed, **fields)
    read = await ask(peer, "devices_read", list=written["list"])
    check("fields", read == {**fields, **user, "hash": written["hash"]})
    followed = await ask(peer, "devices_follow", lists=[written["list"], written["list"], FIRST_LIST, "00"])
    check("steps", [step["outcome"] for step in followed["steps"]] == [SAME, EVIDENCE, "refused"])
    check("newest", followed["newest"] == written["list"])
    code = await ask(peer, "devices_scan_code", own=USERS[0], other=USERS[1])
    scanned = await ask(peer, "devices_scan", own=USERS[1], other=USERS[0], **code)
    check("scanned", code == {"code": CODE} and scanned == {"result": "match"})
    number = await ask(peer, "devices_safety_number", own=USERS[1], other=USERS[0])
    check("number", number == {"number": SAFETY_NUMBER})
    signed = await ask(peer, "ed25519_sign", seed=seed, message="00ff")
    check("public", signed["public"] == USER_KEYS[0])
    for message, valid in (("00ff", True), ("00fe", False)):
        verified = await ask(peer, "ed25519_verify", message=message, **signed)
        check("verified", verified == {"valid": valid})


async def run() -> None:
    ed25519_signatures()
    ed25519_is_strict()
    chain = answers()
    lists(chain[0])
    replacing(chain)
    codes()
    await operations()
