"""A file of identities for the tests, and policies that anything passes for."""

import json

from keyservice.identity.document import read_document
from keyservice.identity.file import read_identities
from keyservice.identity.reading import PolicyReading

DOMAIN_KEY = bytes(range(32))
ACCOUNT = "111122223333"

FILE = """
accounts:
  - id: 111122223333
    users:
      - name: alice
        path: /division/
        groups: [operators]
        policies:
          - Version: 2012-10-17
            Statement: {Effect: Allow, Action: "kms:*", Resource: "*"}
        tags: {team: blue, "on": no}
    groups:
      - name: operators
        policies: [{name: look, file: look.json}]
    roles:
      - name: WebServer
        trust_policy:
          Version: 2012-10-17
          Statement: {Effect: Allow, Principal: {Service: ec2.amazonaws.com}, Action: "sts:AssumeRole"}
        policies: [{name: use, document: {Statement: []}}, other.policy]
        permissions_boundary: look.json
    instance_profiles:
      - {name: web, role: WebServer}
    instances:
      - {id: i-0abc, instance_profile: web}
    access_keys:
      - {user: alice}
      - {user: alice, access_key_id: AKIAIOSFODNN7EXAMPLE, secret: wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY}
"""


def no_faults(text, name, trust):
    json.loads(text)
    return ()


def reading(check=no_faults, file=None):
    return PolicyReading(file=file or (lambda name, trust: json.dumps({"Id": name, "Statement": []})), check=check)


def identities(text=FILE, **how):
    return read_identities(read_document(text), reading(**how))
