"""The self-test of header encryption: known answers, and two peers that talk over a bad channel."""

from __future__ import annotations

from copy import deepcopy
import hashlib
import hmac
import random
import struct
from typing import Any
from unittest.mock import patch

from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305
import xeddsa

from checks import DATA, ask, check, hkdf, refuses
import header_encryption
from peer import Peer
import xchacha

# §2.2.1 of draft-irtf-cfrg-xchacha-03, and its appendix A.3.1, whose key is 80.. to 9f and nonce 40.. to 57
HCHACHA20_NONCE = "000000090000004a0000000031415927"
HCHACHA20_ANSWER = "82413b4227b27bfed30e42508a877d73a0f9e4d58a74a853c12ec41326d3ecdc"
AEAD_PLAINTEXT = (
    b"Ladies and Gentlemen of the class of '99: If I could offer you only one tip for the future, "
    b"sunscreen would be it."
)
AEAD_DATA = "50515253c0c1c2c3c4c5c6c7"
AEAD_ANSWER = (
    "bd6d179d3e83d43b9576579493c0e939572a1700252bfaccbed2902c21396cbb"
    "731c7f1b0b4aa6440bf3a82f4eda7e39ae64c6708c54c216cb96b72e1213b452"
    "2f8c9ba40db5d945b11b69b982c1bb9e3f3fac2bc369488f76b2383565d3fff9"
    "21f9664c97637da9768812f615c68b13b52e"
    "c0875924c1c7987947deafd8780acf49"
)

# Root key || chain key || next header key from root key 01.., DH output 02.. and info "MyRootInfo"
ROOT_ANSWER = (
    "9ad94da7e60b6bf5b82710c66850ee78a4ddaa7b595df1ae2b2e821e3991ccd6"
    "4e196b88a9275c990988c842f56d3d5f178ed87022d830c1dff5b1e6eaef9c9a"
    "d7d812d06d921ffdd5602169c2e1c4fafa31abb97be7a40ea42d7f17e25026a9"
)

KEYS = {name: hashlib.sha256(name.encode()).digest() for name in ("root", "shared_hka", "shared_nhkb")}
SECRET = hashlib.sha256(b"secret").digest()


def answers() -> None:
    derived = xchacha.hchacha20(bytes(range(32)), bytes.fromhex(HCHACHA20_NONCE))
    check("HChaCha20 answer", derived.hex() == HCHACHA20_ANSWER)
    key, nonce, data = bytes(range(0x80, 0xA0)), bytes(range(0x40, 0x58)), bytes.fromhex(AEAD_DATA)
    ciphertext = xchacha.encrypt(key, nonce, AEAD_PLAINTEXT, data)
    check("XChaCha20-Poly1305 answer", ciphertext.hex() == AEAD_ANSWER)
    check("and back", xchacha.decrypt(key, nonce, ciphertext, data) == AEAD_PLAINTEXT)
    refuses("other data", lambda: xchacha.decrypt(key, nonce, ciphertext))
    with patch.object(header_encryption, "ROOT_INFO", b"MyRootInfo"):
        derived = b"".join(header_encryption.kdf_root(b"\1" * 32, b"\2" * 32))
    check("KDF_RK_HE answer", derived.hex() == ROOT_ANSWER)


async def begin(alice: Peer, bob: Peer) -> dict[str, Any]:
    """A session between two peers, without a handshake; returns the first message."""
    keys = {name: key.hex() for name, key in KEYS.items()}
    common = {**keys, "associated_data": DATA}
    remote = xeddsa.priv_to_curve25519_pub(SECRET).hex()
    message = await ask(alice, "ratchet_he_initiate", **common, remote=remote, plaintext="")
    early = await ask(bob, "ratchet_he_encrypt", associated_data=DATA, plaintext="")
    check("a responder waits", "RequestError" in early["error"])
    other = {**common, "shared_hka": keys["shared_nhkb"], "shared_nhkb": keys["shared_hka"]}
    opened = await ask(bob, "ratchet_he_respond", **other, secret=SECRET.hex(), **message)
    check("exchanged header keys", opened == {"error": "not authentic"})
    opened = await ask(bob, "ratchet_he_respond", **common, secret=SECRET.hex(), **message)
    check("empty first message", opened == {"plaintext": ""})
    return message


async def send(peer: Peer, plaintext: str) -> dict[str, Any]:
    return await ask(peer, "ratchet_he_encrypt", associated_data=DATA, plaintext=plaintext)


async def receive(peer: Peer, message: dict[str, Any], data: str = DATA) -> Any:
    response = await ask(peer, "ratchet_he_decrypt", associated_data=data, **message)
    return response.get("plaintext", response.get("error"))


