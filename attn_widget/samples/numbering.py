"""Which item of a data set holds the image at a position, if items may hold several."""

from bisect import bisect_right


class Numbering:
    """Numbers images in the order of the items that hold them.

    As long as every item read so far holds one image (`even`), positions are item numbers. Once an item was found to
    hold several, a position is known only when all items before it have been read: to find one further on, read
    `unread` until it is known. The size of every item read is remembered, so that none is read twice to learn it.
    `changes` counts how often positions that had a meaning got a different one.
    """

    def __init__(self, items: int) -> None:
        self._items = items
        self.even = True
        self.changes = 0
        self._single = 0  # so many items from the first on are known to hold one image each
        self._sizes: dict[int, int] = {}  # of items beyond those
        self._ends: list[int] = []  # one past the last position of each item, up to the first of unknown size

    @property
    def count(self) -> int | None:
        """How many images there are; None if items may hold several and some have not been read."""
        if self.even:
            return self._items
        return None if self.unread is not None else self._known_ends()[-1]

    @property
    def unread(self) -> int | None:
        """The item to read next to find a position that is not known; None if reading on would tell nothing."""
        if self.even:
            return 0 if self.size(0) is None else None
        first = len(self._known_ends())
        return first if first < self._items else None

    def locate(self, position: int) -> tuple[int, int] | None:
        """Give the item that holds a position, and which of its images that is; None if not known."""
        if self.even:
            return (position, 0) if position < self._items else None
        ends = self._known_ends()
        if not ends or position >= ends[-1]:
            return None
        item = bisect_right(ends, position)
        return item, position - (ends[item - 1] if item else 0)

    def learn(self, item: int, size: int | None) -> bool:
        """Note how many images an item holds; returns whether later positions have changed their meaning.

        An item without images takes one position. So does one that cannot be read (None), unless it was read before.
        """
        before = self.size(item)
        size = (before or 1) if size is None else max(size, 1)
        if before == size:
            return False
        if self.even and size == 1:
            self._learn_single(item)
            return False
        moved = before is not None or (self.even and (item > 0 or bool(self._sizes)))
        self.changes += moved
        self._sizes[item] = size
        self.even = False
        del self._ends[item:]
        return moved

    def learn_singles(self, stop: int) -> None:
        """Note that all items below `stop` were read and hold one image each."""
        self._single = max(self._single, stop)

    def _learn_single(self, item: int) -> None:
        self._sizes[item] = 1
        while self._sizes.pop(self._single, None):
            self._single += 1

    def size(self, item: int) -> int | None:
        """Give how many positions an item takes; None until it is read."""
        return self._sizes.get(item, 1 if item < self._single else None)

    def _known_ends(self) -> list[int]:
        """Where each item ends, up to the first of unknown size."""
        while len(self._ends) < self._items and (size := self.size(len(self._ends))) is not None:
            self._ends.append((self._ends[-1] if self._ends else 0) + size)
        return self._ends
