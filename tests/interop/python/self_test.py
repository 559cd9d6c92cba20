"""The self-test of peer.py: known answers, and two peers that talk through the bytes of the protocol."""

from __future__ import annotations

import hashlib
import hmac
import random
import struct
from typing import Any
from unittest.mock import patch

from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305
import x3dh
import xeddsa

from checks import DATA, ask, check, hkdf, refuses
from initial_message import varint
from peer import Party, Peer
from pqxdh import SMALL_ORDER, derive_secret, diffie_hellman
from ratchet import CHAIN_CONSTANT, ChainKdf, RootKdf
from reader import Reader
import self_test_content
import self_test_devices
import self_test_he
import self_test_linking
import self_test_passphrases
import self_test_renewal
import self_test_sealing
import self_test_wire

# Secret, public key, signature; message and nonce are the same in both. The Edwards sign bit is 0, then 1.
XEDDSA_ANSWERS = (
    (
        "01" * 32,
        "a4e09292b651c278b9772c569f5fa9bb13d906b46ab68c9df9dc2b4409f8a209",
        "56b2d113b5b07993bfcdd16ca0491a98ca898710bfaec5310ec081ebf7d0f45f"
        "5de836804e7328e6fdf0d51c3f33a21b97611cf6ee03ae85f84b5fa9364c650b",
    ),
    (
        "03" * 32,
        "5dfedd3b6bd47f6fa28ee15d969d5bb0ea53774d488bdaf9df1c6e0124b3ef22",
        "05b54d33ffe7c56621ceab8f77ef084dbdc07c51a4f246d45977d092a6a79f7c"
        "efa1fc2a2878d59d3956927cde341660dccc18ddb8c6d7eccac55032ede01506",
    ),
)

# The shared secret with info "MyProtocol" where DH1 = 01.., DH2 = 02.. and so on: three of them, then four
X3DH_ANSWERS = (
    (3, "e064aaf6f43d01ba6628df6271fcc13e330d1fc92a0271fcc416446c9a4b1f19"),
    (4, "c0486b133a1e765640c1e9462dadbdda816379a58120bdda3240ab8a9dbaf752"),
)

# The same of PQXDH with info "MyProtocol_CURVE25519_SHA-256_ML-KEM-1024" and SS = 05..
PQXDH_ANSWERS = (
    (3, "53b69b9a5aec89bc3de31f9e44cbd4ac9b3662c38ccf3ff57a5af5a6c65b5d8d"),
    (4, "5bfcd65a5f6f446df13eab857daec3f184f5649a1fc663fc5d9797f52002239f"),
)

# Root key || chain key from root key 01.., DH output 02.. and info "MyRootInfo"
ROOT_ANSWER = (
    "9ad94da7e60b6bf5b82710c66850ee78a4ddaa7b595df1ae2b2e821e3991ccd6"
    "4e196b88a9275c990988c842f56d3d5f178ed87022d830c1dff5b1e6eaef9c9a"
)

# Next chain key || message key from chain key 01..
CHAIN_ANSWER = (
    "c31d79abaf8f2150ee1cfe3dc732eed02a56f79647909bad055a831cb762e9a2"
    "cc6efb872c237f565ee82df42e4cab00098b13710395e3c6d29f2907d69e4f04"
)


class MyRootKdf(RootKdf):
    """The root KDF with the label of the known answer."""

    @staticmethod
    def _get_info() -> bytes:
        return b"MyRootInfo"


async def xeddsa_answers() -> None:
    peer, message, nonce = Peer(), b"hello XEdDSA".hex(), bytes(range(64)).hex()
    for secret, public, signature in XEDDSA_ANSWERS:
        signed = await ask(peer, "xeddsa_sign", secret=secret, nonce=nonce, message=message)
        check("XEdDSA answer", signed == {"signature": signature, "public": public})
        for text, valid in ((message, True), (message + "00", False)):
            verified = await ask(peer, "xeddsa_verify", public=public, message=text, signature=signature)
            check("XEdDSA verification", verified == {"valid": valid})


