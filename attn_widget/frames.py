"""A canvas's frames as PNG files, encoded while the browser waits: only what has changed, and fast."""

import itertools
import struct
import zlib
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import cache, partial
from typing import Any

import numpy as np

_SIGNATURE = b"\x89PNG\r\n\x1a\n"
_COLOURS = 2  # PNG's name for red, green and blue without alpha
_FROM_ABOVE = 2  # its filter that takes each row as the difference from the row above
_OPAQUE = 0xFF000000  # as `pixels` holds it
_WHOLE = b"\x78\x01"  # zlib's header: a window of 32 KiB, compressed fast
_RARE = 0xFFFE01FE  # a colour that few pictures hold: the first to be tried for what is transparent
_ZLIB = partial(zlib.compressobj, 1, zlib.DEFLATED, -zlib.MAX_WBITS, 9, zlib.Z_RLE)
_STRIPS = 4  # more than the threads, as rows of photographs take longer than rows of words
_THREADS = 2


def encoded(pixels: np.ndarray, before: np.ndarray | None = None) -> bytes:
    """Write a frame as a PNG file, without loss.

    Parameters
    ----------
    pixels : ndarray ``[H, W]``, uint32
        The frame, opaque: red in the lowest byte, then green, blue, and 255.
    before : ndarray ``[H, W]``, uint32, optional
        The frame before it: where the two are equal, the file is transparent.
    """
    key, transparent = 0, b""
    if before is not None:
        key = _unused_colour(pixels)
        transparent = _chunk(b"tRNS", struct.pack(">3H", *(key >> shift & 255 for shift in (0, 8, 16))))
    height, width = pixels.shape
    header = struct.pack(">2I5B", width, height, 8, _COLOURS, 0, 0, 0)
    data = _compressed(pixels, before, key)
    return b"".join((_SIGNATURE, _chunk(b"IHDR", header), transparent, _chunk(b"IDAT", data), _chunk(b"IEND", b"")))


def _compressed(pixels: np.ndarray, before: np.ndarray | None, key: int) -> bytes:
    """Compress strips beside each other, as zlib's format allows: of photographs only their statistics can be used."""
    height = len(pixels)
    edges = sorted({height * strip // _STRIPS for strip in range(_STRIPS + 1)})
    begin = _deflate()

    def strip(first: int, last: int) -> tuple[Any, bytes]:
        above = max(first - 1, 0)
        shown = pixels[above:last]
        if before is not None:
            shown = np.where(shown != before[above:last], shown, np.uint32(key))
        rows = _filtered(shown, first - above).data.cast("B")
        deflate = begin()
        return rows, deflate.compress(rows) + deflate.flush(zlib.Z_FINISH if last == height else zlib.Z_SYNC_FLUSH)

    parts, checksum = [_WHOLE], 1
    with ThreadPoolExecutor(_THREADS) as threads:
        for rows, part in threads.map(strip, edges, edges[1:]):
            checksum = zlib.adler32(rows, checksum)
            parts.append(part)
    return b"".join((*parts, struct.pack(">I", checksum)))


@cache
def _deflate() -> Callable[[], Any]:
    """Give what begins a compressed strip: ISA-L's (extra `fast`), which takes a third of the time, or zlib's."""
    try:
        from isal import isal_zlib
    except ImportError:
        return _ZLIB
    return partial(isal_zlib.compressobj, 1, isal_zlib.DEFLATED, -zlib.MAX_WBITS)


def _filtered(pixels: np.ndarray, before: int) -> np.ndarray:
    """Give rows as their differences from the row above, ``[h, 1 + 3 W]``: the filter's number comes first.

    The first `before` rows, none or one, are not given: they are what lies above.
    """
    height, width = pixels.shape
    colours = np.ascontiguousarray(pixels).view(np.uint8).reshape(height, width, 4)
    rows = np.empty((height, 1 + 3 * width), np.uint8)
    rows[:, 0] = _FROM_ABOVE
    for colour in range(3):
        rows[0, 1 + colour :: 3] = colours[0, :, colour]
        np.subtract(colours[1:, :, colour], colours[:-1, :, colour], out=rows[1:, 1 + colour :: 3])
    return rows[before:]


def _unused_colour(pixels: np.ndarray) -> int:
    """Find an opaque colour that is nowhere in the frame; of 2^24 there is one in any frame that fits a page."""
    colours = itertools.chain((_RARE,), range(_OPAQUE, _OPAQUE + pixels.size + 1))
    return next(colour for colour in colours if not (pixels == np.uint32(colour)).any())


def _chunk(kind: bytes, data: bytes) -> bytes:
    return b"".join((struct.pack(">I", len(data)), kind, data, struct.pack(">I", zlib.crc32(data, zlib.crc32(kind)))))
