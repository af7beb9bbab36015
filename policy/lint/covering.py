"""Whether one statement, or one pattern, says all that another says; sure answers only."""

from collections.abc import Callable, Iterator
from functools import lru_cache

from policy.lint.subject import StatementFacts, TextSet
from policy.model.pattern import Wildcard


def pattern_covers(wider: str, narrower: str) -> bool:
    """Whether all that is of one pattern is of the other. A `?` says too little for a sure answer."""
    if wider in (narrower, "*"):
        return True
    if wider.find("*") == len(wider) - 1 and "?" not in wider:
        return narrower.startswith(wider[:-1])
    # The narrower one's `*` is taken for a character, which nothing but a `*` of the wider one takes.
    return "?" not in wider and "*" in wider and _matcher(wider)(narrower)


@lru_cache(maxsize=1024)
def _matcher(pattern: str) -> Callable[[str], bool]:
    return Wildcard.compile(pattern).matches


_MOST_WIDE = 500  # patterns of one list that are held against all others of it: more than a sound policy has


def redundant(texts: list[str], *, wildcards: bool = True) -> Iterator[tuple[int, int]]:
    """The positions of texts that others of the list cover, each with the other's; of equal ones the first stays."""
    # Lists without a wildcard and without repetition, the most of them, are done with at a glance.
    if len(set(texts)) == len(texts) and not (wildcards and any("*" in text for text in texts)):
        return
    wide = [(index, text) for index, text in enumerate(texts) if "*" in text][:_MOST_WIDE] if wildcards else []
    # A look at the beginnings rules nearly all texts out; a pattern is probed without its own last literal character.
    beginnings = tuple({text.partition("*")[0] for _, text in wide})
    first: dict[str, int] = {}
    for index, text in enumerate(texts):
        if text in first:
            yield index, first[text]
            continue
        first[text] = index
        probe = text[:-2] if text.endswith("*") else text
        if probe.startswith(beginnings):
            other = next((at for at, wider in wide if wider != text and pattern_covers(wider, text)), None)
            if other is not None:
                yield index, other


def covers(wider: StatementFacts, narrower: StatementFacts) -> bool:
    """Whether one statement applies to every request that the other applies to."""
    # The cheapest questions first: most pairs of statements differ in their principals.
    return (
        _principals_cover(wider, narrower)
        and _conditions_cover(wider, narrower)
        and not (wider.is_partial or narrower.is_partial)
        and _values_cover(wider.action_texts, narrower.action_texts)
        and _values_cover(wider.resource_texts, narrower.resource_texts)
    )


def _conditions_cover(wider: StatementFacts, narrower: StatementFacts) -> bool:
    return not wider.conditions or (
        wider.keys <= narrower.keys and set(wider.statement.conditions) <= set(narrower.statement.conditions)
    )


def _values_cover(wider: TextSet, narrower: TextSet) -> bool:
    if not wider.texts or not narrower.texts:
        return not wider.texts and not narrower.texts
    if wider.negated or narrower.negated:
        return wider.negated is narrower.negated and wider.texts == narrower.texts
    # Nearly every pair is told apart by the first text, and by its beginning.
    for text in narrower.texts - wider.texts:
        if not text.startswith(wider.beginnings) or not any(pattern_covers(each, text) for each in wider.patterns):
            return False
    return True


def _principals_cover(wider: StatementFacts, narrower: StatementFacts) -> bool:
    if not wider.principals or not narrower.principals:
        return not wider.principals and not narrower.principals
    if wider.principals[0].negated or narrower.principals[0].negated:
        return wider.statement.principals == narrower.statement.principals
    # An Allow for everyone is more limited by other layers than one that names a user. [IAM User Guide, "Policy
    # evaluation logic"]
    if wider.is_open and (not wider.is_allow or narrower.is_open):
        return True
    return narrower.identities <= wider.identities
