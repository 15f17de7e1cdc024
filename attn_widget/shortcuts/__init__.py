"""Which small region is enough to make a model see a class: cue transplants, beside their controls."""