async def kdf_answers() -> None:
    party = Party.create(x3dh.IdentityKeyFormat.CURVE_25519, x3dh.HashFunction.SHA_256, b"MyProtocol")
    for count, answer in X3DH_ANSWERS:
        party.generate_pre_keys(count - 3)
        outputs = [bytes([number]) * 32 for number in range(1, count + 1)]
        with patch.object(xeddsa, "x25519", side_effect=outputs):
            secret, _, _ = await party.get_shared_secret_active(party.bundle, require_pre_key=False)
        check("X3DH answer", secret.hex() == answer)
        material = b"\xff" * 32 + b"".join(outputs)
        check("HKDF", hkdf(bytes(32), material, b"MyProtocol")[:32] == secret)
    party = Peer().party({"suite": 1})
    with patch.object(xeddsa, "x25519", side_effect=outputs):
        party.generate_pre_keys(1)
        secret, _, _ = await party.get_shared_secret_active(party.bundle)
    check("X3DH label", hkdf(bytes(32), material, b"sprag-v1_CURVE25519_SHA-256")[:32] == secret)
    root = await MyRootKdf.derive(b"\1" * 32, b"\2" * 32, 64)
    check("KDF_RK answer", root.hex() == ROOT_ANSWER)
    chain = await ChainKdf.derive(b"\1" * 32, CHAIN_CONSTANT, 64)
    check("KDF_CK answer", chain.hex() == CHAIN_ANSWER)


def session_keys(response: dict[str, Any]) -> None:
    """Checks the keys that a session begins with against the standard library alone."""
    for name, label in (
        ("root", b"session root"), ("shared_hka", b"initiator header key"),
        ("shared_nhkb", b"responder header key"),
    ):
        secret = bytes.fromhex(response["shared_secret"])
        expanded = hmac.digest(secret, b"sprag-v1 " + label + b"\1", "sha256")
        check(f"session's {name}", response[name] == expanded.hex())


async def handshake(alice: Peer, bob: Peer, one_time: bool) -> None:
    """X3DH, and the first ratchet messages with its keys."""
    ids = {"suite": 1, "signed_prekey_id": 7, "created": 1_700_000_000}
    bundle = await ask(bob, "x3dh_publish", one_time_prekey_id=9 if one_time else None, **ids)
    check("one-time prekey", (bundle["one_time_prekey"] is not None) == one_time)

    # The signature is one of the protocol's, in bytes, and under the Montgomery key
    signed = b"sprag signed prekey\x01\x01" + struct.pack("<IQ", 7, 1_700_000_000) + b"\x01"
    verified = await ask(
        alice, "xeddsa_verify", public=bundle["identity"], signature=bundle["signature"],
        message=signed.hex() + bundle["signed_prekey"],
    )
    check("signed prekey", verified["valid"])
    for wrong in ({"signed_prekey_id": 8}, {"created": 0}, {"signed_prekey": bundle["identity"]}):
        refused = await ask(alice, "x3dh_initiate", ordinal=1, **{**bundle, **wrong})
        check("forged prekey", "signature" in refused.get("error", ""))

    first = await ask(alice, "x3dh_initiate", ordinal=3, **bundle)
    names = "ephemeral", "signed_prekey_id", "one_time_prekey_id", "sealed"
    sent = {name: first[name] for name in names}
    unknown = {**sent, "signed_prekey_id": 8}
    check("prekey id", "no such" in (await ask(bob, "x3dh_respond", **unknown))["error"])
    sealed = f"{int(sent['sealed'][:2], 16) ^ 1:02x}" + sent["sealed"][2:]
    refused = await ask(bob, "x3dh_respond", **{**sent, "sealed": sealed})
    check("altered seal", refused == {"error": "not authentic"})
    second = await ask(bob, "x3dh_respond", **sent)
    for name in (
        "shared_secret", "associated_data", "root", "shared_hka", "shared_nhkb", "session_id", "identity",
        "ordinal",
    ):
        check(f"X3DH {name}", first[name] == second[name])
    check("ordinal", second["ordinal"] == 3)
    data = "01" + first["identity"] + "01" + bundle["identity"]
    check("handshake data", first["associated_data"] == data)
    session_keys(first)
    check("one-time prekey is gone", ("error" in await ask(bob, "x3dh_respond", **sent)) == one_time)

    message = await ask(
        alice, "ratchet_initiate", root=first["root"], remote=bundle["signed_prekey"],
        associated_data=data, plaintext="00ff",
    )
    secret = bytes.fromhex(second["signed_prekey_secret"])
    respond = {"root": second["root"], "secret": secret.hex(), "associated_data": data}
    forged = {"header": message["header"], "ciphertext": message["ciphertext"][:-2] + "xx"}
    check("bad hex", "RequestError" in (await ask(bob, "ratchet_respond", **respond, **forged))["error"])
    opened = await ask(bob, "ratchet_respond", **respond, **message)
    check("first message", opened == {"plaintext": "00ff"})

    # The first message in bytes, from the standard library and the AEAD alone
    header = bytes.fromhex(message["header"])
    check("first header", header[32:] == bytes(8))
    shared = xeddsa.x25519(secret, header[:32])
    keys = hkdf(bytes.fromhex(first["root"]), shared, b"sprag-v1 ratchet root")
    plaintext = ChaCha20Poly1305(hmac.digest(keys[32:], b"\x01", "sha256")).decrypt(
        bytes(12), bytes.fromhex(message["ciphertext"]), struct.pack("<Q", 66) + bytes.fromhex(data) + header
    )
    check("first message in bytes", plaintext == b"\x00\xff")


