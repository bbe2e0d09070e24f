"""Whether the simulator can keep its clients busy: what a list costs it, against what the list costs our client.

Both in CPU time of their own process: the simulator's from Command to Done over plain HTTP, with results that it has
shown before; the client's from the same answers to records.
"""

import gc
import sys
import tempfile
import time
from base64 import b64decode
from collections.abc import Callable
from pathlib import Path
from xml.etree.ElementTree import fromstring

from exconn.exchange.clixml.decoder import Decoder
from exconn.exchange.psrp.fragments import Assembly
from exconn.exchange.psrp.messages import MessageType
from tests.benchmarks.report import Report, compare
from tests.support.exchange.raw_wsman import SHELL, RawClient
from tests.support.exchange.simulator import RunningSimulator, running_simulator

NAME = "simulator"
SEED = 7
#: As in earlier figures, with which these are compared.
ESTATE = "tidy"
GOAL = 4
#: Fewer objects than this would measure requests, and the grain of the clock.
LEAST = 6_000
_STREAM = f"{{{SHELL}}}Stream"

Tell = Callable[[str], None]


def served(simulator: RunningSimulator, client: RawClient) -> tuple[float, list[bytes]]:
    """The simulator's CPU seconds for one list of all devices, and its answers."""
    before = simulator.counters()["cpu_seconds"]
    command = client.run("Get-MobileDevice", ("ResultSize", '<S N="V">Unlimited</S>'))
    answers: list[bytes] = []
    while not answers or b"/CommandState/Done" not in answers[-1][-300:]:
        answers.append(client.receive(command).body)
    return simulator.counters()["cpu_seconds"] - before, answers


def decoded(answers: list[bytes]) -> tuple[float, int]:
    """Our CPU seconds from answers to records, and how many records."""
    gc.collect()
    assembly, decoder, count = Assembly(), Decoder(), 0
    started = time.process_time()
    for answer in answers:
        for stream in fromstring(answer).iter(_STREAM):
            for message in assembly.feed(b64decode(stream.text or "")):
                if message.kind == MessageType.OUTPUT:
                    count += len(decoder.read_all(message.body))
    return time.process_time() - started, count


def run(rounds: int, n: int, tell: Tell) -> Report:
    """Interleaved rounds; the first list, which fills what the simulator keeps, does not count."""
    n = max(n, LEAST)
    ours: list[float] = []
    reference: list[float] = []
    with (
        tempfile.TemporaryDirectory() as directory,
        running_simulator(Path(directory), n, SEED, tls=False, phone_sync="1h", estate=ESTATE) as simulator,
    ):
        client = RawClient(simulator)
        client.open()
        served(simulator, client)
        for number in range(rounds):
            spent, answers = served(simulator, client)
            own, count = decoded(answers)
            if count != n:
                sys.exit(f"{count} of {n} devices came")
            ours.append(n / spent)
            reference.append(n / own)
            tell(f"round {number + 1}: served {ours[-1]:,.0f}/s, decoded {reference[-1]:,.0f}/s")
        client.delete()
        client.close()
    figure = compare("simulator: objects served ÷ objects that our client decodes", ours, reference, goal=GOAL)
    return Report(name=NAME, seed=SEED, n=n, figures=(figure,))
