"""With the ledger user of discovery: say of a wipe that was never sent that the phone has acknowledged it."""

import json

from exconn.stream import Number
from tests.faults.attack.attack import Attack
from tests.faults.attack.company import Company
from tests.faults.attack.hands import Hands, not_wiped
from tests.faults.attack.outcome import Outcome
from tests.faults.attack.setting import BOSS


def run(company: Company) -> Outcome:
    """Lost is a wipe that people see as done and that Exchange was never asked for."""
    phones = company.phones(1)
    company.cluster.freeze("actions")
    (job,) = company.wipe_all(BOSS, phones)
    thief = Hands(company, "discovery")
    for kind in ("wipe", "", "sweep"):
        thief.tell(Number.WIPE_ISSUED, job, "waiting", "issued", "{}", kind=kind)
        end = json.dumps({"outcome": "succeeded"})
        thief.tell(Number.WIPE_ACKNOWLEDGED, job, "settled", "acknowledged", end, kind=kind)
    company.settle_monitor()
    is_believed = company.monitor_shows(f"/v1/actions/{job}").get("outcome") == "succeeded"
    return company.outcome(lost=not_wiped(company, phones) if is_believed else 0, alarms=("record_not_signed",))


ATTACK = Attack(
    name="fallen-discovery-forges-record",
    title="discovery's user on the ledger says that a phone has acknowledged a wipe that was never sent",
    defence="signed-records",
    run=run,
    alarms=("record_not_signed",),
)
