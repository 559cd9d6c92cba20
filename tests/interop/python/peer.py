#!/usr/bin/env python3
"""A peer that others wrote: the other side of the sprag protocol, for the interoperability tests.

The cryptography is that of the packages XEdDSA, X3DH, DoubleRatchet, kyber-py and cryptography (see
requirements.txt); the files here give them sprag's labels, encodings and limits. No package has the Double
Ratchet with header encryption, which is written from its specification. This file reads one JSON object
per line from stdin and answers each with one JSON object on a line of stdout, until stdin ends. Bytes are
lower-case hex. `peer.py --self-test` runs self_test.py: known answers, and two peers that talk.

Signatures (a secret that is not clamped is clamped first; "public" is the Montgomery u-coordinate):
  {"op": "xeddsa_sign", "secret": 32 bytes, "nonce": 64 bytes, "message"} -> {"signature", "public"}
  {"op": "xeddsa_verify", "public", "message", "signature"} -> {"valid": bool}

X3DH (the identity is made at first use; BUNDLE stands for the fields
  "suite": 1, "signed_prekey_id": u32, "created": u64, "one_time_prekey_id": u32 | null,
  "identity", "signed_prekey", "signature", "one_time_prekey": 32 bytes | null; HANDSHAKE: "ephemeral",
  "signed_prekey_id", "one_time_prekey_id", "sealed": 52 bytes; AGREEMENT: "shared_secret", KEYS,
  "session_id", "associated_data", which is that of the identities, and those of the initiator, "identity" and
  "ordinal"):
  {"op": "x3dh_publish", "suite", "signed_prekey_id", "created", "one_time_prekey_id"} -> BUNDLE
  {"op": "x3dh_initiate", BUNDLE, "ordinal": u32} -> HANDSHAKE, AGREEMENT
  {"op": "x3dh_respond", HANDSHAKE} -> AGREEMENT, "signed_prekey_secret"
  KEYS are "root", "shared_hka" and "shared_nhkb", with which the ratchet begins; they follow from the
  shared secret. x3dh_respond deletes the one-time prekey. The last two published signed prekeys can be
  used.

PQXDH (BUNDLE here: the fields of X3DH's with "suite": 2, and "kem_prekey_id": u32,
  "kem_prekey": 1568 bytes, "kem_signature": 64 bytes, and "kem_created": u64 of a last-resort prekey,
  null of a one-time prekey; HANDSHAKE: X3DH's with "kem_prekey_id" and "ciphertext": 1568 bytes; AGREEMENT:
  X3DH's with "kem_hash"):
  {"op": "pqxdh_publish", the numbers and dates of BUNDLE} -> BUNDLE
  {"op": "pqxdh_initiate", BUNDLE, "ordinal"} -> HANDSHAKE, AGREEMENT
  {"op": "pqxdh_respond", HANDSHAKE} -> AGREEMENT, "signed_prekey_secret"
  pqxdh_respond deletes nothing, and all that was published can be used.

The same in bytes, each a bundle, upload, message or file as it travels, with the ratchet over PQXDH:
  {"op": "wire_identity"} -> {"identity"}
  {"op": "wire_publish", as for pqxdh_publish, "list": optional} -> {"bundle"}
  {"op": "wire_read_bundle", "bundle"} -> {"identity", "list"}
  {"op": "wire_divide", "upload"} -> {"bundles": one for each one-time prekey, and then a reusable one}
  {"op": "wire_begin", "bundle", "ordinal", "associated_data", "plaintext", "claimed": optional, an identity
    that is not the party's own} -> {"message", "session_id"}
  {"op": "wire_accept", "message", "associated_data"} -> {"plaintext", "session_id", "identity", "ordinal"}
  {"op": "wire_encrypt", "associated_data", "plaintext" or "padded"} -> {"message"}
  {"op": "wire_decrypt", "message", "associated_data"} -> {"plaintext"}
  {"op": "wire_skip", "count": u32} -> {}, as if so many messages had been sent and lost
  {"op": "wire_copy", "copy": a name for a session as this one is} -> {}
  {"op": "wire_fingerprint"} -> {"fingerprint": 8 bytes, of the session's root key}
  {"op": "wire_prefer", "sessions": names, in the order in which the sessions with one peer began}
    -> {"session": the name of the one to send in}
  "padded" is a text with padding as it is to be encrypted, right or wrong. wire_accept deletes the one-time prekeys
  once the message has authenticated. A bundle's list is taken as it is, and not read.

The contents of a client's messages (CONTENT stands for the fields "kind": u8, "version": u64, "hash": 8 bytes,
  "known": u64, "list": bytes | null, "payload"):
  {"op": "content_write", CONTENT} -> {"content"}
  {"op": "content_read", "content"} -> CONTENT
  {"op": "content_write_copy", "user", "copied"} -> {"payload"}
  {"op": "content_read_copy", "payload"} -> {"user", "copied"}
  {"op": "content_write_bundles", "bundles"} -> {"payload"}
  {"op": "content_read_bundles", "payload"} -> {"bundles"}
The same in the messages of a session of the wire, and in files:
  {"op": "content_begin", "bundle", "ordinal", "associated_data", CONTENT} -> {"message", "session_id"}
  {"op": "content_accept", "message", "associated_data"} -> CONTENT, {"session_id", "identity", "ordinal"}
  {"op": "content_encrypt", "associated_data", CONTENT} -> {"message"}
  {"op": "content_decrypt", "message", "associated_data"} -> CONTENT
  {"op": "content_encrypt_file", CONTENT without kind and payload, "user": whom it is for, "sessions": names, one for
    each message of the file, "content": the file's, or "chunks"} -> {"file"}
  {"op": "content_accept_file", "file"} -> CONTENT, {"session_id", "identity", "ordinal"}, and the file's "content"
  {"op": "content_decrypt_file", "file"} -> CONTENT, and the file's "content"
  "chunks" is a list of chunks as they are to be, right or wrong. content_accept and content_accept_file delete the
  one-time prekeys once the message has authenticated.

Users with several devices ("user" is an id of 32 bytes; LIST stands for the fields "version", "created": u64,
  "previous": 32 bytes, "next": u32, "devices": [{"number", "identity", "signature"}], "revoked": [{"number",
  "reason": u8}]):
  {"op": "ed25519_sign", "seed", "message"} -> {"signature", "public"}
  {"op": "ed25519_sign_hostile", "seed", "message", "r": u64, "torsion": 0 to 7} -> {"signature"}, whose R is r times
    the base point and torsion times a point of order 8
  {"op": "ed25519_verify", "public", "message", "signature"} -> {"valid": bool}
  {"op": "devices_user", "seed": 32 bytes} -> {"user_key", "user"}
  {"op": "devices_sign", "user_key", "number": u32} -> {"number", "identity", "signature"}, of the party's identity
  {"op": "devices_write", "seed", LIST} -> {"list", "hash"}, right or wrong
  {"op": "devices_read", "list"} -> LIST, {"user", "user_key", "hash"}
  {"op": "devices_follow", "lists": one after the other as a reader meets them} -> {"newest": the list that the reader
    knows then, "steps": [{"outcome": "same", "old", "newer", "evidence" or "refused", "reason"}], one for each list
    after the first}
  {"op": "devices_safety_number", "own": a user, "other": the other one} -> {"number"}
  {"op": "devices_scan_code", "own", "other"} -> {"code"}
  {"op": "devices_scan", "own", "other", "code"} -> {"result": "match", "peer differs", "self differs", "unrelated"}

Linking of devices (INVITATION stands for "expires": u64, "list", "bundle"; ACCEPTANCE for "secret": 16 bytes, "number":
  u32, "signature": 64 bytes, "bundle", "name"; WELCOME for "seed": 32 bytes | null, "peers": [{"name", "list",
  "verification": u8}]; names are UTF-8 in hex):
  {"op": "link_write_invitation", INVITATION, "secret"} -> {"invitation", "code"}
  {"op": "link_read_invitation", "invitation"} -> INVITATION
  {"op": "link_read_code", "code"} -> {"hash": 20 bytes, "secret"}
  {"op": "link_digits", "session_id", "secret", "identity"} -> {"digits"}
  {"op": "link_write_acceptance", ACCEPTANCE} -> {"payload"}
  {"op": "link_read_acceptance", "payload"} -> ACCEPTANCE
  {"op": "link_write_welcome", WELCOME} -> {"payload"}
  {"op": "link_read_welcome", "payload"} -> WELCOME
The checks of either device, which refuse what the user must not see. CONTENT is what the session carried:
  {"op": "link_check_invitation", "invitation", "code", "now": u64} -> {"secret", "number", "user_key", "known": the
    version of the list in the invitation, "bundle", "identity": that of the bundle}
  {"op": "link_check_acceptance", CONTENT, "invitation", "secret", "newest": the newest list, "now", "session": the one
    that the acceptance began} -> ACCEPTANCE, {"identity", "digits"}
  {"op": "link_check_welcome", CONTENT, "invitation", "number", "identity"} -> WELCOME

Keys under a passphrase ("passphrase" is its bytes, "memory" KiB and "passes" those of Argon2id):
  {"op": "recovery_write", "seed", "list", "memory": u32, "passes": u32, "passphrase"} -> {"recovery"}
  {"op": "recovery_read", "recovery", "passphrase"} -> {"seed", "list"}
  {"op": "store_key_wrap", "key": 32 bytes, "memory", "passes", "passphrase"} -> {"wrapped": 105 bytes}
  {"op": "store_key_unwrap", "wrapped", "passphrase"} -> {"key"}

Renewal of sessions (RENEW stands for "role", "reason": u8, "unread": hashes of 32 bytes, "bundle"):
  {"op": "renewal_unread", "message"} -> {"hash"}
  {"op": "renewal_write", RENEW} -> {"payload"}
  {"op": "renewal_read", "payload"} -> RENEW
  {"op": "renewal_accept", "message", "associated_data", "sessions": names of those with the same device, "renewals":
    names of those among them that this party began as renewals} -> CONTENT, {"session_id", "identity", "ordinal"}
  {"op": "renewal_judge", "payload", "session": the one in which the request came, "sessions", "renewals", "newest": the
    creation time of the device's newest bundle, "granted": requests since its last text} -> {"ignored": the reason for
    which the request is ignored, or nothing if it is granted}, or an error if it is refused

Double Ratchet without header encryption ("header" is 40 bytes):
  {"op": "ratchet_initiate", "root", "remote", "associated_data", "plaintext"} -> {"header", "ciphertext"}
  {"op": "ratchet_respond", "root", "secret", "associated_data", "header", "ciphertext"} -> {"plaintext"}
  {"op": "ratchet_encrypt", "associated_data", "plaintext"} -> {"header", "ciphertext"}
  {"op": "ratchet_decrypt", "associated_data", "header", "ciphertext"} -> {"plaintext"}

Double Ratchet with header encryption ("header" is 80 bytes; no padding):
  {"op": "ratchet_he_initiate", KEYS, "remote", "associated_data", "plaintext"} -> {"header", "ciphertext"}
  {"op": "ratchet_he_respond", KEYS, "secret", "associated_data", "header", "ciphertext"} -> {"plaintext"}
  {"op": "ratchet_he_encrypt", "associated_data", "plaintext"} -> {"header", "ciphertext"}
  {"op": "ratchet_he_decrypt", "associated_data", "header", "ciphertext"} -> {"plaintext"}
  {"op": "ratchet_he_copy", "copy": a name for a session as this one is} -> {}

Every operation except those on signatures takes an optional "session", a name: each name has, for X3DH
and for PQXDH, an identity with prekeys of its own, and a session of either ratchet and of the wire. The
operations of PQXDH, of the wire, on contents and on devices also take an optional "account", the name whose
identity and prekeys are to be used with the session.
ratchet_initiate and ratchet_respond replace the session of that ratchet, ratchet_he_initiate and
ratchet_he_respond that of the other, and wire_begin, wire_accept, content_begin, content_accept,
content_accept_file and renewal_accept that of the wire.
An error is {"error": text} and changes no session. The text is "duplicate", "not authentic",
"too many skipped", "forked" or else the name of an exception, a colon and a message.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
import json
import os
import struct
import sys
from typing import Any
from unittest.mock import patch

from cryptography.exceptions import InvalidTag
import x3dh
import xeddsa

sys.dont_write_bytecode = True  # before the first module that lies in the source tree

# pylint: disable=wrong-import-position
from common import CURVE25519, SIGNED_PREKEY_LABEL, VERSION, Json, RequestError, SessionKeys
from common import signing_scalar, take_bytes, take_int
import header_encryption
from initial_message import SEALED_LENGTH, X3DH, Handshake, Initiator
from linking import LinkingOperations
from passphrases import PassphraseOperations
from pqxdh import check_public_key, diffie_hellman, take_optional
import ratchet
from ratchet import PARAMETERS, Session, encode_message, take_message
from renewal import RenewalOperations

SUITE = X3DH
X3DH_INFO = b"sprag-v1_CURVE25519_SHA-256"

ERRORS = {**ratchet.ERRORS, **header_encryption.ERRORS, InvalidTag: "not authentic"}


class Party(x3dh.BaseState):
    """The X3DH state of one party. The package signs EncodeEC(signed prekey) and knows of no id or date.
    Within `signed_prekey`, these and the label go before the first key that is encoded, because this is the
    signed prekey both when signing and when verifying. The keys after it are the associated data."""

    def __init__(self) -> None:
        super().__init__()
        self.prefix = b""
        self.secret = b""
        # Private and public halves, by number
        self.signed_prekeys: dict[int, tuple[bytes, bytes]] = {}
        self.one_time_prekeys: dict[int, tuple[bytes, bytes]] = {}

    @classmethod
    def new(cls, info: bytes) -> Party:
        secret = os.urandom(32)
        pair, formats = x3dh.identity_key_pair.IdentityKeyPairPriv(secret), x3dh.IdentityKeyFormat
        party = cls.create(formats.CURVE_25519, x3dh.HashFunction.SHA_256, info, pair)
        party.secret = secret
        return party

    # A static method in the package, but only ever called on the instance
    def _encode_public_key(  # type: ignore[override]
        self, key_format: x3dh.IdentityKeyFormat, pub: bytes
    ) -> bytes:
        prefix, self.prefix = self.prefix, b""
        return prefix + CURVE25519 + pub

    @contextmanager
    def signed_prekey(self, key_id: int, created: int) -> Iterator[None]:
        """A context in which the first key that is encoded is a signed prekey of this id and date."""
        self.prefix = SIGNED_PREKEY_LABEL + struct.pack("<BBIQ", VERSION, SUITE, key_id, created)
        try:
            yield
        finally:
            self.prefix = b""


@contextmanager
def agreements() -> Iterator[list[bytes]]:
    """The outputs of X25519 that the package computes, in its order: DH1 and so on. It does not tell them, nor
    the ephemeral secret from which the initiator could compute them again."""
    outputs: list[bytes] = []
    genuine = xeddsa.x25519

    def compute(secret: bytes, public: bytes) -> bytes:
        outputs.append(genuine(secret, check_public_key(public)))
        return outputs[-1]

    with patch.object(xeddsa, "x25519", compute):
        yield outputs


def in_hex(value: Any) -> Any:
    """The value with all bytes in it as text."""
    if isinstance(value, dict):
        return {name: in_hex(field) for name, field in value.items()}
    if isinstance(value, list):
        return [in_hex(item) for item in value]
    return value.hex() if isinstance(value, bytes) else value


def x3dh_agreement(handshake: Handshake, initiator: Initiator, secret: bytes) -> Json:
    return {
        "shared_secret": secret, **SessionKeys.derive(secret).to_json(),
        "session_id": handshake.session_id(), **vars(initiator),
    }


class Peer(
    LinkingOperations, RenewalOperations, PassphraseOperations, header_encryption.HeaderEncryptionOperations
):
    """The state of one process, and its operations: methods whose names are op_ and the operation's."""

    def __init__(self) -> None:
        super().__init__()
        self.parties: dict[str, Party] = {}
        self.sessions: dict[str, Session] = {}

    async def answer(self, line: bytes) -> bytes:
        """The response to the request on a line; both are JSON."""
        try:
            request = json.loads(line)
            operation = getattr(self, f"op_{request['op']}", None)
            if operation is None:
                raise RequestError("no such operation")
            fields = await operation(request)
            response = in_hex(fields)
        except Exception as error:  # pylint: disable=broad-exception-caught
            response = {"error": ERRORS.get(type(error), f"{type(error).__name__}: {error}")}
        return json.dumps(response).encode() + b"\n"

    def party(self, request: Json) -> Party:
        if take_int(request, "suite", 8) != SUITE:
            raise RequestError("suite: only 1 is known")
        name = request.get("session", "")
        if name not in self.parties:
            self.parties[name] = Party.new(X3DH_INFO)
        return self.parties[name]

    def session(self, request: Json) -> Session:
        session = self.sessions.get(request.get("session", ""))
        if session is None:
            raise RequestError("no such session")
        return session

    async def op_xeddsa_sign(self, request: Json) -> Json:
        secret = take_bytes(request, "secret", 32)
        message, nonce = take_bytes(request, "message"), take_bytes(request, "nonce", 64)
        signature = xeddsa.ed25519_priv_sign(signing_scalar(secret), message, nonce)
        return {"signature": signature, "public": xeddsa.priv_to_curve25519_pub(secret)}

    async def op_xeddsa_verify(self, request: Json) -> Json:
        public = xeddsa.curve25519_pub_to_ed25519_pub(take_bytes(request, "public", 32), False)
        signature, message = take_bytes(request, "signature", 64), take_bytes(request, "message")
        return {"valid": xeddsa.ed25519_verify(signature, public, message)}

    async def op_x3dh_publish(self, request: Json) -> Json:
        party = self.party(request)
        key_id, created = take_int(request, "signed_prekey_id", 32), take_int(request, "created", 64)
        one_time_id, one_time = take_optional(request, "one_time_prekey_id", 32), None
        if one_time_id is not None:
            before = party.model.pre_keys
            party.generate_pre_keys(1)
            (secret,) = party.model.pre_keys - before
            one_time = xeddsa.priv_to_curve25519_pub(secret)
            party.one_time_prekeys[one_time_id] = secret, one_time
        with party.signed_prekey(key_id, created):
            party.rotate_signed_pre_key()
        bundle = party.bundle
        party.signed_prekeys[key_id] = party.model.signed_pre_key.priv, bundle.signed_pre_key
        return {
            "suite": SUITE, "signed_prekey_id": key_id, "created": created,
            "one_time_prekey_id": one_time_id, "identity": bundle.identity_key,
            "signed_prekey": bundle.signed_pre_key, "signature": bundle.signed_pre_key_sig,
            "one_time_prekey": one_time,
        }

    async def op_x3dh_initiate(self, request: Json) -> Json:
        party = self.party(request)
        signed_id, one_time = take_int(request, "signed_prekey_id", 32), None
        one_time_id = take_optional(request, "one_time_prekey_id", 32)
        if one_time_id is not None:
            one_time = take_bytes(request, "one_time_prekey", 32)
        bundle = x3dh.Bundle(
            take_bytes(request, "identity", 32),
            take_bytes(request, "signed_prekey", 32),
            take_bytes(request, "signature", 64),
            frozenset(() if one_time is None else {one_time}),
        )
        with party.signed_prekey(signed_id, take_int(request, "created", 64)), agreements() as outputs:
            secret, data, header = await party.get_shared_secret_active(bundle, require_pre_key=False)
        initiator = Initiator(header.identity_key, take_int(request, "ordinal", 32))
        handshake = Handshake(SUITE, header.ephemeral_key, signed_id, one_time_id)
        handshake = handshake.seal(initiator, outputs[1:])
        return {
            "ephemeral": handshake.ephemeral, "signed_prekey_id": signed_id,
            "one_time_prekey_id": one_time_id, "sealed": handshake.sealed,
            **x3dh_agreement(handshake, initiator, secret), "associated_data": data,
        }

    async def op_x3dh_respond(self, request: Json) -> Json:
        party = self.party({"suite": SUITE, **request})
        handshake = Handshake(
            SUITE, take_bytes(request, "ephemeral", 32), take_int(request, "signed_prekey_id", 32),
            take_optional(request, "one_time_prekey_id", 32), None,
            take_bytes(request, "sealed", SEALED_LENGTH),
        )
        signed, one_time = party.signed_prekeys.get(handshake.signed_prekey), None
        if handshake.one_time_prekey is not None:
            one_time = party.one_time_prekeys.get(handshake.one_time_prekey)
        if signed is None or (one_time is None) != (handshake.one_time_prekey is None):
            raise RequestError("no such prekey")
        secrets = [party.secret, signed[0], *([one_time[0]] if one_time else [])]
        initiator = handshake.open([diffie_hellman(secret, handshake.ephemeral) for secret in secrets])
        if check_public_key(initiator.identity) == party.bundle.identity_key:
            raise RequestError("the message claims to be one's own")
        header = x3dh.Header(
            initiator.identity, handshake.ephemeral, signed[1], one_time and one_time[1]
        )
        secret, data, pair = await party.get_shared_secret_passive(header, require_pre_key=False)
        if one_time and handshake.one_time_prekey is not None:
            party.delete_pre_key(one_time[1])
            del party.one_time_prekeys[handshake.one_time_prekey]
        return {
            **x3dh_agreement(handshake, initiator, secret), "associated_data": data,
            "signed_prekey_secret": pair.priv,
        }

    async def op_ratchet_initiate(self, request: Json) -> Json:
        root, remote = take_bytes(request, "root", 32), take_bytes(request, "remote", 32)
        plaintext, data = take_bytes(request, "plaintext"), take_bytes(request, "associated_data")
        session, message = await Session.encrypt_initial_message(*PARAMETERS, root, remote, plaintext, data)
        self.sessions[request.get("session", "")] = session
        return encode_message(message)

    async def op_ratchet_respond(self, request: Json) -> Json:
        root, secret = take_bytes(request, "root", 32), take_bytes(request, "secret", 32)
        message, data = take_message(request), take_bytes(request, "associated_data")
        session, plaintext = await Session.decrypt_initial_message(*PARAMETERS, root, secret, message, data)
        self.sessions[request.get("session", "")] = session
        return {"plaintext": plaintext}

    async def op_ratchet_encrypt(self, request: Json) -> Json:
        plaintext, data = take_bytes(request, "plaintext"), take_bytes(request, "associated_data")
        return encode_message(await self.session(request).encrypt_message(plaintext, data))

    async def op_ratchet_decrypt(self, request: Json) -> Json:
        message, data = take_message(request), take_bytes(request, "associated_data")
        return {"plaintext": await self.session(request).decrypt_message(message, data)}


async def serve() -> None:
    peer = Peer()
    for line in sys.stdin.buffer:
        sys.stdout.buffer.write(await peer.answer(line))
        sys.stdout.buffer.flush()


if __name__ == "__main__":
    if sys.argv[1:] == ["--self-test"]:
        import self_test

        asyncio.run(self_test.run())
    else:
        asyncio.run(serve())