def numbers(key: bytes, message: dict[str, Any]) -> tuple[int, int] | None:
    header = header_encryption.open_header(key, bytes.fromhex(message["header"]))
    return header and header[1:]


def flip(text: str, byte: int) -> str:
    content = bytearray.fromhex(text)
    content[byte] ^= 1
    return content.hex()


async def in_bytes() -> None:
    """The first message, from the standard library and the AEADs alone."""
    message = await begin(Peer(), Peer())
    sealed = bytes.fromhex(message["header"])
    check("length of the header", len(sealed) == 80)
    subkey = xchacha.hchacha20(KEYS["shared_hka"], sealed[:16])
    header = ChaCha20Poly1305(subkey).decrypt(bytes(4) + sealed[16:24], sealed[24:], None)
    check("first header", header[32:] == bytes(8))
    shared = xeddsa.x25519(SECRET, header[:32])
    keys = hkdf(KEYS["root"], shared, b"sprag-v1 ratchet root, header encryption", 3)
    data = bytes.fromhex(DATA)
    plaintext = ChaCha20Poly1305(hmac.digest(keys[32:64], b"\1", "sha256")).decrypt(
        sealed[12:24], bytes.fromhex(message["ciphertext"]), struct.pack("<Q", len(data)) + data + sealed
    )
    check("first message in bytes", plaintext == b"")


async def cases() -> None:
    """Single properties of the ratchet."""
    alice, bob = Peer(), Peer()
    none = {"header": "00" * 80, "ciphertext": ""}
    check("no session", "no such session" in await receive(bob, none))
    await begin(alice, bob)
    check("no header", await receive(bob, none) == "not authentic")
    check("a header of 40 bytes", "80 bytes" in await receive(bob, {**none, "header": "00" * 40}))
    first, second, third = [await send(bob, text) for text in ("01", "02", "03")]
    numbered = [numbers(KEYS["shared_nhkb"], message) for message in (first, second, third)]
    check("numbers", numbered == [(0, 0), (0, 1), (0, 2)])
    check("other data", await receive(alice, first, "00") == "not authentic")
    check("too short", await receive(alice, {**first, "ciphertext": "00"}) == "not authentic")
    for byte in range(80):
        forged = {**first, "header": flip(first["header"], byte)}
        check("forged header", await receive(alice, forged) == "not authentic")
    check("forgery changes nothing", await receive(alice, third) == "03")
    check("skipped", await receive(alice, first) == "01")
    check("duplicates", [await receive(alice, m) for m in (first, third)] == ["duplicate"] * 2)
    key = alice.ratchets[""].next_sending
    answer = await send(alice, "04")
    check("previous chain", numbers(key, answer) == (1, 0))
    check("answer", await receive(bob, answer) == "04")
    check("next chain", await receive(alice, await send(bob, "05")) == "05")
    check("duplicate, from an earlier chain with keys", await receive(alice, first) == "duplicate")
    check("late, from an earlier chain", await receive(alice, second) == "02")
    check("duplicate, from an earlier chain", await receive(alice, second) == "not authentic")
    check("repeats under other nonces", first["header"] != second["header"])
    await limits(alice, bob)


async def limits(alice: Peer, bob: Peer) -> None:
    """25,000 message keys are derived in a chain at most, 2,000 kept in all."""
    check("in step", await receive(bob, await send(alice, "06")) == "06")
    messages = [await send(alice, "06") for _ in range(25_002)]
    check("too many", await receive(bob, messages[25_001]) == "too many skipped")
    check("just few enough", await receive(bob, messages[25_000]) == "06")
    check("no longer kept", await receive(bob, messages[22_999]) == "duplicate")
    check("kept", [await receive(bob, messages[n]) for n in (23_000, 24_999, 25_001)] == ["06"] * 3)

    # The end of the old chain and the place in the new one are counted apart
    messages = [await send(alice, "07") for _ in range(25_000)]
    check("answer", await receive(alice, await send(bob, "08")) == "08")
    newer = [await send(alice, "09") for _ in range(25_001)]
    check("just few enough of each", await receive(bob, newer[25_000]) == "09")
    check("of the old chain none is kept", await receive(bob, messages[24_999]) == "not authentic")
    check("of the new chain some", await receive(bob, newer[23_000]) == "09")


