"""Whether one statement, or one pattern, says all that another says; sure answers only."""

from collections.abc import Callable, Iterator
from functools import lru_cache

from policy.lint.subject import StatementFacts, TextValue
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


def redundant(texts: list[str], *, wildcards: bool = True) -> Iterator[tuple[int, int]]:
    """The positions of texts that others of the list cover, each with the other's; of equal ones the first stays."""
    # Lists without a wildcard and without repetition, the most of them, are done with at a glance.
    if len(set(texts)) == len(texts) and not (wildcards and any("*" in text for text in texts)):
        return
    wide = [(index, text) for index, text in enumerate(texts) if "*" in text] if wildcards else []
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
        and _values_cover(wider.resources, narrower.resources)
        and _values_cover(wider.actions, narrower.actions, fold=True)
    )


def _conditions_cover(wider: StatementFacts, narrower: StatementFacts) -> bool:
    conditions = wider.statement.conditions
    return not conditions or set(conditions) <= set(narrower.statement.conditions)


def _values_cover(wider: tuple[TextValue, ...], narrower: tuple[TextValue, ...], *, fold: bool = False) -> bool:
    if not wider or not narrower:
        return not wider and not narrower
    texts = [value.text.lower() if fold else value.text for value in wider]
    others = [value.text.lower() if fold else value.text for value in narrower]
    if wider[0].negated or narrower[0].negated:
        return wider[0].negated is narrower[0].negated and set(texts) == set(others)
    return all(any(pattern_covers(text, other) for text in texts) for other in others)


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
