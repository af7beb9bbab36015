"""`policy simulate`: requests tried on policies from files, on an account, or as AWS's own simulator takes them."""

import json
import sys
from collections.abc import Mapping
from typing import Any

import click

from policy.cli.completion import ACTION, FILE
from policy.cli.context import read_context
from policy.cli.files import UNUSABLE, print_text
from policy.cli.policies import PolicyFiles
from policy.cli.worlds import split_key_policy, world_options
from policy.explain.text import explain_json, explain_text
from policy.model.arn import Arn
from policy.model.policies import PolicySet
from policy.model.principal import Principal, account_of, parse_principal
from policy.model.reading import PolicyKind
from policy.model.request import Request, RequestContext
from policy.simulate.context import with_following
from policy.simulate.documents import resource_kind
from policy.simulate.members import read_action
from policy.simulate.world import try_request

DENIED = 1

# AWS's documentation uses this account and this key for its examples.
_EXAMPLE_ACCOUNT = "111122223333"
_EXAMPLE_KEY = "key/1234abcd-12ab-34cd-56ef-1234567890ab"


@click.command("simulate")
@world_options
@click.option("--resource-policy", type=FILE, help="The policy of a resource that is no key.")
@click.option(
    "--identity-policy",
    multiple=True,
    type=FILE,
    help="An identity-based policy of the caller.",
)
@click.option("--session-policy", multiple=True, type=FILE, help="A session policy.")
@click.option(
    "--permissions-boundary",
    multiple=True,
    type=FILE,
    help="The caller's permissions boundary.",
)
@click.option("--endpoint-policy", multiple=True, type=FILE, help="A VPC endpoint policy.")
@click.option("--principal", metavar="ARN", help="Who calls: an ARN, an account id, a service, or ANONYMOUS.")
@click.option("--action", type=ACTION, help="What is called, such as kms:Decrypt.")
@click.option("--resource", metavar="ARN", help="The resource, `*` for none; with --key-policy an example key.")
@click.option("--resource-account", metavar="ID", help="The account of the resource, if its ARN does not say.")
@click.option("--context", multiple=True, metavar="KEY=VALUE", help="A condition key; twice for two values.")
@click.option(
    "--requests",
    type=FILE,
    help="A table of requests: CSV or a JSON object a line; `-` is stdin.",
)
@click.option("--matrix", is_flag=True, help="Decide every principal, action and key of the account.")
@click.option(
    "--actions",
    metavar="LIST",
    help="Of the matrix: names, patterns and @administration, @usage, @grants, with commas between them.",
)
@click.option("--principals", multiple=True, metavar="GLOB", help="Of the matrix: role/app-*, user/*, an ARN …")
@click.option("--explain", is_flag=True, help="Print the reason of every decision of a matrix or table.")
@click.option(
    "--cli-input-json",
    type=FILE,
    help="The input of AWS's simulate-custom-policy; answers likewise.",
)
@click.option(
    "--output", type=click.Choice(["text", "json", "csv", "html"]), default="text", show_default=True, help="The form."
)
def command(**options: Any) -> None:
    """Decide a request, and say why.

    Policies are files in IAM JSON or in the text form; options for policies and --context may be given several times.
    Condition keys that follow from the request (aws:PrincipalArn, kms:EncryptionContextKeys and others) are added to
    those given. A table (--requests) brings its policies along and is answered line by line; its context is complete.

    With --account the identities are those of the account, and a table has only requests. What the account's file does
    not hold is said in warnings.

    \b
    Examples:
      policy simulate --key-policy key.json --principal arn:aws:iam::111122223333:role/Web --action kms:Decrypt
      policy simulate --account account.json --key-policy files.json --principal role/Web --action kms:Decrypt \\
          --resource files
      policy simulate --account account.json --key-policy files.json --matrix --actions @usage --output html

    Exit status: 0 if the request is allowed, 1 if it is denied, 2 if something cannot be used; for a table or a matrix
    0 or 2.
    """
    sys.exit(_run(options))


