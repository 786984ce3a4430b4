"""Values of an environment that are credentials, by the names of the variables and by what the values look like."""

import pytest
from hypothesis import given
from hypothesis import settings as examples
from hypothesis import strategies as st

from harness.credentials import credentials

EXAMPLES = examples(deadline=None, max_examples=200, derandomize=True, database=None)
VALUE = "x7Kd-92mQ-pL4t"
"""A value that is a credential under any name that says so."""


@pytest.mark.parametrize(
    "name",
    [
        *("OPENAI_API_KEY", "HF_TOKEN", "KEY", "API_KEYS", "API_KEY_2", "TOKEN1", "CLIENT_SECRET", "DJANGO_SECRET_KEY"),
        *("DB_PASSWORD", "PGPASSWORD", "MYSQL_PWD", "RABBITMQ_DEFAULT_PASS", "SSHPASS", "GPG_PASSPHRASE", "P4PASSWD"),
        *(
            "AUTHTOKEN",
            "REDISCLI_AUTH",
            "AUTHORIZATION",
            "GOOGLE_CREDENTIALS",
            "GITHUB_PAT",
            "SENTRY_DSN",
            "SESSION_COOKIE",
        ),
        *(
            "AWS_ACCESS_KEY_ID",
            "AWS_SECRET_ACCESS_KEY",
            "ANTHROPIC_ORGANIZATION_ID",
            "OPENAI_ORG_ID",
            "npm_config_authToken",
        ),
    ],
)
def test_names_of_credentials(name: str) -> None:
    """A variable is credential-like when a whole word of its name says so, and is told by its name."""
    assert credentials({name: f" {VALUE} "}) == {VALUE: f"the value of {name}"}


@pytest.mark.parametrize(
    "name",
    [
        *(
            "KEYBOARD_LAYOUT",
            "MONKEY",
            "TOKENIZERS_PARALLELISM",
            "AUTHOR",
            "GIT_AUTHOR_NAME",
            "COMPASS",
            "PATH",
            "PWD",
            "OLDPWD",
        ),
        *(
            "SSH_AUTH_SOCK",
            "GPG_AGENT_INFO",
            "SSL_KEY_FILE",
            "TLS_KEY_PATH",
            "AUTH_METHOD",
            "KEY_TYPE",
            "TOKEN_TTL",
            "KEY_NAME",
        ),
        *(
            "AUTH_USER",
            "API_KEY_ENV",
            "SSH_PUBLIC_KEY",
            "STRIPE_PUBLISHABLE_KEY",
            "XDG_SESSION_ID",
            "DESKTOP_SESSION",
            "ORG",
        ),
        *("GITHUB_SHA", "HOSTNAME", "COMMIT", "MODEL", ""),
    ],
)
def test_names_that_are_none(name: str) -> None:
    """A name that only looks like one, or that says where a credential is or of what kind, names none."""
    assert credentials({name: VALUE}) == {}


@pytest.mark.parametrize(
    ("name", "value"),
    [
        *(
            ("OPENAI_API_KEY", value)
            for value in ("", "ollama", "none", "sk-1234", "EMPTY", "lm-studio", "not-needed", "your-key")
        ),
        *(("WEBUI_AUTH", value) for value in ("true", "False", "0", "enabled", "oauth2-proxy")),
        *(("MAX_TOKENS", value) for value in ("4096", "100000000", "1e9")),
        *(
            ("DB_PASSWORD", value)
            for value in ("password", "postgres", "secret", "/run/secrets/db", "1234567890", "changeme1")
        ),
        *(
            ("SIGNING_KEY", value)
            for value in ("certs/k3y.pem", "/etc/x1y2z3/key", "https://vault/x1y2z3/a4b5", "arn:aws:kms:a1b2c3d4")
        ),
        ("PARTITION_KEY", "user_id_2024"),
        ("DB_SECRET", "arn:aws:secretsmanager:eu-west-1:123:secret:db-AbC1d2"),
    ],
)
def test_values_that_ordinary_text_may_hold(name: str, value: str) -> None:
    """A value that may turn up in ordinary text is no credential, whatever its name."""
    assert credentials({name: value}) == {}


@pytest.mark.parametrize(
    "password", ["correct horse battery staple", "abcd efgh ijkl mnop", "winter-2024", "admin123", "postgres15"]
)
def test_passwords_may_be_words(password: str) -> None:
    """What is called a password may be made of words, if they are many or have numbers."""
    assert credentials({"SMTP_PASSWORD": password, "SMTP_KEY": password}) == {password: "the value of SMTP_PASSWORD"}


@pytest.mark.parametrize(
    ("name", "value", "expected"),
    [
        ("DATABASE_URL", f"postgres://app:{VALUE}@db:5432/x", {VALUE}),
        ("HTTPS_PROXY", f"http://app:{VALUE}@proxy:3128", {VALUE}),
        ("PIP_INDEX_URL", f"https://{VALUE}@host/simple", {VALUE}),
        ("ENDPOINT", f"https://h/v1?api_key={VALUE}&model=x7Kd92mQpp", {VALUE}),
        ("AZURE_CONNECTION", f"AccountName=x7Kd92mQpp;AccountKey={VALUE};Suffix=x", {VALUE}),
        ("PG_OPTIONS", f"host=x7Kd92mQpp password={VALUE} dbname=x", {VALUE}),
        ("SERVICE_JSON", f'{{"client": "x7Kd92mQpp", "private_key_id": "{VALUE}"}}', {VALUE}),
        (
            "ALL_KEYS",
            f"{VALUE},a,{VALUE}1 {VALUE}2",
            {f"{VALUE},a,{VALUE}1 {VALUE}2", VALUE, f"{VALUE}1", f"{VALUE}2"},
        ),
        ("AUTHORIZATION", f"Bearer {VALUE}", {f"Bearer {VALUE}", VALUE}),
        ("BASIC_AUTH", f"app:{VALUE}", {f"app:{VALUE}", VALUE}),
    ],
)
def test_credentials_within_values(name: str, value: str, expected: set[str]) -> None:
    """Passwords of addresses, fields that are called so, and items of lists are credentials of their own."""
    assert set(credentials({name: value})) == expected


def test_a_name_that_shows_its_value_is_not_told() -> None:
    """What a credential is called holds no six signs of it."""
    assert credentials({"MY_PASSWORD_X7": "PASSWORD_X7!"}) == {"PASSWORD_X7!": "the value of a variable"}


def test_one_value_has_one_name() -> None:
    """A value of several variables is told by the first of them, whatever their order."""
    assert credentials({"B_KEY": VALUE, "A_KEY": VALUE}) == {VALUE: "the value of A_KEY"}


@EXAMPLES
@given(st.dictionaries(st.text(max_size=20), st.text(max_size=80), max_size=6))
def test_any_environment_can_be_read(environment: dict[str, str]) -> None:
    """Whatever an environment holds, what is told are pieces of its values."""
    assert all(any(secret in value for value in environment.values()) for secret in credentials(environment))


def test_long_values_are_read_in_a_moment() -> None:
    """A long value takes time that grows with its length."""
    for piece in ("a", "a=", "://", "a:", "x1=y2;"):
        assert isinstance(credentials({"BIG_KEY": piece * (200_000 // len(piece))}), dict)
