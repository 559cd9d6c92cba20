"""PQXDH: docs/protocol.md §§1, 2, 5. ML-KEM-1024 is kyber-py's, X25519 and HKDF are cryptography's."""

from __future__ import annotations

from dataclasses import dataclass, replace
import hashlib
import os
import struct

from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from kyber_py.ml_kem import ML_KEM_1024
import xeddsa

from common import CURVE25519, SIGNED_PREKEY_LABEL, VERSION, Json, RequestError, SessionKeys
from common import signing_scalar, take_bytes, take_int
from initial_message import PQXDH, SEALED_LENGTH, Handshake, Initiator, KemPart

SUITE = PQXDH
ML_KEM = b"\x02"  # the byte that EncodeKEM puts before an encapsulation key
INFO = b"sprag-v1_CURVE25519_SHA-256_ML-KEM-1024"
LAST_RESORT_LABEL = b"sprag last-resort KEM prekey"
ONE_TIME_KEM_LABEL = b"sprag one-time KEM prekey"
MAX_BUNDLE = 16_384  # bytes of a bundle as it travels
KEM_LENGTH = 1568  # of an encapsulation key, and of a ciphertext
FIELD_PRIME = 2**255 - 19
SMALL_ORDER = (
    (0).to_bytes(32, "little"),
    (1).to_bytes(32, "little"),
    (2**255 - 20).to_bytes(32, "little"),
    bytes.fromhex("e0eb7a7c3b41b8ae1656e3faf19fc46ada098deb9c32b1fd866205165f49b800"),
    bytes.fromhex("5f9c95bca3508c24b1d0b1559c83ef5b04445cc4581c8e86d8224eddd09f1157"),
)


def check_public_key(key: bytes) -> bytes:
    """The key, if it is canonical and not of small order. A key with its top bit set is beyond the prime."""
    if int.from_bytes(key, "little") >= FIELD_PRIME or key in SMALL_ORDER:
        raise RequestError("a public key is not valid")
    return key


def check_kem_key(key: bytes) -> bytes:
    for low, middle, high in zip(*(key[first : KEM_LENGTH - 32 : 3] for first in range(3))):
        numbers = low | (middle & 15) << 8, middle >> 4 | high << 4
        if max(numbers) >= 3329:
            raise RequestError("a KEM key is not valid")
    return key


def encode_ec(key: bytes) -> bytes:
    return CURVE25519 + key


def encode_kem(key: bytes) -> bytes:
    return ML_KEM + key


def diffie_hellman(secret: bytes, public: bytes) -> bytes:
    """The output of X25519. The package refuses an output of zeros."""
    key = X25519PublicKey.from_public_bytes(check_public_key(public))
    return X25519PrivateKey.from_private_bytes(secret).exchange(key)


def sign(secret: bytes, message: bytes) -> bytes:
    return xeddsa.ed25519_priv_sign(signing_scalar(secret), message, os.urandom(64))


def verify(what: str, identity: bytes, message: bytes, signature: bytes) -> None:
    public = xeddsa.curve25519_pub_to_ed25519_pub(identity, False)
    if not xeddsa.ed25519_verify(signature, public, message):
        raise RequestError(f"the signature of the {what} is not valid")


def derive_secret(agreements: list[bytes], kem_secret: bytes, info: bytes = INFO) -> bytes:
    """SK from DH1, DH2, DH3, perhaps DH4, and SS."""
    material = b"\xff" * 32 + b"".join(agreements) + kem_secret
    return HKDF(SHA256(), 32, bytes(32), info).derive(material)


@dataclass(frozen=True)
class SignedPrekey:
    number: int
    created: int
    key: bytes
    signature: bytes = b""

    def signed(self) -> bytes:
        head = struct.pack("<BBIQ", VERSION, SUITE, self.number, self.created)
        return SIGNED_PREKEY_LABEL + head + encode_ec(self.key)


@dataclass(frozen=True)
class OneTimePrekey:
    number: int
    key: bytes


@dataclass(frozen=True)
class KemPrekey:
    """A KEM prekey: a last-resort prekey if it has a time of creation, otherwise a one-time prekey."""

    number: int
    created: int | None
    key: bytes
    signature: bytes = b""

    def signed(self, with_prekey: SignedPrekey) -> bytes:
        """The signed message, which names the signed prekey if this one is a last-resort prekey."""
        head = struct.pack("<BBI", VERSION, SUITE, self.number)
        if self.created is None:
            return ONE_TIME_KEM_LABEL + head + encode_kem(self.key)
        generation = struct.pack("<QI", self.created, with_prekey.number) + encode_ec(with_prekey.key)
        return LAST_RESORT_LABEL + head + generation + encode_kem(self.key)


