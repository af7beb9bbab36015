"""Policy sets and requests for Hypothesis. The pools are small and full of near-misses, so that much almost matches."""

from dataclasses import replace
from typing import TypeVar

from hypothesis import strategies as st

from policy.catalogue.operators import Operator, Qualifier
from policy.model.arn import Arn
from policy.model.document import (
    Condition,
    Effect,
    Patterns,
    PolicyDocument,
    PrincipalEntry,
    PrincipalKind,
    Principals,
    Statement,
    Version,
)
from policy.model.grant import Grant
from policy.model.policies import OrganizationLevel, PolicySet
from policy.model.principal import RoleSession, parse_principal
from policy.model.request import Request, RequestContext

HOME, AWAY = "111122223333", "111122223334"
KEY_ID = "1234abcd-12ab-34cd-56ef-1234567890ab"
KEY = f"arn:aws:kms:eu-central-1:{HOME}:key/{KEY_ID}"

CALLERS = (
    f"arn:aws:iam::{HOME}:root",
    f"arn:aws-cn:iam::{HOME}:root",
    AWAY,
    f"arn:aws:iam::{HOME}:user/Alice",
    f"arn:aws:iam::{HOME}:user/alice",
    f"arn:aws:iam::{HOME}:user/division/Alice",
    f"arn:aws:iam::{AWAY}:user/Alice",
    f"arn:aws:iam::{HOME}:role/App",
    f"arn:aws:iam::{HOME}:role/service/App",
    f"arn:aws:iam::{HOME}:role/Ap",
    f"arn:aws:iam::{HOME}:role/aws-service-role/ec2.amazonaws.com/AWSServiceRoleForEC2",
    f"arn:aws:sts::{HOME}:assumed-role/App/i-1",
    f"arn:aws:sts::{HOME}:assumed-role/App/i-12",
    f"arn:aws:sts::{HOME}:assumed-role/app/i-1",
    f"arn:aws:sts::{AWAY}:assumed-role/App/i-1",
    f"arn:aws:sts::{HOME}:assumed-role/AWSServiceRoleForEC2/i-1",
    f"arn:aws-cn:sts::{HOME}:assumed-role/App/i-1",
    f"arn:aws:sts::{HOME}:federated-user/Alice",
    f"arn:aws:iam::{HOME}:saml-provider/Corp",
    "ec2.amazonaws.com",
    "ec2.amazonaws.com.cn",
    "accounts.google.com",
    "ANONYMOUS",
)

# Some callers are drawn more often: most policies below name them.
USUAL_CALLERS = (
    f"arn:aws:sts::{HOME}:assumed-role/App/i-1",
    f"arn:aws:iam::{HOME}:role/App",
    f"arn:aws:iam::{HOME}:user/Alice",
    f"arn:aws:sts::{AWAY}:assumed-role/App/i-1",
    f"arn:aws:sts::{HOME}:federated-user/Alice",
    f"arn:aws:iam::{HOME}:root",
)

NAMED = (
    *CALLERS,
    HOME,
    f"arn:aws:iam::{AWAY}:root",
    f"arn:aws:iam::{AWAY}:role/App",
    f"arn:aws:iam::{HOME}:role/*",
    f"arn:aws:iam::{HOME}:group/App",
    "*",
    "AIDACKCEVSQ6C2EXAMPLE",
    "",
)

ACTIONS = (
    "kms:Decrypt",
    "KMS:decrypt",
    "kms:DescribeKey",
    "kms:Describe",
    "kms:RetireGrant",
    "kms:CreateGrant",
    "kmss:Decrypt",
    "s3:GetObject",
    "sts:AssumeRole",
    "sts:GetCallerIdentity",
    "STS:getcalleridentity",
)

ACTION_PATTERNS = (
    "*",
    "**",
    "kms:*",
    "KMS:DE*",
    "kms:De?rypt",
    "kms:Describe*",
    "kms:*Key",
    "k*:De?rypt",
    "*:Decrypt",
    "kms",
    "kms*",
    "",
    "?",
    "sts:*",
)

RESOURCES = (
    KEY,
    KEY[:-1],
    KEY.replace("eu-central-1", "us-east-1"),
    KEY.replace(HOME, AWAY),
    f"arn:aws:kms:eu-central-1:{HOME}:alias/app",
    f"arn:aws:iam::{HOME}:role/App",
    f"arn:aws:iam::{AWAY}:role/service/App",
    "arn:aws:s3:::bucket/Alice/file",
    "arn:aws:s3:::bucket/${aws:username}/file",
)

