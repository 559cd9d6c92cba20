"""The self-test of contents: their bytes, messages and files that carry them, and bundles with device lists."""

from __future__ import annotations

import struct
from typing import Any

from checks import DATA, ask, check, refuses
from content import COPY, FILE_KEY, LIST, MAX_BUNDLES, TEXT, Content, read_bundles, read_content, read_copy
from content import write_bundles, write_copy
from devices import MAX_LIST
import files
from padding import padded
from peer import Peer
from pqxdh import MAX_BUNDLE
from wire import MAX_FILE_MESSAGES, file_data, read_bundle, read_file, write_bundle, write_file

DIGEST = bytes(range(8))
USER = bytes(range(32, 64)).hex()
HEAD: dict[str, Any] = {"version": 3, "hash": DIGEST.hex(), "known": 200, "list": None}
NUMBERS = {"suite": 2, "signed_prekey_id": 1, "one_time_prekey_id": 2, "kem_prekey_id": 3}
RENEWED = {"suite": 2, "signed_prekey_id": 4, "one_time_prekey_id": 5, "kem_prekey_id": 6}


def contents() -> None:
    for content, written in (
        (Content(TEXT, 1, DIGEST, 0, None, b"text"), "00 01 0001020304050607 00 74657874"),
        (Content(COPY, 300, DIGEST, 127, None, b""), "01 ac02 0001020304050607 7f"),
        (Content(LIST, 1, DIGEST, 128, b"list", b"!"), "82 01 0001020304050607 8001 04 6c697374 21"),
        (Content(FILE_KEY, 2**64 - 1, DIGEST, 2**64 - 1, b"", b""),
         "8b ffffffffffffffffff01 0001020304050607 ffffffffffffffffff01 00"),
    ):
        check("content", content.write() == bytes.fromhex(written))
        check("and back", read_content(content.write()) == content)
    for wrong in (
        "", "00", "00 01 00010203040506", "00 01 0001020304050607", "00 8100 0001020304050607 00",
        "00 01 0001020304050607 8000", "00 ffffffffffffffffff02 0001020304050607 00",
        "82 01 0001020304050607 00", "82 01 0001020304050607 00 05 6c697374",
        "82 01 0001020304050607 00 8400 6c697374",
    ):
        refuses(f"content {wrong}", lambda wrong=wrong: read_content(bytes.fromhex(wrong)))
    for kind in range(128):
        content = Content(kind, 1, DIGEST, 0, None, b"")
        if kind in (0, 1, 2, 3, 8, 9, 10, 11):
            check("known kind", read_content(content.write()) == content)
        else:
            refuses(f"kind {kind}", lambda content=content: read_content(content.write()))
    longest = Content(LIST, 1, DIGEST, 0, bytes(MAX_LIST), b"")
    check("the longest list", read_content(longest.write()) == longest)
    longer = Content(LIST, 1, DIGEST, 0, bytes(MAX_LIST + 1), b"")
    refuses("a longer list", lambda: read_content(longer.write()))


def payloads() -> None:
    user = bytes(range(32))
    for payload in (b"", b"x", bytes(128), bytes(100_000)):
        written = write_copy(user, payload)
        check("copy", read_copy(written) == (user, payload))
        for wrong in (written[:-1], written + b"\0", b""):
            refuses("another length", lambda wrong=wrong: read_copy(wrong))
    check("copy in bytes", write_copy(user, b"ab") == user + b"\2ab")
    refuses("a longer number", lambda: read_copy(user + b"\x80\0"))
    for count in (0, 1, MAX_BUNDLES):
        bundles = [bytes([number]) * (number + 1) for number in range(count)]
        check("bundles", read_bundles(write_bundles(bundles)) == bundles)
    check("bundles in bytes", write_bundles([b"ab", b""]) == b"\2ab\0")
    check("the longest bundle", read_bundles(write_bundles([bytes(MAX_BUNDLE)])) == [bytes(MAX_BUNDLE)])
    for wrong in (
        write_bundles([b"x"] * (MAX_BUNDLES + 1)), write_bundles([bytes(MAX_BUNDLE + 1)]), b"\2a", b"\x80",
        b"\x82\0ab",
    ):
        refuses("other bundles", lambda wrong=wrong: read_bundles(wrong))


async def begun(alice: Peer, bob: Peer, numbers: dict[str, int], **names: str) -> dict[str, Any]:
    """A session that alice begins with a first content, and what it told bob."""
    published = await ask(bob, "wire_publish", created=0, kem_created=None, list="00ff", **numbers)
    read = await ask(alice, "wire_read_bundle", **published)
    check("list of a bundle", read["list"] == "00ff")
    first = await ask(
        alice, "content_begin", ordinal=1, associated_data=DATA, kind=TEXT, payload="07", **names, **HEAD, **published
    )
    bare = await ask(bob, "wire_accept", message=first["message"], associated_data=DATA)
    check("no bare text", bare == {"error": "not authentic"})
    return await ask(bob, "content_accept", message=first["message"], associated_data=DATA, **names)


