"""The self-test of the sealed initiator: known answers, damage, and two parties in bytes."""

from __future__ import annotations

from dataclasses import replace
import hashlib
import struct
from typing import Any

from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305
import xeddsa

from checks import DATA, ask, check, hkdf, refuses
from initial_message import PQXDH, X3DH, Handshake, Initiator, KemPart, seal_key
from peer import Peer
from pqxdh import SMALL_ORDER, diffie_hellman

# Of the secrets 32 times a1, a2, b1, b2 and b3 for IK_A, EK_A, IK_B, SPK_B and OPK_B, and 0b for SS; a ciphertext
# whose bytes count modulo 251; prekeys of the numbers 7, 8 and 9; and ordinal 1
IDENTITY = "c306fb0ef2bf8b7f93bad98155fa37daec74db0c4cbeda6c6f1dba9d36558252"
KS = "3e1f9ba2e398c42f47bf0258d44a730dde4b9c4be03d68876f549069322b0750"
SEALED = (
    "aa1ddde6ebb941df2acbfff80c4e0c48ae8caa4d6eaf1f8f3fe141fe4bac4802977606d7aab962c68cad4202093bfbd2"
    "b8cc0c9b"
)
SESSION_ID = "dfb9efb4490a80395d9155261028cb3dbb838dfa866c0418e782a223f45cd51f"
CIPHERTEXT = bytes(number % 251 for number in range(1568))
KEM_SECRET = b"\x0b" * 32


def answer_case() -> tuple[Handshake, Initiator, list[bytes]]:
    secrets = [bytes([byte]) * 32 for byte in (0xA1, 0xA2, 0xB1, 0xB2, 0xB3)]
    identity, ephemeral, *responder = [xeddsa.priv_to_curve25519_pub(secret) for secret in secrets]
    outputs = [diffie_hellman(secrets[1], key) for key in responder]
    handshake = Handshake(PQXDH, ephemeral, 7, 8, KemPart(9, CIPHERTEXT))
    return handshake, Initiator(identity, 1), outputs


def answers() -> None:
    handshake, initiator, outputs = answer_case()
    check("IK_A", initiator.identity.hex() == IDENTITY)
    check("KS", seal_key(PQXDH, outputs, KEM_SECRET).hex() == KS)
    info = b"sprag-v1 sealed initiator, CURVE25519_SHA-256"
    for suite, kem_secret, ending in ((PQXDH, KEM_SECRET, b"_ML-KEM-1024"), (X3DH, b"", b"")):
        material = b"\xff" * 32 + b"".join(outputs) + kem_secret
        derived = hkdf(bytes(32), material, info + ending)[:32]
        check(f"KS in bytes, suite {suite}", seal_key(suite, outputs, kem_secret) == derived)
    sealed = handshake.seal(initiator, outputs, KEM_SECRET)
    check("sealed initiator", sealed.sealed.hex() == SEALED)
    check("session id", sealed.session_id().hex() == SESSION_ID)
    check("and back", sealed.open(outputs, KEM_SECRET) == initiator)