def _run(options: Mapping[str, Any]) -> int:
    if options["cli_input_json"] is not None:
        from policy.cli.simulate_custom import simulate_custom

        return simulate_custom(options)
    if options["account"]:
        from policy.cli.simulate_account import simulate_account

        return simulate_account(options)
    for name in ("matrix", "actions", "principals"):
        if options[name]:
            raise click.UsageError(f"'--{name}' needs '--account'.")
    if options["requests"] is None:
        return _one(options)
    from policy.cli.simulate_table import answer_table

    return answer_table(options)


def _one(options: Mapping[str, Any]) -> int:
    key, key_policy = _key_policy(options)
    request = _request(options, key)
    files = PolicyFiles()
    policies = _policies(options, key_policy, files, request)
    if files.has_faults:
        return UNUSABLE
    trial = try_request(request, policies)
    if options["output"] == "json":
        print_text(json.dumps(explain_json(trial.explanation), indent=2) + "\n")
    elif options["output"] == "text":
        print_text(explain_text(trial.explanation) + "\n")
    else:
        raise click.UsageError(f"'--output {options['output']}' is for a matrix or a table of requests.")
    return 0 if trial.decision.is_allowed else DENIED


def _key_policy(options: Mapping[str, Any]) -> tuple[Arn | None, str | None]:
    given = options["key_policy"]
    if len(given) > 1:
        raise click.UsageError("Several '--key-policy' need '--account'.")
    return split_key_policy(given[0]) if given else (None, None)


def _request(options: Mapping[str, Any], key: Arn | None) -> Request:
    """The request that the options ask about.

    Raises:
        click.UsageError: an option is missing or makes no sense.
    """
    for name in ("principal", "action"):
        if options[name] is None:
            raise click.UsageError(f"Missing option '--{name}' (or '--requests' for a table).")
    try:
        principal, action = parse_principal(options["principal"]), read_action(options["action"])
        resource = _resource(options, principal, key)
        owner = options["resource_account"] or (resource.account if resource else None)
        context = with_following(read_context(options["context"]), principal, action, owner=owner)
        return Request(
            principal=principal,
            action=action,
            resource=resource,
            resource_account=options["resource_account"],
            context=RequestContext(context),
        )
    except ValueError as error:
        raise click.UsageError(str(error)) from None


def _resource(options: Mapping[str, Any], principal: Principal, key: Arn | None) -> Arn | None:
    given: str | None = options["resource"]
    if given == "*":
        return None
    if given is not None:
        return Arn.parse(given)
    if key is not None or not options["key_policy"]:
        return key
    account = account_of(principal) or _EXAMPLE_ACCOUNT
    return Arn(getattr(principal, "partition", "aws"), "kms", "us-east-1", account, _EXAMPLE_KEY)


def _policies(
    options: Mapping[str, Any], key_policy_file: str | None, files: PolicyFiles, request: Request
) -> PolicySet:
    if key_policy_file is not None and options["resource_policy"] is not None:
        raise click.UsageError("'--key-policy' and '--resource-policy' cannot stand together.")
    key_policy = files.read_one(key_policy_file, PolicyKind.KEY)
    return PolicySet(
        resource=key_policy or files.read_one(options["resource_policy"], resource_kind(request.resource)),
        identity=files.read_all(options["identity_policy"], PolicyKind.IDENTITY),
        session=files.read_all(options["session_policy"], PolicyKind.IDENTITY),
        permissions_boundary=files.read_all(options["permissions_boundary"], PolicyKind.IDENTITY),
        service_control=files.read_levels(options["scp"]),
        resource_control=files.read_levels(options["rcp"]),
        vpc_endpoint=files.read_all(options["endpoint_policy"], PolicyKind.ENDPOINT),
        grants=tuple(grant for path in options["grants"] for grant in files.read_grants(path)),
    )
