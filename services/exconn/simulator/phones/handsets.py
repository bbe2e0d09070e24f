"""The made-up phones: which models there are and what each reports about itself."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Model:
    """One model and the properties that all its phones share."""

    type: str
    model: str
    friendly_name: str
    os: str
    user_agent: str
    client_type: str = "EAS"
    client_version: str = "16.1"
    id_prefix: str = ""
    has_modem: bool = True


#: What Exchange's own monitoring probes with.
PROBE = Model(
    "EASProbeDeviceType",
    "EASProbeDeviceType",
    "EASProbe",
    "",
    "TestActiveSyncConnectivity",
    client_version="14.1",
    id_prefix="EASProbeDeviceId",
    has_modem=False,
)
#: Clients that reset their own data only, and have one association for all devices of their user.
OUTLOOK_CLIENTS = ("REST", "Outlook", "UniversalOutlook")

MODELS = (
    Model("iPhone", "iPhone14C2", "White iPhone 14", "iOS 17.5.1 21F90", "Apple-iPhone14C2/2106.90", id_prefix="APPL"),
    Model("SAMSUNGSMA546B", "SM-A546B", "Galaxy A54", "Android 14", "SAMSUNG-SM-A546B/101.140000", id_prefix="SEC"),
    Model("iPhone", "iPhone15C3", "Blue iPhone 15", "iOS 18.0 22A3354", "Apple-iPhone15C3/2201.33", id_prefix="APPL"),
    Model("PIXEL", "Pixel 8", "Pixel 8", "Android 14", "Android-Mail/2024.05.19", id_prefix="android"),
    Model(
        "iPad", "iPad13C1", "iPad", "iPadOS 17.4 21E219", "Apple-iPad13C1/2105.219", id_prefix="APPL", has_modem=False
    ),
    Model(
        "Outlook",
        "Outlook for iOS and Android",
        "Outlook for iOS and Android",
        "OutlookBasicAuth",
        "Outlook-iOS-Android/1.0",
        client_type="REST",
        client_version="1.0",
        has_modem=False,
    ),
    Model(
        "WP8",
        "RM-1104",
        "Lumia",
        "Windows Phone 8.10.14219",
        "MSFT-WP/8.10.14219",
        client_version="14.1",
        id_prefix="WP",
    ),
)

_BY_PLACE = (0, 1, 0, 2, 3, 1, 5, 4, 0, 6)


def model_named(device_type: str) -> Model | None:
    """The first model that reports that device type."""
    return next((m for m in MODELS if m.type.lower() == device_type.lower()), None)


def can_enforce(number: int) -> bool:
    """Whether a phone can enforce a mailbox policy; one in twenty can't."""
    return number % 20 != 17


def model_of(number: int) -> Model:
    """The model of a phone: each tenth run of numbers has the same mix, with one Outlook and one old client."""
    return MODELS[_BY_PLACE[number % len(_BY_PLACE)]]
