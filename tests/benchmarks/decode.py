"""What receiving and decoding cost the client, in its own CPU time, for the same bytes.

Three references: stock pypsrp; a bare loop that parses every answer and object with ElementTree and keeps the texts
of the properties, first from whole answers, then from the objects' bytes alone. Ours starts each round with a new
session, so what it has to learn of the objects counts. Uniform objects and a realistic mix (`mix`) go through stock
pypsrp and ours side by side. Then memory, each number of objects in a process of its own:
`python -m tests.benchmarks.decode COUNT` prints its peak.
"""

import gc
import re
import struct
import subprocess
import sys
import time
from base64 import b64decode
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any
from uuid import UUID
from xml.etree.ElementTree import fromstring

from pydantic import SecretStr
from pypsrp.powershell import PowerShell, RunspacePool
from pypsrp.wsman import WSMan

from exconn.exchange.clixml.decoder import Decoder
from exconn.exchange.cmdlets.command import Command
from exconn.exchange.endpoint import Endpoint
from exconn.exchange.psrp.transport import PsrpTransport
from tests.benchmarks.answers import SEED, CannedExchange, answer_bodies, device_bodies, envelope
from tests.benchmarks.mix import mixed_bodies
from tests.benchmarks.report import Report, compare, compare_size

NAME = "decode"
FEW, MANY = 1_000, 100_000
#: Each side works on this many objects at least in a round, so that the clock's grain does not count.
LEAST = 1_200

Tell = Callable[[str], None]
_FRAGMENT = struct.Struct(">QQBI")
_OUTPUT = 0x00041004
_STREAM = "{http://schemas.microsoft.com/wbem/wsman/1/windows/shell}Stream"


class _Channel:
    """Stands where our own channel stands, which hands an answer over decoded; that is part of the cost."""

    def __init__(self, canned: CannedExchange) -> None:
        self._canned = canned
        self.close = canned.close

    def send(self, message: bytes, *_timeout: object) -> tuple[int, str]:
        return 200, self._canned.send(message).decode()


def received_by_us(objects: Iterable[str]) -> tuple[int, float]:
    """Records counted as they arrive, and the seconds that this took."""
    canned = CannedExchange(objects)
    transport = PsrpTransport(Endpoint(url=canned.endpoint, username="bench", password=SecretStr("bench")))
    vars(transport._wsman.transport)["_channel"] = _Channel(canned)
    transport.open()
    canned.spent, started = 0.0, time.process_time()
    count = sum(len(batch.records) for batch in transport.run(Command("Get-MobileDevice", {"ResultSize": "Unlimited"})))
    return count, time.process_time() - started - canned.spent


def received_by_pypsrp(objects: Iterable[str]) -> tuple[int, float]:
    """The same through its own client."""
    canned = CannedExchange(objects)
    wsman = WSMan("exchange.example", username="bench", password="bench", auth="basic")
    vars(wsman)["transport"] = canned
    pool = RunspacePool(wsman, configuration_name="Microsoft.Exchange")
    pool.open()
    powershell = PowerShell(pool)
    powershell.add_cmdlet("Get-MobileDevice").add_parameters({"ResultSize": "Unlimited"})
    canned.spent, started = 0.0, time.process_time()
    count = len(powershell.invoke())
    return count, time.process_time() - started - canned.spent


def received_bare(answers: list[bytes]) -> tuple[int, float]:
    """Envelope, base64, one fragment for each message, its type, and the object's texts; no checks at all."""
    started = time.process_time()
    count = 0
    for answer in answers:
        for stream in fromstring(answer).iter(_STREAM):
            data = b64decode(stream.text or "")
            _, _, _, length = _FRAGMENT.unpack_from(data)
            message = data[_FRAGMENT.size : _FRAGMENT.size + length]
            if int.from_bytes(message[4:8], "little") == _OUTPUT:
                count += bool(bare(message[40:]))
    return count, time.process_time() - started


def bare(body: bytes) -> dict[str, str | None]:
    """All properties of one object, texts only."""
    record: dict[str, str | None] = {}
    for section in fromstring(body):
        if section.tag in ("Props", "MS"):
            for entry in section:
                record[entry.attrib["N"]] = entry.text
    return record


def decoded(read: Callable[[bytes], Any], bodies: list[bytes]) -> tuple[int, float]:
    """One reader over the objects' bytes alone."""
    started = time.process_time()
    for body in bodies:
        read(body)
    return len(bodies), time.process_time() - started


class _Bench:
    """The sides that are measured with these objects."""

    def __init__(self, objects: Iterable[str]) -> None:
        self.objects = list(objects)
        self.n = len(self.objects)
        self.rates: dict[str, list[float]] = {}

    def round(self) -> None:
        self._rate("ours", self._often(), lambda: received_by_us(self.objects))
        self._rate("pypsrp", 1, lambda: received_by_pypsrp(self.objects))

    def bare_round(self) -> None:
        bodies = [b"\xef\xbb\xbf" + body.encode() for body in self.objects]
        answers = [envelope(body, "uuid:0") for body in answer_bodies(self.objects, UUID(int=1), "1")]
        self._rate("bare", self._often(), lambda: received_bare(answers))
        self._rate("read", self._often(), lambda: decoded(Decoder().read_all, bodies))
        self._rate("bare read", self._often(), lambda: decoded(bare, bodies))

    def _often(self) -> int:
        return max(1, LEAST // self.n)

    def _rate(self, name: str, often: int, work: Callable[[], tuple[int, float]]) -> None:
        gc.collect()
        seconds = 0.0
        for _ in range(often):
            count, spent = work()
            if count != self.n:
                raise RuntimeError(f"{name} received {count} of {self.n} objects")
            seconds += spent
        self.rates.setdefault(name, []).append(often * self.n / seconds)


def run(rounds: int, n: int, tell: Tell) -> Report:
    """Interleave the sides, round by round; then the memory."""
    uniform, mix = _Bench(device_bodies(n)), _Bench(mixed_bodies(n))
    for number in range(rounds):
        uniform.round()
        mix.round()
        uniform.bare_round()
        tell(f"round {number + 1} of {rounds}")
    few, many = peak_memory(FEW), peak_memory(MANY)
    rates = uniform.rates
    figures = (
        compare("`decode`: uniform objects received to stock `pypsrp`", rates["ours"], rates["pypsrp"], goal=15),
        compare("a realistic mix of objects, the same", mix.rates["ours"], mix.rates["pypsrp"], goal=8),
        compare("uniform objects received to a `bare` ElementTree loop", rates["ours"], rates["bare"], goal=0.7),
        compare(
            "uniform objects read from `CLIXML` bytes to the bare loop", rates["read"], rates["bare read"], goal=0.9
        ),
        compare_size(f"peak kB of a client, {MANY:,} objects to {FEW:,}", many, few, goal=1.1),
    )
    return Report(name=NAME, seed=SEED, n=n, figures=figures)


def peak_memory(count: int) -> int:
    """Peak memory in kB of a process that receives so many objects."""
    command = [sys.executable, "-m", "tests.benchmarks.decode", str(count)]
    return int(subprocess.run(command, check=True, capture_output=True, text=True, timeout=600).stdout)


if __name__ == "__main__":
    expected = int(sys.argv[1])
    if received_by_us(device_bodies(expected))[0] != expected:
        sys.exit("not every object was received")
    # The kernel's peak of this process alone; what getrusage says begins with the parent's.
    print(*re.findall(r"VmHWM:\s+(\d+) kB", Path("/proc/self/status").read_text("ascii")))