def pqxdh_answers() -> None:
    info = b"_CURVE25519_SHA-256_ML-KEM-1024"
    for count, answer in PQXDH_ANSWERS:
        outputs, shared = [bytes([number]) * 32 for number in range(1, count + 1)], b"\5" * 32
        check("PQXDH answer", derive_secret(outputs, shared, b"MyProtocol" + info).hex() == answer)
        material = b"\xff" * 32 + b"".join(outputs) + shared
        secret = derive_secret(outputs, shared)
        check("PQXDH label", hkdf(bytes(32), material, b"sprag-v1" + info)[:32] == secret)


def encodings() -> None:
    secret = hashlib.sha256(b"secret").digest()
    for key in SMALL_ORDER:
        refuses("key of small order", lambda key=key: xeddsa.x25519(secret, key))
        refuses("key of small order", lambda key=key: diffie_hellman(secret, key))
    for value, written in ((0, "00"), (127, "7f"), (128, "8001"), (2**32 - 1, "ffffffff0f")):
        read = Reader(bytes.fromhex(written)).varint(32)
        check("varint", (varint(value).hex(), read) == (written, value))
    for wrong in ("", "80", "8000", "ff8000", "8080808010", "ffffffffff0f"):
        reader = Reader(bytes.fromhex(wrong))
        refuses(f"varint {wrong}", lambda reader=reader: reader.varint(32))


def pqxdh_signatures(bundle: dict[str, Any]) -> list[tuple[str, bytes]]:
    """The signatures of a bundle, each with the bytes that it signs."""
    label, date = b"sprag one-time KEM prekey", b""
    if bundle["kem_created"] is not None:
        label = b"sprag last-resort KEM prekey"
        date = struct.pack("<QI", bundle["kem_created"], bundle["signed_prekey_id"])
        date += b"\1" + bytes.fromhex(bundle["signed_prekey"])
    signed = struct.pack("<IQ", bundle["signed_prekey_id"], bundle["created"])
    signed += b"\1" + bytes.fromhex(bundle["signed_prekey"])
    kem = struct.pack("<I", bundle["kem_prekey_id"]) + date
    return [
        (bundle["signature"], b"sprag signed prekey\1\2" + signed),
        (bundle["kem_signature"], label + b"\1\2" + kem + b"\2" + bytes.fromhex(bundle["kem_prekey"])),
    ]


