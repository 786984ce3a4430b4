"""Settings: model, persona, catalogue, tools, role and loop, as pydantic judges them."""

import json
import re
from collections.abc import Iterable, Mapping
from string import Formatter
from typing import Annotated, Any, Literal, Self
from urllib.parse import parse_qsl, unquote, unquote_plus, urlsplit, urlunsplit

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    JsonValue,
    SecretStr,
    ValidationInfo,
    field_validator,
    model_validator,
)

from harness.errors import InputError, did_you_mean
from harness.parts import Expression, listed
from harness.workspace import WorkspaceError, inside

GROUPS = ("model", "persona", "catalogue", "tools", "role", "loop")
"""The groups of a project's configuration, one folder each."""


_PUBLIC = frozenset(
    {"accept", "accept-language", "api-version", "content-type", "http-referer", "user-agent", "x-title"}
)
"""Headers and query parameters whose values are no secrets."""


class Group(BaseModel):
    """A frozen part of the settings that knows all its keys."""

    model_config = ConfigDict(frozen=True, extra="forbid", use_attribute_docstrings=True, hide_input_in_errors=True)


def _label(value: str) -> str:
    if re.search(r"[@~+\s]", value):
        raise ValueError("a label has no blanks, '@', '~' or '+', which separate parts of a case's id")
    return value


Label = Annotated[str, Field(min_length=1), AfterValidator(_label)]


def _json_path(value: str) -> str:
    import jsonpath

    try:
        jsonpath.compile(value)
    except jsonpath.JSONPathError as error:
        raise ValueError(f"'{value}' is not a JSON path: {str(error).splitlines()[0]}") from None
    return value


JsonPath = Annotated[str, AfterValidator(_json_path)]
AllowList = Annotated[tuple[str, ...] | None, BeforeValidator(listed)]


def _never_given(value: Any) -> Any:
    if value is not None:
        raise ValueError("a key never stands in settings; name the environment variable that holds it: api_key_env")
    return value


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
    api_key_env: str | None = Field(default=None, pattern=r"^[A-Za-z_][A-Za-z0-9_]*$")
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
    """Seconds until a request is given up."""
    max_retries: int = Field(default=2, ge=0)
    """How often a request is tried again after 429, 5xx and lost connections."""
    echo: tuple[str, ...] = ()
    """Fields of the model's own messages and calls that it wants back, such as `extra_content`."""

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
        values = {value.get_secret_value() for name, value in self.headers.items() if name.lower() not in _PUBLIC}
        values |= {value.partition(" ")[2] for value in values}
        keys = {self.key(environment), environment.get(self.api_key_env or "", "").strip()}
        values |= keys
        address, _, query = (self.api_url or "").partition("?")
        user, _, password = address.partition("//")[2].rpartition("@")[0].partition(":")
        pairs = [pair.partition("=") for pair in query.partition("#")[0].split("&")]
        parts = {user, password}
        parts |= {value for name, _, value in pairs if name.lower() not in _PUBLIC}
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


def redacted(text: str, secrets: Iterable[str]) -> str:
    """Return the text with three stars for every secret, in plain form and as JSON writes it."""
    for secret in sorted(secrets, key=len, reverse=True):
        for form in (secret, json.dumps(secret)[1:-1], json.dumps(secret, ensure_ascii=False)[1:-1]):
            text = text.replace(form, "***")
    return text


class Persona(Group):
    """Who the assistant is: the sections of its system prompt."""

    label: Label
    """What reports call it."""
    sections: dict[str, str] = {}
    """The sections in order, each under its name as a heading."""


