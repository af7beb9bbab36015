"""The files that an identities file names: policies, in JSON or in the text form, and JWK sets."""

import json
from collections.abc import Callable
from pathlib import Path

from keyservice.authorize.documents import check_identity_policy
from keyservice.identity.reading import PolicyUse
from policy.model.kinds import PolicyKind
from policy.model.reading import read_policy
from policy.model.writing import to_json
from policy.source import Source


def read_policy_file(directory: Path) -> Callable[[str, PolicyUse], str]:
    """What gives the JSON text of a file beside the identities file; ValueError with a line for each fault."""

    def read(name: str, use: PolicyUse) -> str:
        text = _text(directory / name)
        if use is PolicyUse.JWK_SET:
            faults = check_identity_policy(text, name, use)
            if faults:
                raise ValueError("\n".join(faults))
            return json.dumps(json.loads(text))
        reading = read_policy(Source(name, text), kind=PolicyKind(use.value))
        if reading.document is None:
            raise ValueError("\n".join(f"{fault.place}: {fault.message}" for fault in reading.diagnostics))
        return to_json(reading.document, indent=None)

    return read


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8-sig")
    except OSError as error:
        raise ValueError(f"`{path}` cannot be read: {error.strerror}") from None
    except UnicodeDecodeError:
        raise ValueError(f"`{path}` is no UTF-8 text") from None
