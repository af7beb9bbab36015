"""Key policies for the tests of linked services: the account may administer, and whoever a test says may use."""

from tests.live import ACCOUNT, ROOT

# The account's own policies count for what is no use of the key.
ADMINISTRATION = ["kms:Describe*", "kms:Put*", "kms:Get*", "kms:List*", "kms:CreateAlias", "kms:ScheduleKeyDeletion"]
USE = ["kms:Encrypt", "kms:Decrypt", "kms:GenerateDataKey*", "kms:CreateGrant", "kms:ListGrants", "kms:DescribeKey"]
VIA_EC2 = {"StringEquals": {"kms:ViaService": "ec2.us-east-1.amazonaws.com"}}


def policy(*statements):
    account = {"Effect": "Allow", "Principal": {"AWS": ROOT}, "Action": ADMINISTRATION, "Resource": "*"}
    return {"Version": "2012-10-17", "Statement": [account, *statements]}


def allow(principal, condition=None, action=USE, effect="Allow"):
    made = {"Effect": effect, "Principal": principal, "Action": action, "Resource": "*"}
    return made | ({"Condition": condition} if condition else {})


def user(name):
    return {"AWS": f"arn:aws:iam::{ACCOUNT}:user/{name}"}


EC2 = {"Service": "ec2.amazonaws.com"}
EVERYONE = {"AWS": "*"}