@dataclass(frozen=True)
class Bundle:
    identity: bytes
    signed_prekey: SignedPrekey
    one_time_prekey: OneTimePrekey | None
    kem_prekey: KemPrekey
    device_list: bytes = b""

    def verify(self) -> None:
        signed, kem, one_time = self.signed_prekey, self.kem_prekey, self.one_time_prekey
        verify("signed prekey", self.identity, signed.signed(), signed.signature)
        verify("KEM prekey", self.identity, kem.signed(signed), kem.signature)
        numbers = [signed.number, kem.number] + ([one_time.number] if one_time else [])
        if len(set(numbers)) < len(numbers):
            raise RequestError("two prekeys have one number")


@dataclass(frozen=True)
class Agreement:
    """The results that a party computed alone."""

    shared_secret: bytes
    session_id: bytes
    kem_hash: bytes
    initiator: Initiator
    responder: bytes

    def to_json(self) -> Json:
        return {
            "shared_secret": self.shared_secret, **SessionKeys.derive(self.shared_secret).to_json(),
            "session_id": self.session_id, "kem_hash": self.kem_hash,
            "associated_data": encode_ec(self.initiator.identity) + encode_ec(self.responder),
            "identity": self.initiator.identity, "ordinal": self.initiator.ordinal,
        }


class Account:
    """The keys of one party, with the private halves by the numbers of the prekeys."""

    def __init__(self) -> None:
        self.secret = os.urandom(32)
        self.identity = xeddsa.priv_to_curve25519_pub(self.secret)
        self.signed_prekeys: dict[int, bytes] = {}
        self.one_time_prekeys: dict[int, bytes] = {}
        self.kem_prekeys: dict[int, tuple[KemPrekey, bytes]] = {}

    def publish(
        self, signed: tuple[int, int], one_time_number: int | None, kem: tuple[int, int | None]
    ) -> Bundle:
        """A bundle of new prekeys. `signed` and `kem` are numbers and dates; a one-time prekey has no date."""
        secret, one_time = os.urandom(32), None
        signed_prekey = SignedPrekey(*signed, xeddsa.priv_to_curve25519_pub(secret))
        self.signed_prekeys[signed_prekey.number] = secret
        if one_time_number is not None:
            self.one_time_prekeys[one_time_number] = os.urandom(32)
            public = xeddsa.priv_to_curve25519_pub(self.one_time_prekeys[one_time_number])
            one_time = OneTimePrekey(one_time_number, public)
        public, private = ML_KEM_1024.keygen()
        kem_prekey = KemPrekey(*kem, public)
        self.kem_prekeys[kem_prekey.number] = kem_prekey, private
        return Bundle(
            self.identity,
            replace(signed_prekey, signature=sign(self.secret, signed_prekey.signed())),
            one_time,
            replace(kem_prekey, signature=sign(self.secret, kem_prekey.signed(signed_prekey))),
        )

    def initiate(
        self, bundle: Bundle, ordinal: int, claimed: bytes | None = None
    ) -> tuple[Handshake, Agreement]:
        """The message and the agreement. A hostile initiator claims another identity than its own."""
        bundle.verify()
        if bundle.identity == self.identity:
            raise RequestError("the bundle is one's own")
        signed, one_time, kem = bundle.signed_prekey, bundle.one_time_prekey, bundle.kem_prekey
        ephemeral = os.urandom(32)
        kem_secret, ciphertext = ML_KEM_1024.encaps(check_kem_key(kem.key))
        outputs = [diffie_hellman(ephemeral, bundle.identity), diffie_hellman(ephemeral, signed.key)]
        if one_time:
            outputs.append(diffie_hellman(ephemeral, one_time.key))
        initiator = Initiator(claimed or self.identity, ordinal)
        handshake = Handshake(
            SUITE, xeddsa.priv_to_curve25519_pub(ephemeral), signed.number,
            one_time.number if one_time else None, KemPart(kem.number, ciphertext),
        ).seal(initiator, outputs, kem_secret)
        agreements = [diffie_hellman(self.secret, signed.key), *outputs]
        return handshake, Agreement(
            derive_secret(agreements, kem_secret), handshake.session_id(),
            hashlib.sha256(encode_kem(kem.key)).digest(), initiator, bundle.identity,
        )

    def respond(self, handshake: Handshake) -> Agreement:
        """The agreement. Nothing is deleted, because it is not known yet if the message is authentic."""
        assert handshake.kem
        signed = self.signed_prekeys.get(handshake.signed_prekey)
        kem = self.kem_prekeys.get(handshake.kem.prekey)
        one_time = None
        if handshake.one_time_prekey is not None:
            one_time = self.one_time_prekeys.get(handshake.one_time_prekey)
        if signed is None or kem is None or (one_time is None) != (handshake.one_time_prekey is None):
            raise RequestError("no such prekey")
        secrets = [self.secret, signed, *([] if one_time is None else [one_time])]
        outputs = [diffie_hellman(secret, handshake.ephemeral) for secret in secrets]
        kem_prekey, private = kem
        kem_secret = ML_KEM_1024.decaps(private, handshake.kem.ciphertext)
        initiator = handshake.open(outputs, kem_secret)
        check_public_key(initiator.identity)
        if initiator.identity == self.identity:
            raise RequestError("the message claims to be one's own")
        agreements = [diffie_hellman(signed, initiator.identity), *outputs]
        return Agreement(
            derive_secret(agreements, kem_secret), handshake.session_id(),
            hashlib.sha256(encode_kem(kem_prekey.key)).digest(), initiator, self.identity,
        )

    def delete_one_time(self, handshake: Handshake) -> None:
        if handshake.one_time_prekey is not None:
            del self.one_time_prekeys[handshake.one_time_prekey]
        assert handshake.kem
        kem_prekey, _ = self.kem_prekeys[handshake.kem.prekey]
        if kem_prekey.created is None:
            del self.kem_prekeys[handshake.kem.prekey]


