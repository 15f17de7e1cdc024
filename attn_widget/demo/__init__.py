"""The demo: networks, pictures that they were not trained on, and the class names."""

from attn_widget.demo.pretrained import FILES, FOLDER, HELD_OUT_COUNT, HELD_OUT_SEED, Demo, load

__all__ = ["FILES", "FOLDER", "HELD_OUT_COUNT", "HELD_OUT_SEED", "Demo", "load"]
