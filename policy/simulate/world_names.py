"""The members of a world by the names that people give them: ARNs, ids, aliases, `role/App`, and patterns of these."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from policy.model.arn import Arn
from policy.model.pattern import Wildcard
from policy.model.principal import Principal, parse_principal
from policy.simulate.members import InputError
from policy.simulate.world import Identity, Key, World
from policy.syntax.faults import clip, did_you_mean


@dataclass(frozen=True, slots=True)
class WorldNames:
    """Looks names up in a world."""

    world: World

    def principal(self, name: str) -> Principal:
        """Who is meant: `role/App`, `user/Alice`, a bare name that only one has, or what `parse_principal` reads.

        An instance profile is its role.

        Raises:
            InputError: nobody is, or several are.
        """
        profiles = self.world.instance_profiles
        roles = {role for profile, role in profiles.items() if name in (profile, short_name(profile))}
        if len(roles) == 1:
            return parse_principal(roles.pop())
        found = [each for each in self.world.identities if name in _names_of(each)]
        if len(found) == 1:
            return found[0].principal
        if found:
            kinds = ", ".join(f"`{each.principal.arn}`" for each in found)
            raise InputError(f"`{clip(name)}` is the name of {len(found)} principals: {kinds}")
        try:
            return parse_principal(name)
        except ValueError as error:
            known = [each for identity in self.world.identities for each in _names_of(identity)]
            hint = did_you_mean(name, known)
            raise InputError(f"{error}{f'; {hint}' if hint else ''}") from None

    def resource(self, name: str) -> Arn:
        """Which key is meant: its ARN, its key id, an alias; or any resource, by its ARN.

        Raises:
            InputError: there is no such key, and it is no ARN.
        """
        found = [key.arn for key in self.world.keys if name in _names_of_key(key)]
        if len(found) == 1:
            return found[0]
        if found:
            raise InputError(f"`{clip(name)}` is the name of {len(found)} keys; write the ARN")
        try:
            return Arn.parse(name)
        except ValueError as error:
            known = [each for key in self.world.keys for each in _names_of_key(key)]
            hint = did_you_mean(name, known)
            raise InputError(f"there is no key `{clip(name)}`; {hint}" if hint else str(error)) from None

    def key(self, name: str) -> Key:
        """A key whose policy is known.

        Raises:
            InputError: there is none of the name.
        """
        key = self.world.key(self.resource(name))
        if key is None:
            raise InputError(f"the key policy of `{clip(name, 200)}` is not known: give it with --key-policy ARN=FILE")
        return key

    def principals(self, patterns: Iterable[str]) -> tuple[Principal, ...]:
        """The users and roles of which a pattern is; all, if there are no patterns.

        Raises:
            InputError: nobody is of a pattern.
        """
        found: dict[Principal, None] = {}
        for pattern in tuple(patterns) or ("*",):
            matches = Wildcard.compile(pattern).matches
            of_pattern = [each.principal for each in self.world.identities if any(map(matches, _names_of(each)))]
            if not of_pattern:
                raise InputError(f"no user or role is of the pattern `{clip(pattern)}`")
            found.update(dict.fromkeys(of_pattern))
        return tuple(found)


def short_name(principal_arn: str) -> str:
    """`role/service/App` of `arn:aws:iam::111122223333:role/service/App`; other names as they are."""
    return principal_arn.split(":", 5)[5] if principal_arn.count(":") >= 5 else principal_arn


def _names_of(identity: Identity) -> Iterator[str]:
    arn = identity.principal.arn
    kind = short_name(arn).partition("/")[0]
    yield from dict.fromkeys((arn, short_name(arn), f"{kind}/{identity.name}", identity.name))


def _names_of_key(key: Key) -> Iterator[str]:
    yield str(key.arn)
    yield key.arn.resource.removeprefix("key/")
    yield from key.aliases
    yield from (alias.removeprefix("alias/") for alias in key.aliases)
