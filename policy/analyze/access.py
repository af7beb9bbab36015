"""What is found out about one principal and one key: by which paths it can do which actions, on what conditions."""

from dataclasses import dataclass
from enum import StrEnum

from policy.explain.sentence import caller_name
from policy.model.principal import Anonymous, Principal


class PathKind(StrEnum):
    """How an allow comes about."""

    KEY_POLICY = "key policy"
    """The key policy names the principal, or everyone."""
    IAM = "IAM policy"
    """An identity-based policy, to which the key policy leaves it."""
    BOTH = "key policy and IAM policy"
    """Across accounts both must allow."""
    GRANT = "grant"
    ROOT = "root user"


@dataclass(frozen=True, slots=True, kw_only=True)
class Path:
    """One way to an allow: the statements or the grant, and what must hold for it."""

    kind: PathKind
    by: tuple[str, ...]
    when: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Access:
    """One principal that can do some actions on a key, all in the same way.

    One of the paths is enough. `when` must hold besides, whichever it is; if one of `unless` holds, it is denied.
    """

    principal: Principal
    actions: tuple[str, ...]
    paths: tuple[Path, ...]
    is_certain: bool
    when: tuple[str, ...] = ()
    unless: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()

    @property
    def name(self) -> str:
        """The principal's ARN or name; `everyone else` for whoever is not of this world."""
        return "everyone else" if isinstance(self.principal, Anonymous) else caller_name(self.principal)
