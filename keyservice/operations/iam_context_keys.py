"""GetContextKeysForCustomPolicy and GetContextKeysForPrincipalPolicy: what a simulation has to be told.

Source: IAM API Reference, the two operations.
"""

from keyservice.authorize.attached import policies_of
from keyservice.operations.iam_documents import attached_documents, given_documents
from keyservice.operations.iam_entities import entity, entity_target
from keyservice.operations.iam_results import ContextKeysOutput
from keyservice.operations.iam_shapes import GetContextKeysForCustomPolicyInput, GetContextKeysForPrincipalPolicyInput
from keyservice.operations.locate import account_target
from keyservice.operations.operation import Kind, Operation, Run
from policy.simulate.context_keys import context_keys

_HIDDEN = frozenset({"policy_input_list"})


def get_context_keys_for_custom_policy(
    run: Run,  # noqa: ARG001 - a row's
    given: GetContextKeysForCustomPolicyInput,
) -> ContextKeysOutput:
    """Tell the context keys that policies ask about."""
    documents = given_documents("PolicyInputList", given.policy_input_list)
    return ContextKeysOutput(context_key_names=context_keys(documents))


def get_context_keys_for_principal_policy(run: Run, given: GetContextKeysForPrincipalPolicyInput) -> ContextKeysOutput:
    """Tell the context keys that the policies of a user, group or role ask about, and more that the call brings."""
    own = policies_of(run.ports.store, entity(run, given.policy_source_arn))
    documents = (*attached_documents(own.policies), *given_documents("PolicyInputList", given.policy_input_list))
    return ContextKeysOutput(context_key_names=context_keys(documents))


GET_CONTEXT_KEYS_FOR_CUSTOM_POLICY = Operation(
    name="GetContextKeysForCustomPolicy",
    page="GetContextKeysForCustomPolicy",
    input=GetContextKeysForCustomPolicyInput,
    kind=Kind.READ,
    locate=lambda run, _: account_target(run, "iam:GetContextKeysForCustomPolicy"),
    answer=get_context_keys_for_custom_policy,
    is_analysis=True,
    redacted=_HIDDEN,
    service="iam",
)

GET_CONTEXT_KEYS_FOR_PRINCIPAL_POLICY = Operation(
    name="GetContextKeysForPrincipalPolicy",
    page="GetContextKeysForPrincipalPolicy",
    input=GetContextKeysForPrincipalPolicyInput,
    kind=Kind.READ,
    locate=lambda run, given: entity_target(run, "iam:GetContextKeysForPrincipalPolicy", given.policy_source_arn),
    answer=get_context_keys_for_principal_policy,
    is_analysis=True,
    redacted=_HIDDEN,
    service="iam",
)
