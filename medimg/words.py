"""How counts are written for people, wherever a sentence holds one."""


def plural(amount: int, noun: str) -> str:
    """A count and its noun, with a comma between thousands.

    >>> plural(1, "patient"), plural(1200, "image")
    ('1 patient', '1,200 images')
    """
    return f"{amount:,} {noun}{'s' * (amount != 1)}"