async def long_tails() -> None:
    """Of a tail of 25,001 messages no key is derived, and the next chain goes on."""
    for tail in (25_000, 25_001):
        alice, bob = Peer(), Peer()
        await begin(alice, bob)
        skipped, last = [await send(alice, text) for text in ("01", "02")]
        check("before the tail", await receive(bob, last) == "02")
        lost = [await send(alice, "03") for _ in range(tail)]
        check("answer", await receive(alice, await send(bob, "04")) == "04")
        check("the next chain goes on", await receive(bob, await send(alice, "05")) == "05")
        derived = tail <= 25_000
        found = [await receive(bob, message) for message in (lost[-1], lost[-2000], lost[0], skipped)]
        expected = ["03", "03", "duplicate", "duplicate"] if derived else ["duplicate"] * 3 + ["01"]
        check(f"a tail of {tail}", found == expected)


async def old_keys() -> None:
    """A skipped key is kept for 24,999 later messages of its chain, as long as that is the current one."""
    alice, bob = Peer(), Peer()
    await begin(alice, bob)
    skipped = [await send(alice, "01") for _ in range(2)]
    for _ in range(24_999):
        later = await send(alice, "02")
        check("in step", await receive(bob, later) == "02")
    check("24,999 later", await receive(deepcopy(bob), skipped[1]) == "01")
    check("25,000 later", await receive(bob, skipped[0]) == "duplicate")
    # Once the chain is finished, the key is kept as others are
    check("answer", await receive(alice, await send(bob, "03")) == "03")
    check("the next chain", await receive(bob, await send(alice, "04")) == "04")
    check("of a finished chain", await receive(bob, skipped[1]) == "01")


async def finished_chains() -> None:
    """The keys of 32 finished chains are kept."""
    alice, bob = Peer(), Peer()
    await begin(alice, bob)
    late = [await send(alice, "00")]
    for chain in range(1, 36):
        if chain > 1:
            late.append(await send(alice, "0a"))
        check("in step", await receive(bob, await send(alice, "0b")) == "0b")
        keeps = [await receive(deepcopy(bob), message) for message in late]
        forgotten = max(chain - 33, 0)
        expected = ["not authentic"] * forgotten + ["00", *["0a"] * chain][forgotten:chain]
        check(f"finished chains at chain {chain}", keeps == expected)
        check("in step", await receive(alice, await send(bob, "0c")) == "0c")


async def older_states() -> None:
    """Messages to and from a party that was put back to an older state are refused and change nothing."""
    alice, bob = Peer(), Peer()
    await begin(alice, bob)
    check("in step", await receive(alice, await send(bob, "01")) == "01")
    older = deepcopy(alice)
    check("in step", await receive(bob, await send(alice, "02")) == "02")
    check("another ratchet key", await receive(bob, await send(older, "02")) == "forked")
    late, older = await send(alice, "03"), deepcopy(alice)
    check("in step", await receive(alice, await send(bob, "04")) == "04")
    check("in step", await receive(bob, await send(alice, "05")) == "05")
    check("a finished chain goes on", await receive(bob, await send(older, "06")) == "forked")
    check("late", await receive(bob, late) == "03")

    older = deepcopy(bob)
    check("in step", await receive(alice, await send(bob, "07")) == "07")
    answer = await send(alice, "08")
    check("an answer to what was not sent", await receive(older, answer) == "forked")
    check("in step", await receive(bob, answer) == "08")


async def numbers_end() -> None:
    alice, bob = Peer(), Peer()
    await begin(alice, bob)
    last = header_encryption.END_OF_NUMBERS - 1
    alice.ratchets[""].sent = bob.ratchets[""].receiving.length = last  # type: ignore[union-attr]
    check("the last number", await receive(bob, await send(alice, "01")) == "01")
    check("is the last", "no more numbers" in (await send(alice, "01"))["error"])
    with patch.object(header_encryption, "END_OF_NUMBERS", last + 2):
        beyond = await send(deepcopy(alice), "01")
    check("of a receiver too", "no number" in await receive(bob, beyond))
    check("also of a chain", await receive(alice, await send(bob, "02")) == "02")
    check("in step", await receive(bob, await send(alice, "03")) == "03")


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
            opened = await receive(peers[receiver], message)
            # A message that was delayed for too long is lost
            if opened == "not authentic":
                continue
            check("conversation", opened == text)
            delivered.append((receiver, message))
        if delivered and rng.random() < 0.2:
            receiver, message = rng.choice(delivered)
            check("replay", await receive(peers[receiver], message) in ("duplicate", "not authentic"))
    check("conversation", len(delivered) > rounds * 0.7)


async def run() -> None:
    answers()
    await in_bytes()
    await cases()
    await long_tails()
    await old_keys()
    await finished_chains()
    await older_states()
    await numbers_end()
    for seed in range(10):
        await talk(seed, 500)
