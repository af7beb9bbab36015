"""No secret, plaintext, ciphertext or token reaches the trail, whatever a row forgets to say."""

from dataclasses import dataclass, field

import pytest

from keyservice.audit.redaction import NEVER_RECORDED, member_name, request_parameters


@pytest.mark.parametrize(
    ("spelled", "expected"),
    [
        ("KeyId", "keyId"),
        ("key_id", "keyId"),
        ("keyId", "keyId"),
        ("AWSAccountId", "AWSAccountId"),
        ("XksProxyUriPath", "xksProxyUriPath"),
        ("bypass_policy_lockout_safety_check", "bypassPolicyLockoutSafetyCheck"),
        ("SAMLAssertion", "sAMLAssertion"),
        ("Mac", "mac"),
    ],
)
def test_members_have_cloudtrails_spelling(spelled: str, expected: str) -> None:
    assert expected == member_name(spelled)


def test_the_encryption_context_is_shown_as_the_caller_wrote_it() -> None:
    given = {"EncryptionContext": {"Plaintext": "x", "KeyId": "y", "app_name": "z"}, "CiphertextBlob": b"secret"}
    assert {"encryptionContext": {"Plaintext": "x", "KeyId": "y", "app_name": "z"}} == request_parameters(given)


def test_the_example_of_a_grant_comes_out_as_in_the_developer_guide() -> None:
    given = {
        "KeyId": "arn",
        "Constraints": {"EncryptionContextSubset": {"ContextKey1": "Value1"}},
        "Operations": ["Encrypt", "RetireGrant"],
        "GranteePrincipal": "p",
        "GrantTokens": ["secret"],
    }
    assert {
        "keyId": "arn",
        "constraints": {"encryptionContextSubset": {"ContextKey1": "Value1"}},
        "operations": ["Encrypt", "RetireGrant"],
        "granteePrincipal": "p",
    } == request_parameters(given)


def wire(name: str) -> str:
    return name[:1].upper() + name[1:]


def snake(name: str) -> str:
    return "".join(f"_{letter.lower()}" if letter.isupper() else letter for letter in name)


@pytest.mark.parametrize("name", sorted(NEVER_RECORDED - {"sAMLAssertion"}))
def test_what_is_never_recorded_is_hidden_in_every_spelling_and_depth(name: str) -> None:
    for spelled in (name, wire(name), snake(name)):
        given = {spelled: "hunter2", "Inner": {spelled: "hunter2"}, "List": [{spelled: "hunter2"}], "KeyId": "k"}
        assert {"inner": {}, "list": [{}], "keyId": "k"} == request_parameters(given)


def test_what_a_row_redacts_is_hidden_in_every_spelling() -> None:
    assert {"b": 1} == request_parameters({"PolicyName": "x", "B": 1}, {"policy_name"})
    assert {"b": 1} == request_parameters({"policy_name": "x", "B": 1}, {"PolicyName"})


def test_bytes_are_never_shown_under_whatever_name() -> None:
    assert {"list": ["text"]} == request_parameters({"Anything": b"secret", "List": [b"secret", "text"]})


@dataclass(frozen=True, slots=True, kw_only=True)
class Input:
    key_id: str
    plaintext: bytes
    encryption_context: dict[str, str] = field(default_factory=dict)
    grant_tokens: tuple[str, ...] = ()
    dry_run: bool = False
    number: int | None = None


def test_an_operations_input_shows_what_was_given_and_no_more() -> None:
    assert {"keyId": "k"} == request_parameters(Input(key_id="k", plaintext=b"secret"), {"Plaintext"})
    assert {"keyId": "k", "encryptionContext": {"a_b": "c"}, "dryRun": True, "number": 0} == request_parameters(
        Input(key_id="k", plaintext=b"", encryption_context={"a_b": "c"}, dry_run=True, number=0)
    )


def test_false_and_zero_and_empty_text_are_shown() -> None:
    given = {"BypassPolicyLockoutSafetyCheck": False, "Limit": 0, "Description": ""}
    assert {"bypassPolicyLockoutSafetyCheck": False, "limit": 0, "description": ""} == request_parameters(given)


def test_what_is_no_structure_is_refused() -> None:
    with pytest.raises(TypeError):
        request_parameters("text")