async def pqxdh(alice: Peer, bob: Peer, one_time: int | None, kem_created: int | None) -> None:
    numbers = {"suite": 2, "signed_prekey_id": 7, "one_time_prekey_id": one_time, "kem_prekey_id": 11}
    bundle = await ask(bob, "pqxdh_publish", created=1_700_000_000, kem_created=kem_created, **numbers)
    for signature, message in pqxdh_signatures(bundle):
        verified = await ask(
            alice, "xeddsa_verify", public=bundle["identity"], signature=signature, message=message.hex()
        )
        check("PQXDH signature", verified["valid"])
    other_use = 0 if kem_created is None else None
    for wrong in ({"signed_prekey_id": 8}, {"created": 0}, {"kem_prekey_id": 8}, {"kem_created": other_use}):
        refused = await ask(alice, "pqxdh_initiate", ordinal=1, **{**bundle, **wrong})
        check("forged bundle", "signature" in refused.get("error", ""))
    first = await ask(alice, "pqxdh_initiate", ordinal=3, **bundle)
    given = (
        "ephemeral", "signed_prekey_id", "one_time_prekey_id", "kem_prekey_id", "ciphertext", "sealed"
    )
    second = await ask(bob, "pqxdh_respond", **{name: first[name] for name in given})
    for name in ("shared_secret", "session_id", "kem_hash", "associated_data", "identity", "ordinal"):
        check(f"PQXDH {name}", first[name] == second[name])
    session_keys(first)
    session_keys(second)
    opk = b"\0" if one_time is None else b"\1" + struct.pack("<I", one_time)
    session = b"sprag session\1\2\1" + bytes.fromhex(first["ephemeral"]) + struct.pack("<I", 7)
    session += opk + struct.pack("<I", 11) + bytes.fromhex(first["ciphertext"] + first["sealed"])
    check("PQXDH session id in bytes", first["session_id"] == hashlib.sha256(session).hexdigest())
    kem_hash = hashlib.sha256(b"\2" + bytes.fromhex(bundle["kem_prekey"])).hexdigest()
    check("KEM hash in bytes", first["kem_hash"] == kem_hash)


async def wire(alice: Peer, bob: Peer, one_time: int | None, kem_created: int | None) -> None:
    """A session over bytes, with one-time prekeys that are gone afterwards."""
    numbers = {"suite": 2, "signed_prekey_id": 7, "one_time_prekey_id": one_time, "kem_prekey_id": 2**32 - 1}
    published = await ask(bob, "wire_publish", created=2**64 - 1, kem_created=kem_created, **numbers)
    length = 2 + 1 + 32 + 1 + (1 + 10 + 32 + 64) + (1 if one_time is None else 34)
    length += 1 + (0 if kem_created is None else 1) + 5 + 64 + 1568 + 8
    check("length of a bundle", len(published["bundle"]) == 2 * length)
    begun = await ask(alice, "wire_begin", ordinal=1, plaintext="00ff", associated_data=DATA, **published)
    message = {"message": begun["message"], "associated_data": DATA}
    front = 2 + 1 + 32 + 1 + (1 if one_time is None else 2) + 5 + 1568 + 52
    check("length of a first message", len(message["message"]) == 2 * (front + 80 + 32 + 16))
    check("no name in it", alice.accounts[""].identity.hex() not in message["message"])
    plain = {"plaintext": "0a", "associated_data": DATA}
    forged = await ask(bob, "wire_accept", message=begun["message"], associated_data="")
    check("other data", forged["error"] == "not authentic")
    opened = await ask(bob, "wire_accept", **message)
    expected = "00ff", begun["session_id"]
    check("first message on the wire", (opened["plaintext"], opened["session_id"]) == expected)
    reusable = one_time is None and kem_created is not None
    check("one-time prekeys are gone", reusable == ("error" not in await ask(bob, "wire_accept", **message)))
    repeated = (await ask(alice, "wire_encrypt", **plain))["message"]
    check("handshake until an answer", repeated[:6] == "010202")
    check("its plaintext", await deliver(bob, repeated) == "0a")
    check("answer", await deliver(alice, (await ask(bob, "wire_encrypt", **plain))["message"]) == "0a")
    later = (await ask(alice, "wire_encrypt", **plain))["message"]
    check("then messages", (later[:4], len(later)) == ("0103", 2 * 130))
    check("of the session", await deliver(bob, later) == "0a")


async def deliver(peer: Peer, message: str) -> Any:
    response = await ask(peer, "wire_decrypt", message=message, associated_data=DATA)
    return response.get("plaintext", response.get("error"))


async def begin(alice: Peer, bob: Peer) -> None:
    """A ratchet session between two peers, without X3DH."""
    root, secret = hashlib.sha256(b"root").hexdigest(), hashlib.sha256(b"secret").digest()
    remote = xeddsa.priv_to_curve25519_pub(secret).hex()
    common = {"root": root, "associated_data": DATA}
    message = await ask(alice, "ratchet_initiate", **common, remote=remote, plaintext="")
    opened = await ask(bob, "ratchet_respond", **common, secret=secret.hex(), **message)
    check("empty first message", opened == {"plaintext": ""})


