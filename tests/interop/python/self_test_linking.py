"""The self-test of linking: codes, digits, the payloads in bytes, and both devices in Python."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
import hashlib
from typing import Any

from checks import ask, check, refuses
import ed25519
from linking import CHANGED, COMPARED, MAX_NAME, MAX_PEER_NAME, MAX_PEERS, Acceptance, Invitation, Welcome
from linking import WelcomePeer, digits, read_acceptance, read_code, read_invitation, read_welcome, write_code
from peer import Peer
from pqxdh import MAX_BUNDLE
from self_test_renewal import unsigned

# Of the bytes 01 08 "invitation", which are none, and the secret 10 11 ... 1f
INVITATION = b"\x01\x08invitation"
SECRET = bytes(range(0x10, 0x20))
CODE = "SPRAG-LINK:5LAZJUUGVLHQWMNKWZYNNDBXKFG7RLHJCAIREEYUCULBOGAZDINRYHI6D4"
# Of the session id of 32 times 01, the secret above and the identity key 9
DIGITS = "069933"

SEED, OTHER_SEED = b"\x11" * 32, b"\x22" * 32
NOW = 1_800_000_000


def codes() -> None:
    check("code", (write_code(INVITATION, SECRET), len(CODE)) == (CODE, 69))
    check("and back", read_code(CODE) == (hashlib.sha256(INVITATION).digest()[:20], SECRET))
    wrong = {
        "nothing": "", "no prefix": CODE[11:], "a short one": CODE[:-1], "a long one": CODE + "A",
        "small letters": CODE[:11] + CODE[11:].lower(), "padding": CODE + "======", "a line end": CODE + "\n",
        "another character": CODE[:-1] + "1", "the prefix of another code": "SPRAG:" + CODE[11:],
        "bits behind the end": CODE[:-1] + "5",
    }
    for what, code in wrong.items():
        refuses(what, lambda code=code: read_code(code))
    identity = b"\x09" + bytes(31)
    check("digits", digits(b"\1" * 32, SECRET, identity) == DIGITS)
    others = (
        digits(b"\2" * 32, SECRET, identity), digits(b"\1" * 32, bytes(16), identity),
        digits(b"\1" * 32, SECRET, bytes(32)),
    )
    check("other digits", DIGITS not in others)


def refuses_each(what: str, read: Callable[[bytes], Any], *wrong: bytes) -> None:
    for number, content in enumerate(wrong):
        refuses(f"{what} {number}", lambda content=content: read(content))


def invitations() -> None:
    for invitation, written in (
        (Invitation(300, b"list", b"bundle"), b"\x01\x08\xac\x02\x04list\x06bundle"),
        (Invitation(0, b"", b""), b"\x01\x08\0\0\0"),
        (Invitation(2**64 - 1, bytes(8_192), bytes(MAX_BUNDLE)),
         b"\x01\x08" + b"\xff" * 9 + b"\x01\x80\x40" + bytes(8_192) + b"\x80\x80\x01" + bytes(16_384)),
    ):
        check("invitation", invitation.write() == written and read_invitation(written) == invitation)
    whole = Invitation(300, b"list", b"bundle").write()
    refuses_each(
        "invitation", read_invitation, b"", whole[:-1], whole + b"\0", b"\2" + whole[1:], b"\x01\x09" + whole[2:],
        b"\x01\x08\x80\0\0\0", b"\x01\x08" + b"\xff" * 9 + b"\x02\0\0", b"\x01\x08\0\x80\0\0",
        Invitation(0, bytes(8_193), b"").write(), Invitation(0, b"", bytes(MAX_BUNDLE + 1)).write(),
    )


def acceptances() -> None:
    acceptance = Acceptance(SECRET, 300, b"\7" * 64, b"bundle", "Ä".encode())
    written = SECRET + b"\xac\x02" + b"\7" * 64 + b"\x06bundle" + b"\x02\xc3\x84"
    check("acceptance", acceptance.write() == written and read_acceptance(written) == acceptance)
    longest = replace(acceptance, number=2**32 - 1, bundle=bytes(MAX_BUNDLE), name=b"x" * MAX_NAME)
    check("the longest", read_acceptance(longest.write()) == longest)
    refuses_each(
        "acceptance", read_acceptance, b"", written[:-1], written + b"\0", written[:-2] + b"\xc3\x28",
        replace(acceptance, number=2**32).write(), replace(acceptance, name=b"x" * (MAX_NAME + 1)).write(),
        replace(acceptance, bundle=bytes(MAX_BUNDLE + 1)).write(), SECRET + b"\xac\x82\0" + written[18:],
    )


def welcomes() -> None:
    peer = WelcomePeer(b"bob", b"list", COMPARED)
    for welcome, written in (
        (Welcome(None, ()), b"\0\0"), (Welcome(SEED, ()), b"\1" + SEED + b"\0"),
        (Welcome(None, (peer, replace(peer, verification=CHANGED))), b"\0\2\x03bob\x04list\2\x03bob\x04list\3"),
    ):
        check("welcome", welcome.write() == written and read_welcome(written) == welcome)
    longest = Welcome(None, (WelcomePeer(b"x" * MAX_PEER_NAME, bytes(8_192), 0),))
    check("the longest peer", read_welcome(longest.write()) == longest)
    most = Welcome(None, (WelcomePeer(b"", b"", 0),) * MAX_PEERS)
    check("the most peers", read_welcome(most.write()) == most)
    refuses_each(
        "welcome", read_welcome, b"", b"\0", b"\2\0", b"\1" + SEED[1:] + b"\0", b"\0\0\0", b"\0\x80\0", b"\0\1",
        Welcome(None, (replace(peer, verification=4),)).write(), b"\0\1\1\xff\0\0",
        Welcome(None, (WelcomePeer(b"x" * (MAX_PEER_NAME + 1), b"", 0),)).write(),
        Welcome(None, (WelcomePeer(b"", bytes(8_193), 0),)).write(),
        Welcome(None, (WelcomePeer(b"", b"", 0),) * (MAX_PEERS + 1)).write(),
    )


@dataclass
class Linking:
    """An old device and a new one, each a process of its own, and the steps of linking by requests."""

    old: Peer
    new: Peer
    seed: bytes = SEED

    async def own_list(self, version: int, devices: list[Any], previous: str = "00" * 32, **fields: Any) -> Any:
        usual = {
            "version": version, "created": 0, "previous": previous, "next": len(devices), "devices": devices,
            "revoked": [],
        }
        return await ask(self.old, "devices_write", seed=self.seed.hex(), **{**usual, **fields})

    async def device(self, peer: Peer, number: int) -> Any:
        return await ask(peer, "devices_sign", user_key=ed25519.public_key(self.seed).hex(), number=number)

    async def invite(self, **fields: Any) -> dict[str, Any]:
        """The invitation of the old device, and the fields that it keeps."""
        device = await self.device(self.old, 0)
        written = await self.own_list(1, [device])
        usual = {"suite": 2, "signed_prekey_id": 1, "created": 0, "one_time_prekey_id": 2, "kem_prekey_id": 3}
        published = await ask(self.old, "wire_publish", **{**usual, **fields})
        invited = await ask(
            self.old, "link_write_invitation", expires=NOW + 600, list=written["list"], secret=SECRET.hex(), **published
        )
        return {**invited, "list": written["list"], "hash": written["hash"], "device": device}

    async def reusable(self, **fields: Any) -> str:
        usual = {
            "suite": 2, "signed_prekey_id": 1, "created": 0, "one_time_prekey_id": None, "kem_prekey_id": 2,
            "kem_created": 0,
        }
        published = await ask(self.new, "wire_publish", **{**usual, **fields})
        return str(published["bundle"])

    async def accept(self, checked: dict[str, Any], header: Any = None, **fields: Any) -> dict[str, Any]:
        """The acceptance of the new device, with `fields` in the place of its own."""
        device = await self.device(self.new, checked["number"])
        own = {
            "secret": checked["secret"], "number": checked["number"], "signature": device["signature"],
            "bundle": await self.reusable(), "name": b"laptop".hex(),
        }
        payload = await ask(self.new, "link_write_acceptance", **{**own, **fields})
        head = {"kind": 8, "version": 0, "hash": "00" * 8, "known": checked["known"], "list": None, **(header or {})}
        return await ask(
            self.new, "content_begin", bundle=checked["bundle"], ordinal=1, associated_data="", **head, **payload
        )

    async def judge(self, invited: dict[str, Any], begun: dict[str, Any], **fields: Any) -> Any:
        content = await ask(self.old, "content_accept", message=begun["message"], associated_data="")
        usual = {
            "invitation": invited["invitation"], "secret": SECRET.hex(), "newest": invited["list"], "now": NOW + 599,
        }
        return await ask(self.old, "link_check_acceptance", **{**content, **usual, **fields})


async def linked() -> None:
    """The whole of it, up to the welcome."""
    linking = Linking(Peer(), Peer())
    invited = await linking.invite()
    invitation, code = invited["invitation"], invited["code"]
    checked = await ask(linking.new, "link_check_invitation", invitation=invitation, code=code, now=NOW)
    check("invitation", (checked["number"], checked["known"], checked["secret"]) == (1, 1, SECRET.hex()))
    begun = await linking.accept(checked)
    own = linking.new.accounts[""].identity.hex()
    shown = await ask(
        linking.new, "link_digits", session_id=begun["session_id"], secret=checked["secret"], identity=own
    )
    judged = await linking.judge(invited, begun)
    check("digits", judged["digits"] == shown["digits"] and judged["name"] == b"laptop".hex())
    check("identity", judged["identity"] == own)
    new = {"number": 1, "identity": own, "signature": judged["signature"]}
    following = await linking.own_list(2, [invited["device"], new], invited["hash"])
    await welcomed(linking, invitation, own, following)
    foreign = Linking(linking.old, linking.new, OTHER_SEED)
    for reason, following in (
        ("same", await linking.own_list(1, [invited["device"]])),
        ("does not follow on the known list", await linking.own_list(2, [invited["device"], new])),
        ("under its number", await linking.own_list(2, [invited["device"]], invited["hash"], next=2)),
        ("under its number", await linking.own_list(
            2, [invited["device"], await linking.device(linking.new, 2)], invited["hash"], next=3
        )),
        ("the old device", await linking.own_list(
            2, [new], invited["hash"], next=2, revoked=[{"number": 0, "reason": 0}]
        )),
        ("another user", await foreign.own_list(2, [await foreign.device(linking.new, 1)], invited["hash"], next=2)),
    ):
        refused = await welcome(linking, invitation, own, following)
        check(f"{reason}: {refused}", reason in refused.get("error", ""))


async def welcome(linking: Linking, invitation: str, own: str, following: Any, **fields: Any) -> Any:
    """The judgement of the new device about a welcome with `fields` in the place of its own."""
    usual: dict[str, Any] = {
        "seed": SEED.hex(), "peers": [], "kind": 9, "version": 2, "hash": following["hash"][:16], "known": 0,
        "list": following["list"], "associated_data": "",
    }
    payload = await ask(linking.old, "link_write_welcome", **{**usual, **fields})
    message = await ask(linking.old, "content_encrypt", **{**usual, **fields, **payload})
    content = await ask(linking.new, "content_decrypt", associated_data="", **message)
    return await ask(
        linking.new, "link_check_welcome", **content, invitation=invitation, number=1, identity=own
    )


async def welcomed(linking: Linking, invitation: str, own: str, following: Any) -> None:
    stranger = Linking(Peer(), linking.new, OTHER_SEED)
    other = await stranger.own_list(1, [await stranger.device(stranger.old, 0)])
    peer = {"name": b"bob".hex(), "list": other["list"], "verification": 1}
    for seed in (SEED.hex(), None):
        taken = await welcome(linking, invitation, own, following, seed=seed, peers=[peer])
        check("welcome", taken == {"seed": seed, "peers": [peer]})
    for reason, fields in (
        ("no welcome", {"kind": 2}),
        ("no welcome", {"list": None}),
        ("another list", {"version": 3}),
        ("another list", {"hash": "00" * 8}),
        ("key is of another user", {"seed": OTHER_SEED.hex()}),
        ("signature of the list", {"peers": [{**peer, "list": other["list"][:-2] + "ff"}]}),
    ):
        refused = await welcome(linking, invitation, own, following, **fields)
        check(f"{reason}: {refused}", reason in refused.get("error", ""))


async def refused_invitations() -> None:
    linking = Linking(Peer(), Peer())
    invited = await linking.invite()
    invitation, code = invited["invitation"], invited["code"]
    altered = invitation[:-2] + f"{int(invitation[-2:], 16) ^ 1:02x}"
    stranger = await Linking(Peer(), linking.new, OTHER_SEED).invite()
    read = await ask(linking.new, "link_read_invitation", invitation=invitation)
    foreign = await ask(linking.new, "link_read_invitation", invitation=stranger["invitation"])
    with_list = await linking.invite(list="00ff")
    reusable = await linking.invite(one_time_prekey_id=None, kem_created=0)
    secret = {"secret": SECRET.hex()}
    unlisted = await ask(linking.new, "link_write_invitation", **{**read, **secret, "list": foreign["list"]})
    forged = await ask(linking.new, "link_write_invitation", **{**read, **secret, "bundle": unsigned(read["bundle"])})
    for what, reason, fields in (
        ("altered", "another invitation", {"invitation": altered}),
        ("of another", "another invitation", {"code": stranger["code"]}),
        ("late", "too old", {"now": NOW + 600}),
        ("with a list in the bundle", "has a list", with_list),
        ("reusable", "reusable", reusable),
        ("a list of another", "does not list", unlisted),
        ("a bundle that is not signed", "signature of the signed prekey", forged),
    ):
        usual: dict[str, Any] = {"invitation": invitation, "code": code, "now": NOW + 599}
        refused = await ask(linking.new, "link_check_invitation", **{**usual, **fields})
        check(f"{what}: {refused}", reason in refused.get("error", ""))


async def refused_acceptances() -> None:
    linking = Linking(Peer(), Peer())
    device_of_other = await Linking(linking.old, linking.new, OTHER_SEED).device(linking.new, 1)
    stranger = await Linking(linking.old, Peer()).reusable()
    cases: list[tuple[str, dict[str, Any], dict[str, Any], dict[str, Any]]] = [
        ("secret", {"secret": "00" * 16}, {}, {}),
        ("next one", {"number": 2}, {}, {}),
        ("signature", {"signature": device_of_other["signature"]}, {}, {}),
        ("another device", {"bundle": stranger}, {}, {}),
        ("not reusable", {"bundle": await linking.reusable(one_time_prekey_id=9)}, {}, {}),
        ("not reusable", {"bundle": await linking.reusable(kem_created=None)}, {}, {}),
        ("signature of the signed prekey", {"bundle": unsigned(await linking.reusable())}, {}, {}),
        ("has a list", {"bundle": await linking.reusable(list="00")}, {}, {}),
        ("header", {}, {"version": 1}, {}),
        ("header", {}, {"hash": "01" * 8}, {}),
        ("header", {}, {"known": 0}, {}),
        ("no acceptance", {}, {"kind": 0}, {}),
        ("too old", {}, {}, {"now": NOW + 600}),
    ]
    for reason, fields, header, judged in cases:
        linking.old = Peer()
        invited = await linking.invite()
        checked = await ask(linking.new, "link_check_invitation", now=NOW, **{
            name: invited[name] for name in ("invitation", "code")
        })
        refused = await linking.judge(invited, await linking.accept(checked, header, **fields), **judged)
        check(f"{reason}: {refused}", reason in refused.get("error", ""))
    # By another bundle of the same device
    other = await ask(
        linking.old, "wire_publish", suite=2, signed_prekey_id=11, created=0, one_time_prekey_id=12, kem_prekey_id=13
    )
    refused = await linking.judge(invited, await linking.accept({**checked, **other}))
    check("another bundle", "prekeys of the invitation" in refused.get("error", ""))


async def run() -> None:
    codes()
    invitations()
    acceptances()
    welcomes()
    await linked()
    await refused_invitations()
    await refused_acceptances()
