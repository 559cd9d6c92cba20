"""The self-test of the bytes that travel: padded texts, files, bundles and the choice of a session."""

from __future__ import annotations

from dataclasses import replace
import hashlib
from typing import Any

from cryptography.exceptions import InvalidTag

from checks import DATA, ask, check, refuses
from content import FILE_KEY, Content, write_copy
import files
from padding import pad, padded, unpad
from peer import Peer
from wire import MAX_MESSAGE, checksum, file_data, preferred, read_bundle, write_bundle, write_file

# Lengths at which the padded length grows, and the one to which it grows then
STEPS = (
    (32, 36), (36, 40), (60, 64), (64, 72), (120, 128), (128, 144), (240, 256), (256, 272), (496, 512),
    (512, 544), (65_536, 67_584), (131_072, 135_168), (8_388_608, 8_650_752),
)

LONGEST = 2**24 - 2**18 - 4  # text of a message


def lengths() -> None:
    check("shortest", {padded(length) for length in range(33)} == {32})
    for length, longer in STEPS:
        check(f"padded({length})", (padded(length), padded(length + 1)) == (length, longer))
    for length in range(70_000):
        result = padded(length)
        check("not shorter, and not by an eighth longer", length <= result <= max(32, length * 9 // 8))
        check("padded once is padded", padded(result) == result)


def texts() -> None:
    for length in (0, 1, 27, 28, 29, 32, 33, 124, 125, 1_000):
        text = bytes(range(256))[:length].ljust(length, b"x")
        content = pad(text)
        check("padded text", len(content) == padded(4 + length) and unpad(content) == text)
        refuses("shorter", lambda content=content: unpad(content[:-1]))
        refuses("longer", lambda content=content: unpad(content + b"\0"))
    content = pad(b"text")
    refuses("not zero", lambda: unpad(content[:-1] + b"\1"))
    refuses("cut off", lambda: unpad(b"\xff" * 32))
    refuses("no length", lambda: unpad(b"\0\0\0"))


def contents() -> None:
    """Files without their messages."""
    key = bytes(range(32))
    for length in (0, 1, 28, 29, 65_531, 65_532, 65_533, 2 * 65_532, 2 * 65_532 + 1, 101 * 65_532, 10_000_000):
        content = bytes(length)
        chunks = files.write_chunks(content)
        check("lengths of chunks", {len(chunk) for chunk in chunks[:-1]} <= {files.CHUNK})
        blocks = length + 4 * max(-(-length // files.PIECE), 1)
        check("length of chunks", sum(map(len, chunks)) == padded(blocks))
        check("content", files.read_chunks(chunks) == content)
        sealed = files.encrypt_content(key, content)
        check("sealed length", len(sealed) == padded(blocks) + 16 * len(chunks))
        check("sealed content", files.decrypt_content(key, sealed) == content)
    check("a chunk of padding alone", chunks[-1] == bytes(len(chunks[-1])) and length > files.PIECE)


def other_contents() -> None:
    """Chunks that are authentic but cannot be those of a file."""
    whole = files.write_chunks(bytes(3 * 65_532))
    one = files.write_chunks(b"content")[0]
    short = bytes(files.PIECE) + (files.PIECE - 1).to_bytes(4, "little")
    for what, wrong in {
        "no chunk": [b""],
        "no length": [b"\0\0\0"],
        "too long a piece": [bytes(28) + (29).to_bytes(4, "little")],
        "padding that is not zero": [one[:20] + b"\1" + one[21:]],
        "padding that is too long": [one[:-4] + bytes(4) + one[-4:]],
        "padding that is too short": [one[:-5] + one[-4:]],
        "a piece after a short one": [whole[0], short, whole[2]],
        "a piece after padding": [*whole[:2], bytes(files.CHUNK), whole[2]],
        "a piece after none": [bytes(files.CHUNK), whole[1]],
        "a chunk too many": [*whole, bytes(files.CHUNK)],
    }.items():
        refuses(what, lambda wrong=wrong: files.read_chunks(wrong))


def damaged_contents() -> None:
    key, size = bytes(range(32)), files.CHUNK + files.TAG
    sealed = files.encrypt_content(key, bytes(3 * 65_532))
    first, second, third = (sealed[at : at + size] for at in range(0, 3 * size, size))
    for wrong in (b"", first + second, second + first + third, sealed + third, sealed[:-1], sealed + b"\0"):
        try:
            files.decrypt_content(key, wrong)
        except InvalidTag:
            continue
        check("damaged content", False)


async def session(alice: Peer, bob: Peer) -> dict[str, str]:
    """A session that has begun; returns the first message."""
    numbers = {"suite": 2, "signed_prekey_id": 1, "one_time_prekey_id": 2, "kem_prekey_id": 3}
    published = await ask(bob, "wire_publish", created=0, kem_created=None, **numbers)
    begun = await ask(alice, "wire_begin", ordinal=1, plaintext="", associated_data=DATA, **published)
    return {"message": begun["message"], "associated_data": DATA}


async def padded_messages() -> None:
    alice, bob = Peer(), Peer()
    await ask(bob, "wire_accept", **await session(alice, bob))
    for length in (0, 1, 28, 29, 32, 33, 65_532, 65_533):
        sent = await ask(bob, "wire_encrypt", plaintext="07" * length, associated_data=DATA)
        check("length of a message", len(sent["message"]) == 2 * (2 + 80 + padded(4 + length) + 16))
        opened = await ask(alice, "wire_decrypt", associated_data=DATA, **sent)
        check("text", opened == {"plaintext": "07" * length})
    wire = bob.wire_sessions[""]
    message = wire.encrypt(bytes(LONGEST), b"")
    check("the longest message", len(message) == 2 + 80 + padded(4 + LONGEST) + 16 <= MAX_MESSAGE)
    refuses("a longer one", lambda: wire.encrypt(bytes(LONGEST + 1), b""))


async def lost_messages() -> None:
    """Messages that were skipped are lost, and a copy of a session repeats its numbers."""
    alice, bob = Peer(), Peer()
    first = await session(alice, bob)
    await ask(bob, "wire_accept", **first)
    await ask(bob, "wire_copy", copy="old")
    for count, opened in ((25_000, {"plaintext": "01"}), (25_001, {"error": "too many skipped"})):
        await ask(bob, "wire_skip", count=count)
        sent = await ask(bob, "wire_encrypt", plaintext="01", associated_data=DATA)
        check(f"{count} lost", await ask(alice, "wire_decrypt", associated_data=DATA, **sent) == opened)
    sent = await ask(bob, "wire_encrypt", session="old", plaintext="02", associated_data=DATA)
    refused = await ask(alice, "wire_decrypt", associated_data=DATA, **sent)
    check("the copy is another chain", refused == {"error": "forked"})


async def files_in_messages() -> None:
    alice, bob, content = Peer(), Peer(), b"content".hex()
    head = {"version": 1, "hash": "00" * 8, "known": 0}
    sealed = {**head, "sessions": [""], "user": "07" * 32}
    await session(alice, bob)
    first = await ask(alice, "content_encrypt_file", content=content, **sealed)
    damaged = first["file"][:-2] + f"{int(first['file'][-2:], 16) ^ 1:02x}"
    refused = await ask(bob, "content_accept_file", file=damaged)
    check("damaged file", refused == {"error": "not authentic"})
    check("first file", (await ask(bob, "content_accept_file", **first))["content"] == content)
    check("once", "prekey" in (await ask(bob, "content_accept_file", **first))["error"])
    answer = await ask(bob, "content_encrypt_file", content="", **sealed)
    # A content of 76 bytes is a text of 80 bytes, which is padded already.
    check("length of a file", len(answer["file"]) == 2 * (39 + 2 + 80 + 80 + 16 + 32 + 16))
    opened = await ask(alice, "content_decrypt_file", **answer)
    check("empty file", opened["content"] == "")
    later = await ask(alice, "content_encrypt_file", content=content, **sealed)
    check("later file", (await ask(bob, "content_decrypt_file", **later))["content"] == content)
    check("twice", await ask(bob, "content_decrypt_file", **later) == {"error": "duplicate"})
    for key, committed in ((bytes(32), b"\1" * 32), (b"\1" * 31, b"\1" * 31)):
        # The message is authentic, and carries another key than that which the file commits to, or none
        commitment = files.commitment(committed)
        text = Content(FILE_KEY, 1, bytes(8), 0, None, write_copy(bytes(32), key)).write()
        message = alice.wire_sessions[""].encrypt(text, file_data(commitment))
        file = write_file(commitment, [message], files.encrypt_content(key, b""))
        refused = await ask(bob, "content_decrypt_file", file=file.hex())
        check("another key", "not that of the file" in refused["error"])
    refuses("too long a message", lambda: write_file(bytes(32), [bytes(4_097)], b""))
    unread = await ask(alice, "content_encrypt_file", content=content, **sealed)
    in_it = unread["file"][2 * 39 : 2 * (39 + 2 + 80 + 80 + 16)]
    for op in ("wire_decrypt", "content_decrypt"):
        read = await ask(bob, op, message=in_it, associated_data="")
        check("a file's message is no other", read == {"error": "not authentic"})
    label = (b"sprag content" + b"\1" + b"sprag file").hex() + unread["file"][4:68]
    copy = Peer()
    copy.wire_sessions = dict(bob.wire_sessions)
    read = await ask(copy, "wire_decrypt", message=in_it, associated_data=label)
    check("label in bytes", read["plaintext"].startswith("0b01" + "00" * 9))
    check("but the file's", (await ask(bob, "content_decrypt_file", **unread))["content"] == content)


async def bundles() -> None:
    """Damage on the way, and a bundle of two generations with a checksum of its own."""
    alice, bob = Peer(), Peer()
    begin = {"ordinal": 1, "plaintext": "", "associated_data": DATA}
    numbers = {"suite": 2, "one_time_prekey_id": None, "kem_created": 5, "created": 5}
    older = await ask(bob, "wire_publish", signed_prekey_id=1, kem_prekey_id=2, **numbers)
    newer = await ask(bob, "wire_publish", signed_prekey_id=3, kem_prekey_id=4, **numbers)
    content = bytes.fromhex(newer["bundle"])
    check("checksum in bytes", content[-8:] == hashlib.sha256(content[:-8]).digest()[:8])
    for byte in (3, 40, 100, 200, len(content) - 9, len(content) - 8, len(content) - 1):
        damaged = bytearray(content)
        damaged[byte] ^= 1
        refused = await ask(alice, "wire_begin", bundle=damaged.hex(), **begin)
        check("damaged bundle", "damaged" in refused["error"])
    shorter = content[:-9] + checksum(content[:-9])
    refused = await ask(alice, "wire_begin", bundle=shorter.hex(), **begin)
    check("a checksum of less", "cut off" in refused["error"])
    first, second = read_bundle(bytes.fromhex(older["bundle"])), read_bundle(content)
    for signed, kem in ((first, second), (second, first)):
        mixed = write_bundle(replace(signed, kem_prekey=kem.kem_prekey))
        refused = await ask(alice, "wire_begin", bundle=mixed.hex(), **begin)
        check("two generations", "signature of the KEM prekey" in refused["error"])
    for bundle in (older, newer):
        check("one generation", "message" in await ask(alice, "wire_begin", **bundle, **begin))


async def begun_at_once() -> None:
    """Two parties that begin at once come to the same session, which depends on its id alone."""
    begun: list[Any] = []
    numbers = {"suite": 2, "signed_prekey_id": 1, "one_time_prekey_id": 2, "kem_prekey_id": 3}
    for ordinals in ((1, 1), (1, 2), (2, 1), (1, 1), (1, 1)):
        alice, bob = Peer(), Peer()
        for publisher, initiator, ordinal in ((alice, bob, ordinals[0]), (bob, alice, ordinals[1])):
            published = await ask(publisher, "wire_publish", created=0, kem_created=None, **numbers)
            first = await ask(
                initiator, "wire_begin", session="own", account="", ordinal=ordinal, plaintext="",
                associated_data=DATA, **published,
            )
            begun.append((publisher, first["message"]))
        for responder, message in begun[-2:]:
            await ask(
                responder, "wire_accept", session="other", account="", message=message, associated_data=DATA
            )
        chosen = [preferred(peer.wire_sessions) for peer in (alice, bob)]
        check("not the same name", set(chosen) == {"own", "other"})
        if ordinals != (1, 1):
            check("the higher ordinal", chosen[0] == ("own" if ordinals[1] > ordinals[0] else "other"))
        ids = [peer.wire_sessions[name].agreement.session_id for peer, name in zip((alice, bob), chosen)]
        check("the same session", ids[0] == ids[1])


async def run() -> None:
    lengths()
    texts()
    contents()
    other_contents()
    damaged_contents()
    await padded_messages()
    await lost_messages()
    await files_in_messages()
    await bundles()
    await begun_at_once()