class FileWork(Group):
    """What a tool does to a scenario's workspace, and what its arguments are called."""

    does: Literal["list", "read", "write", "append", "delete", "move"]
    """What it does."""
    path: str = "path"
    """The argument that names the file or, for `list`, the folder."""
    content: str = "content"
    """The argument with the text to write."""
    to: str = "to"
    """The argument with the new path of a file that is moved."""
    folder: str = ""
    """The folder of the workspace in which it works."""

    @model_validator(mode="before")
    @classmethod
    def _word(cls, value: Any) -> Any:
        return {"does": value} if isinstance(value, str) else value

    @field_validator("folder")
    @classmethod
    def _inside(cls, value: str) -> str:
        try:
            return inside(value)
        except WorkspaceError as error:
            raise ValueError(str(error)) from None

    @model_validator(mode="after")
    def _meant(self) -> Self:
        for key, works in (("content", ("write", "append")), ("to", ("move",))):
            if key in self.model_fields_set and self.does not in works:
                raise ValueError(f"'{key}' means something to {' and '.join(works)} only, not to {self.does}")
        return self

    @property
    def arguments(self) -> tuple[str, ...]:
        """The arguments that it takes from a call."""
        more = {"write": (self.content,), "append": (self.content,), "move": (self.to,)}
        return (self.path, *more.get(self.does, ()))


class Tool(Group):
    """One tool that exists."""

    description: str
    """What the model reads about it."""
    parameters: dict[str, JsonValue] = {"type": "object", "properties": {}}
    """The JSON schema of its arguments."""
    access: str = "user"
    """The lowest access level that may use it."""
    confirm: bool = False
    """Whether the user is asked before it runs."""
    workspace: FileWork | None = None
    """What it does to the workspace of a scenario that has one: `read`, or with the names of its arguments."""

    @model_validator(mode="after")
    def _has_its_arguments(self) -> Self:
        properties = self.parameters.get("properties")
        known = list(properties) if isinstance(properties, dict) else []
        for name in self.workspace.arguments if self.workspace and known else ():
            if name not in known:
                hint = did_you_mean(name, known)
                raise ValueError(f"'workspace' takes the argument '{name}', which 'parameters' does not have{hint}")
        return self


class Catalogue(Group):
    """The tools that exist."""

    label: Label
    """What reports call it."""
    levels: tuple[str, ...] = ("guest", "user", "admin")
    """The access levels, lowest first."""
    tools: dict[str, Tool]
    """The tools by name, in the order in which they are offered."""


class Tools(Group):
    """An allow-list by name."""

    label: Label
    """What reports call it."""
    allow: AllowList = None
    """Names from the catalogue; an empty list allows nothing, an absent one everything."""


class Role(Group):
    """What the assistant is for at the moment: an overlay of its prompt and an allow-list."""

    label: Label
    """What reports call it."""
    overlay: str = ""
    """The last section of the system prompt."""
    allow: AllowList = None
    """Names from the catalogue; an empty list allows nothing, an absent one everything."""


def _holding(*names: str) -> AfterValidator:
    """Return a validator for a text that may hold these names in braces and nothing else."""

    def judge(text: str) -> str:
        try:
            held = [
                (name, spec, conversion) for _, name, spec, conversion in Formatter().parse(text) if name is not None
            ]
        except ValueError:
            held = [("{", "", None)]
        if any(name not in names or spec or conversion for name, spec, conversion in held):
            known = " and ".join(f"{{{name}}}" for name in names)
            raise ValueError(f"may hold {known} and nothing else in braces; write {{{{ for a brace")
        return text

    return AfterValidator(judge)


class Texts(Group):
    """What the loop itself says."""

    tools_available: str
    """The standing instruction, appended to the system prompt."""
    awaiting: Annotated[str, _holding("name")]
    """The placeholder result of a held call, with `{name}`."""
    denied: str
    """The result of a denied call."""
    notice: Annotated[str, _holding("names")]
    """The confirmation request where the model words none, with `{names}`."""
    limit: Annotated[str, _holding("max_rounds")]
    """The response at the round limit, with `{max_rounds}`; the tools' results follow."""


PRODUCTION = "harness.loop:make"
"""The factory of the loop that comes with the package."""


def _unrepeated(names: tuple[str, ...]) -> tuple[str, ...]:
    if len(set(names)) < len(names):
        raise ValueError("names one twice")
    return names


