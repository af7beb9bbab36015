"""Principals are read from ARNs of AWS's forms, and from nothing else."""

import pytest

from policy.model.principal import parse_principal


@pytest.mark.parametrize(
    "text",
    [
        "arn:aws:iam::111122223333:root",
        "arn:aws:iam::111122223333:user/division/Alice",
        "arn:aws:iam::111122223333:role/service/App",
        "arn:aws:sts::111122223333:assumed-role/App/i-0abc",
        "arn:aws:sts::111122223333:federated-user/Bob",
    ],
)
def test_a_principal_has_the_arn_that_it_was_read_from(text: str) -> None:
    assert text == parse_principal(text).arn  # type: ignore[union-attr]  # each of these forms has one


@pytest.mark.parametrize(
    "text",
    [
        "arn:aws:sts:::assumed-role/App/i-0abc",
        "arn:aws:iam::111122223333:group/Admins",
        "arn:aws:iam::111122223333:user/",
        "arn:aws:sts::111122223333:assumed-role/App",
        "arn:aws:kms:us-east-1:111122223333:key/1",
        "Alice",
        "",
    ],
)
def test_what_names_no_principal_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="principal"):
        parse_principal(text)