RESOURCE_PATTERNS = (
    "*",
    "**",
    "?",
    "",
    "arn:*",
    "arn:aws:kms:*",
    f"arn:aws:kms:*:{HOME}:key/*",
    f"arn:aws:kms:*:{HOME}:key/{KEY_ID}",
    f"arn:aws:kms:eu-central-1:{HOME}:key/1234*",
    f"arn:aws:kms:eu-central-1:{HOME}:key/*90ab",
    f"arn:aws:kms:*:{HOME}:key/?{KEY_ID[1:]}",
    f"arn:aws:kms:eu-central-1:{HOME}:key/????abcd-*",
    f"arn:aws:kms:eu-central-1:{HOME}:*",
    "arn:aws:kms:*:*:key/${aws:PrincipalTag/key}",
    "arn:aws:s3:::bucket/${aws:username}/*",
    "arn:aws:s3:::bucket/${aws:username, 'Alice'}/file",
    "arn:aws:s3:::bucket/${$}{aws:username}/file",
    "arn:aws:s3:::bucket/${*}/file",
    "arn:aws:s3:::bucket/${aws:username",
    "arn:aws:iam::*:role/*App",
    KEY.upper(),
)

CONTEXT_KEYS = (
    "aws:username",
    "AWS:UserName",
    "aws:PrincipalTag/key",
    "kms:EncryptionContext:app",
    "kms:EncryptionContext:App2",
    "kms:EncryptionContextKeys",
    "aws:SourceIp",
    "aws:SourceArn",
    "aws:MultiFactorAuthPresent",
    "aws:CurrentTime",
)

CONTEXT_VALUES = (
    "Alice",
    "alice",
    "web",
    "app",
    "*",
    "",
    KEY_ID,
    "true",
    "7",
    "7.0",
    "10.1.2.3",
    "2001:db8::1",
    "2026-01-01T00:00:00Z",
    "1767225600",
    KEY,
    "d2Vi",
)

POLICY_VALUES = (
    *CONTEXT_VALUES,
    "A*",
    "?pp",
    "${aws:username}",
    "${aws:username, 'web'}",
    "${*}",
    "10.0.0.0/8",
    "2001:db8::/32",
    f"arn:aws:kms:*:{HOME}:key/*",
    "arn:aws:kms:*:*:key/${aws:PrincipalTag/key}",
    "false",
)

SIMPLE_OPERATORS = (Operator.STRING_EQUALS, Operator.STRING_NOT_EQUALS, Operator.STRING_LIKE, Operator.NULL)

effects = st.sampled_from((Effect.ALLOW, Effect.ALLOW, Effect.ALLOW, Effect.DENY))
versions = st.sampled_from((Version.CURRENT, Version.CURRENT, Version.OLD))


Drawn = TypeVar("Drawn")


def mostly(
    usual: st.SearchStrategy[Drawn], other: st.SearchStrategy[Drawn], one_in: int = 4
) -> st.SearchStrategy[Drawn]:
    """The usual, and the other one time in so many. (`one_of` counts a strategy that is given twice as one.)"""
    return st.sampled_from((False,) * (one_in - 1) + (True,)).flatmap(lambda is_other: other if is_other else usual)


def patterns(*values: str) -> st.SearchStrategy[Patterns]:
    """An element with one to three of the values, seldom in its Not form."""
    negated = mostly(st.just(False), st.just(True), 8)
    return st.builds(
        Patterns, values=st.lists(st.sampled_from(values), min_size=1, max_size=3).map(tuple), negated=negated
    )


def _with_path(caller, path):
    return replace(caller, role_path=path) if isinstance(caller, RoleSession) else caller


# Of some sessions the role's path is known.
callers = st.builds(
    _with_path,
    st.sampled_from((*CALLERS, *USUAL_CALLERS * 4)).map(parse_principal),
    st.sampled_from((None, None, "", "service/")),
)

entries = mostly(
    st.builds(PrincipalEntry, st.just(PrincipalKind.AWS), st.sampled_from((*USUAL_CALLERS, HOME, HOME, "*"))),
    st.builds(PrincipalEntry, st.sampled_from(PrincipalKind), st.sampled_from(NAMED)),
)

