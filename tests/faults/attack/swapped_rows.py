"""With the monitor's database: show one phone under the id of another, and let an honest person wipe it."""

import sqlite3
from contextlib import closing

from exconn.contracts.request import RequestKind, Target
from tests.faults.attack.attack import Attack
from tests.faults.attack.company import Company
from tests.faults.attack.outcome import Outcome
from tests.faults.attack.setting import BOSS, CONNECTOR


def run(company: Company) -> Outcome:
    """Two phones change places; then the person wipes what is shown as the first one's."""
    meant, other = company.phones(2)
    _swap(company, meant, other)
    page = company.monitor_shows(f"/v1/devices/{other}", connector=CONNECTOR)
    own = str(company.simulator.device(meant)["device_id"])
    if page.get("device_id") != own:
        raise RuntimeError("the monitor does not show the one phone under the id of the other")
    answer = company.ask(BOSS, RequestKind.WIPE, Target(device=other), sees=page)
    company.wait_until_they_rest([answer.job] if answer.job else [])
    return company.outcome(allowed=len({meant} & set(company.wiped())))


def _swap(company: Company, one: str, other: str) -> None:
    path = company.folder / "monitor" / "monitor.db"
    with closing(sqlite3.connect(path, timeout=20)) as database, database:
        for before, after in ((one, "between"), (other, one), ("between", other)):
            database.execute("UPDATE devices SET guid = ? WHERE guid = ?", (after, before))


ATTACK = Attack(
    name="swapped-rows",
    title="the monitor shows a phone under the id of another, and an honest person wipes it",
    defence="signed-is-what-was-seen",
    run=run,
)
