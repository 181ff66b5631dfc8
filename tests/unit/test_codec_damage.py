"""Bytes that no `encode` has written: each is `CorruptData`, and nothing else happens."""

from __future__ import annotations

import pickle
import random
import uuid
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from nuvom._nuvom import decode, encode
from nuvom.errors import CorruptData

SAMPLE = [
    None, True, -5, 2**40, 2**80, 1.5, "text", b"bytes", [1, 2], (3, 4), {5}, frozenset({6}), {"k": 7}, 8j,
    Decimal("9.1"), uuid.UUID(int=10), Path("p"), date(2024, 1, 1), time(1), timedelta(1),
    datetime(2024, 1, 1, tzinfo=UTC), datetime(2024, 1, 1, tzinfo=ZoneInfo("Europe/Berlin")),
]  # fmt: skip


def extension(code: int, content: bytes) -> bytes:
    return b"\x01\xc7" + bytes([len(content), code]) + content


DAMAGED = {
    "empty": b"",
    "only the version": b"\x01",
    "other version": b"\x02\xc0",
    "version zero": b"\x00\xc0",
    "pickle": pickle.dumps(["x"]),
    "reserved byte": b"\x01\xc1",
    "something follows": b"\x01\xc0\xc0",
    "array of four billion": b"\x01\xdd\xff\xff\xff\xff",
    "map of four billion": b"\x01\xdf\xff\xff\xff\xff",
    "text of four gigabytes": b"\x01\xdb\xff\xff\xff\xff",
    "bytes of four gigabytes": b"\x01\xc6\xff\xff\xff\xff",
    "extension of four gigabytes": b"\x01\xc9\xff\xff\xff\xff\x01",
    "bomb inside bombs": b"\x01" + b"\xdd\x00\xff\xff\xff" * 3,
    "nested lists": b"\x01" + b"\x91" * 10_000,
    "nested maps": b"\x01" + b"\x81\xc0" * 10_000,
    "nested maps as keys": b"\x01" + b"\x81" * 10_000,
    "text that is not UTF-8": b"\x01\xa1\xff",
    "text with a surrogate": b"\x01\xa3\xed\xa0\x80",
    "unknown extension": b"\x01\xd4\x63\x00",
    "reserved extension": b"\x01\xd4\xff\x00",
    "timestamp extension": b"\x01\xd6\xff\x00\x00\x00\x00",
    "list as a key": b"\x01\x81\x90\xc0",
    "list in a set": extension(2, b"\x91\x90"),
    "list in a frozenset": extension(3, b"\x91\x90"),
    "tuple that is no list": extension(1, b"\xc0"),
    "tuple with more behind it": extension(1, b"\x90\x90"),
    "time that is none": extension(4, b"2024-13-45T99:00"),
    "time in no zone": extension(4, b"2024-01-01T00:00:00+00:00[Nowhere/Land]"),
    "time in a zone of another folder": extension(4, b"2024-01-01T00:00:00+00:00[../../etc/passwd]"),
    "time at the end of time": extension(4, b"9999-12-31T23:59:59-12:00[Asia/Tokyo]"),
    "time that is not UTF-8": extension(4, b"\xff"),
    "date that is none": extension(5, b"yesterday"),
    "time of day that is none": extension(6, b"25:00"),
    "span that is no list": extension(7, b"\xc0"),
    "span of words": extension(7, b"\x93\xa1a\xa1b\xa1c"),
    "span beyond all spans": extension(7, b"\x93\xce\xff\xff\xff\xff\x00\x00"),
    "span of too many parts": extension(7, b"\x9a" + b"\x00" * 10),
    "number that is none": extension(8, b"one"),
    "id that is too short": extension(9, b"\x00"),
    "complex that is cut off": extension(11, b"\x00" * 15),
    "path with a zero byte in bad text": extension(12, b"\xff\x00"),
}


@pytest.mark.parametrize("payload", DAMAGED.values(), ids=DAMAGED.keys())
def test_damaged_bytes_are_corrupt_data(payload: bytes) -> None:
    with pytest.raises(CorruptData):
        decode(payload)


def test_a_payload_that_is_cut_anywhere_is_corrupt_data() -> None:
    payload = encode(SAMPLE)

    assert [length for length in range(len(payload)) if not is_corrupt(payload[:length])] == []


def test_an_unknown_version_says_what_to_do() -> None:
    with pytest.raises(CorruptData, match="payload has format 2, this Nuvom reads format 1: upgrade this worker"):
        decode(b"\x02\xc0")


def test_an_unknown_extension_is_named() -> None:
    with pytest.raises(CorruptData, match="extension type 99, which this Nuvom does not know"):
        decode(b"\x01\xd4\x63\x00")


def test_random_changes_of_bytes_give_a_value_or_corrupt_data() -> None:
    chance, payload = random.Random(20240229), encode(SAMPLE)  # noqa: S311 - not for secrets

    for _ in range(20_000):
        changed = bytearray(payload)
        for _ in range(chance.randint(1, 4)):
            changed[chance.randrange(1, len(changed))] = chance.randrange(256)
        is_corrupt(bytes(changed))


def test_random_bytes_give_a_value_or_corrupt_data() -> None:
    chance = random.Random(20240301)  # noqa: S311 - not for secrets

    for _ in range(20_000):
        is_corrupt(b"\x01" + chance.randbytes(chance.randint(0, 60)))


def is_corrupt(payload: bytes) -> bool:
    """Whether it is refused; any other exception goes through."""
    try:
        decode(payload)
    except CorruptData:
        return True
    return False
