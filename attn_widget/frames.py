"""Fast PNG encoding of a canvas's frames."""

import struct
import zlib
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import cache, partial
from typing import Any, NamedTuple

import numpy as np

_SIGNATURE = b"\x89PNG\r\n\x1a\n"
_COLOURS = 2  # PNG's colour type for red, green and blue without alpha
_FROM_ABOVE = 2  # its filter that stores each row as the difference from the row above
_HEADER = b"\x78\x01"  # zlib's: a window of 32 KiB, the fastest compression


class Codec(NamedTuple):
    """What compresses a strip of rows, and the checksums of PNG and zlib."""

    begin: Callable[[], Any]
    crc32: Callable[..., int]
    adler32: Callable[..., int]


ZLIB = Codec(partial(zlib.compressobj, 1, zlib.DEFLATED, -zlib.MAX_WBITS, 9, zlib.Z_RLE), zlib.crc32, zlib.adler32)


@cache
def codec() -> Codec:
    """Return ISA-L's codec (extra `fast`), which takes a third of the time, or else zlib's."""
    try:
        from isal import isal_zlib
    except ImportError:
        return ZLIB
    begin = partial(isal_zlib.compressobj, 1, isal_zlib.DEFLATED, -zlib.MAX_WBITS)
    return Codec(begin, isal_zlib.crc32, isal_zlib.adler32)


def encoded(pixels: np.ndarray) -> bytes:
    """Encode a frame as a PNG file, without loss.

    Parameters
    ----------
    pixels : ndarray ``[H, W, 4]``, uint8
        Red, green, blue, and an alpha that is ignored.
    """
    height, width, _ = pixels.shape
    header = struct.pack(">2I5B", width, height, 8, _COLOURS, 0, 0, 0)
    return b"".join((_SIGNATURE, _chunk(b"IHDR", header), *_compressed(pixels), _chunk(b"IEND", b"")))


def _compressed(pixels: np.ndarray) -> Iterator[bytes]:
    """Compress both halves at the same time, which zlib's format allows, and join them."""
    height, use = len(pixels), codec()

    def half(first: int, last: int) -> tuple[Any, bytes]:
        above = max(first - 1, 0)
        rows = _filtered(pixels[above:last], first - above).data.cast("B")
        deflate = use.begin()
        end = zlib.Z_FINISH if last == height else zlib.Z_SYNC_FLUSH
        return rows, _chunk(b"IDAT", deflate.compress(rows) + deflate.flush(end))

    with ThreadPoolExecutor(1) as beside:
        below = beside.submit(half, height // 2, height)
        halves = [half(0, height // 2)] if height > 1 else []
        halves.append(below.result())
    yield _chunk(b"IDAT", _HEADER)
    checksum = 1
    for rows, part in halves:
        checksum = use.adler32(rows, checksum)
        yield part
    yield _chunk(b"IDAT", struct.pack(">I", checksum))


def _filtered(colours: np.ndarray, before: int) -> np.ndarray:
    """Return rows as their differences from the row above, ``[h, 1 + 3 W]``, each after the filter's number.

    The first `before` rows (none or one) only serve as the row above, and are left out.
    """
    height, width, _ = colours.shape
    rows = np.empty((height, 1 + 3 * width), np.uint8)
    rows[:, 0] = _FROM_ABOVE
    for colour in range(3):
        rows[0, 1 + colour :: 3] = colours[0, :, colour]
        np.subtract(colours[1:, :, colour], colours[:-1, :, colour], out=rows[1:, 1 + colour :: 3])
    return rows[before:]


def _chunk(kind: bytes, data: bytes) -> bytes:
    crc32 = codec().crc32
    return b"".join((struct.pack(">I", len(data)), kind, data, struct.pack(">I", crc32(data, crc32(kind)))))
