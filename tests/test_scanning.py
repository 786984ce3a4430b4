"""Secrets in finished texts are found wherever they stand and told without being shown; ordinary text is left alone."""

import json
import subprocess
import sys
from base64 import b64encode, urlsafe_b64encode
from collections.abc import Callable
from itertools import cycle, islice, product
from pathlib import Path
from urllib.parse import quote, quote_plus
from uuid import UUID

import pytest
import yaml
from hypothesis import given
from hypothesis import settings as examples
from hypothesis import strategies as st

from harness.scanning import Leak, found, refusal
from harness.tokens import RULES
from tests.corpus import everything
from tests.planted import SHAPES, planted

EXAMPLES = examples(deadline=None, max_examples=200, derandomize=True, database=None)
ROOT = Path(__file__).parents[1]
SEEDS = "abcdef"
"""One secret of each shape is planted for each of these in each kind of text."""


def _arguments(text: str) -> str:
    return json.dumps({"path": "a.txt", "é": [{"content": f'"quoted"\n{text}\n\tand more'}]})


WORDS = ("the", "file", "was", "saved", "no", "one", "read", "risk-free", "task-lists", "disk_usage/2024", "(4.5", "é)")
TEXTS: dict[str, Callable[[str], str]] = {
    "alone": lambda text: text,
    "a line of many": lambda text: f"# é\n\nfirst\r\n  {text}\nlast\n",
    "a request": lambda text: json.dumps({"messages": [{"role": "user", "content": f"My key is {text}, keep it."}]}),
    "a request for people": lambda text: json.dumps({"content": f"é\n{text}"}, indent=1, ensure_ascii=False),
    "a tool's result": lambda text: json.dumps({"role": "tool", "content": f"\x1b[1;32m{text}\x1b[0m\n"}),
    "a tool's arguments": lambda text: json.dumps({"arguments": _arguments(text)}),
    "arguments in arguments": lambda text: json.dumps({"arguments": _arguments(_arguments(text))}),
    "a file of variables": lambda text: json.dumps({"content": f"A=1\nexport B={text}\r\nC=`{text}`"}),
    "a cassette": lambda text: yaml.safe_dump({"body": {"string": [text, f"(é: {text})"]}}, width=10**6),
}


def _places(text: str, secret: str) -> list[tuple[int, int]]:
    """Return line and column of every place where a secret, or its first line, stands."""
    begin, at, places = secret.partition("\n")[0], -1, []
    while (at := text.find(begin, at + 1)) >= 0:
        before = text[:at].split("\n")
        places.append((len(before), len(before[-1]) + 1))
    return places


@pytest.mark.parametrize("what", SHAPES)
def test_every_kind_is_found_wherever_it_stands(what: str) -> None:
    """Each planted secret is told by its kind and place, and nothing else is."""
    for shape, seed, where in product(SHAPES[what], SEEDS, TEXTS):
        plant = planted(shape, f"{where} {seed}")
        text = TEXTS[where](plant.text)
        expected = [Leak(line, column, what) for line, column in _places(text, plant.secret)]
        assert found(text, {}) == expected != [], (shape, seed, where)


def test_kinds_that_are_planted_are_those_that_are_looked_for() -> None:
    """Every rule has its planted secrets; there are more than fifty kinds."""
    assert set(SHAPES) == {rule.what for rule in RULES}
    assert len(SHAPES) > 50


def test_all_kinds_in_one_long_line() -> None:
    """In a line of a megabyte every secret is found in its column, in a moment."""
    filling = " ".join(islice(cycle(WORDS), 1600))
    parts, expected, column = [], [], 1
    for what, shape in [(what, shape) for what, shapes in SHAPES.items() for shape in shapes]:
        plant = planted(shape, "long")
        text = json.dumps(f"{filling}\n{plant.text}\n")
        expected.append(Leak(1, column + text.index(plant.secret.partition("\n")[0]), what))
        parts.append(text)
        column += len(text)
    line = "".join(parts)
    assert len(line) > 1_000_000
    assert "\n" not in line
    assert found(line, {}) == expected


