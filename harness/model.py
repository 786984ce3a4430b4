"""The settings of one model: where it is, what it is called, what is sent beside the conversation, and no key."""

import re
from collections.abc import Mapping
from typing import Annotated, Any, Literal
from urllib.parse import parse_qsl, unquote, unquote_plus, urlsplit, urlunsplit

from pydantic import AfterValidator, BeforeValidator, Field, JsonValue, SecretStr

from harness.errors import InputError
from harness.group import Group, Label
from harness.written import Schema

PUBLIC = frozenset(
    {"accept", "accept-language", "api-version", "content-type", "http-referer", "user-agent", "x-title"}
)
"""Headers and query parameters whose values are no secrets."""
NO_KEYS = frozenset({"lm-studio", "no-key-required", "not-needed", "not-required", "placeholder", "sk-no-key-required"})
"""What people give as the key where none is asked for; ordinary text may hold it."""


def _never_given(value: Any) -> Any:
    if value is not None:
        raise ValueError("a key never stands in settings; name the environment variable that holds it: api_key_env")
    return value


_VARIABLE = "[A-Za-z_][A-Za-z0-9_]*"


def _variable(value: str) -> str:
    if not re.fullmatch(_VARIABLE, value):
        raise ValueError("must be the name of an environment variable, never a key")
    return value


Variable = Annotated[str, AfterValidator(_variable), Field(json_schema_extra={"pattern": f"^{_VARIABLE}$"})]


class Params(Group):
    """What is sent beside the conversation; what is not given is not sent."""

    temperature: float | None = Field(default=None, allow_inf_nan=False)
    """Sampling temperature."""
    top_p: float | None = Field(default=None, allow_inf_nan=False)
    """Share of the probability mass that is sampled from."""
    seed: int | None = None
    """Seed of the sampling, where the endpoint has one."""
    max_tokens: int | None = Field(default=None, gt=0)
    """The most tokens of one reply."""
    extra_body: dict[str, JsonValue] = {}
    """Further fields of the request's body, as the endpoint wants them."""


class Model(Group):
    """One model behind an OpenAI-compatible endpoint, or a scripted one."""

    label: Label
    """What reports, cassettes and scripts call it."""
    type: Literal["openai", "scripted"] = "openai"
    """`scripted` plays the replies that stand beside each scenario."""
    host_type: str = "openwebui"
    """What serves it; `openwebui` has its API below `/api`, all others are used as given."""
    api_url: str | None = Field(default=None, repr=False)
    """The endpoint's address."""
    api_key_env: Variable | None = None
    """The environment variable that holds the key; the key itself never stands here."""
    api_key: Annotated[SecretStr | None, BeforeValidator(_never_given)] = Field(default=None, exclude=True, repr=False)
    """The key from a model registry, in memory only: no file and no override can give it, and nothing writes it."""
    model_name: str | None = None
    """What the endpoint calls the model."""
    params: Params = Params()
    """What is sent beside the conversation."""
    headers: dict[str, SecretStr] = {}
    """Further headers of each request; `${oc.env:NAME}` takes a value from the environment."""
    timeout: float = Field(default=120, gt=0, allow_inf_nan=False)
    """Seconds from the moment a request leaves until it is given up, however slowly its answer comes."""
    max_retries: int = Field(default=2, ge=0)
    """How often a request is tried again after 429, 5xx and lost connections."""
    echo: tuple[str, ...] = ()
    """Fields of the model's own messages and calls that it wants back, such as `extra_content`."""

    @classmethod
    def forms(cls, long: Schema) -> Schema:
        """Return the schema of a mapping without a key, which nobody may write."""
        return {**long, "properties": {key: one for key, one in long["properties"].items() if key != "api_key"}}

    def base_url(self) -> str:
        """Return the address that the SDK appends its paths to.

        Raises:
            InputError: `api_url` or `model_name` is missing.
        """
        missing = [name for name in ("api_url", "model_name") if not getattr(self, name)]
        if missing or self.api_url is None:
            names = " and ".join(missing)
            raise InputError(
                f"model '{self.label}': {names} missing; set it in conf/model or as model.{missing[0]}=..."
            )
        url = self.api_url.partition("?")[0].partition("#")[0].rstrip("/")
        return f"{url}/api" if self.host_type == "openwebui" else url

    def query(self) -> dict[str, str]:
        """Return what the address has behind its question mark, which every request carries."""
        return dict(parse_qsl((self.api_url or "").partition("?")[2].partition("#")[0]))

    def key(self, environment: Mapping[str, str]) -> str:
        """Return the key to send, from memory or from the environment, or an empty text."""
        if self.api_key is not None:
            return self.api_key.get_secret_value()
        return environment.get(self.api_key_env, "").strip() if self.api_key_env else ""

    def secrets(self, environment: Mapping[str, str]) -> set[str]:
        """Return the values that must reach no file, log or message: key, header values, parts of the address."""
        values = {value.get_secret_value() for name, value in self.headers.items() if name.lower() not in PUBLIC}
        values |= {value.partition(" ")[2] for value in values}
        keys = {self.key(environment), environment.get(self.api_key_env or "", "").strip()} - NO_KEYS
        values |= keys
        address, _, query = (self.api_url or "").partition("?")
        user, _, password = address.partition("//")[2].rpartition("@")[0].partition(":")
        pairs = [pair.partition("=") for pair in query.partition("#")[0].split("&")]
        parts = {user, password}
        parts |= {value for name, _, value in pairs if name.lower() not in PUBLIC}
        values |= parts | set(map(unquote, parts)) | set(map(unquote_plus, parts))
        short = {key for key in keys if len(key) >= 6 and any(sign.isdigit() for sign in key)}
        return short | {value for value in values if len(value) >= 8}

    def shared(self) -> dict[str, Any]:
        """Return the model as plain data that may be stored: no header values, no credentials in the address."""
        data = self.model_dump(mode="json", exclude={"headers"})
        return {**data, "api_url": without_credentials(self.api_url), "headers": dict.fromkeys(self.headers, "***")}


def without_credentials(url: str | None) -> str | None:
    """Return an address without user, password, query and fragment, or None for what is no address."""
    if url is None:
        return None
    try:
        parts = urlsplit(url)
    except ValueError:
        return None
    return urlunsplit((parts.scheme, parts.netloc.rpartition("@")[2], parts.path, "", ""))
