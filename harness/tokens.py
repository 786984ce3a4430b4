"""What keys, tokens and cookies look like: rules of detect-secrets, and more in its own form."""

import re
from base64 import b64decode
from collections.abc import Callable, Generator
from itertools import filterfalse
from typing import NamedTuple

from detect_secrets.plugins.aws import AWSKeyDetector
from detect_secrets.plugins.azure_storage_key import AzureStorageKeyDetector
from detect_secrets.plugins.base import RegexBasedDetector
from detect_secrets.plugins.jwt import JwtTokenDetector
from detect_secrets.plugins.mailchimp import MailchimpDetector
from detect_secrets.plugins.pypi_token import PypiTokenDetector
from detect_secrets.plugins.sendgrid import SendGridDetector
from detect_secrets.plugins.slack import SlackDetector
from detect_secrets.plugins.square_oauth import SquareOAuthDetector
from detect_secrets.plugins.twilio import TwilioKeyDetector

from harness.secrecy import opaque, wordy


class Shape(RegexBasedDetector):
    """Finds whatever has one shape; what that is says its rule."""

    secret_type = ""
    denylist: tuple[re.Pattern[str], ...] = ()

    def __init__(self, *patterns: str) -> None:
        self.denylist = tuple(re.compile(pattern, re.ASCII) for pattern in patterns)


class Token(Shape):
    """Finds tokens of one shape, and nothing of that shape that is made of words."""

    def analyze_string(self, string: str) -> Generator[str, None, None]:
        """Yield the tokens in a text."""
        yield from filterfalse(wordy, super().analyze_string(string))


class Encoded(Shape):
    """Finds what is the base64 of a certain kind of text."""

    def __init__(self, pattern: str, meant: Callable[[str], bool]) -> None:
        super().__init__(pattern)
        self._meant = meant

    def analyze_string(self, string: str) -> Generator[str, None, None]:
        """Yield what can be decoded and then has the right meaning."""
        for found in super().analyze_string(string):
            part = found.partition(".")[0].rstrip("=")
            if len(part) % 4 != 1 and self._meant(b64decode(part + "=" * (-len(part) % 4)).decode("utf-8", "replace")):
                yield found


class WebToken(JwtTokenDetector):
    """Finds JSON Web Tokens, in a time that long words in base64 do not square."""

    denylist = [re.compile(r"eyJ[\w-]{8,1000}={0,2}\.ey[\w-]{4,}={0,2}", re.ASCII)]


class Rule(NamedTuple):
    """A detector and what it finds."""

    what: str
    detector: RegexBasedDetector
    anchors: tuple[str, ...] = ()
    """One of these stands in every text in which it finds something; without any, what it finds is one long word."""
    alone: bool = True
    """What it finds is no part of a longer word."""


def _rule(what: str, rest: str, *prefixes: str) -> Rule:
    return Rule(what, Token(*(re.escape(prefix) + rest for prefix in prefixes)))


def _named(what: str, name: str, rest: str, *anchors: str) -> Rule:
    """Return a rule that goes by the name before a value, with the signs between them as JSON and YAML have them."""
    return Rule(what, Token(name + r"""(?:["'\\\s:=>\[-]|%20){1,40}?""" + rest), anchors, alone=False)


_MIXED = r"(?=[a-z0-9]*[A-Z])(?=[A-Z0-9]*[a-z])"
_HEX = r"[0-9a-f]"
_UUID = rf"{_HEX}{{8}}-(?:{_HEX}{{4}}-){{3}}{_HEX}{{12}}"
_END = r"(?![\w-])"
_COOKIE = r"""[^\s;="'\\]{1,64}"""

