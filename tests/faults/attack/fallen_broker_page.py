"""With the user of Flower, the broker's page: keep the broker busy with a script that never ends."""

import threading
from contextlib import suppress
from datetime import timedelta

import redis

from tests.faults.attack.attack import Attack
from tests.faults.attack.company import Company
from tests.faults.attack.hands import Hands, not_wiped
from tests.faults.attack.outcome import Outcome
from tests.faults.attack.setting import BOSS
from tests.support.machine.processes import comes_true

_ENDLESS = "while true do end"
#: A server answers "busy" to others after five seconds.
_BUSY_WITHIN = timedelta(seconds=30)


def run(company: Company) -> Outcome:
    """An honest person asks meanwhile; whoever is on call ends the script with the right that is there for it."""
    page = Hands(company, "flower", "broker")
    on_call = company.client_of("auditor", "broker")
    digest = page.tries("SCRIPT", "LOAD", _ENDLESS)
    attacker = threading.Thread(target=page.tries, args=("EVALSHA", str(digest), 1, "_kombu.x"), daemon=True)
    attacker.start()
    comes_true(lambda: _is_busy(on_call), _BUSY_WITHIN)
    phones = company.phones(1)
    jobs = company.wipe_all(BOSS, phones)
    end_script(on_call)
    company.wait_until_they_rest(jobs)
    return company.outcome(lost=not_wiped(company, phones))


def _is_busy(client: redis.Redis) -> bool:
    try:
        client.ping()
    except redis.ResponseError as error:
        return "BUSY" in str(error) or "busy" in str(error)
    except redis.RedisError:
        return False
    return False


def end_script(client: redis.Redis) -> None:
    """What docs/howto/containers.md has whoever is on call do."""
    with suppress(redis.RedisError):
        client.script_kill()


ATTACK = Attack(
    name="fallen-broker-page",
    title="Flower's user keeps the broker busy with a script that never ends",
    defence="somebody-may-end-scripts",
    run=run,
)
