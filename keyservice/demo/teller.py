"""How the story is told: numbered steps, and of each call who made it, what was decided, and why."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from botocore.exceptions import ClientError

from keyservice.demo.stage import Stage

Say = Callable[[str], None]


class StoryError(Exception):
    """A step went otherwise than the story tells it."""


@dataclass(slots=True)
class Teller:
    """Prints the steps and holds each against what the story expects."""

    stage: Stage
    say: Say
    number: int = 0

    def step(self, title: str) -> None:
        """Begin a step."""
        self.number += 1
        self.say(f"\n{self.number}. {title}")

    def allowed(self, request_id: str) -> None:
        """Tell an allowed request: who, what, and the statements that decided."""
        self.tell_allowed(self.stage.event(request_id))

    def tell_allowed(self, event: Mapping[str, Any]) -> None:
        """Tell what the trail says of an allowed request; of one that a service made, also that it did."""
        if "errorCode" in event:
            raise StoryError(f"{event['eventName']} failed: {event.get('errorMessage', event['errorCode'])}")
        reasons = ", ".join(event["additionalEventData"]["decidingStatements"])
        self.say(f"   {_who(event)}: {_action(event)} -> allow")
        self.say(f"   because of {reasons}")

    def denied(self, request_id: str) -> None:
        """Tell a denied request, in the words that the caller got."""
        event = self.stage.event(request_id)
        if event.get("errorCode") != "AccessDeniedException":
            raise StoryError(f"{event['eventName']} was not denied")
        self.say(f"   {_who(event)}: {_action(event)} -> deny")
        self.say(f"   {event['errorMessage']}")

    def attempt(self, call: Callable[[], Any]) -> None:
        """Make a call that the story says is denied."""
        try:
            call()
        except ClientError as error:
            self.denied(error.response["ResponseMetadata"]["RequestId"])
        else:
            raise StoryError("a call that the key policy does not allow was answered")


def _who(event: Mapping[str, Any]) -> str:
    """Whoever the trail names: a principal, perhaps by way of a service (`invokedBy`), or a service itself."""
    identity = event["userIdentity"]
    if "arn" not in identity:
        return str(identity["invokedBy"])
    caller = identity["arn"].split(":", 5)[5]
    return f"{caller}, invokedBy {identity['invokedBy']}" if "invokedBy" in identity else caller


def _action(event: Mapping[str, Any]) -> str:
    return f"{event['eventSource'].split('.')[0]}:{event['eventName']}"
