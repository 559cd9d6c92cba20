"""The self-test of what is sealed under a passphrase: known answers, bounds and damage."""

from __future__ import annotations

from collections.abc import Callable
import os
import struct
from unittest.mock import patch

from cryptography.hazmat.primitives.kdf.argon2 import Argon2id

from checks import ask, check, refuses
from passphrases import MAX_MEMORY, MAX_PASSES, Cost, open_sealed, read_recovery, seal, unwrap_store_key
from passphrases import wrap_store_key, write_recovery
from peer import Peer
from self_test_devices import FIRST_LIST, SEEDS, a_list
import xchacha

# RFC 9106 §5.3, with 4 lanes, a secret and associated data
RFC_ANSWER = "0d640df58d78766c08c037a34a8b53c9d01ef0452d75b65eb52520e96b01e659"
# Of the salt 00 01 ... 0f, one lane, and the passphrase, KiB and passes in front
ANSWERS = (
    (b"passphrase", 64, 3, "a335787b3b623fd60eb32e4a115530a46ba9039aa16d09980ce20926a7cd47a3"),
    (b"", 8, 1, "31ed41e2d73f27fdfe4eb4bec651341e58ba43477051c6fe4adad735d82ee08a"),
)
SALT, NONCE = bytes(range(16)), bytes(range(64, 88))
CHEAP = Cost(8, 1)

Write = Callable[[Cost], bytes]


def answers() -> None:
    argon2 = Argon2id(
        salt=b"\2" * 16, length=32, iterations=3, lanes=4, memory_cost=32, ad=b"\4" * 12, secret=b"\3" * 8
    )
    check("Argon2id of the RFC", argon2.derive(b"\1" * 32).hex() == RFC_ANSWER)
    for passphrase, memory, passes, answer in ANSWERS:
        check("Argon2id", Cost(memory, passes).derive(passphrase, SALT).hex() == answer)


def in_bytes() -> None:
    """A file and a wrapped key that are put together here, from the known keys."""
    seed, listed = SEEDS[0], bytes.fromhex(FIRST_LIST)
    passphrase, memory, passes, key = ANSWERS[0]
    recovery: Write = lambda cost: write_recovery(seed, listed, cost, passphrase)
    wrapped: Write = lambda cost: wrap_store_key(seed, cost, passphrase)
    for front, content, write in (
        (b"\x01\x09", seed + b"\xe9\x01" + listed, recovery), (b"sprag-k\x01\x0a", seed, wrapped),
    ):
        data = front + struct.pack("<II", memory, passes) + SALT
        expected = data + NONCE + xchacha.encrypt(bytes.fromhex(key), NONCE, content, data)
        with patch.object(os, "urandom", side_effect=[SALT, NONCE]):
            check("sealed", write(Cost(memory, passes)) == expected)
        check("the part in front of the nonce", len(data) == (26 if front[:1] == b"\1" else 33))
    check("length", len(wrap_store_key(bytes(32), CHEAP, b"")) == 105)
    check("length", len(write_recovery(seed, listed, CHEAP, b"")) == 26 + 24 + 32 + 2 + 233 + 16)


def damage() -> None:
    seed, listed = SEEDS[0], bytes.fromhex(FIRST_LIST)
    written = write_recovery(seed, listed, CHEAP, b"passphrase")
    check("and back", read_recovery(written, b"passphrase") == (seed, listed))
    refuses("another passphrase", lambda: read_recovery(written, b"Passphrase"))
    refuses("no passphrase", lambda: read_recovery(written, b""))
    wrapped = wrap_store_key(seed, CHEAP, b"passphrase")
    check("and back", unwrap_store_key(wrapped, b"passphrase") == seed)
    refuses("of another kind", lambda: read_recovery(wrapped, b"passphrase"))
    refuses("of another kind", lambda: unwrap_store_key(written, b"passphrase"))
    for key in (bytes(31), bytes(33)):
        wrong = wrap_store_key(key, CHEAP, b"")
        refuses("a key of another length", lambda wrong=wrong: unwrap_store_key(wrong, b""))
    # The high bytes of memory and passes are left out, because such costs are refused before they are paid.
    for place in [0, 1, 2, 3, 6, *range(10, len(written))]:
        altered = bytearray(written)
        altered[place] ^= 1
        refuses(f"altered byte {place}", lambda altered=altered: read_recovery(bytes(altered), b"passphrase"))
    for wrong in (b"", written[:25], written[:60], written[:-1], written + b"\0"):
        refuses("another length", lambda wrong=wrong: read_recovery(wrong, b"passphrase"))
    for contents in (
        seed + b"\xe9\x01" + listed[:-1], seed + b"\xe9\x01" + listed + b"\0", SEEDS[1] + b"\xe9\x01" + listed,
        seed, seed + b"\xe9\x81\0" + listed, seed[:-1],
    ):
        sealed = seal(b"\x01\x09", CHEAP, b"", contents)
        refuses("other contents", lambda sealed=sealed: read_recovery(sealed, b""))
    of_other = a_list(0).sign(SEEDS[1])
    refuses("a list that is damaged", lambda: read_recovery(write_recovery(seed, of_other, CHEAP, b""), b""))


def bounds() -> None:
    """A cost beyond the bounds is refused although the tag would be right, and before it is paid."""
    with patch.object(Argon2id, "derive", return_value=bytes(32)):
        for memory, passes, allowed in (
            (MAX_MEMORY, MAX_PASSES, True), (MAX_MEMORY + 1, 1, False), (8, MAX_PASSES + 1, False),
            (2**32 - 1, 1, False), (8, 2**32 - 1, False),
        ):
            data = b"\x01\x09" + struct.pack("<II", memory, passes) + SALT
            sealed = data + NONCE + xchacha.encrypt(bytes(32), NONCE, b"content", data)
            if allowed:
                check("the most", open_sealed(b"\x01\x09", b"", sealed) == b"content")
            else:
                refuses("more", lambda sealed=sealed: open_sealed(b"\x01\x09", b"", sealed))
    for memory, passes in ((7, 1), (8, 0), (0, 0)):
        refuses("less", lambda memory=memory, passes=passes: Cost(memory, passes).derive(b"", SALT))


async def operations() -> None:
    peer, phrase = Peer(), {"passphrase": b"passphrase".hex()}
    cost = {"memory": 8, "passes": 1, **phrase}
    written = await ask(peer, "recovery_write", seed=SEEDS[0].hex(), list=FIRST_LIST, **cost)
    read = await ask(peer, "recovery_read", **written, **phrase)
    check("recovery", read == {"seed": SEEDS[0].hex(), "list": FIRST_LIST})
    wrapped = await ask(peer, "store_key_wrap", key="07" * 32, **cost)
    check("store key", await ask(peer, "store_key_unwrap", **wrapped, **phrase) == {"key": "07" * 32})


async def run() -> None:
    answers()
    in_bytes()
    damage()
    bounds()
    await operations()
