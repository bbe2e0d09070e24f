"""Exchange Online's addresses, where remote PowerShell has ended."""

from urllib.parse import urlsplit

#: Microsoft's page on connecting to Exchange Online PowerShell names these for the cloud and its national forms.
_HOSTS = frozenset(
    {
        "outlook.office365.com",
        "outlook.office.com",
        "outlook.office.de",
        "outlook.office365.us",
        "outlook-dod.office365.us",
        "webmail.apps.mil",
        "partner.outlook.cn",
        "ps.outlook.com",
        "ps.compliance.protection.outlook.com",
        "ps.compliance.protection.partner.outlook.cn",
    }
)
#: Whatever stands in front of these is Exchange Online's too.
_DOMAINS = (
    ".outlook.com",
    ".office365.com",
    ".office365.us",
    ".partner.outlook.cn",
    ".onmicrosoft.com",
    ".onmicrosoft.us",
    ".partner.onmschina.cn",
)


def is_exchange_online(url: str) -> bool:
    """Whether an address leads to Exchange Online."""
    host = (urlsplit(url).hostname or "").rstrip(".").lower()
    return host in _HOSTS or host.endswith(_DOMAINS)
