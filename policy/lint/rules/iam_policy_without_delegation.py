"""A role's own policy allows it a key whose key policy neither names the role nor lets IAM policies decide.

Why:
    The use of a key needs its key policy: without a statement for the role or for the account, the role's policy can
    never work. (Found where a template has both.)

Bad:
    Resources:
      Key:
        Type: AWS::KMS::Key
        Properties:
          KeyPolicy:
            Version: "2012-10-17"
            Statement:
              - Effect: Allow
                Principal: {AWS: !GetAtt Admin.Arn}
                Action: [kms:PutKeyPolicy, kms:DescribeKey]
                Resource: "*"
      Admin:
        Type: AWS::IAM::Role
        Properties:
          AssumeRolePolicyDocument: &trust
            Version: "2012-10-17"
            Statement: {Effect: Allow, Principal: {Service: ec2.amazonaws.com}, Action: sts:AssumeRole}
      App:
        Type: AWS::IAM::Role
        Properties:
          AssumeRolePolicyDocument: *trust
          Policies:
            - PolicyName: use
              PolicyDocument:
                Version: "2012-10-17"
                Statement:
                  - Effect: Allow
                    Action: kms:Decrypt
                    Resource: !GetAtt Key.Arn  # <-- here

Good:
    Resources:
      Key:
        Type: AWS::KMS::Key
        Properties:
          KeyPolicy:
            Version: "2012-10-17"
            Statement:
              - Effect: Allow
                Principal: {AWS: !Sub "arn:aws:iam::${AWS::AccountId}:root"}
                Action: kms:*
                Resource: "*"
      App:
        Type: AWS::IAM::Role
        Properties:
          AssumeRolePolicyDocument:
            Version: "2012-10-17"
            Statement: {Effect: Allow, Principal: {Service: ec2.amazonaws.com}, Action: sts:AssumeRole}
          Policies:
            - PolicyName: use
              PolicyDocument:
                Version: "2012-10-17"
                Statement:
                  - Effect: Allow
                    Action: kms:Decrypt
                    Resource: !GetAtt Key.Arn

Source:
    KMS Developer Guide, "Key policies in AWS KMS" and "Default key policy".
"""

from collections.abc import Iterator

from policy.diagnostics import Severity
from policy.lint.holdings import USE
from policy.lint.rule import Fault, Member, Rule
from policy.lint.subject import UNKNOWN, Policy, PrincipalValue
from policy.model.kinds import PolicyKind


def _check(members: tuple[Member, ...]) -> Iterator[tuple[Member, Fault]]:
    roles = {UNKNOWN + member.owner for member in members if member.policy.kind is PolicyKind.TRUST and member.owner}
    closed = {
        UNKNOWN + member.owner: _named(member.policy)
        for member in members
        if member.policy.kind is PolicyKind.KEY and member.owner and _is_closed(member.policy, roles)
    }
    for member in members:
        role = UNKNOWN + (member.owner or "")
        if member.policy.kind is not PolicyKind.IDENTITY or role not in roles:
            continue
        for each in member.policy.allows:
            for value in each.resources if each.kms_actions & USE else ():
                if value.text in closed and role not in closed[value.text]:
                    key = value.text.removeprefix(UNKNOWN)
                    yield (
                        member,
                        Fault(
                            place=value.place,
                            message=f"the policy of key `{key}` neither names role `{member.owner}` nor the account",
                            help="allow the role, or the account's root, in the key policy",
                        ),
                    )


def _is_closed(policy: Policy, roles: set[str]) -> bool:
    """Whether every principal is surely a role of the template or a single one elsewhere."""
    values = [value for each in policy.allows for value in each.principals]
    return not policy.has_gaps and all(
        value.text in roles or (UNKNOWN not in value.text and _is_single(value)) for value in values
    )


def _is_single(value: PrincipalValue) -> bool:
    return not (value.is_everyone or value.account or value.negated)


def _named(policy: Policy) -> set[str]:
    return {value.text for each in policy.allows for value in each.principals}


RULE = Rule(
    code="WK614", name="iam-policy-without-delegation", severity=Severity.WARNING, text=__doc__, check_together=_check
)