@pytest.mark.parametrize("what", SHAPES)
def test_no_message_shows_a_secret(what: str) -> None:
    """What is said of a leak holds no six signs of it."""
    for shape in SHAPES[what]:
        plant = planted(shape, "said")
        leaks = found(f"{plant.text}\n{plant.text}", {})
        said = f"{refusal('a/b.yaml', leaks)} {leaks}"
        assert [
            plant.secret[at : at + 6] for at in range(len(plant.secret) - 5) if plant.secret[at : at + 6] in said
        ] == []


# Secrets that are known


SECRETS = st.text(st.characters(min_codepoint=33), min_size=8, max_size=24) | st.text(
    '"\\é\n/%+<&=', min_size=8, max_size=12
)
WRITTEN: dict[str, Callable[[str], str]] = {
    "plain": str,
    "JSON": json.dumps,
    "JSON without escapes": lambda text: json.dumps(text, ensure_ascii=False),
    "JSON in JSON": lambda text: json.dumps(json.dumps(text), ensure_ascii=False),
    "JSON in JSON in JSON": lambda text: json.dumps(json.dumps(json.dumps(text, ensure_ascii=False))),
    "JSON with slashes escaped": lambda text: json.dumps(text).replace("/", "\\/"),
    "an address": quote,
    "an address, all escaped": lambda text: quote(text, safe=""),
    "a form": quote_plus,
}


@EXAMPLES
@given(SECRETS, st.sampled_from(sorted(WRITTEN)))
def test_known_secrets_are_found_as_they_are_written(secret: str, how: str) -> None:
    """A secret that is known is found in every form in which a file may hold it."""
    text = f"one\n  two: {WRITTEN[how](secret)}"
    first, *_ = found(text, {secret: "the value of KEY"})
    assert (first.what, first.line) == ("the value of KEY", 2)


@EXAMPLES
@given(SECRETS, st.binary(max_size=9), st.binary(max_size=9), st.sampled_from([b64encode, urlsafe_b64encode]))
def test_known_secrets_are_found_in_base64(
    secret: str, before: bytes, behind: bytes, encode: Callable[[bytes], bytes]
) -> None:
    """A secret that is known is found within whatever was encoded, wherever it begins in it."""
    text = encode(before + secret.encode() + behind).decode()
    assert [leak.what for leak in found(text, {secret: "the key"})] == ["the key"]


def test_what_is_known_is_told_by_its_name() -> None:
    """Of several findings at one place the one is told that says most; each place is told once and in order."""
    key = planted("sk-ant-api03-{w93}AA", "1").text
    token = planted("{a40}", "2").text
    text = f"Authorization: Bearer {key}\nx-api-key: {token}, {token}\n"
    assert found(text, {}) == [
        Leak(1, 23, "an Anthropic key"),
        Leak(2, 12, "a key in a header"),
    ]
    assert found(text, {key: "the value of KEY", token: "the value of TOKEN"}) == [
        Leak(1, 23, "the value of KEY"),
        Leak(2, 12, "the value of TOKEN"),
        Leak(2, 54, "the value of TOKEN"),
    ]


def test_what_is_said_when_a_file_is_not_saved() -> None:
    """The message names the file, every place and what stands there."""
    ending = "not saved; keep secrets out of prompts, tool results and replies, and write EXAMPLE into made-up ones"
    leaks = [Leak(3, 14, "a GitHub token"), *(Leak(line, 1, "an AWS key") for line in range(4, 11))]
    assert refusal("c.yaml", leaks[:1]) == f"c.yaml:3:14: a GitHub token: {ending}"
    assert refusal("c.yaml", leaks[:2]) == f"c.yaml:3:14: a GitHub token (and 1 further secret at 4:1): {ending}"
    assert refusal("c.yaml", leaks) == (
        f"c.yaml:3:14: a GitHub token (and 7 further secrets at 4:1, 5:1, 6:1, 7:1, 8:1, ...): {ending}"
    )


# Ordinary text


