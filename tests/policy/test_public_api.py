"""The public API of the engine: small, whole, and quick to import."""

import ast
import inspect
import subprocess
import sys

import pytest

import policy


def names_for_type_checkers():
    block = next(node for node in ast.parse(inspect.getsource(policy)).body if isinstance(node, ast.If))
    return {(node.module, alias.asname or alias.name) for node in block.body for alias in node.names}


@pytest.mark.parametrize("name", policy.__all__)
def test_every_public_name_is_there(name):
    assert policy._RENAMED.get(name, name) == getattr(getattr(policy, name), "__name__", name)


def test_type_checkers_and_programs_see_the_same_names():
    assert {(module, name) for name, module in policy._HOME_OF.items()} == names_for_type_checkers()
    assert sorted(policy._HOME_OF) == policy.__all__


def test_a_name_that_is_not_public_is_an_attribute_error():
    with pytest.raises(AttributeError, match="`policy` has no attribute `evaluator`"):
        _ = policy.evaluator


def test_importing_the_package_does_not_import_the_grammars():
    code = "import sys, policy; print('lark' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert "False" == done.stdout.strip()


def test_the_example_of_the_documentation_decides():
    document = policy.parse("allow { action kms:ListKeys\n resource * }")
    engine = policy.compile_policies(policy.PolicySet(identity=(document,)))
    caller = policy.parse_principal("arn:aws:iam::111122223333:role/App")
    assert engine.decide(policy.Request(principal=caller, action="kms:ListKeys")).is_allowed
    assert not engine.decide(policy.Request(principal=caller, action="kms:CreateKey")).is_allowed
