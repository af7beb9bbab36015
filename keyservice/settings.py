"""What an operator decides: the settings of one service, checked when they are read."""

import re
from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field, field_validator


class Settings(BaseModel):
    """The settings of `keyservice serve`."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    data: Path = Field(default=Path("wardkey-data"), description="directory that holds everything the service keeps")
    host: str = Field(default="127.0.0.1", description="address to listen on")
    port: int = Field(default=8480, ge=0, le=65535, description="port to listen on; 0 picks a free one")
    account: str = Field(default="111122223333", description="the account made on first start: 12 digits")
    regions: tuple[str, ...] = Field(
        default=("us-east-1",), min_length=1, description="the regions the service answers for; the first is its home"
    )

    @field_validator("account")
    @classmethod
    def _account(cls, value: str) -> str:
        if not re.fullmatch(r"[0-9]{12}", value):
            raise ValueError(f"`{value}` is no account id: expected 12 digits")
        return value

    @field_validator("regions")
    @classmethod
    def _regions(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        for region in value:
            if not re.fullmatch(r"[a-z]{2,4}(-[a-z]+)+-[0-9]", region):
                raise ValueError(f"`{region}` is no region: expected a name like us-east-1")
        if len(set(value)) < len(value):
            raise ValueError("a region is named twice")
        return value

    @property
    def home_region(self) -> str:
        """The region of whatever belongs to none: client files, instances, and calls that nobody signed."""
        return self.regions[0]
