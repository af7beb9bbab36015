"""`policy simulate --account`: one request, a table of requests, or the matrix, on the identities of an account."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

import click

from policy.cli.context import read_context
from policy.cli.decisions_output import Answer, write_answers
from policy.cli.files import UNUSABLE, UnreadableError, print_text, read_source, report_unreadable
from policy.cli.matrix_output import write_matrix
from policy.cli.progress import with_progress
from policy.cli.worlds import WorldFiles
from policy.evaluate.decision import Decision
from policy.explain.explain import explain
from policy.explain.text import explain_json, explain_text
from policy.model.document import PolicyDocument
from policy.model.policies import OrganizationLevel, PolicySet
from policy.model.reading import PolicyKind, locate
from policy.simulate.compiled_world import CompiledWorld
from policy.simulate.key_actions import key_actions
from policy.simulate.matrix import Matrix
from policy.simulate.members import InputError, read_action
from policy.simulate.request_table import Asked, Unasked, read_requests
from policy.simulate.world import World
from policy.simulate.world_names import WorldNames
from policy.syntax.reading import without_mark

DENIED = 1

_ALL_ACTIONS = "@administration,@usage,@grants"

# What an account's file holds already, or what only a single request can have.
_NEVER = ("resource_policy", "identity_policy", "permissions_boundary", "resource_account")


def simulate_account(options: Mapping[str, Any]) -> int:
    """Do what the options ask; the exit status."""
    for name in _NEVER:
        if options[name]:
            raise click.UsageError(f"'--{name.replace('_', '-')}' cannot stand beside '--account'.")
    files = WorldFiles()
    world = files.read_world(options)
    endpoint = files.policies.read_all(options["endpoint_policy"], PolicyKind.ENDPOINT)
    session = files.policies.read_all(options["session_policy"], PolicyKind.IDENTITY)
    if files.has_faults:
        return UNUSABLE
    world = replace(world, vpc_endpoint=endpoint)
    try:
        if options["matrix"]:
            return _matrix(options, world, files.warnings)
        if options["requests"] is not None:
            return _table(options, world)
        return _one(options, world, session)
    except InputError as error:
        raise click.UsageError(str(error)) from None


def _one(options: Mapping[str, Any], world: World, session: tuple[PolicyDocument, ...]) -> int:
    for name in ("principal", "action"):
        if options[name] is None:
            raise click.UsageError(f"Missing option '--{name}' (or '--requests' for a table, or '--matrix').")
    names = WorldNames(world)
    principal, action = names.principal(options["principal"]), read_action(options["action"])
    if session:
        world = replace(world, session_policies={getattr(principal, "arn", ""): session})
    given = options["resource"]
    if given is None and len(world.keys) == 1:
        given = str(world.keys[0].arn)
    if given is None and world.keys:
        raise click.UsageError("Missing option '--resource': which of the keys?")
    resource = None if given in (None, "*") else names.resource(given)
    request = world.request(principal, action, resource, _context(options))
    policies = _located(world.policies_for(request))
    decision = CompiledWorld(world).compile(policies).decide(request)
    explanation = explain(request, policies, decision)
    if options["output"] == "json":
        print_text(json.dumps(explain_json(explanation), indent=2) + "\n")
    elif options["output"] == "text":
        print_text(explain_text(explanation) + "\n")
    else:
        raise click.UsageError(f"'--output {options['output']}' is for a matrix or a table of requests.")
    return 0 if decision.is_allowed else DENIED


def _table(options: Mapping[str, Any], world: World) -> int:
    path = options["requests"]
    for name in ("principal", "action", "resource", "session_policy"):
        if options[name]:
            raise click.UsageError(f"'--{name.replace('_', '-')}' cannot stand beside '--requests'.")
    try:
        content = without_mark(read_source(path)).text
    except UnreadableError as error:
        report_unreadable(path, error)
        return UNUSABLE
    asked = list(read_requests(content, WorldNames(world)))
    unasked = [each for each in asked if isinstance(each, Unasked)]
    for each in unasked:
        click.echo(f"error[requests]: `{path}`:{each.line}: {each.reason}", err=True)
    requests = [each for each in asked if isinstance(each, Asked)]
    answers = _answers(requests, world, _context(options))
    write_answers(with_progress(answers, length=len(requests), label="Deciding"), options)
    return UNUSABLE if unasked else 0


def _answers(requests: list[Asked], world: World, context: Mapping[str, tuple[str, ...]]) -> Iterator[Answer]:
    compiled = CompiledWorld(world)
    for asked in requests:
        own = {key.lower() for key in asked.context}
        given = {key: values for key, values in context.items() if key.lower() not in own}
        request = world.request(asked.principal, asked.action, asked.resource, {**given, **asked.context})
        policies = world.policies_for(request)
        decision: Decision = compiled.compile(policies).decide(request)
        yield Answer(id=asked.id, request=request, policies=policies, decision=decision)


def _matrix(options: Mapping[str, Any], world: World, warnings: list[str]) -> int:
    for name in ("principal", "action", "requests", "session_policy"):
        if options[name]:
            raise click.UsageError(f"'--{name.replace('_', '-')}' cannot stand beside '--matrix'.")
    names = WorldNames(world)
    keys = [names.key(options["resource"]).arn] if options["resource"] else [key.arn for key in world.keys]
    if not keys:
        raise click.UsageError("'--matrix' needs at least one '--key-policy'.")
    matrix = Matrix(
        world=world,
        principals=names.principals(options["principals"]),
        actions=key_actions((options["actions"] or _ALL_ACTIONS).split(",")),
        keys=keys,
        context=_context(options),
    )
    rows = with_progress(matrix.rows(), length=len(matrix.principals) * len(keys), label="Deciding")
    write_matrix(matrix, rows, warnings, options)
    return 0


def _context(options: Mapping[str, Any]) -> dict[str, tuple[str, ...]]:
    try:
        return read_context(options["context"])
    except ValueError as error:
        raise click.UsageError(str(error)) from None


def _located(policies: PolicySet) -> PolicySet:
    """The policies with the positions of their statements, for snippets."""

    def levels(given: tuple[OrganizationLevel, ...]) -> tuple[OrganizationLevel, ...]:
        return tuple(replace(level, policies=tuple(map(locate, level.policies))) for level in given)

    return replace(
        policies,
        identity=tuple(map(locate, policies.identity)),
        permissions_boundary=tuple(map(locate, policies.permissions_boundary)),
        session=tuple(map(locate, policies.session)),
        vpc_endpoint=tuple(map(locate, policies.vpc_endpoint)),
        service_control=levels(policies.service_control),
        resource_control=levels(policies.resource_control),
    )
