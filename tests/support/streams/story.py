"""A believable afternoon in the streams: devices, sweeps, wipes in every phase, and some hostile text."""

from datetime import UTC, datetime, timedelta

from exconn.stream import Number
from tests.support.streams.status import StreamWriter, device_fact, guid_of, owner_fact, statistics_fact

MODELS = (
    ("iPhone", "iPhone15C2", "iOS 19.1"),
    ("SamsungDevice", "SM-S931B", "Android 16"),
    ("WindowsOutlook15", "Outlook for Windows", "Windows 11"),
    ("iPad", "iPad14C1", "iPadOS 19.0"),
)
#: Devices whose client is not the phone's own.
OUTLOOK, OUTLOOK_SERVICE = 20, 21
_OTHER_CLIENTS = {
    OUTLOOK: ("Outlook", "Outlook for iOS and Android", "Outlook-iOS-Android/1.0", "Outlook"),
    OUTLOOK_SERVICE: ("OutlookService", "Outlook service", "Microsoft.Cortex/1.0", "EAS"),
}
PEOPLE = ("Ada Nowak", "Bilal Öz", "Carla Núñez", "Dagny Ström", "Émile Roux", "Farah Haddad", "Greta Lindqvist")
HOSTILE = 'x</td><script>alert(1)</script>\u202egnp.exe\x1b[31m"onmouseover="x'


def tell_story(writer: StreamWriter, *, devices: int = 130) -> None:
    """Write it all; the read model afterwards has every kind of row."""
    writer.register(organization="contoso.test", armed=["policy", "actions"], installed_at="2026-11-20T08:00:00Z")
    writer.message(Number.CONNECTOR_FLAGGED, by="intake", data={"revision": 1})
    writer.message(Number.INSTALLED, by="discovery", data={"revision": 1})
    writer.message(Number.BRAKE_RESUMED, by="ann")
    _sweep(writer, devices)
    _wipes(writer)
    writer.message(Number.CMDLET_FAILED, by="discovery", data={"cmdlet": "Get-MobileDeviceStatistics"})
    writer.message(Number.RUNSPACE_FAILED, by="discovery", data={"site_name": "Default"})


def _sweep(writer: StreamWriter, devices: int) -> None:
    job = "sweep-aaaaaaaaaaaaaaaa"
    writer.queued(job, "sweep", service="discovery", requester="coordinator")
    writer.message(Number.JOB_CLAIMED, job=job, kind="sweep", state="claimed", epoch=1)
    for first in range(0, devices, 50):
        numbers = range(first, min(first + 50, devices))
        writer.page("devices", [_device(number) for number in numbers])
        writer.page("owners", [owner_fact(number, name=_person(number), server="EX1") for number in numbers])
        writer.page("statistics", [_statistics(number) for number in numbers])
    for part in range(6):
        state = "settled" if part < 4 else "claimed"
        child = f"partition-{'abcdefgh'[part] * 16}"
        writer.queued(child, "partition", service="discovery", parent=job)
        number = Number.JOB_SUCCEEDED if part < 4 else Number.JOB_CLAIMED
        writer.message(number, job=child, kind="partition", state=state, data={"outcome": "succeeded"})
    told: dict[str, object] = {"number": 1, "devices": devices}
    writer.message(Number.SWEEP_STARTED, job=job, kind="sweep", state="waiting", epoch=1, data=told)
    fact = {"sweep": 1, "devices": devices, "owners": devices, "started_at": "2026-11-20T08:01:00Z"}
    writer.page("finalise", [fact])
    told |= {"outcome": "succeeded"}
    writer.message(Number.SWEEP_FINISHED, job=job, kind="sweep", state="settled", epoch=2, data=told)


def _wipes(writer: StreamWriter) -> None:
    steps: tuple[tuple[Number, str, str, dict[str, object]], ...] = (
        (Number.ISSUING, "claimed", "issuing", {}),
        (Number.WIPE_ISSUED, "waiting", "issued", {"reason": "device_silent"}),
        (Number.WIPE_SENT, "waiting", "sent", {"reason": "device_silent"}),
        (Number.WIPE_ACKNOWLEDGED, "settled", "acknowledged", {"outcome": "succeeded"}),
    )
    for number in range(4):
        job = f"wipe-{'abcd'[number] * 16}"
        writer.queued(job, "wipe", device=guid_of(number))
        for status, state, phase, data in steps[: number + 1]:
            writer.message(status, job=job, kind="wipe", state=state, phase=phase, epoch=1, data=data)
    held = "wipe-hhhhhhhhhhhhhhhh"
    writer.queued(held, "wipe", device=guid_of(9))
    reason = {"reason": "breaker"}
    writer.message(Number.JOB_HELD, job=held, kind="wipe", state="held", phase="accepted", data=reason)
    failed = "wipe-ffffffffffffffff"
    writer.queued(failed, "wipe", device=guid_of(10))
    refused = {"outcome": "refused", "reason": "enrolled_since"}
    writer.message(Number.JOB_REFUSED, job=failed, kind="wipe", state="settled", phase="accepted", data=refused)


def _person(number: int) -> str:
    return PEOPLE[number % len(PEOPLE)]


def _device(number: int) -> dict[str, object]:
    kind, model, system = MODELS[number % len(MODELS)]
    alias = _person(number).split()[0].lower()
    state = "Quarantined" if number % 17 == 5 else "Blocked" if number % 23 == 7 else "Allowed"
    fields = {"name": f"{alias}{number}_{kind}", "owner_name": _person(number), "device_type": kind, "model": model}
    if number in _OTHER_CLIENTS:
        kind, model, agent, way = _OTHER_CLIENTS[number]
        fields |= {"name": f"{alias}{number}_{kind}", "device_type": kind}
        fields |= {"model": model, "user_agent": agent, "client_type": way}
    fields |= {
        "identity": f"contoso.test/Users/{_person(number)}/ExchangeActiveSyncDevices/{kind}\u00a7APPL{number:08d}",
        "user_domain": "contoso.test",
        "os_language": "nl",
        "mobile_operator": "Example Mobile",
        "access_control_rule": f"{model} (DeviceModel)" if state == "Blocked" else "",
    }
    if number == 11:
        fields |= {"name": HOSTILE, "model": HOSTILE, "friendly_name": HOSTILE * 30}
    return device_fact(number, **fields, os=system, access_state=state, access_state_reason="Global")


def _statistics(number: int) -> dict[str, object]:
    last = datetime.now(UTC) - timedelta(minutes=7 * number * number)
    facts = statistics_fact(number, last_sync=last.isoformat(), policy_applied="Default", policy_status="AppliedInFull")
    if number == 3:
        asked = datetime.now(UTC) - timedelta(minutes=9)
        times = {name: (asked + timedelta(minutes=step)).isoformat() for step, name in enumerate(_WIPE_FIELDS)}
        facts |= times | {"wipe_requestor": "contoso.test/Users/exconn", "status_note": "asked for twice"}
        facts |= {f"account_{name}": moment for name, moment in times.items()}
        facts["account_wipe_requestor"] = "contoso.test/Users/Anna"
    return facts


_WIPE_FIELDS = ("wipe_requested", "wipe_sent", "wipe_acknowledged")