def damage() -> None:
    """Every bit of the sealed part, and what the seal is bound to."""
    handshake, initiator, outputs = answer_case()
    sealed = handshake.seal(initiator, outputs, KEM_SECRET)
    for bit in range(8 * 52):
        content = bytearray(sealed.sealed)
        content[bit // 8] ^= 1 << bit % 8
        altered = replace(sealed, sealed=bytes(content))
        refuses("altered", lambda altered=altered: altered.open(outputs, KEM_SECRET))
    kem = replace(handshake.kem, prekey=10)  # type: ignore[type-var]
    for other in ({"signed_prekey": 6}, {"one_time_prekey": None}, {"kem": kem}, {"suite": X3DH}):
        refuses(f"{other}", lambda other=other: replace(sealed, **other).open(outputs, KEM_SECRET))
        check(f"id, {other}", replace(sealed, **other).session_id() != sealed.session_id())
    refuses("another SS", lambda: sealed.open(outputs, bytes(32)))
    refuses("without DH4", lambda: sealed.open(outputs[:2], KEM_SECRET))
    refuses("in another order", lambda: sealed.open(outputs[::-1], KEM_SECRET))


def sealed_in_bytes(suite: int, first: dict[str, Any], bundle: dict[str, Any]) -> tuple[bytes, bytes]:
    """The clear part, in which all numbers are below 128, and the input of the session id up to the seal."""
    ephemeral = bytes.fromhex(first["ephemeral"])
    one_time, kem = bundle["one_time_prekey_id"], bytes.fromhex(first.get("ciphertext", ""))
    clear = bytes([1, 2, suite]) + ephemeral + bytes([bundle["signed_prekey_id"]])
    session = b"sprag session" + bytes([1, suite, 1]) + ephemeral
    session += struct.pack("<I", bundle["signed_prekey_id"])
    clear += b"\0" if one_time is None else bytes([1, one_time])
    session += b"\0" if one_time is None else b"\1" + struct.pack("<I", one_time)
    if suite == PQXDH:
        clear += bytes([bundle["kem_prekey_id"]]) + kem
        session += struct.pack("<I", bundle["kem_prekey_id"]) + kem
    return clear, session


async def x3dh_in_bytes(one_time: int | None) -> None:
    """The seal of suite 1, opened with the responder's keys and the AEAD alone."""
    alice, bob = Peer(), Peer()
    bundle = await ask(
        bob, "x3dh_publish", suite=1, signed_prekey_id=7, created=5, one_time_prekey_id=one_time
    )
    first = await ask(alice, "x3dh_initiate", ordinal=2**32 - 1, **bundle)
    party, ephemeral = bob.parties[""], bytes.fromhex(first["ephemeral"])
    secrets = [party.secret, party.signed_prekeys[7][0]]
    secrets += [] if one_time is None else [party.one_time_prekeys[one_time][0]]
    material = b"\xff" * 32 + b"".join(xeddsa.x25519(secret, ephemeral) for secret in secrets)
    key = hkdf(bytes(32), material, b"sprag-v1 sealed initiator, CURVE25519_SHA-256")[:32]
    clear, session = sealed_in_bytes(X3DH, first, bundle)
    sealed = bytes.fromhex(first["sealed"])
    content = ChaCha20Poly1305(key).decrypt(bytes(12), sealed, b"sprag sealed initiator" + clear)
    check("sealed in bytes", content.hex() == first["identity"] + "ffffffff")
    check("session id in bytes", first["session_id"] == hashlib.sha256(session + sealed).hexdigest())


async def hostile_initiators() -> None:
    """Initiators that anybody can seal, because all that is needed is public."""
    mallory, bob = Peer(), Peer()
    numbers = {"suite": 2, "signed_prekey_id": 7, "one_time_prekey_id": 9, "kem_prekey_id": 11}
    published = await ask(bob, "wire_publish", created=5, kem_created=None, **numbers)
    own, field = bob.accounts[""].identity, 2**255 - 19
    beyond = (field + 9).to_bytes(32, "little")
    for identity, why in (
        (own, "own"), (SMALL_ORDER[0], "not valid"), (SMALL_ORDER[4], "not valid"), (beyond, "not valid"),
        (b"\xff" * 32, "not valid"), (bytes([9]) + bytes(31), "not authentic"),
    ):
        begun = await ask(
            mallory, "wire_begin", ordinal=1, plaintext="", associated_data=DATA, claimed=identity.hex(),
            **published,
        )
        refused = await ask(bob, "wire_accept", message=begun["message"], associated_data=DATA)
        check(f"hostile initiator, {why}", why in refused.get("error", ""))
    begun = await ask(mallory, "wire_begin", ordinal=1, plaintext="", associated_data=DATA, **published)
    opened = await ask(bob, "wire_accept", message=begun["message"], associated_data=DATA)
    named = opened["identity"], opened["ordinal"]
    check("genuine initiator", named == (mallory.accounts[""].identity.hex(), 1))


async def run() -> None:
    answers()
    damage()
    for one_time in (None, 9):
        await x3dh_in_bytes(one_time)
    await hostile_initiators()
