"""`policy simulate`: one request tried on policies from files, or a table of requests that brings its policies."""

import json
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import click

from policy.cli.files import STDIN, UNUSABLE, UnreadableError, print_text, report_unreadable
from policy.cli.policies import PolicyFiles
from policy.explain.text import explain_json, explain_text
from policy.model.arn import Arn
from policy.model.policies import PolicySet
from policy.model.principal import Principal, account_of, parse_principal
from policy.model.reading import PolicyKind
from policy.model.request import Request, RequestContext
from policy.simulate.context import with_following
from policy.simulate.documents import resource_kind
from policy.simulate.members import read_action
from policy.simulate.table import Table
from policy.simulate.world import try_request

DENIED = 1

# AWS's documentation uses this account and this key for its examples.
_EXAMPLE_ACCOUNT = "111122223333"
_EXAMPLE_KEY = "key/1234abcd-12ab-34cd-56ef-1234567890ab"


@click.command("simulate")
@click.option("--key-policy", metavar="FILE", help="The key's policy.")
@click.option("--resource-policy", metavar="FILE", help="The policy of a resource that is no key.")
@click.option("--identity-policy", multiple=True, metavar="FILE", help="An identity-based policy of the caller.")
@click.option("--session-policy", multiple=True, metavar="FILE", help="A session policy.")
@click.option("--permissions-boundary", multiple=True, metavar="FILE", help="The caller's permissions boundary.")
@click.option("--scp", multiple=True, metavar="FILE", help="A service control policy, one for each level.")
@click.option("--rcp", multiple=True, metavar="FILE", help="A resource control policy, one for each level.")
@click.option("--endpoint-policy", multiple=True, metavar="FILE", help="A VPC endpoint policy.")
@click.option("--grants", metavar="FILE", help="The key's grants: the JSON that ListGrants answers.")
@click.option("--principal", metavar="ARN", help="Who calls: an ARN, an account id, a service, or ANONYMOUS.")
@click.option("--action", metavar="ACTION", help="What is called, such as kms:Decrypt.")
@click.option("--resource", metavar="ARN", help="The resource, `*` for none; with --key-policy an example key.")
@click.option("--resource-account", metavar="ID", help="The account of the resource, if its ARN does not say.")
@click.option("--context", multiple=True, metavar="KEY=VALUE", help="A condition key; twice for two values.")
@click.option("--requests", metavar="FILE", help="A table of requests, a JSON object a line; `-` is standard input.")
@click.option("--output", type=click.Choice(["text", "json"]), default="text", show_default=True)
def command(**options: Any) -> None:
    """Decide a request, and say why.

    Policies are files in IAM JSON or in the text form; options for policies and --context may be given several times.
    Condition keys that follow from the request (aws:PrincipalArn, kms:EncryptionContextKeys and others) are added to
    those given. A table (--requests) brings its policies along and is answered line by line; its context is complete.

    Exit status: 0 if the request is allowed, 1 if it is denied, 2 if something cannot be used; for a table 0 or 2.
    """
    sys.exit(_one(options) if options["requests"] is None else _table(options))


def _one(options: Mapping[str, Any]) -> int:
    request = _request(options)
    files = PolicyFiles()
    policies = _policies(options, files, request)
    if files.has_faults:
        return UNUSABLE
    trial = try_request(request, policies)
    if options["output"] == "json":
        print_text(json.dumps(explain_json(trial.explanation), indent=2) + "\n")
    else:
        print_text(explain_text(trial.explanation) + "\n")
    return 0 if trial.decision.is_allowed else DENIED


def _request(options: Mapping[str, Any]) -> Request:
    """The request that the options ask about.

    Raises:
        click.UsageError: an option is missing or makes no sense.
    """
    for name in ("principal", "action"):
        if options[name] is None:
            raise click.UsageError(f"Missing option '--{name}' (or '--requests' for a table).")
    try:
        principal, action = parse_principal(options["principal"]), read_action(options["action"])
        resource = _resource(options, principal)
        owner = options["resource_account"] or (resource.account if resource else None)
        context = with_following(_context(options["context"]), principal, action, owner=owner)
        return Request(
            principal=principal,
            action=action,
            resource=resource,
            resource_account=options["resource_account"],
            context=RequestContext(context),
        )
    except ValueError as error:
        raise click.UsageError(str(error)) from None


def _resource(options: Mapping[str, Any], principal: Principal) -> Arn | None:
    given: str | None = options["resource"]
    if given == "*":
        return None
    if given is not None:
        return Arn.parse(given)
    if options["key_policy"] is None:
        return None
    account = account_of(principal) or _EXAMPLE_ACCOUNT
    return Arn(getattr(principal, "partition", "aws"), "kms", "us-east-1", account, _EXAMPLE_KEY)


def _context(given: tuple[str, ...]) -> dict[str, tuple[str, ...]]:
    """KEY=VALUE options; the values of one key, whatever its case, belong together."""
    context: dict[str, tuple[str, ...]] = {}
    spelling: dict[str, str] = {}
    for option in given:
        key, equals, value = option.partition("=")
        if not (key.strip() and equals):
            raise ValueError(f"`{option}` is no condition key with its value, expected KEY=VALUE")
        name = spelling.setdefault(key.strip().lower(), key.strip())
        context[name] = (*context.get(name, ()), value)
    return context


def _policies(options: Mapping[str, Any], files: PolicyFiles, request: Request) -> PolicySet:
    if options["key_policy"] is not None and options["resource_policy"] is not None:
        raise click.UsageError("'--key-policy' and '--resource-policy' cannot stand together.")
    key_policy = files.read_one(options["key_policy"], PolicyKind.KEY)
    return PolicySet(
        resource=key_policy or files.read_one(options["resource_policy"], resource_kind(request.resource)),
        identity=files.read_all(options["identity_policy"], PolicyKind.IDENTITY),
        session=files.read_all(options["session_policy"], PolicyKind.IDENTITY),
        permissions_boundary=files.read_all(options["permissions_boundary"], PolicyKind.IDENTITY),
        service_control=files.read_levels(options["scp"]),
        resource_control=files.read_levels(options["rcp"]),
        vpc_endpoint=files.read_all(options["endpoint_policy"], PolicyKind.RESOURCE),
        grants=files.read_grants(options["grants"]),
    )


def _table(options: Mapping[str, Any]) -> int:
    """Answer a table as it is read: a line's answer is out before the next line is waited for."""
    beside = [name for name, value in options.items() if value and name not in {"requests", "output"}]
    if beside:
        raise click.UsageError(
            f"'--requests' brings everything along: '--{beside[0].replace('_', '-')}' cannot stand beside it."
        )
    table, path = Table(), options["requests"]
    try:
        with sys.stdin.buffer if path == STDIN else Path(path).open("rb") as lines:
            for answer in table.answers(lines):
                sys.stdout.write(json.dumps(answer) + "\n")
                sys.stdout.flush()
    except BrokenPipeError:
        # Whoever reads the answers has seen enough.
        sys.stderr.close()
        return UNUSABLE
    except (OSError, ValueError) as error:
        report_unreadable(path, UnreadableError(f"cannot be read: {getattr(error, 'strerror', None) or error}"))
        return UNUSABLE
    return UNUSABLE if table.has_faults else 0