def _texts(value: object) -> set[str]:
    """Return every text in a JSON value, and in the JSON that such a text holds."""
    if isinstance(value, str):
        try:
            return {value} | (_texts(json.loads(value)) if value[:1] in {"{", "["} else set())
        except ValueError:
            return {value}
    if isinstance(value, dict):
        return set().union(value, *map(_texts, value.values()))
    return set().union(*map(_texts, value)) if isinstance(value, list) else set()


@pytest.mark.slow
def test_corpus_holds_no_secret() -> None:
    """In the whole corpus of recorded traffic nothing is found, as it lies there, laid out, and text by text."""
    leaks: list[tuple[str, Leak]] = []
    seen: set[str] = set()
    for name, text, value in everything():
        texts = _texts(value) - seen
        for one in (text, json.dumps(value, indent=1, ensure_ascii=False), "\n".join(sorted(texts))):
            leaks += [(name, leak) for leak in found(one, {})]
        seen |= texts
    assert (leaks, len(seen) > 10_000) == ([], True)


@pytest.mark.parametrize("folder", ["cassettes", "conf", "harness", "reports", "scenarios"])
def test_own_files_hold_no_secret(folder: str) -> None:
    """The project's own files could all be saved."""
    paths = [path for path in sorted((ROOT / folder).rglob("*")) if path.suffix in {".py", ".yaml", ".json", ".md"}]
    assert [(path, leak) for path in paths for leak in found(path.read_text("utf-8"), {})] == []
    assert paths


LETTERS = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
IDS = (
    "chatcmpl-",
    "call_",
    "toolu_01",
    "msg_",
    "resp_",
    "req_01",
    "run_",
    "fc_",
    "fc-",
    "rs_",
    "fp_",
    "gen-",
    "user-",
    "cmpl-",
)
INNOCENT = st.one_of(
    st.text(max_size=200),
    st.lists(st.from_regex(r"[a-zA-Z]{1,14}", fullmatch=True), max_size=40).map(" ".join),
    st.lists(st.from_regex(r"[a-z]{2,10}", fullmatch=True), min_size=3, max_size=9).map("-".join),
    st.lists(st.from_regex(r"[a-z]{2,10}", fullmatch=True), min_size=3, max_size=9).map("_".join),
    st.binary(min_size=100, max_size=2000).map(lambda data: "data:image/png;base64," + b64encode(data).decode()),
    st.binary(min_size=100, max_size=2000).map(lambda data: urlsafe_b64encode(data).decode()),
    st.sampled_from([16, 20, 24, 32, 64]).flatmap(lambda size: st.binary(min_size=size, max_size=size)).map(bytes.hex),
    st.uuids().map(str),
    st.uuids().map(lambda uuid: uuid.hex),
    st.tuples(st.sampled_from(IDS), st.text(LETTERS, min_size=8, max_size=48)).map("".join),
    st.emails(),
    st.from_regex(r"[A-Z]{2}[0-9]{2}[A-Z0-9]{11,30}", fullmatch=True),
    st.lists(st.from_regex(r"[\w.]{1,12}", fullmatch=True), max_size=8).map(lambda parts: "/" + "/".join(parts)),
    st.datetimes().map(str),
    st.floats().map(str),
    st.ip_addresses().map(str),
)


@examples(EXAMPLES, max_examples=400)
@given(st.lists(INNOCENT, min_size=1, max_size=8), st.sampled_from(["%s", "key: %s", "{'token': '%s'}", "id=%s&x=1"]))
def test_ordinary_text_is_no_secret(texts: list[str], around: str) -> None:
    """Words, names, images, hashes, ids, paths, addresses and numbers are no secrets, whatever they are called."""
    assert found("\n".join(around % text for text in texts), {}) == []
    assert found(json.dumps({"arguments": json.dumps([around % text for text in texts])}), {}) == []


