"""Wardkey's policy engine: AWS-IAM-style policies read, decided on and explained, with no service, clock or network.

    from policy import PolicySet, Request, compile_policies, parse, parse_principal

    engine = compile_policies(PolicySet(identity=(parse(text),)))
    engine.decide(Request(principal=parse_principal("arn:aws:iam::111122223333:role/App"), action="kms:ListKeys"))

Reading: `parse` gives a `PolicyDocument` or raises `PolicyError`; `to_json` and `to_text` print one.
Asking: a `Request` has a principal (`parse_principal`), an action, a resource (`Arn.parse`) and a `RequestContext`.
Deciding: `compile_policies` prepares a `PolicySet` once and decides many requests; `compile_document` and `combine` do
so for sets that share documents; `decide` is the definition of it all, for one request. Each gives a `Decision`.
Explaining: `explain_decision` says of every statement why it applied or did not; `explain_text` and `explain_json`
print that.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from policy.diagnostics import Diagnostic, PolicyError
    from policy.evaluate.compiled import CompiledPolicies, combine, compile_policies
    from policy.evaluate.compiled_document import CompiledDocument, compile_document
    from policy.evaluate.compiled_grants import CompiledGrants, compile_grants
    from policy.evaluate.decision import Decision, Determining, Outcome
    from policy.evaluate.reference import decide
    from policy.explain.explain import explain as explain_decision
    from policy.explain.explanation import Explanation
    from policy.explain.text import explain_json, explain_text
    from policy.model.arn import Arn
    from policy.model.document import Effect, PolicyDocument, Statement
    from policy.model.grant import Grant
    from policy.model.policies import Layer, OrganizationLevel, PolicySet
    from policy.model.principal import Principal, parse_principal
    from policy.model.reading import parse
    from policy.model.request import Request, RequestContext
    from policy.model.writing import to_json, to_text

__all__ = [
    "Arn",
    "CompiledDocument",
    "CompiledGrants",
    "CompiledPolicies",
    "Decision",
    "Determining",
    "Diagnostic",
    "Effect",
    "Explanation",
    "Grant",
    "Layer",
    "OrganizationLevel",
    "Outcome",
    "PolicyDocument",
    "PolicyError",
    "PolicySet",
    "Principal",
    "Request",
    "RequestContext",
    "Statement",
    "combine",
    "compile_document",
    "compile_grants",
    "compile_policies",
    "decide",
    "explain_decision",
    "explain_json",
    "explain_text",
    "parse",
    "parse_principal",
    "to_json",
    "to_text",
]

_HOMES = {
    "policy.diagnostics": ("Diagnostic", "PolicyError"),
    "policy.evaluate.compiled": ("CompiledPolicies", "combine", "compile_policies"),
    "policy.evaluate.compiled_document": ("CompiledDocument", "compile_document"),
    "policy.evaluate.compiled_grants": ("CompiledGrants", "compile_grants"),
    "policy.evaluate.decision": ("Decision", "Determining", "Outcome"),
    "policy.evaluate.reference": ("decide",),
    "policy.explain.explain": ("explain_decision",),
    "policy.explain.explanation": ("Explanation",),
    "policy.explain.text": ("explain_json", "explain_text"),
    "policy.model.arn": ("Arn",),
    "policy.model.document": ("Effect", "PolicyDocument", "Statement"),
    "policy.model.grant": ("Grant",),
    "policy.model.policies": ("Layer", "OrganizationLevel", "PolicySet"),
    "policy.model.principal": ("Principal", "parse_principal"),
    "policy.model.reading": ("parse",),
    "policy.model.request": ("Request", "RequestContext"),
    "policy.model.writing": ("to_json", "to_text"),
}
# `policy.explain` is a package already.
_RENAMED = {"explain_decision": "explain"}
_HOME_OF = {name: module for module, names in _HOMES.items() for name in names}


def __getattr__(name: str) -> Any:
    """Import a public name when it is first asked for: every command imports this package, and few need all of it."""
    if name not in _HOME_OF:
        raise AttributeError(f"module `policy` has no attribute `{name}`")
    value = getattr(import_module(_HOME_OF[name]), _RENAMED.get(name, name))
    globals()[name] = value
    return value