def take_optional(request: Json, name: str, bits: int) -> int | None:
    return None if request.get(name) is None else take_int(request, name, bits)


def take_bundle(request: Json) -> Bundle:
    signed = SignedPrekey(
        take_int(request, "signed_prekey_id", 32), take_int(request, "created", 64),
        take_bytes(request, "signed_prekey", 32), take_bytes(request, "signature", 64),
    )
    one_time = None
    if request.get("one_time_prekey") is not None:
        number = take_int(request, "one_time_prekey_id", 32)
        one_time = OneTimePrekey(number, take_bytes(request, "one_time_prekey", 32))
    kem = KemPrekey(
        take_int(request, "kem_prekey_id", 32), take_optional(request, "kem_created", 64),
        take_bytes(request, "kem_prekey", KEM_LENGTH), take_bytes(request, "kem_signature", 64),
    )
    return Bundle(take_bytes(request, "identity", 32), signed, one_time, kem)


class PqxdhOperations:
    """The operations whose names begin with pqxdh_."""

    def __init__(self) -> None:
        super().__init__()
        self.accounts: dict[str, Account] = {}

    def account(self, request: Json) -> Account:
        name = request["account"] if "account" in request else request.get("session", "")
        if name not in self.accounts:
            self.accounts[name] = Account()
        return self.accounts[name]

    def publish(self, request: Json) -> Bundle:
        if take_int(request, "suite", 8) != SUITE:
            raise RequestError("suite: only 2 is known")
        return self.account(request).publish(
            (take_int(request, "signed_prekey_id", 32), take_int(request, "created", 64)),
            take_optional(request, "one_time_prekey_id", 32),
            (take_int(request, "kem_prekey_id", 32), take_optional(request, "kem_created", 64)),
        )

    async def op_pqxdh_publish(self, request: Json) -> Json:
        bundle = self.publish(request)
        signed, one_time, kem = bundle.signed_prekey, bundle.one_time_prekey, bundle.kem_prekey
        return {
            "suite": SUITE, "identity": bundle.identity, "signed_prekey_id": signed.number,
            "created": signed.created, "signed_prekey": signed.key, "signature": signed.signature,
            "one_time_prekey_id": one_time and one_time.number, "one_time_prekey": one_time and one_time.key,
            "kem_prekey_id": kem.number, "kem_created": kem.created, "kem_prekey": kem.key,
            "kem_signature": kem.signature,
        }

    async def op_pqxdh_initiate(self, request: Json) -> Json:
        if take_int(request, "suite", 8) != SUITE:
            raise RequestError("suite: only 2 is known")
        ordinal = take_int(request, "ordinal", 32)
        handshake, agreement = self.account(request).initiate(take_bundle(request), ordinal)
        assert handshake.kem
        return {
            "ephemeral": handshake.ephemeral, "signed_prekey_id": handshake.signed_prekey,
            "one_time_prekey_id": handshake.one_time_prekey, "kem_prekey_id": handshake.kem.prekey,
            "ciphertext": handshake.kem.ciphertext, "sealed": handshake.sealed, **agreement.to_json(),
        }

    async def op_pqxdh_respond(self, request: Json) -> Json:
        account = self.account(request)
        kem = KemPart(take_int(request, "kem_prekey_id", 32), take_bytes(request, "ciphertext", KEM_LENGTH))
        handshake = Handshake(
            SUITE, take_bytes(request, "ephemeral", 32), take_int(request, "signed_prekey_id", 32),
            take_optional(request, "one_time_prekey_id", 32), kem,
            take_bytes(request, "sealed", SEALED_LENGTH),
        )
        agreement = account.respond(handshake)
        secret = account.signed_prekeys[handshake.signed_prekey]
        return {**agreement.to_json(), "signed_prekey_secret": secret}