async def send(peer: Peer, plaintext: str) -> dict[str, Any]:
    return await ask(peer, "ratchet_encrypt", associated_data=DATA, plaintext=plaintext)


async def receive(peer: Peer, message: dict[str, Any], data: str = DATA) -> Any:
    response = await ask(peer, "ratchet_decrypt", associated_data=data, **message)
    return response.get("plaintext", response.get("error"))


async def cases() -> None:
    """Single properties of the ratchet."""
    alice, bob = Peer(), Peer()
    check("no session", "no such session" in await receive(bob, {"header": "00" * 40, "ciphertext": ""}))
    await begin(alice, bob)
    first, second, third = [await send(bob, text) for text in ("01", "02", "03")]
    numbers = [struct.unpack("<II", bytes.fromhex(m["header"])[32:]) for m in (first, second, third)]
    check("numbers", numbers == [(0, 0), (0, 1), (0, 2)])
    check("other data", await receive(alice, first, "00") == "not authentic")
    check("too short", await receive(alice, {**first, "ciphertext": "00"}) == "not authentic")
    check("forgery changes nothing", await receive(alice, third) == "03")
    check("skipped", await receive(alice, first) == "01")
    check("duplicates", [await receive(alice, m) for m in (first, third)] == ["duplicate"] * 2)
    answer = await send(alice, "04")
    check("previous chain", struct.unpack("<II", bytes.fromhex(answer["header"])[32:]) == (1, 0))
    check("answer", await receive(bob, answer) == "04")
    check("next chain", await receive(alice, await send(bob, "05")) == "05")
    check("late, from an earlier chain", await receive(alice, second) == "02")
    check("duplicate, from an earlier chain", await receive(alice, second) == "not authentic")

    # The limits: 25,000 message keys are derived at most, 2,000 kept
    messages = [await send(alice, "06") for _ in range(25_002)]
    check("too many", await receive(bob, messages[25_001]) == "too many skipped")
    check("just few enough", await receive(bob, messages[25_000]) == "06")
    check("no longer kept", await receive(bob, messages[22_999]) == "duplicate")
    check("kept", [await receive(bob, messages[n]) for n in (23_000, 24_999, 25_001)] == ["06"] * 3)


async def talk(seed: int, rounds: int) -> None:
    """A conversation with loss, reordering and duplicates."""
    rng, peers = random.Random(seed), (Peer(), Peer())
    await begin(*peers)
    flying: tuple[list[Any], list[Any]] = ([], [])
    delivered: list[tuple[int, Any]] = []
    for number in range(rounds):
        sender = rng.randrange(2)
        text = number.to_bytes(4, "big").hex()
        flying[1 - sender].append((text, await send(peers[sender], text)))
        receiver = rng.randrange(2)
        if rng.random() < 0.3:
            rng.shuffle(flying[receiver])
        while flying[receiver] and rng.random() < 0.7:
            text, message = flying[receiver].pop(0)
            if rng.random() < 0.1:
                continue
            check("conversation", await receive(peers[receiver], message) == text)
            delivered.append((receiver, message))
        if delivered and rng.random() < 0.2:
            receiver, message = rng.choice(delivered)
            check("replay", await receive(peers[receiver], message) in ("duplicate", "not authentic"))


async def run() -> None:
    await xeddsa_answers()
    await kdf_answers()
    for one_time in (False, True):
        alice, bob = Peer(), Peer()
        for pair in ((alice, bob), (bob, alice)):
            await handshake(*pair, one_time)
    pqxdh_answers()
    encodings()
    for number in (None, 9):
        for kem_created in (None, 0):
            await pqxdh(Peer(), Peer(), number, kem_created)
            await wire(Peer(), Peer(), number, kem_created)
    await cases()
    for seed in range(10):
        await talk(seed, 500)
    await self_test_sealing.run()
    await self_test_he.run()
    await self_test_wire.run()
    await self_test_devices.run()
    await self_test_content.run()
    await self_test_linking.run()
    await self_test_passphrases.run()
    await self_test_renewal.run()
    print("self-test passed")
