"""The names of a scenario: what is declared under them, and what the lines of its tests mean by them."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from policy.model.arn import Arn
from policy.model.principal import Anonymous, Principal, ServicePrincipal, parse_principal
from policy.scenario.line import Name, Pairs, Subject
from policy.simulate.members import read_action
from policy.syntax.faults import Faults, clip, did_you_mean

# Actions on the alias itself; for all others it stands for its key. [K "Controlling access to aliases"]
_ALIAS_ACTIONS = frozenset({"kms:createalias", "kms:deletealias", "kms:updatealias"})


@dataclass(frozen=True, slots=True)
class Alias:
    """An alias: its own ARN, and that of its key."""

    arn: Arn
    key: Arn

    @property
    def name(self) -> str:
        """The name, with `alias/`."""
        return self.arn.resource


@dataclass(frozen=True, slots=True)
class Target:
    """What a request is about. `alias` is the alias that the request names it by."""

    resource: Arn | None
    alias: Alias | None = None


@dataclass(slots=True)
class Names:
    """Principals by kind and name, keys and aliases by name."""

    faults: Faults
    principals: dict[tuple[str, str], list[Principal]] = field(default_factory=dict)
    keys: dict[str, Arn] = field(default_factory=dict)
    aliases: dict[str, Alias] = field(default_factory=dict)

    def declare(self, kind: str, name: Name, principal: Principal) -> None:
        """Give a principal its name; accounts may each have one of the same name."""
        known = self.principals.setdefault((kind, name.text), [])
        if principal in known:
            self.faults.add("scenario-name", name.span, f"the {kind} `{clip(name.text)}` is declared twice")
        known.append(principal)

    def principal(self, subject: Subject) -> Principal | None:
        """The principal that a line means; None if that is a fault."""
        match subject.kind:
            case "anonymous":
                return Anonymous()
            case "service":
                return ServicePrincipal(name=subject.name.text)
            case "root":
                return self._parsed(subject.name)
            case None:
                found = [
                    each for (_, name), all_ in self.principals.items() if name == subject.name.text for each in all_
                ]
                return self._only(subject.name, found) if found else self._parsed(subject.name)
            case kind:
                found = self.principals.get((kind, subject.name.text), [])
                if found:
                    return self._only(subject.name, found)
                self._unknown(subject.name, kind, kind)
                return None

    def target(self, name: Name, action: str) -> Target | None:
        """What a request is about: a key, an alias, an ARN, or `*` for no resource; None if that is a fault."""
        if name.text == "*":
            return Target(None)
        if name.text in self.keys:
            return Target(self.keys[name.text])
        alias = self.aliases.get(name.text) or self.aliases.get(f"alias/{name.text}")
        if alias is not None:
            return Target(alias.arn) if action.lower() in _ALIAS_ACTIONS else Target(alias.key, alias)
        if name.text.startswith("arn:"):
            return self._arn(name)
        self._fault(name, f"there is no key or alias `{clip(name.text)}`", [*self.keys, *self.aliases])
        return None

    def action(self, name: Name) -> str | None:
        """An action; None if that is a fault."""
        try:
            return read_action(name.text)
        except ValueError as error:
            self.faults.add("scenario-action", name.span, str(error))
            return None

    def context(self, where: Pairs) -> Mapping[str, tuple[str, ...]]:
        """The condition keys that a line gives."""
        context: dict[str, tuple[str, ...]] = {}
        for key, values in where:
            if key.text.lower() in {known.lower() for known in context}:
                self.faults.add("scenario-context", key.span, f"the condition key `{clip(key.text)}` is given twice")
            context[key.text] = tuple(value.text for value in values)
        return context

    def _arn(self, name: Name) -> Target | None:
        try:
            return Target(Arn.parse(name.text))
        except ValueError as error:
            self.faults.add("scenario-name", name.span, str(error))
            return None

    def _parsed(self, name: Name) -> Principal | None:
        try:
            return parse_principal(name.text)
        except ValueError:
            self._unknown(name, "principal")
            return None

    def _only(self, name: Name, found: list[Principal]) -> Principal | None:
        if len(found) == 1:
            return found[0]
        self.faults.add(
            "scenario-name",
            name.span,
            f"`{clip(name.text)}` is the name of {len(found)} principals",
            hint="write its kind before it, or its ARN",
        )
        return None

    def _unknown(self, name: Name, what: str, kind: str | None = None) -> None:
        known = [declared for of_kind, declared in self.principals if kind in (None, of_kind)]
        self._fault(name, f"there is no {what} `{clip(name.text)}`", known)

    def _fault(self, name: Name, message: str, known: Iterable[str]) -> None:
        hint = did_you_mean(name.text, known) or "declare it above, or write its ARN"
        self.faults.add("scenario-name", name.span, message, hint=hint)
