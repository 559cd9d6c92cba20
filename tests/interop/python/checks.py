"""Helpers of all parts of the self-test."""

from __future__ import annotations

import hmac
import json
from typing import Any

from peer import Peer

DATA = b"associated data".hex()


def check(what: str, holds: bool) -> None:
    if not holds:
        raise SystemExit(f"self-test failed: {what}")


def refuses(what: str, attempt: Any) -> None:
    try:
        attempt()
    except Exception:  # pylint: disable=broad-exception-caught
        return
    check(what, False)


async def ask(peer: Peer, op: str, **fields: Any) -> dict[str, Any]:
    """One request as the process would read it, and its response."""
    response: dict[str, Any] = json.loads(await peer.answer(json.dumps({"op": op, **fields}).encode()))
    return response


def hkdf(salt: bytes, material: bytes, info: bytes, blocks: int = 2) -> bytes:
    """Blocks of 32 bytes of HKDF-SHA-256, from the standard library alone."""
    key, output = hmac.digest(salt, material, "sha256"), [b""]
    for number in range(1, blocks + 1):
        output.append(hmac.digest(key, output[-1] + info + bytes([number]), "sha256"))
    return b"".join(output)