# What NotPrincipal with Deny must list to spare the usual session.
SPARING = tuple(
    PrincipalEntry(PrincipalKind.AWS, value)
    for value in (HOME, f"arn:aws:iam::{HOME}:role/App", f"arn:aws:sts::{HOME}:assumed-role/App/i-1")
)

principals = mostly(
    st.builds(Principals, entries=st.lists(entries, min_size=1, max_size=3).map(tuple)),
    st.one_of(
        st.builds(Principals, entries=st.lists(entries, max_size=4).map(tuple), negated=st.booleans()),
        st.builds(Principals, entries=st.permutations(SPARING).map(tuple), negated=st.just(True)),
    ),
)

conditions = st.builds(
    Condition,
    operator=mostly(st.sampled_from(SIMPLE_OPERATORS), st.sampled_from(Operator), 2),
    key=st.sampled_from(CONTEXT_KEYS),
    values=st.lists(st.sampled_from(POLICY_VALUES), max_size=3).map(tuple),
    qualifier=st.sampled_from((None, None, *Qualifier)),
    if_exists=st.booleans(),
)

actions = mostly(patterns("kms:*", "*", "kms:Decrypt"), patterns(*ACTION_PATTERNS, *ACTIONS), 3)
resources = mostly(patterns("*", KEY), patterns(*RESOURCE_PATTERNS, *RESOURCES), 3)
no_conditions: st.SearchStrategy[tuple[Condition, ...]] = st.just(())
some_conditions = mostly(no_conditions, st.lists(conditions, max_size=2).map(tuple), 3)

plain_statements = st.builds(
    Statement,
    effect=effects,
    actions=mostly(actions, st.none(), 16),
    resources=mostly(resources, st.none(), 16),
    conditions=some_conditions,
)
resource_statements = st.builds(
    Statement,
    effect=effects,
    principals=mostly(principals, st.none(), 16),
    actions=mostly(actions, st.none(), 16),
    resources=mostly(resources, st.none(), 8),
    conditions=some_conditions,
)


def documents(statements: st.SearchStrategy[Statement], most: int = 4) -> st.SearchStrategy[PolicyDocument]:
    """Documents of up to so many of the statements."""
    return st.builds(PolicyDocument, version=versions, statements=st.lists(statements, max_size=most).map(tuple))


def seldom(layer: st.SearchStrategy[PolicyDocument]) -> st.SearchStrategy[tuple[PolicyDocument, ...]]:
    """A layer that mostly is not there."""
    absent: st.SearchStrategy[tuple[PolicyDocument, ...]] = st.just(())
    return mostly(absent, st.lists(layer, min_size=1, max_size=2).map(tuple))


allow_all = st.just(
    PolicyDocument(
        statements=(Statement(effect=Effect.ALLOW, actions=Patterns(values=("*",)), resources=Patterns(values=("*",))),)
    )
)
limits = mostly(allow_all, documents(plain_statements, 2), 2)
guarded_limits = mostly(limits, documents(resource_statements, 2))


def levels(layer: st.SearchStrategy[PolicyDocument]) -> st.SearchStrategy[tuple[OrganizationLevel, ...]]:
    """An organisation of up to two levels, mostly none."""
    some = st.lists(layer, min_size=1, max_size=2).map(tuple)
    level = st.builds(OrganizationLevel, org=st.just("Root"), policies=mostly(some, st.just(()), 8))
    absent: st.SearchStrategy[tuple[OrganizationLevel, ...]] = st.just(())
    return mostly(absent, st.lists(level, min_size=1, max_size=2).map(tuple), 5)


encryption_contexts = st.dictionaries(st.sampled_from(("app", "App2")), st.sampled_from(("web", "Alice")), max_size=2)

grants = st.builds(
    Grant,
    grant_id=st.sampled_from(("a", "b")),
    key_id=st.sampled_from((KEY, KEY_ID, KEY_ID, RESOURCES[2])),
    grantee_principal=st.sampled_from((*NAMED[:-1], *USUAL_CALLERS, f"arn:aws:iam::{HOME}:role/App", HOME, None)),
    retiring_principal=st.sampled_from((None, None, *USUAL_CALLERS)),
    grantee_service_principal=st.sampled_from((None, None, "ec2.amazonaws.com")),
    retiring_service_principal=st.sampled_from((None, None, "ec2.amazonaws.com")),
    issuing_account=st.sampled_from((None, HOME, AWAY, f"arn:aws:iam::{HOME}:root")),
    operations=st.frozensets(st.sampled_from(("Decrypt", "DescribeKey", "RetireGrant", "CreateGrant")), max_size=3),
    encryption_context_equals=mostly(st.none(), encryption_contexts),
    encryption_context_subset=mostly(st.none(), encryption_contexts),
    source_arn=st.sampled_from((None, None, None, KEY)),
)

