"""A report that is open in Chromium, as its reader has it."""

from pathlib import Path

import numpy as np
from playwright.sync_api import Browser, Page

READ = """id => {
  const canvas = document.getElementById(id);
  const image = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height);
  return [canvas.height, canvas.width, Array.from(image.data)];
}"""


class ReportPage:
    """A report opened from disk; `requests` lists what it asked for, and `complaints` what the console said."""

    def __init__(self, browser: Browser, path: Path, *, width: int = 1024, dark: bool = False) -> None:
        scheme = "dark" if dark else "light"
        self.context = browser.new_context(viewport={"width": width, "height": 800}, color_scheme=scheme, offline=True)
        self.page: Page = self.context.new_page()
        self.requests: list[str] = []
        self.complaints: list[str] = []
        self.page.on("request", lambda one: self.requests.append(one.url))
        self.page.on("console", lambda one: self.complaints.append(one.text))
        self.page.on("pageerror", lambda one: self.complaints.append(str(one)))
        self.page.goto(path.as_uri())
        self._drawn()

    def pixels(self, canvas: str) -> np.ndarray:
        """Read ``"image"`` or ``"heatmap"`` back: ``[rows, columns, 3]``, int."""
        self._drawn()
        rows, columns, values = self.page.evaluate(READ, canvas)
        return np.array(values).reshape(rows, columns, 4)[..., :3]

    def choose(self, control: str, label: str) -> None:
        """Choose an entry of a drop-down list by its text."""
        self.page.select_option(f"#{control}", label=label)

    def slide(self, control: str, value: float) -> None:
        """Move a slider."""
        self.page.fill(f"#{control}", str(value))

    def tick(self, control: str, on: bool = True) -> None:
        """Tick a box, or clear it."""
        self.page.set_checked(f"#{control}", on)

    def press(self, key: str) -> None:
        """Press a key while no control has the focus."""
        self.page.evaluate("document.activeElement.blur()")
        self.page.keyboard.press(key)

    def click(self, selector: str) -> None:
        """Click what a selector finds."""
        self.page.click(selector)

    def text(self, part: str) -> str:
        """Read a part of the page by its id, as it is seen."""
        return self.page.inner_text(f"#{part}")

    def is_seen(self, part: str) -> bool:
        """Say whether a part is shown."""
        return self.page.is_visible(f"#{part}")

    @property
    def tiles(self) -> list[str]:
        """What stands below the small pictures that are shown."""
        return [one.inner_text() for one in self.page.query_selector_all(".tile") if one.is_visible()]

    @property
    def overflow(self) -> int:
        """By how many pixels the page is wider than the window."""
        return self.page.evaluate("document.documentElement.scrollWidth - innerWidth")

    def close(self) -> None:
        """Close the page."""
        self.context.close()

    def _drawn(self) -> None:
        self.page.wait_for_selector("[aria-busy=false]", state="attached")
