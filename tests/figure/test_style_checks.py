"""What a picture cannot be drawn with is refused in a sentence, and nothing is drawn."""

import pytest

from .making import explained

WRONG = [
    ({"alpha": 5}, "alpha must lie between 0 and 1, got 5"),
    ({"alpha": float("nan")}, "alpha must lie between 0 and 1, got nan"),
    ({"alpha": "a"}, "alpha must be a number from 0 to 1, got 'a'"),
    ({"cmap": "viridas"}, "cmap must be one of 'jet', .*got 'viridas'; did you mean 'viridis'?"),
    ({"view": "both"}, "view must be one of 'overlay', 'heatmap', 'raw', got 'both'"),
    ({"fade": 1}, "fade must be True or False, got 1"),
    ({"scale": "wide"}, "scale must be 'own', .*got 'wide'"),
]


@pytest.mark.parametrize(("given", "said"), WRONG, ids=str)
def test_a_wrong_argument_of_show_is_refused(given, said):
    with pytest.raises((TypeError, ValueError), match=said):
        explained().show(None, **given)


def test_any_colour_map_of_matplotlib_will_do():
    assert explained().show(None, cmap="twilight", alpha=1, view="raw").axes
