"""The inspector's pages, each by itself: what it shows of a scene, and what it sends."""

import threading
from types import SimpleNamespace

import pytest
from ipywidgets import ToggleButtons
from ipywidgets.widgets.widget import _instances

from attn_widget import Contrast, demo
from attn_widget.explorer.class_names import ClassNames
from attn_widget.explorer.offers import Known
from attn_widget.explorer.session.script import PanelArguments
from attn_widget.explorer.session.session import Session
from attn_widget.explorer.settings import SETTINGS, state_in, style_in
from attn_widget.explorer.view.pages import PAGES
from attn_widget.explorer.view.pages.code_page import CodePage
from attn_widget.explorer.view.pages.compare_page import ComparePage
from attn_widget.explorer.view.pages.layers_page import LayersPage
from attn_widget.explorer.view.pages.look_page import LookPage
from attn_widget.explorer.view.widget_parts import every_widget
from attn_widget.figure import MOST_CHANNELS, MOST_PINS
from attn_widget.samples import Samples
from attn_widget.words import messages

from .panels import Reads, batches, net, read_batches

NAMES = ["cat", "dog", "ship"]


def is_shown(widget):
    return "attn-hidden" not in widget._dom_classes


class Stage:
    """A session without a panel, and the actions that pages send."""

    def __init__(self, model=None, loader=None, names=NAMES):
        model = net().eval() if model is None else model
        names, samples = ClassNames(names, None), Samples(batches() if loader is None else loader)
        given = PanelArguments(names, 560, False, False, {})
        self.sent, self.pages = [], []
        self.settings = {setting.name: setting.default for setting in SETTINGS}
        self.session = Session(Known(model, names, samples, None), given, lambda *_, **__: None, self.sent.append)

    def scene(self, **settings):
        self.settings |= settings
        self.session.touched = True
        values = SimpleNamespace(**self.settings)
        return self.session.scene_of(state_in(values), style_in(values))

    def page(self, kind):
        self.pages.append(kind(self.sent.append, threading.RLock()))
        return self.pages[-1]


@pytest.fixture
def stage():
    before, made = set(_instances), []

    def make(*args, **options):
        made.append(Stage(*args, **options))
        return made[-1]

    yield make
    for page in (page for each in made for page in each.pages):
        for widget in every_widget(page.root):
            widget.close()
    assert set(_instances) <= before


def actions(sent):
    return [(action.verb, *action.arguments) for action in sent]


def text(html):
    return html.value.split(">", 1)[1].rsplit("<", 1)[0]


# --- look


def test_the_bars_have_the_true_class_also_where_it_is_among_the_unlikely_ones(stage):
    one = stage(Reads(9), read_batches([1], [8]), [f"name {index}" for index in range(9)])
    page = one.page(LookPage)
    page.render(one.scene())
    seen = page.bars.root.children[0]
    bars = seen.value
    assert bars.index("✗ name 1") < bars.index("name 0") < bars.index("✓ name 8")
    assert "name 7" not in bars


def test_a_sample_without_a_class_has_no_bar_besides_the_likeliest_and_none_is_called_wrong(stage):
    one = stage(Reads(9), read_batches([1], [-1]))
    page = one.page(LookPage)
    page.render(one.scene())
    bars = page.bars.root.children[0].value
    assert "class 4" in bars
    assert "class 8" not in bars
    assert "✗" not in bars


def test_the_method_is_said_to_do_what_it_does_and_two_buttons_ask_for_a_rerun_and_the_first_settings(stage):
    one = stage()
    page = one.page(LookPage)
    for method in ("channel-mean", "grad-cam"):
        scene = one.scene(method=method)
        page.render(scene)
        assert text(page.about) == scene.offers["method"].about
    one.sent.clear()
    page.again.click()
    page.reset.click()
    assert actions(one.sent) == [("refresh",), ("reset",)]


# --- compare


def test_a_comparison_is_explained_in_words_and_so_is_one_that_cannot_be_had(stage):
    one = stage()
    page = one.page(ComparePage)
    page.render(one.scene())
    assert text(page.reading) == messages.NOTHING_COMPARED
    page.render(one.scene(method="grad-cam", compare="layer-cam"))
    assert "Grad-CAM beside LayerCAM. In the difference, red is where Grad-CAM has more" in text(page.reading)
    page.render(one.scene(method="channel-mean", compare="true"))
    assert "Channel mean is the same for every class" in text(page.reading)


