"""Price classes and the counting of marks."""

import pytest

from keyservice.metering.classes import PriceClass, price_class
from keyservice.metering.usage import By, UsageRow, count_usage, usage_mark

KEY = "arn:aws:kms:us-east-1:111122223333:key/1"
ROLE = "arn:aws:iam::111122223333:role/WebServer"


@pytest.mark.parametrize(
    ("operation", "key_spec", "expected"),
    [
        ("Encrypt", "SYMMETRIC_DEFAULT", PriceClass.REQUEST),
        ("GenerateMac", "HMAC_256", PriceClass.REQUEST),
        ("ListKeys", None, PriceClass.REQUEST),
        ("Sign", "RSA_2048", PriceClass.RSA_2048),
        ("Sign", "RSA_4096", PriceClass.ASYMMETRIC),
        ("Verify", "ECC_NIST_P256", PriceClass.ASYMMETRIC),
        ("GetPublicKey", "ML_DSA_65", PriceClass.ASYMMETRIC),
        ("DescribeKey", "RSA_4096", PriceClass.REQUEST),
    ],
)
def test_a_call_has_the_price_class_of_its_operation_and_key_spec(
    operation: str, key_spec: str | None, expected: PriceClass
) -> None:
    assert expected == price_class(operation, key_spec)


def test_a_data_key_pair_is_priced_by_the_pair_and_not_by_the_key() -> None:
    found = [
        price_class("GenerateDataKeyPair", "SYMMETRIC_DEFAULT", key_pair_spec=spec)
        for spec in ("RSA_3072", "ECC_NIST_P384")
    ]
    assert [PriceClass.RSA_KEY_PAIR, PriceClass.ECC_KEY_PAIR] == found


def test_sts_is_free_and_a_refused_call_costs_nothing() -> None:
    assert PriceClass.FREE == price_class("AssumeRole", service="sts")
    assert PriceClass.REFUSED == price_class("Sign", "RSA_2048", succeeded=False)


def entry(
    operation: str, identity: object, *, account: str | None = "111122223333", succeeded: bool = True
) -> dict[str, object]:
    mark = usage_mark(
        account=account, operation=operation, key_arn=KEY, key_spec="SYMMETRIC_DEFAULT", succeeded=succeeded
    )
    return {"event": {"userIdentity": identity}, "usage": mark}


def session(name: str) -> dict[str, object]:
    return {
        "arn": f"arn:aws:sts::111122223333:assumed-role/WebServer/{name}",
        "sessionContext": {"sessionIssuer": {"arn": ROLE}},
    }


ENTRIES: list[dict[str, object]] = [
    entry("Encrypt", {"arn": "arn:aws:iam::111122223333:user/Alice"}),
    entry("Decrypt", session("i-1")),
    entry("Decrypt", session("i-2")),
    entry("Decrypt", session("i-2"), succeeded=False),
    entry("Decrypt", {"type": "Unknown"}, account=None, succeeded=False),
    {"event": {}, "usage": None},
    {"event": {}},
]


def row(name: str, charged: PriceClass, count: int, account: str = "111122223333") -> UsageRow:
    return UsageRow(account=account, name=name, price_class=charged.value, count=count)


def test_usage_by_key() -> None:
    assert [row(KEY, PriceClass.REFUSED, 1, ""), row(KEY, PriceClass.REFUSED, 1), row(KEY, PriceClass.REQUEST, 3)] == (
        count_usage(ENTRIES, by=By.KEY)
    )


def test_usage_by_principal_counts_all_sessions_of_a_role_together() -> None:
    assert [
        row("", PriceClass.REFUSED, 1, ""),
        row(ROLE, PriceClass.REFUSED, 1),
        row(ROLE, PriceClass.REQUEST, 2),
        row("arn:aws:iam::111122223333:user/Alice", PriceClass.REQUEST, 1),
    ] == count_usage(ENTRIES, by=By.PRINCIPAL)


def test_usage_by_operation() -> None:
    assert [
        row("Decrypt", PriceClass.REFUSED, 1, ""),
        row("Decrypt", PriceClass.REFUSED, 1),
        row("Decrypt", PriceClass.REQUEST, 2),
        row("Encrypt", PriceClass.REQUEST, 1),
    ] == count_usage(ENTRIES, by=By.OPERATION)


def test_nothing_counts_as_nothing() -> None:
    assert [] == count_usage([], by=By.KEY)