Transports = Annotated[
    tuple[Literal["httpx2", "httpx", "aiohttp", "requests", "urllib3"], ...],
    BeforeValidator(listed),
    Field(min_length=1),
    AfterValidator(_unrepeated),
]


class Loop(Group):
    """The loop under test."""

    label: Label
    """What reports call it."""
    factory: str = Field(default=PRODUCTION, pattern=r"^\w+(\.\w+)*:\w+(\.\w+)*$")
    """Where the loop comes from: `package.module:make`, called with the tools and the settings."""
    transports: Transports = ("httpx2",)
    """The HTTP clients through which it asks the model; what goes another way is not recorded."""
    policy: Literal["production", "tolerant"] | None = Field(default=None, validate_default=True)
    """How it treats traffic that is odd; left out where a loop of your own does as neither of them."""
    max_rounds: int = Field(default=8, gt=0)
    """How many times a turn may call the model; a notice may exceed it."""
    history: int = Field(default=6, ge=0)
    """How many session messages are sent."""
    texts: Texts | None = Field(default=None, validate_default=True)
    """What the package's loop itself says; a loop of your own may have words of its own."""

    @field_validator("policy", "texts")
    @classmethod
    def _said(cls, value: Any, info: ValidationInfo) -> Any:
        if value is None and info.data.get("factory") == PRODUCTION:
            choice = " ('production' or 'tolerant')" if info.field_name == "policy" else ""
            raise ValueError(f"must be given{choice}: the package's loop does not guess it")
        return value


DriftKind = Literal["model", "system", "tools", "params", "session", "task", "replies", "results", "shape", "address"]
"""What of a request may differ from the recorded one: the model's name, the system prompt, the tools, what is sent
beside the conversation, earlier messages of the session, the user's message, the model's own messages, what the tools
gave, which messages there are, and where they are sent."""


class Normalised(Group):
    """A pattern that is written alike in both requests before they are compared."""

    pattern: Expression
    """A regular expression, found anywhere in the texts of a request."""
    to: str
    """What it becomes, in Python's notation for replacements."""

    @model_validator(mode="after")
    def _replaceable(self) -> Self:
        try:
            re.compile(self.pattern).sub(self.to, "")
        except (re.error, IndexError) as error:
            raise ValueError(f"'{self.to}' cannot replace it: {error}") from None
        return self


class Matching(Group):
    """How the requests of a replay are compared with the recorded ones."""

    match: Literal["strict", "sequence"] = "strict"
    """`strict` stops at the first request that differs, `sequence` plays every recorded response to the end."""
    allow_drift: Annotated[tuple[DriftKind, ...], BeforeValidator(listed)] = ()
    """The kinds of difference at which a case goes on, marked as drifted."""
    ignore: Annotated[tuple[JsonPath, ...], BeforeValidator(listed)] = ()
    """JSON paths (RFC 9535) into the request's body; what they find is left out of the comparison."""
    normalise: tuple[Normalised, ...] = ()
    """Patterns that are written alike before texts are compared."""


class Composed(Group):
    """The configuration as Hydra composes it."""

    model: Model
    """The model."""
    persona: Persona
    """Who the assistant is."""
    catalogue: Catalogue
    """The tools that exist."""
    tools: Tools
    """The allow-list of the run."""
    role: Role
    """The role."""
    loop: Loop
    """The loop under test."""
    registry: str | None = None
    """Production's `model_registry.json`, which gives the role and the model."""
    cassette: Matching = Matching()
    """How replayed requests are compared with the recorded ones."""
    repeats: int = Field(default=1, gt=0)
    """How often each case runs."""


class Settings(Composed):
    """One composed configuration and what makes it differ from the project's default."""

    variant: str
    """Role and tools, and every other choice that differs from the project's default."""

    @property
    def allow(self) -> tuple[str, ...] | None:
        """The names that every allow-list permits, in the catalogue's order, or None where there is no list."""
        lists = [allow for allow in (self.tools.allow, self.role.allow) if allow is not None]
        return tuple(name for name in self.catalogue.tools if all(name in allow for allow in lists)) if lists else None