def test_each_pin_is_listed_and_taken_away_by_a_click_on_it(stage):
    one = stage()
    page = one.page(ComparePage)
    page.render(one.scene(layer="conv1"))
    assert (text(page.pinned), page.pins) == ("Nothing is pinned yet.", [])
    one.session.pin()
    one.scene(sample=1, method="grad-cam")
    one.session.pin()
    page.render(one.scene())
    assert [pin.description for pin in page.pins] == ["0 · cat · conv1 · channel mean", "1 · dog · conv1 · Grad-CAM"]

    one.sent.clear()
    page.pins[1].click()
    page.pin.click()
    assert actions(one.sent) == [("unpin", 1), ("pin",)]
    one.session.unpin(0)
    page.render(one.scene())
    assert page.pins[0].description == "1 · dog · conv1 · Grad-CAM"
    assert [is_shown(pin) for pin in page.pins] == [True, False]


def test_no_more_can_be_pinned_than_the_figure_has_room_for(stage):
    one = stage()
    page = one.page(ComparePage)
    for _ in range(MOST_PINS):
        page.render(one.scene())
        assert not page.pin.disabled
        one.session.pin()
    page.render(one.scene())
    assert page.pin.disabled


# --- layers


def test_layers_are_computed_once_for_a_picture_and_not_for_another_style(stage):
    one = stage()
    page = one.page(LayersPage)
    passes = one.session.known.model.counter
    page.render(one.scene(layer="conv1"))
    before = passes.passes
    page.render(one.scene(alpha=0.2))
    page.render(one.scene(cmap="gray"))
    assert passes.passes == before
    page.render(one.scene(sample=1))
    assert passes.passes == before + 2  # the picture's own and the layers'


def test_attention_is_shown_of_the_patch_that_was_clicked_in_every_layer(stage):
    vit = demo.load("vit")
    one = stage(vit.model, vit.loader, vit.class_names)
    whole = one.scene(layer="blocks.2.attention").layers
    asked = one.scene(at=(20, 41)).layers
    changed = {
        layer.group
        for (layer, before), (_, now) in zip(whole, asked, strict=True)
        if (before.overall != now.overall).any()
    }
    assert changed == {"attention"}


def test_an_interrupt_leaves_the_layers_of_before_and_says_so(stage):
    one = stage()
    page = one.page(LayersPage)
    page.render(one.scene())

    def interrupted():
        raise KeyboardInterrupt

    one.session.known.model.counter.before = lambda: None
    scene = one.scene(sample=2)
    one.session.known.model.counter.before = interrupted
    with pytest.raises(KeyboardInterrupt):
        page.render(scene)
    one.session.known.model.counter.before = lambda: None
    assert text(page.line) == messages.STRIP_OF_BEFORE
    assert is_shown(page.strip.root)
    page.render(scene)
    assert text(page.line) == messages.STRIP


# --- code and files


def test_the_code_stands_in_a_field_and_the_pictures_name_beside_the_button_that_saves_it(stage):
    one = stage()
    page = one.page(CodePage)
    scene = one.scene(layer="conv1")
    page.render(scene)
    assert "readonly" in page.code.value
    assert scene.code.replace("'", "&#x27;") in page.code.value
    assert text(page.called) == "as cat_0_conv1_channel-mean.png"
    one.sent.clear()
    page.save.click()
    assert actions(one.sent) == [("save_picture",)]
    page.render(one.scene(layer="fc"))
    assert (text(page.about), is_shown(page.code)) == (messages.NO_CODE, False)


# --- all of them


def tabs(panel):
    return next(widget for widget in every_widget(panel.explorer) if isinstance(widget, ToggleButtons))


def test_a_page_that_opens_changes_nothing(opened):
    panel = opened(layer="conv2")
    tabs(panel).value = CodePage.name
    panel.top_k = MOST_CHANNELS + 5  # of which the control can only show MOST_CHANNELS
    for title in [page.name for page in PAGES]:
        tabs(panel).value = title
        assert panel.top_k == MOST_CHANNELS + 5
    assert panel.message == ""


def test_a_class_that_is_set_by_its_name_is_shown_as_the_class_that_is_offered(opened):
    panel = opened(class_names=NAMES, method="grad-cam")
    panel.target, panel.compare = Contrast("dog", "cat"), "ship"
    assert (panel.value("Target"), panel.value("Rather than"), panel.value("Compare with")) == (1, 0, 2)
    assert panel.offers("Compare with").count("ship") == 0
    assert (panel.target, panel.compare) == (Contrast("dog", "cat"), "ship")
