"""From an expectation to a check: its names resolved, its circumstances made condition keys, its reasons known."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from policy.model.document import PolicyDocument
from policy.model.policies import Layer
from policy.operators.date import parse_date
from policy.operators.ip import parse_address
from policy.scenario.line import Expectation, Name
from policy.scenario.model import KEY_POLICY, Check
from policy.scenario.names import Names
from policy.simulate.world import World
from policy.syntax.faults import Faults, clip, did_you_mean

# "aws:CurrentTime", "aws:EpochTime", "aws:SourceIp" (IAM User Guide, "AWS global condition context keys").
_CURRENT_TIME, _EPOCH_TIME, _SOURCE_IP = "aws:CurrentTime", "aws:EpochTime", "aws:SourceIp"


@dataclass(frozen=True, slots=True)
class CheckBuilder:
    """Builds the checks of a scenario whose world is complete."""

    names: Names
    reasons: frozenset[str]
    faults: Faults

    def check(self, line: Expectation) -> Iterator[Check]:
        """The check of a line, unless a name in it is a fault."""
        principal, action = self.names.principal(line.subject), self.names.action(line.action)
        target = self.names.target(line.target, line.action.text)
        context = {**self.names.context(line.where), **self._circumstances(line)}
        self._check_reasons(line)
        if principal is None or action is None or target is None:
            return
        if target.alias is not None:
            context.setdefault("kms:RequestAlias", (target.alias.name,))
        yield Check(
            outcome=line.outcome,
            principal=principal,
            action=action,
            resource=target.resource,
            context=context,
            because=tuple(reason.text for reason in line.because),
            source=self.faults.source,
            span=line.span,
        )

    def _circumstances(self, line: Expectation) -> Mapping[str, tuple[str, ...]]:
        """The keys that `at` and `from` give."""
        found: dict[str, tuple[str, ...]] = {}
        if line.at is not None:
            instant = parse_date(line.at.text)
            if instant is None:
                self._fault(line.at, f"`{clip(line.at.text)}` is no time, expected one such as 2026-01-01T00:00:00Z")
            else:
                found |= {_CURRENT_TIME: (line.at.text,), _EPOCH_TIME: (str(instant[0]),)}
        if line.source_ip is not None:
            if parse_address(line.source_ip.text) is None:
                self._fault(line.source_ip, f"`{clip(line.source_ip.text)}` is no IP address")
            found[_SOURCE_IP] = (line.source_ip.text,)
        given = {key.text.lower() for key, _ in line.where}
        for key in found:
            if key.lower() in given:
                self.faults.add("scenario-context", line.span, f"the condition key `{key}` is given twice")
        return {key: values for key, values in found.items() if key.lower() not in given}

    def _check_reasons(self, line: Expectation) -> None:
        for reason in line.because:
            if reason.text not in self.reasons:
                hint = did_you_mean(reason.text, self.reasons) or "write the Sid of a statement, or the layer"
                self._fault(reason, f"no statement of this scenario has the Sid `{clip(reason.text)}`", hint)

    def _fault(self, name: Name, message: str, hint: str | None = None) -> None:
        self.faults.add("scenario-expectation", name.span, message, hint=hint)


def reasons_in(world: World) -> frozenset[str]:
    """Every reason that a decision in the world can have: Sids, grants, and the layers."""
    documents = list(_documents(world))
    sids = {statement.sid for document in documents for statement in document.statements if statement.sid}
    grants = {f"grant {grant.grant_id}" for key in world.keys for grant in key.grants}
    return frozenset({*sids, *grants, *map(str, Layer), KEY_POLICY})


def _documents(world: World) -> Iterator[PolicyDocument]:
    for identity in world.identities:
        yield from (*identity.policies, *identity.boundary)
        if identity.trust is not None:
            yield identity.trust
    yield from (key.policy for key in world.keys)
    for account in world.accounts:
        for level in (*account.service_control, *account.resource_control):
            yield from level.policies
    for documents in world.session_policies.values():
        yield from documents
    yield from world.vpc_endpoint
