"""The inspector's pages, in the order of their tabs; a new page is a file beside these and a line here."""

from attn_widget.explorer.view.page import Page
from attn_widget.explorer.view.pages.channels_page import ChannelsPage
from attn_widget.explorer.view.pages.code_page import CodePage
from attn_widget.explorer.view.pages.compare_page import ComparePage
from attn_widget.explorer.view.pages.evidence_page import EvidencePage
from attn_widget.explorer.view.pages.layers_page import LayersPage
from attn_widget.explorer.view.pages.look_page import LookPage
from attn_widget.explorer.view.pages.mistakes_page import MistakesPage
from attn_widget.explorer.view.pages.shortcuts_page import ShortcutsPage

PAGES: tuple[type[Page], ...] = (
    LookPage,
    ComparePage,
    EvidencePage,
    MistakesPage,
    ChannelsPage,
    ShortcutsPage,
    LayersPage,
    CodePage,
)
