"""The error for requests that make no sense."""


class Refusal(ValueError):
    """What is asked for makes no sense for this model, layer or sample; the message says why and what to do."""