async def messages() -> None:
    alice, bob = Peer(), Peer()
    opened = await begun(alice, bob, NUMBERS)
    head = {**HEAD, "kind": TEXT, "payload": "07", "identity": alice.accounts[""].identity.hex(), "ordinal": 1}
    check("first content", {**opened, "session_id": None} == {**head, "session_id": None})
    fields = {**HEAD, "kind": LIST, "list": "010203", "payload": ""}
    sent = await ask(bob, "content_encrypt", associated_data=DATA, **fields)
    check("no bare text", "error" in await ask(alice, "wire_decrypt", associated_data=DATA, **sent))
    check("content", await ask(alice, "content_decrypt", associated_data=DATA, **sent) == fields)
    label = (b"sprag content" + b"\1").hex() + DATA
    sent = await ask(bob, "wire_encrypt", associated_data=DATA, plaintext="00")
    check("no content", "error" in await ask(alice, "content_decrypt", associated_data=DATA, **sent))
    check("but a text", await ask(alice, "wire_decrypt", associated_data=DATA, **sent) == {"plaintext": "00"})
    plaintext = Content(TEXT, 1, DIGEST, 0, None, b"by hand").write().hex()
    sent = await ask(bob, "wire_encrypt", associated_data=label, plaintext=plaintext)
    opened = await ask(alice, "content_decrypt", associated_data=DATA, **sent)
    check("label in bytes", opened["payload"] == b"by hand".hex())
    for wrong, reads in (("04" + plaintext[2:], False), ("00", False), (plaintext, True)):
        sent = await ask(bob, "wire_encrypt", associated_data=label, plaintext=wrong)
        opened = await ask(alice, "content_decrypt", associated_data=DATA, **sent)
        check("what is no content is refused", ("error" in opened) != reads)
        # A message that was refused is still there to be read as what it is.
        again = await ask(alice, "wire_decrypt", associated_data=label, **sent)
        check("and changes nothing", again == ({"error": "duplicate"} if reads else {"plaintext": wrong}))


async def files_for_several() -> None:
    """A file for three sessions: one that has begun, one that begins with the file, and one of another party."""
    alice, bob, carol, content = Peer(), Peer(), Peer(), b"content".hex()
    await begun(alice, bob, NUMBERS, session="bob", account="")
    await begun(alice, carol, NUMBERS, session="carol", account="")
    published = await ask(bob, "wire_publish", created=0, kem_created=None, **RENEWED)
    await ask(
        alice, "content_begin", session="later", account="", ordinal=2, associated_data="", kind=TEXT, payload="",
        **HEAD, **published,
    )
    names = ["carol", "later", "bob"]
    sealed = await ask(alice, "content_encrypt_file", user=USER, sessions=names, content=content, **HEAD)
    for peer, op, session in (
        (bob, "decrypt", "bob"), (carol, "decrypt", "carol"), (bob, "accept", "later"),
    ):
        opened = await ask(peer, f"content_{op}_file", session=session, account="", **sealed)
        check(f"file for {session}", (opened["kind"], opened["content"]) == (FILE_KEY, content))
        check("head", {name: opened[name] for name in HEAD} == HEAD)
        check("user", opened["payload"].startswith(USER + "20"))
        again = await ask(peer, f"content_{op}_file", session=session, account="", **sealed)
        check("once", "error" in again)
    file = bytes.fromhex(sealed["file"])
    commitment, parts, chunks = read_file(file)
    check("count", (file[34], len(parts)) == (3, 3))
    check("first message", file[35:39] == struct.pack("<I", len(parts[0])) and file[39:].startswith(parts[0]))
    check("and back", write_file(commitment, parts, chunks) == file)
    for wrong in (0, MAX_FILE_MESSAGES + 1, 255):
        refuses(f"{wrong} messages", lambda wrong=wrong: read_file(file[:34] + bytes([wrong]) + file[35:]))
        refuses(f"{wrong} messages", lambda wrong=wrong: write_file(commitment, [b""] * wrong, b""))
    most = write_file(commitment, [bytes(4_096)] * MAX_FILE_MESSAGES, b"")
    check("the most", len(read_file(most)[1]) == MAX_FILE_MESSAGES)
    longer = most[:35] + struct.pack("<I", 4_097) + most[39:]
    refuses("a longer message", lambda: read_file(longer))
    other = await ask(alice, "content_encrypt_file", user=USER, sessions=["carol"], content="", **HEAD)
    refused = await ask(bob, "content_decrypt_file", session="bob", **other)
    check("none for bob", "of another session" in refused["error"])
    key = bytes(range(32))
    text = Content(TEXT, 1, DIGEST, 0, None, key).write()
    message = alice.wire_sessions["bob"].encrypt(text, file_data(files.commitment(key)))
    file = write_file(files.commitment(key), [message], files.encrypt_content(key, b""))
    refused = await ask(bob, "content_decrypt_file", session="bob", file=file.hex())
    check("a text is no key", "no key of a file" in refused["error"])


async def bundles() -> None:
    bob = Peer()
    published = await ask(bob, "wire_publish", created=0, kem_created=None, **NUMBERS)
    bundle = read_bundle(bytes.fromhex(published["bundle"]))
    check("no list", bundle.device_list == b"" and bytes.fromhex(published["bundle"])[35] == 0)
    listed = await ask(bob, "wire_publish", created=0, kem_created=None, list="aa" * 300, **NUMBERS)
    content = bytes.fromhex(listed["bundle"])
    check("list in bytes", content[35:337] == b"\xac\2" + b"\xaa" * 300)
    check("and back", write_bundle(read_bundle(content)) == content)
    longest = await ask(bob, "wire_publish", created=0, kem_created=None, list="aa" * MAX_LIST, **NUMBERS)
    check("the longest", len(read_bundle(bytes.fromhex(longest["bundle"])).device_list) == MAX_LIST)
    longer = await ask(bob, "wire_publish", created=0, kem_created=None, list="aa" * (MAX_LIST + 1), **NUMBERS)
    refuses("a longer one", lambda: read_bundle(bytes.fromhex(longer["bundle"])))


async def run() -> None:
    contents()
    payloads()
    await messages()
    await files_for_several()
    await bundles()
