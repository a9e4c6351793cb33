"""What passwords, keys and tokens look like: one re2 pattern per kind; group 1 is the secret itself."""

from __future__ import annotations

from typing import NamedTuple

# A key starts where no letter or digit stands before it; re2 has no look-behind, so the match holds that character.
_START = r"(?:^|[^A-Za-z0-9_-])"
_SIGN = r"""["']?\s*(?:[:=]|=>)\s*["']?"""


class SecretKind(NamedTuple):
    """``assigned`` marks name-and-value patterns, whose value is looked at again: 'password: required' is no secret."""

    id: str
    what: str
    pattern: str
    assigned: bool = False


SECRET_KINDS: tuple[SecretKind, ...] = (
    SecretKind("anthropic-key", "an Anthropic API key", _START + r"(sk-ant-[A-Za-z0-9_-]{20,})"),
    SecretKind("openai-key", "an OpenAI API key", _START + r"(sk-(?:proj-|svcacct-|admin-)[A-Za-z0-9_-]{20,})"),
    SecretKind("openai-key", "an API key that starts with sk-", _START + r"(sk-[A-Za-z0-9]{32,})"),
    SecretKind("aws-key", "an AWS access key", _START + r"((?:AKIA|ASIA)[A-Z2-7]{16})(?:[^A-Za-z0-9]|$)"),
    SecretKind("google-key", "a Google API key", _START + r"(AIza[A-Za-z0-9_-]{35})"),
    SecretKind("google-token", "a Google access token", _START + r"(ya29\.[A-Za-z0-9_-]{20,})"),
    SecretKind("google-client-secret", "a Google client secret", _START + r"(GOCSPX-[A-Za-z0-9_-]{20,})"),
    SecretKind("github-token", "a GitHub token", _START + r"(gh[pousr]_[A-Za-z0-9]{36,}|github_pat_[A-Za-z0-9_]{40,})"),
    SecretKind("gitlab-token", "a GitLab token", _START + r"(glpat-[A-Za-z0-9_-]{20,})"),
    SecretKind("slack-token", "a Slack token", _START + r"(xox[abeoprs]-[A-Za-z0-9-]{10,}|xapp-\d-[A-Za-z0-9-]{10,})"),
    SecretKind(
        "slack-webhook", "a Slack webhook", r"hooks\.slack\.com/(services/T[A-Z0-9]+/B[A-Z0-9]+/[A-Za-z0-9]{16,})"
    ),
    SecretKind("salesforce-session", "a Salesforce session id", _START + r"(00D[A-Za-z0-9]{12,15}![A-Za-z0-9._]{40,})"),
    SecretKind(
        "stripe-key", "a Stripe key", _START + r"((?:sk|rk)_(?:live|test)_[A-Za-z0-9]{16,}|whsec_[A-Za-z0-9]{24,})"
    ),
    SecretKind("sendgrid-key", "a SendGrid key", _START + r"(SG\.[A-Za-z0-9_-]{16,}\.[A-Za-z0-9_-]{16,})"),
    SecretKind("mailchimp-key", "a Mailchimp key", _START + r"([0-9a-f]{32}-us\d{1,2})(?:[^A-Za-z0-9]|$)"),
    SecretKind("hubspot-token", "a HubSpot token", _START + r"(pat-(?:na|eu|ap)\d-[0-9a-f-]{36})"),
    SecretKind("meta-token", "a Meta access token", _START + r"(EAA[A-Za-z0-9]{60,})"),
    SecretKind("private-key", "a private key", r"-----BEGIN (?:[A-Z0-9]+ ){0,3}PRIVATE KEY(?: BLOCK)?-----"),
    SecretKind(
        "jwt", "a signed token (JWT)", _START + r"(eyJ[A-Za-z0-9_-]{8,}\.eyJ[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]{8,})"
    ),
    SecretKind(
        "url-password",
        "an address with a password in it",
        r"[A-Za-z][A-Za-z0-9+.-]{1,20}://[^\s/:@\"']{0,64}:([^\s/@\"']{3,128})@",
        True,
    ),
    SecretKind(
        "bearer-token", "an access token", r"(?i)\b(?:bearer|authorization:\s*basic)\s+([A-Za-z0-9._~+/-]{20,}=*)", True
    ),
    SecretKind(
        "password",
        "a password",
        r"(?i)\b(?:password|passwort|passwd|passphrase|mot de passe|contraseña|pwd|kennwort)"
        + rf"(?:{_SIGN}|\s(?:is|was|ist|lautet|est|es)\s)"
        + r"([^\s\"']{6,128})",
        True,
    ),
    SecretKind(
        "api-key",
        "an API key or token",
        r"(?i)(?:api[_ -]?key|secret[_ -]?key|client[_ -]?secret|access[_ -]?key|access[_ -]?token|auth[_ -]?token"
        r"|refresh[_ -]?token|private[_ -]?token|app[_ -]?secret)" + _SIGN + r"([^\s\"',;]{8,})",
        True,
    ),
)
