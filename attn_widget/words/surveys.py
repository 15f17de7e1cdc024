"""What is said of surveys."""

NOTHING_SURVEYED = "No sample has been surveyed yet."


def cannot_go_on(why: str) -> str:
    return f"The survey cannot go on: {why} Begin a new one."


def always_failed(error: Exception) -> str:
    return f"None of the first samples could be surveyed. The first error, {type(error).__name__}: {error}"
