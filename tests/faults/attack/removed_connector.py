"""With the ledger user of discovery: say that the connector was removed, so that its open wipes are cleared away."""

from exconn.connector import ConnectorState
from exconn.keyspace import keys
from tests.faults.attack.attack import Attack
from tests.faults.attack.company import Company
from tests.faults.attack.hands import Hands, not_wiped
from tests.faults.attack.outcome import Outcome
from tests.faults.attack.setting import BOSS, CONNECTOR


def run(company: Company) -> Outcome:
    """A worker of discovery may write the state of a connector, as it installs it."""
    phones = company.phones(1)
    company.cluster.freeze("actions")
    (job,) = company.wipe_all(BOSS, phones)
    before = company.client.hget(keys.CONNECTORS, CONNECTOR)
    company.settle_monitor()
    thief = Hands(company, "discovery")
    state = ConnectorState.model_validate_json(str(before)).with_(state="removed")
    thief.tries("HSET", keys.CONNECTORS, CONNECTOR, state.model_dump_json())
    found = company.outcome(alarms=("job_differs",))
    company.client.hset(keys.CONNECTORS, CONNECTOR, str(before))
    company.cluster.thaw("actions")
    company.wait_until_they_rest([job])
    return Outcome(lost=not_wiped(company, phones), named=found.named)


ATTACK = Attack(
    name="fallen-discovery-removes-connector",
    title="discovery's user on the ledger has the connector taken for removed, and its open wipes cleared away",
    defence="removed-by-intake-alone",
    run=run,
)
