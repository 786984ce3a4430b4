"""Made-up secrets of every kind that is looked for, put together from the published shapes when they are needed."""

import json
import re
import string
from base64 import b64encode, urlsafe_b64encode
from random import Random
from typing import NamedTuple

_SIGNS = {
    "a": string.ascii_letters + string.digits,
    "w": string.ascii_letters + string.digits + "-_",
    "b": string.ascii_letters + string.digits + "+/",
    "h": string.digits + "abcdef",
    "l": string.ascii_lowercase + string.digits,
    "u": string.ascii_uppercase + string.digits,
    "d": string.digits,
    "k": "0123456789abcdefghjkmnpqrstvwxyz",
}
_UUID = "{h8}-{h4}-{h4}-{h4}-{h12}"

SHAPES = {
    "an Anthropic key": ("sk-ant-api03-{w93}AA", "sk-ant-admin01-{w93}AA", "sk-ant-oat01-{w93}AA"),
    "an OpenRouter key": ("sk-or-v1-{h64}",),
    "an OpenAI key": ("sk-proj-{w74}T3Blbk" + "FJ{w74}", "sk-svcacct-{w58}T3Blbk" + "FJ{w58}", "sk-admin-{w156}"),
    "an OpenAI session key": ("sess-{a40}",),
    "an API key that begins with sk-": ("sk-{a20}T3Blbk" + "FJ{a20}", "sk-{a48}", "sk-{h32}", "sk-{w22}"),
    "an OpenAI organisation id": ("org-{a24}",),
    "an organisation id": (f"anthropic-organization-id: |{_UUID}", "openai-organization: |user-{l24}"),
    "an OpenAI project id": ("proj_{a24}",),
    "a Groq organisation id": ("org_01{k24}",),
    "a Google API key": ("AIza{w35}", "AQ.Ab{w48}"),
    "a Google OAuth token": ("ya29.{w120}", "1//0{w96}", "GOCSPX-{w28}"),
    "a Groq key": ("gsk_{a52}",),
    "a Hugging Face token": ("hf_{a34}", "api_org_{a34}"),
    "an xAI key": ("xai-{a80}",),
    "a Cerebras key": ("csk-{l48}",),
    "a Perplexity key": ("pplx-{a48}",),
    "a Replicate token": ("r8_{a37}",),
    "a Fireworks key": ("fw_{a24}", "fw_{a22}"),
    "a Together key": ("tgp_v1_{w43}",),
    "an NVIDIA key": ("nvapi-{w64}",),
    "an Amazon Bedrock key": ("ABSK{b128}",),
    "a Tavily key": ("tvly-{a32}", "tvly-dev-{a32}"),
    "a Jina key": ("jina_{h32}{w28}",),
    "a LangSmith key": ("lsv2_pt_{h32}_{h10}",),
    "a Pinecone key": ("pcsk_{a6}_{a63}",),
    "an ElevenLabs key": ("sk_{h48}",),
    "an E2B key": ("e2b_{h40}",),
    "a GitHub token": ("ghp_{a36}", "gho_{a36}", "ghu_{a36}", "ghs_{a36}", "ghr_{a36}", "github_pat_{a22}_{a59}"),
    "a GitLab token": (
        "glpat-{w20}",
        "glpat-{w27}.01.{k9}",
        "glrt-t1_{w27}",
        "gldt-{w20}",
        "glptt-{h40}",
        "glcbt-64_{w20}",
    ),
    "an npm token": ("npm_{a36}",),
    "a PyPI token": ("pypi-AgEIcHlwaS5v" + "cmc{w120}",),
    "a RubyGems key": ("rubygems_{h48}",),
    "a Docker token": ("dckr_pat_{w27}",),
    "a JFrog key": ("AKCp8{a68}",),
    "a SonarQube token": ("squ_{h40}",),
    "an AWS key": ("AKIA{u16}", "ASIA{u16}"),
    "a secret access key": ("AWS_SECRET_ACCESS_KEY=|{b40}", "<SecretAccessKey>|{b40}", '"secretAccessKey": "|{b40}'),
    "an Azure storage key": ("AccountName=x;|AccountKey={b86}==",),
    "an Azure key": ("{a52}JQQJ9" + "9{a26}", "{b76}+ASt{a4}=="),
    "an Azure DevOps token": ("{a76}AZDO{a4}",),
    "a Microsoft Entra secret": ("{a3}8Q~{w34}",),
    "an Azure access key": ("SharedAccessKeyName=root;SharedAccessKey=|{b43}=",),
    "an Azure signature": ("https://x.blob.core.windows.net/c?sv=2024&sig=|{a40}%2F%3D",),
    "a DigitalOcean token": ("dop_v1_{h64}",),
    "a Heroku key": ("HRKU-AA{w58}",),
    "a Databricks token": ("dapi{h32}",),
    "a Vault token": ("hvs.{w94}",),
    "a Terraform token": ("{a14}.atlasv1.{w67}",),
    "a Doppler token": ("dp.pt.{a43}",),
    "a Pulumi token": ("pul-{h40}",),
    "a PlanetScale password": ("pscale_pw_{w43}",),
    "a Supabase key": ("sbp_{h40}",),
    "a Fly.io token": ("fo1_{w43}",),
    "an Alibaba Cloud key": ("LTAI{a20}",),
    "a Slack token": (
        *("xoxb-{d12}-{d13}-{a24}", "xoxp-{d12}-{d12}-{d13}-{h32}", "xapp-1-{u11}-{d13}-{h64}", "xoxe-1-{u146}"),
        "https://hooks.slack.com/services/T{u10}/B{u10}/{a24}",
    ),
    "a Stripe key": ("sk_live_{a24}", "rk_live_{a99}", "sk_test_{a99}", "whsec_{a32}"),
    "a SendGrid key": ("SG.{w22}.{w43}",),
    "a Twilio key": ("SK{h32}", "AC{h32}"),
    "a Mailchimp key": ("{h32}-us21",),
    "a Square secret": ("sq0csp-{w43}",),
    "a Brevo key": ("xkeysib-{h64}-{a16}",),
    "a Telegram token": ("https://api.telegram.org/bot|7{d9}:AA{w33}",),
    "a Discord token": ("{discord}.{w6}.{w38}",),
    "a Discord webhook": ("https://discord.com/api/webhooks/1{d18}/|{w68}",),
    "an Atlassian token": ("ATATT3{w186}",),
    "a Linear key": ("lin_api_{a40}",),
    "a Notion token": ("ntn_{d11}{a35}",),
    "an Airtable token": ("pat{a14}.{h64}",),
    "a HubSpot token": (f"pat-na1-{_UUID}",),
    "a Figma token": ("figd_{w40}",),
    "a Postman key": ("PMAK-{h24}-{h34}",),
    "a New Relic key": ("NRAK-{u27}",),
    "a Grafana token": ("glsa_{a32}_{h8}",),
    "a Sentry token": ("sntryu_{h64}",),
    "a Shopify token": ("shpat_{h32}",),
    "a private key": tuple(
        f"-----BEGIN {kind}PRIVATE " + "KEY-----\n{b64}\n{b64}\n{b22}==\n-----END " + f"{kind}PRIVATE KEY-----"
        for kind in ("", "RSA ", "EC ", "OPENSSH ", "ENCRYPTED ")
    ),
    "an age key": ("AGE-SECRET-KEY-1{u58}",),
    "a JSON Web Token": ("{jwt}",),
    "a password in an address": (
        "postgres://app:|{a16}|@db:5432/x",
        "redis://:|{a20}|@cache",
        "https://u:|{a20}%2B|@h/",
    ),
    "a password in a header": ("Authorization: Basic |{basic}",),
    "a bearer token": ("Authorization: Bearer |{a40}", "'authorization': 'bearer |{w64}", "Bearer%20|{a32}"),
    "a key in a header": ("x-api-key: |{a32}", "'Ocp-Apim-Subscription-Key': '|{h32}", "PRIVATE-TOKEN: |{w20}"),
    "a session cookie": (
        *("__cf_bm=|{w43}-17000.0.1.1", "cf_clearance=|{w43}", "JSESSIONID=|{u32}", "_gitlab_session=|{h32}"),
        *(
            "__Secure-next-auth.session-token=|{w80}",
            "Set-Cookie: session=|{w40}",
            "Cookie: lang=en; theme=dark; sid=|{h32}",
        ),
        'set-cookie": ["id=|{h40}',
    ),
}
"""By what each is called: the shapes, with `{a24}` for 24 random signs of a kind, and | around the secret within."""


class Planted(NamedTuple):
    """A text that holds a secret, and the secret."""

    text: str
    secret: str


def planted(shape: str, seed: str) -> Planted:
    """Return a text of a shape with a secret in it, another for each seed."""
    random = Random(f"{shape} {seed}")  # noqa: S311 - they open nothing
    before, *secret = re.sub(r"\{(\w+)\}", lambda found: _drawn(found[1], random), shape).split("|")
    return Planted(before + "".join(secret), secret[0]) if secret else Planted(before, before)


def _drawn(what: str, random: Random) -> str:
    if what == "discord":
        return b64encode(str(random.randrange(10**17, 10**18)).encode()).decode()
    if what == "basic":
        return b64encode(f"app:{_drawn('a20', random)}".encode()).decode()
    if what == "jwt":
        parts = ({"alg": "HS256", "typ": "JWT"}, {"id": _drawn("h32", random), "exp": random.randrange(10**9)})
        coded = [urlsafe_b64encode(json.dumps(part).encode()).decode().rstrip("=") for part in parts]
        return ".".join([*coded, _drawn("w43", random)])
    return "".join(random.choices(_SIGNS[what[0]], k=int(what[1:])))
