"""Keys under a passphrase: docs/protocol.md §§11, 16. Argon2id is that of the package cryptography."""

from __future__ import annotations

from dataclasses import dataclass
import os
import struct

from cryptography.hazmat.primitives.kdf.argon2 import Argon2id

from common import Json, RequestError, VERSION, take_bytes, take_int
from devices import MAX_LIST, read_list
import ed25519
from reader import Reader, block
import xchacha

RECOVERY = 9  # the kind in its envelope
STORE_KEY_FRONT = b"sprag-k\x01\x0a"
MAX_MEMORY, MAX_PASSES = 262_144, 16
SALT, KEY = 16, 32
WRAPPED = 105  # bytes of a wrapped store key


@dataclass(frozen=True)
class Cost:
    """The parameters of Argon2id. The memory is in KiB."""

    memory: int
    passes: int

    def derive(self, passphrase: bytes, salt: bytes) -> bytes:
        if self.memory > MAX_MEMORY or self.passes > MAX_PASSES:
            raise RequestError("the passphrase's key costs too much")
        argon2 = Argon2id(salt=salt, length=KEY, iterations=self.passes, lanes=1, memory_cost=self.memory)
        return argon2.derive(passphrase)


def seal(front: bytes, cost: Cost, passphrase: bytes, content: bytes) -> bytes:
    salt, nonce = os.urandom(SALT), os.urandom(xchacha.NONCE_LENGTH)
    data = front + struct.pack("<II", cost.memory, cost.passes) + salt
    return data + nonce + xchacha.encrypt(cost.derive(passphrase, salt), nonce, content, data)


def open_sealed(front: bytes, passphrase: bytes, sealed: bytes) -> bytes:
    reader = Reader(sealed)
    if reader.take(len(front)) != front:
        raise RequestError("of another version or kind")
    cost, salt = Cost(reader.u32(), reader.u32()), reader.take(SALT)
    data = sealed[: len(sealed) - len(reader.content)]
    nonce = reader.take(xchacha.NONCE_LENGTH)
    return xchacha.decrypt(cost.derive(passphrase, salt), nonce, reader.rest(), data)


def write_recovery(seed: bytes, device_list: bytes, cost: Cost, passphrase: bytes) -> bytes:
    return seal(bytes([VERSION, RECOVERY]), cost, passphrase, seed + block(device_list))


def read_recovery(content: bytes, passphrase: bytes) -> tuple[bytes, bytes]:
    """The private user key, and the newest list."""
    reader = Reader(open_sealed(bytes([VERSION, RECOVERY]), passphrase, content))
    seed, device_list = reader.take(KEY), reader.block(MAX_LIST)
    reader.end()
    if read_list(device_list).user_key != ed25519.public_key(seed):
        raise RequestError("the list is of another user")
    return seed, device_list


def wrap_store_key(key: bytes, cost: Cost, passphrase: bytes) -> bytes:
    return seal(STORE_KEY_FRONT, cost, passphrase, key)


def unwrap_store_key(wrapped: bytes, passphrase: bytes) -> bytes:
    if len(wrapped) != WRAPPED:
        raise RequestError("a wrapped key has 105 bytes")
    return open_sealed(STORE_KEY_FRONT, passphrase, wrapped)


def take_cost(request: Json) -> Cost:
    return Cost(take_int(request, "memory", 32), take_int(request, "passes", 32))


class PassphraseOperations:
    """The operations whose names begin with recovery_ and store_key_."""

    async def op_recovery_write(self, request: Json) -> Json:
        seed, device_list = take_bytes(request, "seed", KEY), take_bytes(request, "list")
        return {
            "recovery": write_recovery(seed, device_list, take_cost(request), take_bytes(request, "passphrase")),
        }

    async def op_recovery_read(self, request: Json) -> Json:
        content, passphrase = take_bytes(request, "recovery"), take_bytes(request, "passphrase")
        seed, device_list = read_recovery(content, passphrase)
        return {"seed": seed, "list": device_list}

    async def op_store_key_wrap(self, request: Json) -> Json:
        key, passphrase = take_bytes(request, "key", KEY), take_bytes(request, "passphrase")
        return {"wrapped": wrap_store_key(key, take_cost(request), passphrase)}

    async def op_store_key_unwrap(self, request: Json) -> Json:
        return {"key": unwrap_store_key(take_bytes(request, "wrapped"), take_bytes(request, "passphrase"))}
