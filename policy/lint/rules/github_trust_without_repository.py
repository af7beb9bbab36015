"""Workflows of more than a named GitHub repository may assume the role.

Why:
    A wildcard in the organization or the repository of the subject lets in every repository that fits, also those that
    others create; a wildcard in the organization's name those of strangers.

Bad:
    allow "Workflow" {
      principal  federated arn:aws:iam::111122223333:oidc-provider/token.actions.githubusercontent.com
      action     sts:AssumeRoleWithWebIdentity
      when       token.actions.githubusercontent.com:aud == "sts.amazonaws.com"
      when       token.actions.githubusercontent.com:sub like "repo:octo-*"  # <-- here
    }

Good:
    allow "Workflow" {
      principal  federated arn:aws:iam::111122223333:oidc-provider/token.actions.githubusercontent.com
      action     sts:AssumeRoleWithWebIdentity
      when       token.actions.githubusercontent.com:aud == "sts.amazonaws.com"
      when       token.actions.githubusercontent.com:sub == "repo:octo-org/octo-repo:ref:refs/heads/main"
    }

Source:
    IAM User Guide, "Create a role for OpenID Connect federation", GitHub.
"""

from collections.abc import Iterator

from policy.diagnostics import Severity
from policy.lint.rule import TRUST, Fault, Rule
from policy.lint.subject import Policy
from policy.syntax.faults import clip

_SUBJECT = "token.actions.githubusercontent.com:sub"


def _check(policy: Policy) -> Iterator[Fault]:
    for each in policy.allows:
        # The repository may be asked for by claims of its own.
        if any(each.restricting("token.actions.githubusercontent.com:repository")):
            continue
        for entry in each.restricting(_SUBJECT):
            for text, place in entry.values:
                if entry.operator.endswith("Like") and _is_open(text):
                    yield Fault(
                        place=place,
                        message=f"subjects like `{clip(text)}` are of more than one repository",
                        help="name organization, repository and branch: `repo:ORG/REPO:ref:refs/heads/BRANCH`",
                    )


def _is_open(text: str) -> bool:
    """Whether what stands before the branch is no one repository; `*` alone is another rule's matter."""
    _, _, rest = text.partition(":")
    repository = rest.partition(":")[0]
    return text != "*" and ("*" in repository or "?" in repository or "/" not in repository)


RULE = Rule(
    code="WK218",
    name="github-trust-without-repository",
    severity=Severity.WARNING,
    text=__doc__,
    check=_check,
    kinds=TRUST,
    analyzer=("SPECIFIC_GITHUB_REPO_AND_BRANCH_RECOMMENDED",),
)
