"""A canvas's frames as PNG files, encoded while the browser waits: only what has changed, and fast."""

import itertools
import struct
import zlib
from concurrent.futures import ThreadPoolExecutor

import numpy as np

_SIGNATURE = b"\x89PNG\r\n\x1a\n"
_COLOURS = 2  # PNG's name for red, green and blue without alpha
_FROM_ABOVE = 2  # its filter that takes each row as the difference from the row above
_OPAQUE = 0xFF000000  # as `pixels` holds it
_WHOLE = b"\x78\x01"  # zlib's header: a window of 32 KiB, compressed fast
_RARE = 0xFFFE01FE  # a colour that few pictures hold: the first to be tried for what is transparent


def encoded(pixels: np.ndarray, before: np.ndarray | None = None) -> bytes:
    """Write a frame as a PNG file, without loss.

    Parameters
    ----------
    pixels : ndarray ``[H, W]``, uint32
        The frame, opaque: red in the lowest byte, then green, blue, and 255.
    before : ndarray ``[H, W]``, uint32, optional
        The frame before it: where the two are equal, the file is transparent.
    """
    transparent = b""
    if before is not None:
        key = _unused_colour(pixels)
        pixels = np.where(pixels != before, pixels, np.uint32(key))
        transparent = _chunk(b"tRNS", struct.pack(">3H", *(key >> shift & 255 for shift in (0, 8, 16))))
    height, width = pixels.shape
    header = struct.pack(">2I5B", width, height, 8, _COLOURS, 0, 0, 0)
    data = _compressed(_filtered(pixels).data.cast("B"))
    return b"".join(
        (_SIGNATURE, _chunk(b"IHDR", header), transparent, _chunk(b"IDAT", data), _chunk(b"IEND", b"")),
    )


def _compressed(rows: memoryview) -> bytes:
    """Compress two halves at once, as zlib's format allows: of photographs little but their statistics can be used."""
    half = len(rows) // 2

    def part(rows: memoryview, ending: int) -> bytes:
        deflate = zlib.compressobj(1, zlib.DEFLATED, -zlib.MAX_WBITS, 9, zlib.Z_RLE)
        return deflate.compress(rows) + deflate.flush(ending)

    with ThreadPoolExecutor(1) as beside:
        second = beside.submit(part, rows[half:], zlib.Z_FINISH)
        first = part(rows[:half], zlib.Z_SYNC_FLUSH)
        return b"".join((_WHOLE, first, second.result(), struct.pack(">I", zlib.adler32(rows))))


def _filtered(pixels: np.ndarray) -> np.ndarray:
    """Give the rows as their differences from the row above, ``[H, 1 + 3 W]``: the filter's number comes first."""
    height, width = pixels.shape
    colours = np.ascontiguousarray(pixels).view(np.uint8).reshape(height, width, 4)
    differences = np.concatenate([colours[:1], colours[1:] - colours[:-1]])
    rows = np.empty((height, 1 + 3 * width), np.uint8)
    rows[:, 0] = _FROM_ABOVE
    for colour in range(3):
        rows[:, 1 + colour :: 3] = differences[..., colour]
    return rows


def _unused_colour(pixels: np.ndarray) -> int:
    """Find an opaque colour that is nowhere in the frame; of 2^24 there is one in any frame that fits a page."""
    colours = itertools.chain((_RARE,), range(_OPAQUE, _OPAQUE + pixels.size + 1))
    return next(colour for colour in colours if not (pixels == np.uint32(colour)).any())


def _chunk(kind: bytes, data: bytes) -> bytes:
    return b"".join((struct.pack(">I", len(data)), kind, data, struct.pack(">I", zlib.crc32(data, zlib.crc32(kind)))))
