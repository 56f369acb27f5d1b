"""How a file is cut in parts, and which of them have come; no SQL, no clock, no store."""

from collections.abc import Iterator

MIB = 1024 * 1024
USUAL_PART_BYTES = 5 * MIB
LEAST_PART_BYTES = 256 * 1024
MOST_PART_BYTES = 100 * MIB
MOST_PARTS = 10_000

type Run = tuple[int, int]
"""The first and the last of consecutive part numbers, which begin at 1."""


def fitting_part_bytes(size_bytes: int, wanted_bytes: int | None) -> int:
    """Return how large parts are: as wanted, if there are not too many of them then."""
    least = -(-size_bytes // MOST_PARTS)
    wanted = min(max(wanted_bytes or USUAL_PART_BYTES, LEAST_PART_BYTES), MOST_PART_BYTES)
    return max(wanted, -(-least // MIB) * MIB if least > wanted else wanted)


def most_bytes() -> int:
    """Return how much fits in the largest parts."""
    return MOST_PARTS * MOST_PART_BYTES


def address_of(project: str, package: str, public_id: str, *, is_appended: bool) -> str:
    """Return where a session is, relative to the service's address; one that is appended to speaks tus."""
    if is_appended:
        return f"/tus/{project}/{package}/{public_id}"
    return f"/api/v1/project/{project}/{package}/uploads/sessions/{public_id}"


def nothing_received(parts: int) -> bytes:
    """Return the bits of so many parts, none of which has come."""
    return bytes(-(-parts // 8))


def parts_in(size_bytes: int, part_bytes: int) -> int:
    """Return in how many parts a file comes."""
    return -(-size_bytes // part_bytes)


def has(received: bytes, number: int) -> bool:
    """Tell whether a part has come."""
    return bool(received[(number - 1) // 8] >> (number - 1) % 8 & 1)


def with_part(received: bytes, number: int, *, is_there: bool) -> bytes:
    """Return the bits with one part changed."""
    bits, place = bytearray(received), (number - 1) // 8
    bit = 1 << (number - 1) % 8
    bits[place] = bits[place] | bit if is_there else bits[place] & ~bit
    return bytes(bits)


def count(received: bytes) -> int:
    """Return how many parts have come."""
    return int.from_bytes(received).bit_count()


def runs(received: bytes, parts: int, *, there: bool) -> list[Run]:
    """Return the runs of parts that have come, or of those that have not."""
    return list(_runs(received, parts, there=there))


def _runs(received: bytes, parts: int, *, there: bool) -> Iterator[Run]:
    first = None
    for number in range(1, parts + 1):
        if has(received, number) is there:
            first = first or number
        elif first is not None:
            yield first, number - 1
            first = None
    if first is not None:
        yield first, parts


def leading(received: bytes, parts: int) -> int:
    """Return how many parts have come from the first one on without a gap."""
    bits = int.from_bytes(received, "little")
    return min((~bits & (bits + 1)).bit_length() - 1, parts)  # where the lowest bit is that is not set
