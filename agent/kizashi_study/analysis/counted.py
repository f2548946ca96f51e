"""Numbers of things, in words that agree."""


def counted(number: int, thing: str) -> str:
    """Such as "1 rater" and "3 raters"; the thing takes an s."""
    return f"{number} {thing}" if number == 1 else f"{number} {thing}s"