policy_sets = st.builds(
    PolicySet,
    identity=mostly(st.lists(documents(plain_statements), min_size=1, max_size=2).map(tuple), st.just(())),
    resource=mostly(documents(resource_statements), st.none(), 6),
    session=seldom(limits),
    permissions_boundary=seldom(limits),
    service_control=levels(limits),
    resource_control=levels(guarded_limits),
    vpc_endpoint=seldom(guarded_limits),
    grants=mostly(st.just(()), st.lists(grants, min_size=1, max_size=3).map(tuple), 3),
)


def _context(items: dict[str, tuple[str, ...]]) -> RequestContext:
    given = {key.lower(): (key, values) for key, values in items.items()}
    return RequestContext(dict(given.values()))


contexts = st.dictionaries(
    st.sampled_from(CONTEXT_KEYS),
    st.one_of(
        st.sampled_from(CONTEXT_VALUES).map(lambda value: (value,)),
        st.lists(st.sampled_from(CONTEXT_VALUES), max_size=2).map(tuple),
    ),
    max_size=4,
).map(_context)

requests = st.builds(
    Request,
    principal=callers,
    action=mostly(st.just("kms:Decrypt"), st.sampled_from(ACTIONS), 2),
    resource=mostly(st.just(Arn.parse(KEY)), st.sampled_from((None, *map(Arn.parse, RESOURCES))), 2),
    resource_account=st.sampled_from((None, None, None, HOME, AWAY)),
    context=contexts,
    exact_encryption_context=mostly(st.none(), encryption_contexts),
)

# --- situations: policies and what is asked of them -------------------------------------------------------------------

Situation = tuple[PolicySet, list[tuple[Request, list[RequestContext]]]]
"""A set of policies, and requests, each with further contexts in which the same is asked again."""


def situations_of(
    sets: st.SearchStrategy[PolicySet], asked: st.SearchStrategy[Request]
) -> st.SearchStrategy[Situation]:
    """Sets of policies with up to two requests."""
    questions = st.lists(st.tuples(asked, st.lists(contexts, max_size=2)), min_size=1, max_size=2)
    return st.tuples(sets, questions)


SESSION = parse_principal(f"arn:aws:sts::{HOME}:assumed-role/App/i-1")

# Some rules meet only when several things come together, which chance alone seldom brings about.
grant_situations = situations_of(
    st.builds(
        PolicySet,
        identity=mostly(
            st.lists(allow_all, max_size=1).map(tuple), st.lists(documents(plain_statements), max_size=1).map(tuple)
        ),
        permissions_boundary=seldom(documents(plain_statements, 1)),
        session=seldom(documents(plain_statements, 1)),
        grants=st.lists(grants, min_size=1, max_size=3).map(tuple),
    ),
    st.builds(
        Request,
        principal=callers,
        action=st.sampled_from(("kms:Decrypt", "kms:DescribeKey", "kms:RetireGrant", "kms:CreateGrant")),
        resource=st.just(Arn.parse(KEY)),
        resource_account=st.sampled_from((None, None, AWAY)),
        context=contexts,
        exact_encryption_context=mostly(st.none(), encryption_contexts, 2),
    ),
)

sparing_documents = st.builds(
    lambda effect, listed, document: PolicyDocument(
        statements=(
            Statement(
                effect=effect,
                principals=Principals(entries=tuple(listed), negated=True),
                actions=Patterns(values=("*",)),
                resources=Patterns(values=("*",)),
            ),
            *document.statements,
        )
    ),
    effects,
    st.permutations(SPARING),
    documents(resource_statements, 1),
)
sparing_situations = situations_of(
    st.builds(
        PolicySet,
        identity=st.lists(allow_all, max_size=1).map(tuple),
        resource=sparing_documents,
        permissions_boundary=st.lists(limits, max_size=1).map(tuple),
        session=st.lists(limits, max_size=1).map(tuple),
    ),
    st.builds(
        Request,
        principal=mostly(st.just(SESSION), callers),
        action=st.just("kms:Decrypt"),
        resource=st.just(Arn.parse(KEY)),
    ),
)

situations = mostly(situations_of(policy_sets, requests), st.one_of(grant_situations, sparing_situations), 3)
