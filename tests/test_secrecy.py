"""What sets a secret apart from ordinary text, and texts without secrets in any form."""

import json
from base64 import b64encode
from collections.abc import Callable
from urllib.parse import quote

import pytest
from hypothesis import example, given
from hypothesis import settings as examples
from hypothesis import strategies as st

from harness.secrecy import distinct, forms, opaque, redacted, sample, wordy

EXAMPLES = examples(deadline=None, max_examples=200, derandomize=True, database=None)
SECRETS = st.text(st.characters(min_codepoint=33, exclude_characters="*"), min_size=8, max_size=20) | st.text(
    '"\\é\n/%', min_size=8, max_size=12
)


@pytest.mark.parametrize(
    "value",
    [
        *("3f2504e0-4f89-11d3-9a0c-0305e82c3301", "x7Kd92mQ", "Tr0ub4dor&3", "hunter2!", "p@ss-W0rd-9"),
        *(
            "sk-8f3k2j1h9g7d6s5a",
            "Zm9vYmFyYmF6cXV4",
            "/aB3xY9/kLmN8pQrStUvWx7Z2+bC4dE6fG8hJ0k",
            "qwertyuiopasdfghjklzxcvbnm",
        ),
        "user:x7Kd92mQ",
    ],
)
def test_opaque_values(value: str) -> None:
    """Keys, and passwords that are no words, are like nothing that ordinary text holds."""
    assert (wordy(value), opaque(value), distinct(value)) == (False, True, True)


@pytest.mark.parametrize(
    "value",
    [
        *("ollama", "none", "password", "Administrator", "my-company", "correct horse battery staple", "winter-2024"),
        *("oauth2-proxy", "aes-256-gcm", "gpt-4o-2024-05-13", "llama-3.3-70b-versatile", "k8s-cluster-1", "createdAt"),
        *("us-east-1", "X-User-Email", "owner/name", "ctrl+alt+del", "max_tokens", "i18n/messages"),
    ],
)
def test_names_are_not_opaque(value: str) -> None:
    """Words and numbers, however they are joined, may stand in any text."""
    assert (wordy(value), opaque(value)) == (True, False)


@pytest.mark.parametrize(
    "value",
    [
        *("", "x7Kd92m", "1234567890123", "2024-05-01T10:00:00Z", "127.0.0.1:8080", "3.14159265358979"),
        *(
            "/home/user/.ssh/id_ed25519",
            "/run/ssh-x7Kd92mQ/agent.1234",
            "~/k3y5/x1y2z3",
            "./a1b2c3d4e5",
            "C:\\k3y5\\x1y2z3",
        ),
        *(
            "certs/x1y2z3a4.pem",
            "https://h/x7Kd92mQ",
            "arn:aws:secretsmanager:eu-west-1:1:secret:x-AbC1d2",
            "me@x1y2.example.com",
        ),
        *(
            "YOUR-k3y-x7Kd92mQ",
            "EXAMPLE-x7Kd92mQ",
            "change-me-x7Kd92mQ",
            "x" * 40,
            "sk-1234567890abcdef",
            "x7Kd92mQ...",
            "sk-***x7K",
        ),
    ],
)
def test_values_that_are_no_secrets(value: str) -> None:
    """What is short, a number, a date, a path, an address or a sample is not even a password."""
    assert (opaque(value), distinct(value)) == (False, False)


def test_words_may_be_a_password() -> None:
    """A password may be made of words, where one is known to stand."""
    assert distinct("correct horse battery staple")


@pytest.mark.parametrize(
    "value", ["AKIAIOSFODNN7EXAMPLE", "<your-key>", "sk-ant-xxxxxxxxxxxx", "placeholder", "ghp_..."]
)
def test_samples(value: str) -> None:
    """A made-up secret says that it is one."""
    assert (sample(value), sample("x7Kd92mQ")) == (True, False)


def test_forms_of_a_plain_secret_are_few() -> None:
    """A secret without signs that anything escapes is written in one way, and in base64 in three."""
    assert forms("x7Kd92mQ") == {"x7Kd92mQ", "eDdLZDkybV", "g3S2Q5Mm1R", "4N0tkOTJtU"}


@EXAMPLES
@given(SECRETS, st.text("ab é,", max_size=6))
@example('é"secret"', "")
@example("back\\slash\\é", "")
def test_redacted_text_holds_no_secret(secret: str, around: str) -> None:
    """No secret is left in a text, plain or as JSON writes it, with and without escapes for other alphabets."""
    assert secret not in redacted(f"{around}{secret}{around}", [secret])
    for ascii_only in (True, False):
        text = json.dumps({"a": [f"{around}{secret}{around}"]}, ensure_ascii=ascii_only)
        assert secret not in json.loads(redacted(text, [secret]))["a"][0]


@EXAMPLES
@given(
    SECRETS,
    st.sampled_from([lambda text: json.dumps(json.dumps(text)), quote, lambda text: b64encode(text.encode()).decode()]),
)
def test_redacted_text_holds_no_secret_in_another_form(secret: str, written: Callable[[str], str]) -> None:
    """Whatever writes a secret in another form, three stars stand in its place."""
    assert "***" in redacted(f"a {written(secret)} b", [secret])


def test_redacting_takes_the_longest_first() -> None:
    """A secret within another leaves nothing of the other."""
    assert redacted("Bearer token-1234, token-1234", ["token-1234", "Bearer token-1234"]) == "***, ***"
    assert redacted("nothing here", []) == "nothing here"
