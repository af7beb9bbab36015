"""From the lines of a scenario to its world: names are resolved, policies are read, and every fault is recorded."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field, replace

from policy.diagnostics import Diagnostic
from policy.explain.sentence import caller_name
from policy.model.arn import Arn
from policy.model.document import PolicyDocument
from policy.model.grant import Grant
from policy.model.policies import OrganizationLevel
from policy.model.principal import Role, RoleSession, ServicePrincipal, User
from policy.model.reading import PolicyKind
from policy.scenario.checks import CheckBuilder, reasons_in
from policy.scenario.declarations import Declared, check_declaration
from policy.scenario.library import Library
from policy.scenario.line import Declaration, Expectation, GrantLine, Line, Name, Title
from policy.scenario.model import Scenario
from policy.scenario.names import Alias, Names
from policy.simulate.world import Account, Identity, Key, World
from policy.syntax.faults import Faults, clip

# Where a scenario's keys live; nothing depends on the Region but what a policy says of it.
_REGION = "us-east-1"


@dataclass(slots=True)
class Built:
    """The scenarios of a source; the diagnostics are those of the policies that they name, not of the source itself."""

    scenarios: list[Scenario] = field(default_factory=list)
    diagnostics: list[Diagnostic] = field(default_factory=list)


def build(title: str, lines: Iterable[Line], library: Library, faults: Faults) -> Built:
    """Build the scenarios of a source; each `scenario` line opens a new one, `title` is for lines above the first."""
    built = Built()
    for own_title, own in _by_title(title, lines):
        builder = _Builder(library, faults, built.diagnostics)
        built.scenarios.append(builder.scenario(own_title, own))
    return built


def _by_title(title: str, lines: Iterable[Line]) -> Iterator[tuple[str, list[Line]]]:
    own: list[Line] = []
    for line in lines:
        if not isinstance(line, Title):
            own.append(line)
            continue
        if own:
            yield title, own
        title, own = line.name.text, []
    if own:
        yield title, own


class _Builder:
    """One scenario as it grows."""

    def __init__(self, library: Library, faults: Faults, diagnostics: list[Diagnostic]) -> None:
        self._library = library
        self._faults = faults
        self._diagnostics = diagnostics
        self._names = Names(faults)
        self._accounts: dict[str, Account] = {}
        self._groups: dict[str, tuple[PolicyDocument, ...]] = {}
        self._identities: list[Identity] = []
        self._keys: dict[Arn, Key] = {}
        self._sessions: dict[str, tuple[PolicyDocument, ...]] = {}
        self._endpoint: tuple[PolicyDocument, ...] = ()

    def scenario(self, title: str, lines: list[Line]) -> Scenario:
        """Build what is declared, then the grants, then the checks."""
        declared = list(self._declared(lines))
        # An instance needs its role, a user its groups, wherever they stand.
        stages: dict[str, Callable[[Declared, str], None]] = {
            "account": self._account,
            "group": self._group,
            "endpoint": self._endpoint_policies,
            "key": self._key,
            "role": self._role,
            "user": self._user,
            "service": self._service,
            "alias": self._alias,
            "instance": self._session,
            "session": self._session,
        }
        for stage, add in stages.items():
            for account, declaration in declared:
                if declaration.kind == stage:
                    add(declaration, account)
        for line in lines:
            if isinstance(line, GrantLine):
                self._grant(line)
        world = self._world()
        builder = CheckBuilder(self._names, reasons_in(world), self._faults)
        checks = tuple(check for line in lines if isinstance(line, Expectation) for check in builder.check(line))
        return Scenario(title=title, world=world, checks=checks)

    def _world(self) -> World:
        return World(
            accounts=tuple(self._accounts.values()),
            identities=tuple(self._identities),
            keys=tuple(self._keys.values()),
            session_policies=self._sessions,
            vpc_endpoint=self._endpoint,
        )

    def _declared(self, lines: Iterable[Line]) -> Iterator[tuple[str, Declared]]:
        """The declarations in order, each with its account: the last one declared above it."""
        account = ""
        for line in lines:
            declared = check_declaration(line, self._faults) if isinstance(line, Declaration) else None
            if declared is None:
                continue
            if declared.kind == "account":
                account = declared.name.text
            elif not account and declared.kind in {"key", "alias", "role", "user"}:
                message = f"no account is declared above `{clip(declared.name.text)}`"
                self._faults.add("scenario-account", declared.name.span, message, hint="write `account ID` above it")
            yield account, declared

    # --- declarations -------------------------------------------------------------------------------------------------

    def _account(self, declared: Declared, id_: str) -> None:
        if not (id_.isascii() and id_.isdigit() and len(id_) == 12):
            message = f"`{clip(id_)}` is no account id, expected 12 digits"
            self._faults.add("scenario-account", declared.name.span, message)
        service, resource = (tuple(self._levels(declared.values(clause))) for clause in ("scp", "rcp"))
        self._accounts[id_] = Account(id=id_, service_control=service, resource_control=resource)

    def _levels(self, names: Iterable[Name]) -> Iterator[OrganizationLevel]:
        for name in names:
            yield OrganizationLevel(org=name.text, policies=self._policies([name], PolicyKind.CONTROL))

    def _group(self, declared: Declared, _account: str) -> None:
        self._groups[declared.name.text] = self._policies(declared.values("policy"), PolicyKind.IDENTITY)

    def _endpoint_policies(self, declared: Declared, _account: str) -> None:
        self._endpoint = self._policies(declared.values("policy"), PolicyKind.RESOURCE)

    def _key(self, declared: Declared, account: str) -> None:
        name, given = declared.name, declared.value("arn")
        arn = Arn("aws", "kms", _REGION, account, f"key/{name.text}")
        if given is not None:
            try:
                arn = Arn.parse(given.text)
            except ValueError as error:
                self._faults.add("scenario-name", given.span, str(error))
        if name.text in self._names.keys:
            self._faults.add("scenario-name", name.span, f"the key `{clip(name.text)}` is declared twice")
        self._names.keys[name.text] = arn
        for document in self._policies(declared.values("policy"), PolicyKind.KEY):
            self._keys[arn] = Key(arn=arn, policy=document, facts=_facts(declared))

    def _role(self, declared: Declared, account: str) -> None:
        role = Role(account=account, path_and_name=_path(declared) + declared.name.text)
        trust = self._policies(declared.values("trust"), PolicyKind.TRUST)
        self._identity(declared, role, trust=trust[0] if trust else None)

    def _user(self, declared: Declared, account: str) -> None:
        user = User(account=account, path_and_name=_path(declared) + declared.name.text)
        groups: list[PolicyDocument] = []
        for group in declared.values("groups"):
            if group.text not in self._groups:
                self._faults.add("scenario-name", group.span, f"there is no group `{clip(group.text)}`")
            groups += self._groups.get(group.text, ())
        self._identity(declared, user, more=groups)

    def _identity(
        self,
        declared: Declared,
        principal: User | Role,
        *,
        more: Iterable[PolicyDocument] = (),
        trust: PolicyDocument | None = None,
    ) -> None:
        own = self._policies(declared.values("policy"), PolicyKind.IDENTITY)
        boundary = self._policies(declared.values("boundary"), PolicyKind.IDENTITY)
        self._names.declare(declared.kind, declared.name, principal)
        self._identities.append(
            Identity(
                principal=principal,
                policies=(*own, *more),
                boundary=boundary,
                trust=trust,
                tags=_tags(declared),
            )
        )

    def _service(self, declared: Declared, _account: str) -> None:
        self._names.declare("service", declared.name, ServicePrincipal(name=declared.name.text))

    def _alias(self, declared: Declared, account: str) -> None:
        key = declared.value("key")
        arn = self._names.keys.get(key.text) if key else None
        if key is None or arn is None:
            self._faults.add("scenario-name", (key or declared.name).span, "there is no such key")
            return
        name = f"alias/{declared.name.text.removeprefix('alias/')}"
        self._names.aliases[name] = Alias(arn=replace(arn, account=account, resource=name), key=arn)
        if arn in self._keys:
            self._keys[arn] = replace(self._keys[arn], aliases=(*self._keys[arn].aliases, name))

    def _session(self, declared: Declared, _account: str) -> None:
        """A session of a role; an instance is the session that bears its id."""
        role_name = declared.value("role")
        roles = self._names.principals.get(("role", role_name.text), []) if role_name else []
        if role_name is None or not roles:
            self._faults.add("scenario-name", (role_name or declared.name).span, "there is no such role")
            return
        role = roles[-1]
        if isinstance(role, Role):
            session = RoleSession(account=role.account, role_name=role.role_name, session_name=declared.name.text)
            self._names.declare(declared.kind, declared.name, session)
            self._sessions[session.arn] = self._policies(declared.values("policy"), PolicyKind.IDENTITY)

    # --- grants and checks --------------------------------------------------------------------------------------------

    def _grant(self, line: GrantLine) -> None:
        grantee, retiring = self._names.principal(line.grantee), line.retiring and self._names.principal(line.retiring)
        target = self._names.target(line.key, "kms:CreateGrant")
        key = self._keys.get(target.resource) if target and target.resource else None
        if grantee is None or key is None:
            return
        context = {name: values[0] for name, values in self._names.context(line.where).items()}
        is_service = isinstance(grantee, ServicePrincipal)
        grant = Grant(
            grant_id=f"{len(key.grants) + 1}",
            key_id=str(key.arn),
            grantee_principal=None if is_service else caller_name(grantee),
            grantee_service_principal=caller_name(grantee) if is_service else None,
            retiring_principal=caller_name(retiring) if retiring else None,
            issuing_account=key.arn.account,
            operations=frozenset(operation.text.removeprefix("kms:") for operation in line.operations),
            encryption_context_subset=context or None,
        )
        self._keys[key.arn] = replace(key, grants=(*key.grants, grant))

    def _policies(self, names: Iterable[Name], kind: PolicyKind) -> tuple[PolicyDocument, ...]:
        """The policies under these names; what is wrong with one is recorded, and it is left out."""
        documents = []
        for name in names:
            try:
                reading = self._library.read(name.text, kind)
            except (OSError, ValueError) as error:
                # A ValueError that is not about the encoding is about a name that no file can have.
                others = "it is not UTF-8" if isinstance(error, UnicodeDecodeError) else str(error)
                reason = error.strerror if isinstance(error, OSError) else others
                message = f"the policy `{clip(name.text)}` cannot be read: {reason}"
                self._faults.add(
                    "scenario-policy", name.span, message, hint="paths are relative to the scenario's file"
                )
                continue
            self._diagnostics += (each for each in reading.diagnostics if each not in self._diagnostics)
            if reading.document is not None:
                documents.append(reading.document)
        return tuple(documents)


def _path(declared: Declared) -> str:
    """`/service/` is written before the name as `service/`."""
    path = declared.value("path")
    text = path.text.strip("/") if path else ""
    return f"{text}/" if text else ""


def _tags(declared: Declared) -> dict[str, str]:
    return {name.text: values[0].text for name, values in declared.pairs.get("tags", ())}


def _facts(declared: Declared) -> dict[str, tuple[str, ...]]:
    """The condition keys that a key's tags and properties give to every request about it."""
    tags = {f"aws:ResourceTag/{name}": (value,) for name, value in _tags(declared).items()}
    return {
        **tags,
        **{name.text: tuple(value.text for value in values) for name, values in declared.pairs.get("where", ())},
    }
