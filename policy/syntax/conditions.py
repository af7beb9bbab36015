"""What both spellings hold a Condition block to: no entry twice, and operators that exist."""

from policy.catalogue.operators import IF_EXISTS, Operator, Qualifier
from policy.syntax.faults import Faults, clip, did_you_mean
from policy.syntax.tree import Entry


def refuse_repeated(entries: list[Entry], faults: Faults) -> None:
    """Record entries with the same operator, qualifier, IfExists and key: keys and operators are insensitive to case.

    Source: IAM Access Analyzer policy check reference, "Error: Duplicate keys with different case".
    """
    seen: set[tuple[Qualifier | None, Operator, bool, str]] = set()
    for entry in entries:
        identity = (entry.qualifier, entry.operator, entry.if_exists, entry.key.lower())
        if identity in seen:
            faults.add(
                "duplicate-condition",
                entry.span,
                f"`{clip(entry.key)}` stands twice under the same operator",
                hint="put the values into one list; keys and operators do not differ by case",
            )
        seen.add(identity)


def operator_help(name: str) -> str | None:
    """What an unknown operator name may have meant."""
    lowered = name.lower()
    if lowered.rpartition(":")[2] == "nullifexists":
        return "`Null` takes no `IfExists`: it is about existence already"
    prefix, colon, rest = name.rpartition(":")
    near_qualifier = did_you_mean(prefix, Qualifier) if colon and prefix.lower() not in _QUALIFIERS else None
    if near_qualifier:
        return near_qualifier
    suffix = IF_EXISTS if rest.lower().endswith("ifexists") else ""
    return did_you_mean(rest, (f"{operator}{suffix}" for operator in Operator))


_QUALIFIERS = frozenset(qualifier.lower() for qualifier in Qualifier)
