"""Ed25519 (RFC 8032) in integers, with the strict verification that docs/protocol.md demands of user keys: encodings
are canonical, s is below the group's order, neither the key nor R is of small order, and there is no cofactor."""

from __future__ import annotations

import hashlib

from common import GROUP_ORDER

PRIME = 2**255 - 19
D = -121665 * pow(121666, -1, PRIME) % PRIME
ROOT_OF_MINUS_ONE = pow(2, (PRIME - 1) // 4, PRIME)

Point = tuple[int, int, int, int]  # X, Y, Z and T of RFC 8032 §5.1.4: x = X/Z, y = Y/Z, x·y = T/Z
NEUTRAL: Point = (0, 1, 1, 0)
# The encoding of a point of order 8
TORSION = bytes.fromhex("26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05")


def add(left: Point, right: Point) -> Point:
    a = (left[1] - left[0]) * (right[1] - right[0])
    b = (left[1] + left[0]) * (right[1] + right[0])
    c, d = 2 * D * left[3] * right[3], 2 * left[2] * right[2]
    e, f, g, h = b - a, d - c, d + c, b + a
    return e * f % PRIME, g * h % PRIME, f * g % PRIME, e * h % PRIME


def times(scalar: int, point: Point) -> Point:
    result = NEUTRAL
    while scalar:
        if scalar & 1:
            result = add(result, point)
        point, scalar = add(point, point), scalar >> 1
    return result


def encode(point: Point) -> bytes:
    inverse = pow(point[2], -1, PRIME)
    x, y = point[0] * inverse % PRIME, point[1] * inverse % PRIME
    return (y | (x & 1) << 255).to_bytes(32, "little")


def decode(encoded: bytes) -> Point | None:
    """The point, or None if these bytes are not the one encoding of a point."""
    number = int.from_bytes(encoded, "little")
    y, sign = number & (1 << 255) - 1, number >> 255
    if y >= PRIME:
        return None
    square = (y * y - 1) * pow(D * y * y + 1, -1, PRIME) % PRIME
    x = pow(square, (PRIME + 3) // 8, PRIME)
    if x * x % PRIME != square:
        x = x * ROOT_OF_MINUS_ONE % PRIME
    if x * x % PRIME != square or (x == 0 and sign):
        return None
    if x & 1 != sign:
        x = PRIME - x
    return x, y, 1, x * y % PRIME


def is_small(point: Point) -> bool:
    """Tells whether the order of the point divides 8."""
    return encode(times(8, point)) == encode(NEUTRAL)


def base_point() -> Point:
    point = decode((4 * pow(5, -1, PRIME) % PRIME).to_bytes(32, "little"))
    assert point
    return point


BASE = base_point()


def expand(seed: bytes) -> tuple[int, bytes]:
    """The secret scalar, and the prefix that is hashed into r."""
    digest = hashlib.sha512(seed).digest()
    scalar = int.from_bytes(digest[:32], "little") & (1 << 254) - 8 | 1 << 254
    return scalar, digest[32:]


def hash_scalar(*parts: bytes) -> int:
    return int.from_bytes(hashlib.sha512(b"".join(parts)).digest(), "little") % GROUP_ORDER


def public_key(seed: bytes) -> bytes:
    return encode(times(expand(seed)[0], BASE))


def sign(seed: bytes, message: bytes) -> bytes:
    scalar, prefix = expand(seed)
    r = hash_scalar(prefix, message)
    commitment = encode(times(r, BASE))
    s = r + hash_scalar(commitment, public_key(seed), message) * scalar
    return commitment + (s % GROUP_ORDER).to_bytes(32, "little")


def sign_hostile(seed: bytes, message: bytes, r: int, torsion: int) -> bytes:
    """A signature with this r, in which R has a multiple of a point of order 8 added."""
    point = decode(TORSION)
    assert point
    commitment = encode(add(times(r, BASE), times(torsion, point)))
    s = r + hash_scalar(commitment, public_key(seed), message) * expand(seed)[0]
    return commitment + (s % GROUP_ORDER).to_bytes(32, "little")


def is_key(key: bytes) -> bool:
    """Tells whether these bytes are a public key that a verifier takes."""
    point = decode(key)
    return point is not None and not is_small(point)


def verify(key: bytes, message: bytes, signature: bytes) -> bool:
    commitment, s = signature[:32], int.from_bytes(signature[32:], "little")
    if not is_key(key) or not is_key(commitment) or s >= GROUP_ORDER:
        return False
    point, challenge = decode(key), hash_scalar(commitment, key, message)
    assert point
    minus = PRIME - point[0], point[1], point[2], PRIME - point[3]
    return encode(add(times(s, BASE), times(challenge, minus))) == commitment
