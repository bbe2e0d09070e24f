"""One scenario for clients of PowerShell remoting that know nothing of this project: `scenario.py CLIENT < settings`.

Runs in the client's own environment and imports nothing of the project. CLIENT is `pypsrp` (0.9), `psrp` or
`psrp-async` (1.0). Settings and what was seen are JSON: both clients must have seen the same.
"""

import asyncio
import json
import os
import sys
import traceback
from dataclasses import dataclass, field
from typing import Any, Protocol

TEXT = "a & b < c > \" ' § _x0041_ \U0001f4f1 \x07 \t end  "
Parameters = dict[str, Any]


@dataclass
class Seen:
    """What one pipeline gave, in words that each client can say."""

    output: list[dict[str, str | None]] = field(default_factory=list)
    errors: list[tuple[str, str]] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)
    failed: bool = False


class Client(Protocol):
    """What the scenario does with a client."""

    async def run(self, cmdlet: str, parameters: Parameters, wanted: tuple[str, ...] = ()) -> Seen: ...

    async def script(self, text: str) -> Seen: ...

    async def stop_after_start(self, cmdlet: str) -> str: ...

    async def secure(self, text: str) -> Any: ...

    async def widen(self) -> bool: ...

    async def close(self) -> None: ...


def shown(value: object) -> str | None:
    """Any value as text: enums and identities by what they show."""
    if value is None:
        return None
    if isinstance(value, bool):
        return str(value)
    text = getattr(value, "to_string", None)
    if text is None and hasattr(value, "PSObject"):
        text = value.PSObject.to_string
    return str(text if text is not None else value)


class Old:
    """pypsrp 0.9."""

    def __init__(self, settings: dict[str, Any]) -> None:
        from pypsrp.powershell import RunspacePool
        from pypsrp.wsman import WSMan

        self._wsman = WSMan(
            settings["host"],
            port=settings["port"],
            path="PowerShell/",
            ssl=True,
            auth="basic",
            username=settings["username"],
            password=settings["password"],
            cert_validation=settings["ca_file"],
        )
        self._pool = RunspacePool(self._wsman, configuration_name="Microsoft.Exchange")
        self._pool.open()

    async def run(self, cmdlet: str, parameters: Parameters, wanted: tuple[str, ...] = ()) -> Seen:
        return self._finish(self._prepare(cmdlet, parameters), wanted)

    def _prepare(self, cmdlet: str, parameters: Parameters) -> Any:
        from pypsrp.powershell import PowerShell

        shell = PowerShell(self._pool)
        shell.add_cmdlet(cmdlet)
        for name, value in parameters.items():
            shell.add_parameter(name, value)
        return shell

    async def script(self, text: str) -> Seen:
        from pypsrp.powershell import PowerShell

        shell = PowerShell(self._pool)
        shell.add_script(text)
        return self._finish(shell, ())

    def _finish(self, shell: Any, wanted: tuple[str, ...]) -> Seen:
        output = shell.invoke()
        seen = Seen(
            output=[{n: shown(self._value(o, n)) for n in wanted} for o in output],
            errors=[(str(e), str(e.fq_error)) for e in shell.streams.error],
            warnings=[str(w.message) for w in shell.streams.warning],
            failed=shell.state == 5,
        )
        shell.close()
        return seen

    @staticmethod
    def _value(found: Any, name: str) -> object:
        return (found.adapted_properties | found.extended_properties).get(name)

    async def stop_after_start(self, cmdlet: str) -> str:
        shell = self._prepare(cmdlet, {})
        shell.begin_invoke()
        shell.stop()
        return "stopped"

    async def secure(self, text: str) -> Any:
        from pypsrp.complex_objects import ObjectMeta

        self._pool.exchange_keys()
        return self._pool.serialize(text, ObjectMeta("SS"))

    async def widen(self) -> bool:
        self._pool.max_runspaces = 2
        return int(self._pool.get_available_runspaces()) == 1

    async def close(self) -> None:
        self._pool.close()
        self._wsman.close()


