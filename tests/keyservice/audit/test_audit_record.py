"""Events have CloudTrail's shape, held to the examples of AWS's own pages."""

import json
from dataclasses import replace

from keyservice.audit.record import Call, Resource, SessionIssuer, TlsDetails, UserIdentity, event, line

ALICE = UserIdentity(
    type="IAMUser",
    principal_id="EX_PRINCIPAL_ID",
    arn="arn:aws:iam::111122223333:user/Alice",
    account_id="111122223333",
    access_key_id="EXAMPLE_KEY_ID",
    user_name="Alice",
)
KEY_ARN = "arn:aws:kms:us-west-2:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab"
DECRYPT = Call(
    operation="Decrypt",
    event_time=1747773900.9,
    region="us-west-2",
    identity=ALICE,
    source_ip="192.0.2.0",
    user_agent="AWS Internal",
    request_parameters={
        "encryptionAlgorithm": "SYMMETRIC_DEFAULT",
        "keyId": KEY_ARN,
        "encryptionContext": {"Department": "Engineering", "Project": "Alpha"},
    },
    additional_event_data={"keyMaterialId": "1234"},
    resources=(Resource(arn=KEY_ARN, account_id="111122223333"),),
    read_only=True,
    request_id="12345126-30d5-4b28-98b9-9153da559963",
    event_id="abcde202-ba1a-467c-b4ba-f729d45ae521",
    recipient_account="111122223333",
    tls=TlsDetails(
        tls_version="TLSv1.3",
        cipher_suite="TLS_AES_256_GCM_SHA384",
        client_provided_host_header="kms.us-west-2.amazonaws.com",
    ),
)


def test_a_decrypt_has_the_shape_of_the_developer_guides_example() -> None:
    expected = {
        "eventVersion": "1.11",
        "userIdentity": {
            "type": "IAMUser",
            "principalId": "EX_PRINCIPAL_ID",
            "arn": "arn:aws:iam::111122223333:user/Alice",
            "accountId": "111122223333",
            "accessKeyId": "EXAMPLE_KEY_ID",
            "userName": "Alice",
        },
        "eventTime": "2025-05-20T20:45:00Z",
        "eventSource": "kms.amazonaws.com",
        "eventName": "Decrypt",
        "awsRegion": "us-west-2",
        "sourceIPAddress": "192.0.2.0",
        "userAgent": "AWS Internal",
        "requestParameters": {
            "encryptionAlgorithm": "SYMMETRIC_DEFAULT",
            "keyId": KEY_ARN,
            "encryptionContext": {"Department": "Engineering", "Project": "Alpha"},
        },
        "responseElements": None,
        "additionalEventData": {"keyMaterialId": "1234"},
        "requestID": "12345126-30d5-4b28-98b9-9153da559963",
        "eventID": "abcde202-ba1a-467c-b4ba-f729d45ae521",
        "readOnly": True,
        "resources": [{"accountId": "111122223333", "type": "AWS::KMS::Key", "ARN": KEY_ARN}],
        "eventType": "AwsApiCall",
        "managementEvent": True,
        "recipientAccountId": "111122223333",
        "eventCategory": "Management",
        "tlsDetails": {
            "tlsVersion": "TLSv1.3",
            "cipherSuite": "TLS_AES_256_GCM_SHA384",
            "clientProvidedHostHeader": "kms.us-west-2.amazonaws.com",
        },
    }
    assert expected == event(DECRYPT)


def test_a_failed_call_has_the_error_and_no_response() -> None:
    failed = replace(
        DECRYPT, error_code="AccessDenied", error_message="no", response_elements={"keyMetadata": {}}, request_id=None
    )
    record = event(failed)
    assert ("AccessDenied", "no") == (record["errorCode"], record["errorMessage"])
    assert record["responseElements"] is None
    assert "requestID" not in record


def test_an_error_without_a_message_has_only_its_code() -> None:
    assert "errorMessage" not in event(replace(DECRYPT, error_code="InvalidCiphertextException", error_message=""))


def test_a_role_session_says_which_role_and_how_it_was_assumed() -> None:
    identity = UserIdentity(
        type="AssumedRole",
        principal_id="AROAIDPPEZS35WEXAMPLE:i-0abc",
        arn="arn:aws:sts::123456789012:assumed-role/WebServer/i-0abc",
        account_id="123456789012",
        access_key_id="ASIAEXAMPLE",
        session_issuer=SessionIssuer(
            type="Role",
            principal_id="AROAIDPPEZS35WEXAMPLE",
            arn="arn:aws:iam::123456789012:role/WebServer",
            account_id="123456789012",
            user_name="WebServer",
        ),
        session_created=1383354388.0,
        source_identity="Alice",
        ec2_role_delivery="2.0",
    )
    expected = {
        "type": "AssumedRole",
        "principalId": "AROAIDPPEZS35WEXAMPLE:i-0abc",
        "arn": "arn:aws:sts::123456789012:assumed-role/WebServer/i-0abc",
        "accountId": "123456789012",
        "accessKeyId": "ASIAEXAMPLE",
        "sessionContext": {
            "sessionIssuer": {
                "type": "Role",
                "principalId": "AROAIDPPEZS35WEXAMPLE",
                "arn": "arn:aws:iam::123456789012:role/WebServer",
                "accountId": "123456789012",
                "userName": "WebServer",
            },
            "attributes": {"creationDate": "2013-11-02T01:06:28Z", "mfaAuthenticated": "false"},
            "sourceIdentity": "Alice",
            "ec2RoleDelivery": "2.0",
        },
    }
    assert expected == event(replace(DECRYPT, identity=identity))["userIdentity"]


def test_the_services_own_events_say_so() -> None:
    call = replace(
        DECRYPT,
        operation="RotateKey",
        identity=UserIdentity(type="AWSService", account_id="111122223333", invoked_by="AWS Internal"),
        event_type="AwsServiceEvent",
        service_event_details={"keyId": KEY_ARN},
    )
    record = event(call)
    assert {"type": "AWSService", "accountId": "111122223333", "invokedBy": "AWS Internal"} == record["userIdentity"]
    assert ("AwsServiceEvent", {"keyId": KEY_ARN}) == (record["eventType"], record["serviceEventDetails"])


def test_the_deciding_statements_stand_in_the_additional_data() -> None:
    record = event(replace(DECRYPT, deciding=("key policy: Use", "identity-based policy: 2")))
    assert {
        "keyMaterialId": "1234",
        "decidingStatements": ("key policy: Use", "identity-based policy: 2"),
    } == record["additionalEventData"]


def test_texts_of_the_callers_choice_are_cut_at_a_kilobyte() -> None:
    record = event(replace(DECRYPT, user_agent="a" * 5000, error_code="X", error_message="m" * 5000))
    assert (1024, 1024) == (len(str(record["userAgent"])), len(str(record["errorMessage"])))


def test_a_line_is_one_line_of_json_with_event_and_usage() -> None:
    written = line(event(replace(DECRYPT, user_agent="two\nlines")), {"count": 1})
    assert b"\n" not in written
    assert {"event", "usage"} == set(json.loads(written))
    assert "two\nlines" == json.loads(written)["event"]["userAgent"]


def test_what_no_utf_8_can_carry_is_recorded_all_the_same() -> None:
    written = line(event(replace(DECRYPT, user_agent="\ud800", request_parameters={"limit": 2**70})), None)
    assert b"\n" not in written
    assert ("\ud800", {"limit": 2**70}) == (
        json.loads(written)["event"]["userAgent"],
        json.loads(written)["event"]["requestParameters"],
    )