RULES = (
    # providers and gateways of models
    _rule("an Anthropic key", r"[\w-]{32,}", "sk-ant-"),
    _rule("an OpenRouter key", r"[\w-]{32,}", "sk-or-"),
    _rule("an OpenAI key", r"[\w-]{32,}", "sk-proj-", "sk-svcacct-", "sk-admin-", "sk-None-"),
    _rule("an OpenAI session key", rf"{_MIXED}[A-Za-z0-9]{{40}}{_END}", "sess-"),
    _rule("an API key that begins with sk-", r"[\w-]{20,}", "sk-"),  # OpenAI's old ones, LiteLLM, Open WebUI, DeepSeek
    _rule("an OpenAI organisation id", rf"{_MIXED}[A-Za-z0-9]{{24}}{_END}", "org-"),
    _named(
        "an organisation id",
        r"[oOaA](?i:penai-organization|nthropic-organization-id)",
        r"([\w-]{8,})",
        *("-organization", "-Organization"),
    ),
    _rule("an OpenAI project id", rf"{_MIXED}[A-Za-z0-9]{{24}}{_END}", "proj_"),
    _rule("a Groq organisation id", rf"[0-9a-hjkmnp-tv-z]{{24}}{_END}", "org_01"),
    _rule("a Google API key", rf"[\w-]{{35}}{_END}", "AIza"),
    _rule("a Google API key", r"[\w-]{40,}", "AQ.Ab"),
    _rule("a Google OAuth token", r"[\w-]{28,}", "ya29.", "1//0", "GOCSPX-"),
    _rule("a Groq key", r"[A-Za-z0-9]{40,}", "gsk_"),
    _rule("a Hugging Face token", rf"{_MIXED}[A-Za-z0-9]{{30,}}", "hf_", "api_org_"),
    _rule("an xAI key", r"[A-Za-z0-9]{60,}", "xai-"),
    _rule("a Cerebras key", r"[A-Za-z0-9]{40,}", "csk-"),
    _rule("a Perplexity key", r"[A-Za-z0-9]{40,}", "pplx-"),
    _rule("a Replicate token", rf"{_MIXED}[A-Za-z0-9]{{37}}{_END}", "r8_"),
    _rule("a Fireworks key", rf"{_MIXED}[A-Za-z0-9]{{20,}}", "fw_"),
    _rule("a Together key", r"[\w-]{40,}", "tgp_v1_"),
    _rule("an NVIDIA key", r"[\w-]{60,}", "nvapi-"),
    _rule("an Amazon Bedrock key", r"[A-Za-z0-9+/]{100,}", "ABSK", "bedrock-api-key-"),
    _rule("a Tavily key", r"[\w-]{20,}", "tvly-"),
    _rule("a Jina key", r"[\w-]{50,}", "jina_"),
    _rule("a LangSmith key", rf"{_HEX}{{32}}_{_HEX}{{10}}", "lsv2_pt_", "lsv2_sk_"),
    _rule("a Pinecone key", r"[\w-]{40,}", "pcsk_"),
    _rule("an ElevenLabs key", rf"{_HEX}{{48}}{_END}", "sk_"),
    _rule("an E2B key", rf"{_HEX}{{40}}{_END}", "e2b_"),
    # code and packages
    _rule("a GitHub token", r"\w{36,}", "ghp_", "gho_", "ghu_", "ghs_", "ghr_"),
    _rule("a GitHub token", r"\w{80,}", "github_pat_"),
    _rule(
        "a GitLab token", r"[\w-]{20,}", "glpat-", "gldt-", "glft-", "glffct-", "glsoat-", "glrt-", "glrtr-", "glcbt-"
    ),
    _rule("a GitLab token", r"[\w-]{20,}", "glimt-", "glptt-", "glagent-", "gloas-", "glwt-", "GR1348941"),
    _rule("an npm token", rf"[A-Za-z0-9]{{36}}{_END}", "npm_"),
    Rule("a PyPI token", PypiTokenDetector()),
    _rule("a RubyGems key", rf"{_HEX}{{48}}", "rubygems_"),
    _rule("a Docker token", r"[\w-]{27,}", "dckr_pat_", "dckr_oat_"),
    _rule("a JFrog key", r"[A-Za-z0-9]{56,}", "AKCp", "cmVmdGtu"),
    _rule("a SonarQube token", rf"{_HEX}{{40}}{_END}", "squ_", "sqp_", "sqa_"),
    # clouds
    Rule("an AWS key", AWSKeyDetector(), ("AKIA", "ASIA", "ABIA", "ACCA", "A3T", "aws", "AWS")),
    _named(
        "a secret access key",
        r"[sS](?i:ecret_?(?:access_?)?key)",
        r"([A-Za-z0-9/+]{40,64})(?![\w/+])",
        "ecret",
        "ECRET",
    ),
    Rule("an Azure storage key", AzureStorageKeyDetector(), ("AccountKey=",)),
    Rule("an Azure key", Shape(r"[A-Za-z0-9]{52}JQQJ9[9DH][A-Za-z0-9]{26}"), ("JQQJ9",)),
    Rule("an Azure key", Shape(r"[A-Za-z0-9+/]{76}\+ASt[A-Za-z0-9]{4}=="), ("+ASt",)),
    Rule("an Azure DevOps token", Shape(r"[A-Za-z0-9]{76}AZDO[A-Za-z0-9]{4}"), ("AZDO",)),
    Rule("a Microsoft Entra secret", Shape(r"[\w.~-]{3}[78]Q~[\w.~-]{31,34}"), ("7Q~", "8Q~")),
    _named("an Azure access key", "SharedAccessKey", r"([A-Za-z0-9+/]{43}=)", "SharedAccessKey"),
    _named("an Azure signature", r"[?&;]sig(?==)", r"([\w%+/-]{40,})", "sig="),
    _rule("a DigitalOcean token", rf"{_HEX}{{64}}", "dop_v1_", "doo_v1_", "dor_v1_"),
    _rule("a Heroku key", r"[\w-]{58,}", "HRKU-AA"),
    _rule("a Databricks token", rf"{_HEX}{{32}}", "dapi"),
    _rule("a Vault token", r"[\w-]{90,}", "hvs.", "hvb."),
    Rule("a Terraform token", Shape(r"[A-Za-z0-9]{14}\.atlasv1\.[\w-]{60,}"), (".atlasv1.",)),
    _rule("a Doppler token", r"[\w.-]{40,}", "dp.pt.", "dp.st.", "dp.ct.", "dp.sa."),
    _rule("a Pulumi token", rf"{_HEX}{{40}}", "pul-"),
    _rule("a PlanetScale password", r"[\w.=-]{32,}", "pscale_tkn_", "pscale_pw_", "pscale_oauth_"),
    _rule("a Supabase key", r"[\w-]{30,}", "sbp_", "sb_secret_"),
    _rule("a Fly.io token", r"[\w+/-]{43,}", "fo1_", "fm1r_", "fm2_"),
    _rule("an Alibaba Cloud key", rf"{_MIXED}[A-Za-z0-9]{{20}}{_END}", "LTAI"),
    # other services
    Rule("a Slack token", SlackDetector(), ("hooks.slack", *(f"xox{kind}-" for kind in "abopsr"))),
    _rule("a Slack token", r"[\w%-]{30,}", "xapp-", "xoxe-", "xoxc-", "xoxd-"),
    _rule("a Stripe key", r"[A-Za-z0-9+/]{24,}", "sk_live_", "sk_test_", "rk_live_", "rk_test_", "whsec_"),
    Rule("a SendGrid key", SendGridDetector()),
    Rule("a Twilio key", TwilioKeyDetector()),
    Rule("a Mailchimp key", MailchimpDetector(), tuple(f"-us{first}" for first in range(1, 10))),
    Rule("a Square secret", SquareOAuthDetector()),
    _rule("a Brevo key", rf"{_HEX}{{64}}-[A-Za-z0-9]{{16}}", "xkeysib-"),
    Rule("a Telegram token", Token(r"(?<!\d)\d{8,10}:AA[\w-]{33}(?![\w-])"), (":AA",), alone=False),
    Rule(
        "a Discord token",
        Encoded(rf"[MNO][A-Za-z0-9]{{23,27}}\.[\w-]{{6}}\.(?=[\w-]*[A-Z])[\w-]{{27,40}}{_END}", str.isdigit),
    ),
    Rule(
        "a Discord webhook",
        Shape(r"discord(?:app)?\.com/api/webhooks/\d{17,20}/([\w-]{60,})"),
        ("/webhooks/",),
        alone=False,
    ),
    _rule("an Atlassian token", r"[\w=-]{100,}", "ATATT3", "ATCTT3"),
    _rule("a Linear key", r"[A-Za-z0-9]{40}", "lin_api_", "lin_oauth_"),
    _rule("a Notion token", r"[A-Za-z0-9]{43,}", "ntn_", "secret_"),
    Rule("an Airtable token", Shape(rf"pat[A-Za-z0-9]{{14}}\.{_HEX}{{64}}")),
    _rule("a HubSpot token", rf"\w{{2,4}}-{_UUID}", "pat-"),
    _rule("a Figma token", r"[\w-]{40,}", "figd_"),
    _rule("a Postman key", rf"{_HEX}{{24}}-{_HEX}{{34}}", "PMAK-"),
    _rule("a New Relic key", r"[A-Z0-9]{27,}", "NRAK-"),
    _rule("a Grafana token", r"[\w+/]{32,}", "glsa_", "glc_"),
    _rule("a Sentry token", r"[\w+/=]{60,}", "sntrys_", "sntryu_"),
    _rule("a Shopify token", rf"{_HEX}{{32}}", "shpat_", "shpca_", "shppa_", "shpss_"),
    # what opens whatever it belongs to
    Rule(
        "a private key",
        Shape(r"-----BEGIN [A-Z0-9 ]{0,30}PRIVATE KEY(?: BLOCK)?-----(?:(?!-----END)[\s\S]){0,400}?[A-Za-z0-9+/]{40}"),
        ("PRIVATE KEY",),
        alone=False,
    ),
    _rule("an age key", r"[0-9A-Z]{58}", "AGE-SECRET-KEY-1"),
    Rule("a JSON Web Token", WebToken(), (".ey",), alone=False),
    Rule(
        "a password in an address",
        Token(r"""://[^\s:/?#@"'\\<>{}]{0,64}:([^\s:/?#@"'\\<>{}$]{8,})@"""),  # written out, not as {NAME} or $NAME
        ("://",),
        alone=False,
    ),
    Rule(
        "a password in a header",
        Encoded(
            r"""[aA](?i:uthorization["'\\\s:=>\[-]{1,40}?basic)\s{1,3}([A-Za-z0-9+/]{8,}={0,2})""",
            lambda meant: opaque(meant.partition(":")[2]),
        ),
        ("uthorization", "UTHORIZATION"),
        alone=False,
    ),
    _named("a bearer token", r"[bB](?i:earer)", r"([\w.~+/-]{20,}=*)", "earer", "EARER"),
    _named(
        "a key in a header",
        r"[aApPsSvV](?i:pi-key|ubscription-key|ubscription-token|uth-token|rivate-token|ault-token)",
        r"([\w.+/-]{20,}=*)",
        *("-key", "-Key", "-KEY", "-token", "-Token", "-TOKEN"),
    ),
    _rule("a session cookie", r"([\w.%+/|:-]{16,})", *(f"{name}=" for name in ("__cf_bm", "_cfuvid", "__cfruid"))),
    _rule("a session cookie", r"=([\w.%+/|:-]{16,})", "cf_clearance", "PHPSESSID", "JSESSIONID", "ASP.NET_SessionId"),
    _rule("a session cookie", r"=([\w.%+/|:-]{16,})", "connect.sid", "_gitlab_session", "laravel_session"),
    _rule("a session cookie", r"[\w.-]{1,60}=([\w.%+/|:-]{16,})", "__Secure-", "__Host-"),
    _named(
        "a session cookie",
        r"[cC](?i:ookie)",
        rf"""(?:{_COOKIE}=[^;"'\\\n]{{0,200}};\s?){{0,8}}?{_COOKIE}=([\w.%+/|:-]{{16,}})""",
        *("ookie", "OOKIE"),
    ),
)
"""What is looked for, what tells most first; nothing goes by entropy, and no rule asks whether a key is still good."""