class New:
    """psrp 1.0, with threads or with asyncio: the same names, awaited or not."""

    def __init__(self, settings: dict[str, Any], *, sync: bool) -> None:
        import psrp

        self._psrp = psrp
        self._sync = sync
        info = psrp.WSManInfo(
            settings["host"],
            scheme="https",
            port=settings["port"],
            path="PowerShell/",
            verify=settings["ca_file"],
            auth="basic",
            username=settings["username"],
            password=settings["password"],
            configuration_name="Microsoft.Exchange",
        )
        self._pool = psrp.SyncRunspacePool(info) if sync else psrp.AsyncRunspacePool(info)

    async def open(self) -> None:
        await self._wait(self._pool.open())

    async def _wait(self, result: Any) -> Any:
        return result if self._sync else await result

    def _shell(self) -> Any:
        return self._psrp.SyncPowerShell(self._pool) if self._sync else self._psrp.AsyncPowerShell(self._pool)

    async def run(self, cmdlet: str, parameters: Parameters, wanted: tuple[str, ...] = ()) -> Seen:
        shell = self._shell()
        shell.add_command(cmdlet)
        for name, value in parameters.items():
            shell.add_parameter(name, value)
        return await self._finish(shell, wanted)

    async def script(self, text: str) -> Seen:
        shell = self._shell()
        shell.add_script(text)
        return await self._finish(shell, ())

    async def _finish(self, shell: Any, wanted: tuple[str, ...]) -> Seen:
        seen = Seen()
        try:
            output = await self._wait(shell.invoke())
        except self._psrp.PipelineFailed as failed:
            output, seen.failed = [], True
            seen.errors.append((failed.error_record.Exception.Message, failed.error_record.FullyQualifiedErrorId))
        seen.output = [{n: shown(getattr(o, n, None)) for n in wanted} for o in output]
        seen.errors += [(e.Exception.Message, e.FullyQualifiedErrorId) for e in shell.streams.error]
        seen.warnings = [str(w.Message) for w in shell.streams.warning]
        return seen

    async def stop_after_start(self, cmdlet: str) -> str:
        shell = self._shell()
        shell.add_command(cmdlet)
        running = await self._wait(shell.invoke_async())
        await self._wait(shell.stop())
        try:
            await self._wait(running.wait() if self._sync else running)
        except self._psrp.PipelineStopped:
            return "stopped"
        return "went on"

    async def secure(self, text: str) -> Any:
        from psrpcore.types import PSSecureString

        await self._wait(self._pool.exchange_key())
        return PSSecureString(text)

    async def widen(self) -> bool:
        accepted = await self._wait(self._pool.set_max_runspaces(2))
        return bool(accepted) and int(await self._wait(self._pool.get_available_runspaces())) == 1

    async def close(self) -> None:
        await self._wait(self._pool.close())


async def opened(name: str, settings: dict[str, Any]) -> Client:
    """The client of that name, with an open pool."""
    if name == "pypsrp":
        return Old(settings)
    client = New(settings, sync=name == "psrp")
    await client.open()
    return client


async def play(client: Client, settings: dict[str, Any]) -> dict[str, Any]:
    """Everything that a client of Exchange does; what it saw, by step."""
    guid, user, device_id = settings["guid"], settings["user"], settings["device_id"]
    device = ("DeviceId", "DeviceType", "DeviceAccessState", "Identity", "DeviceImei", "FriendlyName")
    await client.run("Set-ADServerSettings", {"ViewEntireForest": True})
    await client.run("Set-ActiveSyncOrganizationSettings", {"UserMailInsert": TEXT})
    edit = {"Add": [device_id], "Remove": ["none"]}
    seen = {
        "device": await client.run("Get-MobileDevice", {"Identity": guid}, device),
        "statistics": await client.run("Get-MobileDeviceStatistics", {"Mailbox": user}, ("DeviceId", "Status")),
        "cut": await client.run("Get-MobileDevice", {"ResultSize": 3}, ("DeviceId",)),
        "all": await client.run("Get-MobileDevice", {"ResultSize": "Unlimited"}, ("DeviceId", "DeviceUserAgent")),
        "missing": await client.run("Get-MobileDevice", {"Identity": "nothing"}),
        "hidden": await client.run("New-Mailbox", {"Name": "x"}),
        "script": await client.script("Get-MobileDevice"),
        "text": await client.run("Get-ActiveSyncOrganizationSettings", {}, ("UserMailInsert",)),
        "edited": await client.run("Set-CASMailbox", {"Identity": user, "ActiveSyncAllowedDeviceIDs": edit}),
        "allowed": await client.run("Get-MobileDevice", {"Identity": guid}, ("DeviceAccessState",)),
        "wiped": await client.run("Clear-MobileDevice", {"Identity": guid, "Confirm": False}),
        "secure": await client.run("Get-CASMailbox", {"Anr": await client.secure("secret")}),
    }
    facts: dict[str, Any] = {name: vars(step) for name, step in seen.items()}
    facts["stop"] = await client.stop_after_start("Get-MobileDevice")
    facts["widened"] = await client.widen()
    facts["after"] = vars(await client.run("Get-ActiveSyncOrganizationSettings", {}, ("DefaultAccessLevel",)))
    await client.close()
    return facts


async def main() -> None:
    settings = json.load(sys.stdin)
    print(json.dumps(await play(await opened(sys.argv[1], settings), settings)))


if __name__ == "__main__":
    try:
        asyncio.run(main())
    except Exception:  # noqa: BLE001 - whatever it was: the client's own threads would keep the process for ever
        traceback.print_exc()
        sys.stderr.flush()
        os._exit(1)
