"""What a wipe erases: the whole phone, or the data of an app."""

from exconn.exchange import Device

#: Clients that Exchange names as Outlook: a wipe erases their own data only, not the phone's.
APP_CLIENTS = frozenset({"Outlook", "UniversalOutlook", "REST"})


def erases(device: Device) -> str:
    """What a wipe of this client erases, as far as Exchange names the client: "device", "app" or "unknown"."""
    if device.client_type in APP_CLIENTS:
        return "app"
    return "device" if device.client_type == "EAS" else "unknown"
