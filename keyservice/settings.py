"""What an operator decides: the settings of one service, checked when they are read."""

import re
from ipaddress import IPv4Network, IPv6Network
from pathlib import Path
from typing import Literal, Self

from pydantic import BaseModel, ConfigDict, Field, FilePath, ValidationError, field_validator, model_validator


class HsmToken(BaseModel):
    """A PKCS#11 token, as `module=/usr/lib/softhsm/libsofthsm2.so,token=keys` on the command line.

    These fields come as `name=value`; a value may hold no comma.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    module: Path = Field(description="the PKCS#11 library, a shared object")
    token: str = Field(min_length=1, max_length=32, description="the token's label")
    user: str | None = Field(default=None, description="`kmsuser` where the PIN is `user:password`, as in AWS CloudHSM")
    iv: Literal["service", "hsm"] = Field(default="service", description="who chooses IVs: `hsm` in AWS CloudHSM")
    sessions: int = Field(
        default=1, ge=1, le=64, description="calls at a time; above 1 only with a module that is safe for threads"
    )

    @model_validator(mode="before")
    @classmethod
    def _read(cls, value: object) -> object:
        """Take the command line's form apart."""
        return cls._taken_apart(value, value) if isinstance(value, str) else value

    @classmethod
    def _taken_apart(cls, text: str, whole: str) -> dict[str, str]:
        pairs = [part.partition("=") for part in text.split(",")]
        for name, equals, _ in pairs:
            if not equals or name not in cls.model_fields or name == "cluster":
                lead = "" if text is whole else "CLUSTER="
                raise ValueError(f"`{name}` in `{whole}`: expected {lead}module=PATH,token=LABEL and other settings")
        return {name: text for name, _, text in pairs}

    @classmethod
    def read(cls, value: object) -> Self:
        """What a command or a file says of a token; raises ValueError with one line."""
        try:
            return cls.model_validate(value)
        except ValidationError as error:
            fault = error.errors()[0]
            place = "".join(f"{part}: " for part in fault["loc"])
            raise ValueError(f"{place}{fault['msg'].removeprefix('Value error, ')}") from None

    def pin(self, password: str) -> str:
        """The PIN that a KeyStorePassword makes."""
        return f"{self.user}:{password}" if self.user else password


class Hsm(HsmToken):
    """A PKCS#11 token that stands for a CloudHSM cluster: what a CloudHsmClusterId of the API means here.

    `cluster-2a3b4c5d6e7=module=/usr/lib/softhsm/libsofthsm2.so,token=keys` on the command line. The token's PIN is no
    setting: the API's KeyStorePassword is.
    """

    # KMS API Reference, "CreateCustomKeyStore", CloudHsmClusterId.
    cluster: str = Field(
        pattern=r"^cluster-[2-7a-zA-Z]{11,16}$", description="the CloudHsmClusterId that the API knows"
    )
    certificate: Path | None = Field(default=None, description="PEM file that a TrustAnchorCertificate must equal")

    @model_validator(mode="before")
    @classmethod
    def _read(cls, value: object) -> object:
        """Take the command line's form apart."""
        if not isinstance(value, str):
            return value
        cluster, _, rest = value.partition("=")
        return {"cluster": cluster, **cls._taken_apart(rest, value)}


