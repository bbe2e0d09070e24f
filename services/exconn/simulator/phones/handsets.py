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
#: What scripts test a server with (recalled).
TEST_PROBE = Model(
    "TestActiveSyncConnectivity",
    "TestActiveSyncConnectivity",
    "TestActiveSyncConnectivity",
    "",
    "TestActiveSyncConnectivity",
    client_version="14.1",
    id_prefix="TestActiveSync",
    has_modem=False,
)
_OUTLOOK, _OUTLOOK_SERVICE = "Outlook for iOS and Android", "OutlookService"
MODELS = (
    Model("iPhone", "iPhone14C2", "White iPhone 14", "iOS 17.5.1 21F90", "Apple-iPhone14C2/2106.90", id_prefix="APPL"),
    Model("SAMSUNGSMA546B", "SM-A546B", "Galaxy A54", "Android 14", "SAMSUNG-SM-A546B/101.140000", id_prefix="SEC"),
    Model("iPhone", "iPhone15C3", "Blue iPhone 15", "iOS 18.0 22A3354", "Apple-iPhone15C3/2201.33", id_prefix="APPL"),
    Model("PIXEL", "Pixel 8", "Pixel 8", "Android 14", "Android-Mail/2024.05.19", id_prefix="android"),
    Model(
        "iPad", "iPad13C1", "iPad", "iPadOS 17.4 21E219", "Apple-iPad13C1/2105.219", id_prefix="APPL", has_modem=False
    ),
    # As Exchange Online shows it.
    Model(
        "Outlook",
        _OUTLOOK,
        _OUTLOOK,
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
    # As servers on-premises show it: a client of ActiveSync.
    Model(
        "Outlook",
        _OUTLOOK,
        _OUTLOOK,
        "OutlookBasicAuth",
        "Outlook-iOS-Android/1.0",
        client_version="14.1",
        has_modem=False,
    ),
    # Exchange Online for a user of Outlook; only its type is documented.
    Model(_OUTLOOK_SERVICE, _OUTLOOK_SERVICE, _OUTLOOK_SERVICE, "", "OutlookService/1.0", has_modem=False),
    # A phone whose type says something else than the rest.
    Model("Outlook", "iPhone14C2", "White iPhone 14", "iOS 17.5.1 21F90", "Apple-iPhone14C2/2106.90", id_prefix="APPL"),
)

_TIDY = (0, 1, 0, 2, 3, 1, 5, 4, 0, 6)
#: With Outlook in its three forms, and a phone that contradicts itself.
_REAL = (0, 1, 0, 7, 3, 1, 8, 4, 0, 6, 0, 1, 2, 7, 3, 9, 5, 4, 0, 2)


def model_named(device_type: str, client_type: str = "", model: str = "") -> Model | None:
    """The model that reports that device type, and the client type and model where they are given.

    An ActiveSync client before another one, and of two such the one that does not contradict itself.
    """
    found = [
        each
        for each in MODELS
        if each.type.lower() == device_type.lower()
        and client_type.lower() in ("", each.client_type.lower())
        and model.lower() in ("", each.model.lower())
    ]
    return next((each for each in found if each.client_type == "EAS"), found[0] if found else None)


def is_outlook(model: Model) -> bool:
    """Outlook for iOS and Android: resets its own data only, on all devices of its user."""
    return model.model == _OUTLOOK


def is_outlook_service(model: Model) -> bool:
    """Exchange Online for a user: nothing that is asked for here reaches a phone."""
    return model.type == _OUTLOOK_SERVICE


def can_enforce(number: int) -> bool:
    """Whether a phone can enforce a mailbox policy; one in twenty can't."""
    return number % 20 != 17


def model_of(number: int, *, real: bool = False) -> Model:
    """The model of a phone. Each run of ten numbers has the same mix, with one Outlook and one old client; in a real
    estate each run of twenty, with every form of Outlook.
    """
    mix = _REAL if real else _TIDY
    return MODELS[mix[number % len(mix)]]
