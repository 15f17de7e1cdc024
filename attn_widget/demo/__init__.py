"""The demo: two small networks, pictures that were held out from their training, and the class names."""

from attn_widget.demo.pretrained import FILES, FOLDER, HELD_OUT_COUNT, HELD_OUT_SEED, Demo, load

__all__ = ["FILES", "FOLDER", "HELD_OUT_COUNT", "HELD_OUT_SEED", "Demo", "load"]
