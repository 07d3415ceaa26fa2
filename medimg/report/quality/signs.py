"""Signs of verdicts: a shape and a letter each, so that they are told apart without colour and in print."""

from functools import lru_cache

from markupsafe import Markup

from medimg.report.quality.words import Words

SHAPES = {
    "pass": '<circle cx="9" cy="9" r="8"/>',
    "warn": '<path d="M9 .5L17.7 16.8H.3z"/>',
    "borderline": '<path d="M9 .5L17.7 16.8H.3z"/>',
    "fail": '<rect x="1" y="1" width="16" height="16"/>',
    "review": '<path d="M9 0l9 9l-9 9l-9-9z"/>',
    "unevaluable": '<path d="M9 0l9 9l-9 9l-9-9z"/>',
    "not_applicable": '<circle class="open" cx="9" cy="9" r="7.5"/>',
}
ORDER = ("fail", "review", "borderline", "warn", "pass", "unevaluable", "not_applicable")


@lru_cache(maxsize=64)
def sign(verdict: str, words: Words, told: bool = True) -> Markup:
    """The sign of a verdict, with its word behind it where `told`, else for screen readers only."""
    word, letter = words(verdict), words(f"letter_{verdict}")
    drawn = Markup('<span class="sign {}"><svg viewBox="0 0 18 18" aria-hidden="true">{}<text x="9" y="{}">{}</text></svg>').format(
        verdict, Markup(SHAPES[verdict]), 15 if verdict in ("warn", "borderline") else 13, letter
    )
    return drawn + Markup("{}</span>" if told else '<span class="hidden">{}</span></span>').format(word)


def signs(words: Words) -> list[Markup]:
    """The key of all signs."""
    return [sign(verdict, words) for verdict in ORDER]