@pytest.mark.parametrize(
    "text",
    [
        "sk-learn-something-long, and sk-learn-tutorial-2024-part-12-final",
        "risk-assessment-of-the-whole-organisation-2024, task-list-for-the-second-half-of-2025",
        "<div class='sk-container-id-12 sk-fading-circle-loading-spinner'>",
        "postgres://user:password@localhost:5432/db, https://user:yourpassword@host, redis://default:changeme@redis",
        "https://jo%40email.com:a%20secret@host, https://user:he%2F%2Fo@pypi.example.com",
        "https://{user}:{password}@host/${NAME}, http://u:$PASSWORD@h, ssh://git@host:22/x",
        "Authorization: Bearer YOUR_API_KEY, Bearer <token>, Bearer authentication-is-required-here",
        "Authorization: Basic dXNlcjpwYXNzd29yZA==",
        "the bearer of this long and complicated message",
        "x-api-key: your-api-key-goes-here-please, api-key: $OPENAI_API_KEY",
        "AKIAIOSFODNN7EXAMPLE and wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY",
        "aws_secret_access_key = wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY",
        "sk-ant-api03-" + "x" * 95,
        "ghp_" + "1234567890" * 4,
        "-----BEGIN RSA PRIVATE KEY-----\n...\n-----END RSA PRIVATE KEY-----\n" + "A" * 64,
        "look for BEGIN PRIVATE KEY in the file",
        "Set-Cookie: theme=dark; lang=en; Path=/; Expires=Wed, 21 Oct 2026 07:28:00 GMT",
        "cookies: chocolate-chip=200g of very-fine-chocolate-from-somewhere",
        "fw_updateNotificationServiceHandler, hf_hub_download_with_progress, npm_config_registry_url",
        "org-mode, org-chart-of-the-company-2024, org.springframework.boot.autoconfigure.SpringBootApplication",
        "proj_management_and_planning_2025, project-management",
        "secret_key and secretAccessKey are fields; token: next_page_token, key: max_tokens",
        "1700000000:3f2504e04f8911d39a0c0305e82c3301aabbccdd",
        "eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9",
        "MTIzNDU2Nzg5MDEyMzQ1Njc4.method.name_of_something_that_is_long",
        "model: qwen2.5-coder:7b-instruct-q4_K_M, claude-3-7-sonnet-20250219, meta-llama/Llama-3.3-70B-Instruct",
        "https://hooks.slack.com/services/, xoxb-your-token, SG.your.key",
        "OPENAI_API_KEY=sk-..., HF_TOKEN=hf_..., GITHUB_TOKEN=ghp_xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx",
        f"thinking: {UUID(int=5)}, etag: W/'5f2504e0-4f89', integrity: sha512-{'Ab3' * 28}==",
    ],
)
def test_what_only_looks_like_a_secret(text: str) -> None:
    """Names that begin like keys, and what documents write for one, are not taken for secrets."""
    assert found(text, {}) == []
    assert found(json.dumps([text]), {}) == []


def test_no_time_is_squared() -> None:
    """Texts that keep a rule busy are read in time that grows with their length."""
    busy = [
        "eyJ",
        "sk-",
        "://a:",
        "cookie: a=b; ",
        "bearer ",
        "-----BEGIN PRIVATE KEY-----",
        "aws key ",
        '\\"',
        "AC",
        "SG.a",
    ]
    for text in [
        *(piece * (200_000 // len(piece)) for piece in busy),
        "eyJ" * 50_000 + ".eyJ",
        "a" * 200_000 + "-us1:AA",
    ]:
        assert found(text, {}) == []


EVENTS = (
    "socket.connect",
    "socket.getaddrinfo",
    "socket.gethostbyname",
    "socket.sendmsg",
    "socket.sendto",
    "os.system",
)


def test_nothing_is_asked_and_nothing_is_loaded_before_it_is_used() -> None:
    """The scanner opens no connection, looks up no name, and is imported when a text is scanned."""
    program = f"""
import sys
import harness.scanning
assert "detect_secrets" not in sys.modules
sys.addaudithook(lambda event, _: sys.exit(event) if event in {EVENTS} else None)
print(harness.scanning.found({json.dumps(TEXTS["a cassette"](planted("AKIA{u16}", "1").text))}, {{}}))
"""
    done = subprocess.run([sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr, done.stdout.count("an AWS key")) == (0, "", 2)
