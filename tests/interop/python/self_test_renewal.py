"""The self-test of renewal: the payload in bytes, and what becomes of requests."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from checks import ask, check, refuses
from peer import Peer
from pqxdh import MAX_BUNDLE
from renewal import FORK, GAP, MAX_UNREAD, RENEWAL, REQUEST, RESTORED, Known, Renew, read_renew, unread
from wire import read_bundle, write_bundle

# Of the message 01 03
UNREAD = "ad687c206598d9bbb7026bdda3dabae03c8604eb6b370084bcb8c60db6233d35"
HEAD: dict[str, Any] = {"version": 1, "hash": "00" * 8, "known": 1, "list": None, "associated_data": ""}


def payloads() -> None:
    check("unread", unread(b"\1\3").hex() == UNREAD)
    for renew, written in (
        (Renew(REQUEST, FORK, (unread(b"\1\3"),)), "000201" + UNREAD + "00"),
        (Renew(REQUEST, GAP, (), b"bundle"), "000100 06 62756e646c65"), (Renew(RENEWAL, RESTORED), "01040000"),
        (Renew(RENEWAL, 3, (bytes(32),) * MAX_UNREAD), "010320" + "00" * 32 * 32 + "00"),
        (Renew(REQUEST, 1, (), bytes(MAX_BUNDLE)), "000100808001" + "00" * MAX_BUNDLE),
    ):
        check("renew", renew.write() == bytes.fromhex(written))
        check("and back", read_renew(renew.write()) == renew)
    for wrong in (
        "", "0102", "010200", "0102000161", "01020000 00", "02020000", "01000000", "01050000", "0102800000", "01020100",
        "010221" + "00" * 33 * 32 + "00", "0102008000", "00010006 62756e646c", "000100818001" + "00" * (MAX_BUNDLE + 1),
    ):
        refuses(f"renew {wrong[:20]}", lambda wrong=wrong: read_renew(bytes.fromhex(wrong)))


async def bundle_of(peer: Peer, first: int, **fields: Any) -> str:
    usual = {
        "suite": 2, "signed_prekey_id": first, "created": first, "one_time_prekey_id": first + 1,
        "kem_prekey_id": first + 2, "account": "",
    }
    return str((await ask(peer, "wire_publish", **{**usual, **fields}))["bundle"])


def unsigned(bundle: str) -> str:
    """The bundle with a signature that is none, under a checksum that is right."""
    read = read_bundle(bytes.fromhex(bundle))
    return write_bundle(replace(read, signed_prekey=replace(read.signed_prekey, signature=bytes(64)))).hex()


async def begin(initiator: Peer, responder: Peer, name: str, bundle: str, ordinal: int) -> None:
    """A session without an answer."""
    names = {"session": name, "account": ""}
    begun = await ask(
        initiator, "content_begin", bundle=bundle, ordinal=ordinal, kind=0, payload="", **HEAD, **names
    )
    check("begun", "kind" in await ask(responder, "content_accept", message=begun["message"], **HEAD, **names))


async def answer(initiator: Peer, responder: Peer, name: str) -> None:
    sent = await ask(responder, "content_encrypt", session=name, kind=10, payload="", **HEAD)
    opened = await ask(initiator, "content_decrypt", session=name, **HEAD, **sent)
    check("nothing", (opened["kind"], opened["payload"]) == (10, ""))


async def requests() -> None:
    """Alice asks bob, who has begun one session with her and taken part in another."""
    alice, bob, carol = Peer(), Peer(), Peer()
    first = await bundle_of(alice, 10)
    await begin(bob, alice, "first", first, 1)
    await answer(bob, alice, "first")
    await begin(alice, bob, "second", await bundle_of(bob, 10), 2)
    fresh = await bundle_of(alice, 20)
    usual: dict[str, Any] = {
        "session": "second", "sessions": ["first", "second"], "newest": 20, "granted": 7, "role": REQUEST,
        "reason": FORK, "unread": [], "bundle": fresh,
    }

    async def judged(**fields: Any) -> str:
        asked = {**usual, **fields}
        payload = await ask(alice, "renewal_write", **asked)
        judgement = await ask(bob, "renewal_judge", **{**asked, **payload})
        return str(judgement.get("error", judgement.get("ignored")))

    check("granted", await judged() == "")
    check("an older session, while none is confirmed above it", await judged(session="first") == "")
    for reason, fields in (
        ("no request", {"role": RENEWAL, "bundle": ""}),
        ("cut off", {"bundle": ""}),
        ("damaged", {"bundle": fresh[:-2] + f"{int(fresh[-2:], 16) ^ 1:02x}"}),
        ("signature of the signed prekey", {"bundle": unsigned(fresh)}),
        ("a bundle of another device", {"bundle": await bundle_of(carol, 20)}),
        ("an old bundle", {"newest": 21}),
        ("used keys", {"bundle": first, "newest": 10}),
        ("used keys", {"bundle": await bundle_of(alice, 30, one_time_prekey_id=11)}),
        ("used keys", {"bundle": await bundle_of(alice, 30, kem_prekey_id=12)}),
        ("too many requests", {"granted": 8}),
    ):
        said = await judged(**fields)
        check(f"{reason}: {said}", reason in said)
    check("and granted still", await judged() == "")
    await begin(bob, alice, "third", fresh, 3)
    session = {"session": "third", "sessions": ["first", "second", "third"], "bundle": await bundle_of(alice, 30)}
    check("begun", await judged(**session) == "")
    check("begun as a renewal", await judged(**session, renewals=["third"]) == "a renewal is under way")
    await answer(bob, alice, "third")
    check("answered", await judged(**session, renewals=["third"]) == "")
    for name in ("first", "second"):
        check(f"{name} is old", await judged(**{**session, "session": name}) == "an old session")


async def ranks() -> None:
    """Of renewals at once, the one that began here ranks as it did, and does not raise the other."""
    alice, bob = Peer(), Peer()
    await begin(alice, bob, "first", await bundle_of(bob, 10), 5)
    await begin(bob, alice, "own", await bundle_of(alice, 10), 6)
    for ordinal, own, rank in (
        (6, [], 7), (6, ["own"], 6), (5, ["own"], 6), (7, ["own"], 7), (900, [], 900), (2_000, [], 1_006),
    ):
        known = Known({name: bob.wire_sessions[name] for name in ("first", "own")}, own)
        check(f"rank of {ordinal}", known.rank_of_renewal(ordinal) == rank)
    await answer(bob, alice, "own")
    for ordinal, rank in ((5, 7), (6, 6), (8, 8)):
        known = Known({name: bob.wire_sessions[name] for name in ("first", "own")}, ["own"])
        check(f"rank of {ordinal} after an answer", known.rank_of_renewal(ordinal) == rank)


async def renewals() -> None:
    """A renewal ranks above the sessions that there are, whatever its ordinal."""
    alice, bob = Peer(), Peer()
    await begin(alice, bob, "first", await bundle_of(bob, 10), 900)
    await answer(alice, bob, "first")
    for name, role, taken in (("second", RENEWAL, True), ("third", REQUEST, False)):
        written = await ask(alice, "renewal_write", role=role, reason=FORK, unread=[UNREAD], bundle="")
        begun = await ask(
            alice, "content_begin", session=name, account="", bundle=await bundle_of(bob, 20), ordinal=1, kind=3,
            **HEAD, **written,
        )
        fields = {"session": name, "account": "", "message": begun["message"], "associated_data": ""}
        accepted = await ask(bob, "renewal_accept", sessions=["first"], **fields)
        check(f"role {role}: {accepted}", ("error" not in accepted) == taken)
    chosen = await ask(bob, "wire_prefer", sessions=["first", "second"])
    check("the renewal is preferred", chosen == {"session": "second"})
    check("by its rank", (bob.wire_sessions["first"].rank, bob.wire_sessions["second"].rank) == (900, 901))
    text = await ask(alice, "content_begin", session="fourth", account="", bundle=await bundle_of(bob, 40), ordinal=1,
                     kind=0, payload="", **HEAD)
    refused = await ask(
        bob, "renewal_accept", session="fourth", account="", sessions=[], message=text["message"], associated_data=""
    )
    check("a text is no renewal", "no renewal" in refused["error"])


async def run() -> None:
    payloads()
    await requests()
    await ranks()
    await renewals()