class XksEndpoint(BaseModel):
    """What the operator says of an XksProxyUriEndpoint, which the API takes from whoever may make custom key stores.

    `https://xks.example=connect=10.0.0.7:8443,ca=/etc/xks-ca.pem` on the command line, with these fields as
    `name=value`; a value may hold no comma.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    # KMS API Reference, "CreateCustomKeyStore", XksProxyUriEndpoint, XksProxyVpcEndpointServiceName.
    endpoint: str = Field(pattern=r"^https://[a-zA-Z0-9.-]+$", max_length=128, description="the XksProxyUriEndpoint")
    connect: str | None = Field(
        default=None,
        pattern=r"^(\[[0-9a-fA-F:.]+\]|[a-zA-Z0-9.-]+):[0-9]{1,5}$",
        description="HOST:PORT where it is, whatever its name says and wherever that is",
    )
    ca: FilePath | None = Field(default=None, description="PEM file of the authorities that its certificate may be of")
    service: str | None = Field(
        default=None,
        pattern=r"^(com|eu)\.amazonaws\.vpce\.([a-z]+-){2,3}\d+\.vpce-svc-[0-9a-z]+$",
        description="the XksProxyVpcEndpointServiceName that it stands for",
    )

    @model_validator(mode="before")
    @classmethod
    def _read(cls, value: object) -> object:
        """Take the command line's form apart."""
        if not isinstance(value, str):
            return value
        endpoint, _, rest = value.partition("=")
        pairs = [part.partition("=") for part in rest.split(",")]
        for name, equals, _ in pairs:
            if not equals or name not in cls.model_fields or name == "endpoint":
                raise ValueError(f"`{name}` in `{value}`: expected ENDPOINT=connect=HOST:PORT and other settings")
        return {"endpoint": endpoint, **{name: text for name, _, text in pairs}}

    @property
    def host(self) -> str:
        """The endpoint's host."""
        return self.endpoint.removeprefix("https://").lower()

    @property
    def connect_place(self) -> tuple[str, int]:
        """Where to connect."""
        host, _, port = (self.connect or f"{self.host}:443").rpartition(":")
        return host.strip("[]"), int(port)


class Settings(BaseModel):
    """The settings of `keyservice serve`."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    data: Path = Field(default=Path("wardkey-data"), description="directory that holds everything the service keeps")
    host: str = Field(default="127.0.0.1", description="address to listen on")
    port: int = Field(default=8480, ge=0, le=65535, description="port to listen on; 0 picks a free one")
    store: str | None = Field(
        default=None, pattern=r"^postgres(ql)?://", repr=False, description="the database, if not a file in `data`"
    )
    account: str = Field(default="111122223333", description="the account made on first start: 12 digits")
    regions: tuple[str, ...] = Field(
        default=("us-east-1",), min_length=1, description="the regions the service answers for; the first is its home"
    )

    request_quotas: Literal["off", "aws"] = Field(
        default="off", description="whether calls are held to the rates that AWS KMS allows an account"
    )
    hsms: tuple[Hsm, ...] = Field(default=(), description="the HSMs that custom key stores may be made on")
    xks_proxies: tuple[XksEndpoint, ...] = Field(default=(), description="what is known of external key store proxies")
    xks_allow: tuple[IPv4Network | IPv6Network, ...] = Field(
        default=(), description="networks beside the public ones that external key store proxies may be in"
    )
    # 250 ms: AWS KMS External Key Store Proxy API Specification, "KMS Considerations".
    xks_timeout: float = Field(
        default=0.25, gt=0, le=30, description="seconds that an external key store proxy has for an answer"
    )

    @field_validator("hsms")
    @classmethod
    def _hsms(cls, value: tuple[Hsm, ...]) -> tuple[Hsm, ...]:
        """No cluster and no token twice: one of two stores on a token would hold the other's keys."""
        clusters = [hsm.cluster for hsm in value]
        tokens = [(hsm.module.resolve(), hsm.token) for hsm in value]
        if len(set(clusters)) < len(clusters) or len(set(tokens)) < len(tokens):
            raise ValueError("a cluster or a token is named twice")
        return value

    @field_validator("xks_proxies")
    @classmethod
    def _xks_proxies(cls, value: tuple[XksEndpoint, ...]) -> tuple[XksEndpoint, ...]:
        """No endpoint and no VPC endpoint service twice, and no port that is none."""
        hosts = [each.host for each in value]
        services = [each.service for each in value if each.service is not None]
        if len(set(hosts)) < len(hosts) or len(set(services)) < len(services):
            raise ValueError("an endpoint or a VPC endpoint service is named twice")
        for each in value:
            if not 0 < each.connect_place[1] < 65_536:
                raise ValueError(f"`{each.connect}` has no port: expected 1 to 65535")
        return value

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
