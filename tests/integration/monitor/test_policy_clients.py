"""Whom a change of the default policy is about, by class of client, on each database."""

from datetime import UTC, datetime

from sqlalchemy import Engine, insert

from exconn.monitor.queries.devices import count_clients
from exconn.monitor.tables import devices, owners

DEFAULT = "Everybody"


def test_devices_are_counted_whose_mailbox_has_the_policy_or_may_have_it(engine: Engine) -> None:
    mailboxes = {
        "defaulted": (None, True),
        "named": ("everybody", False),
        "another": ("Board", False),
        "not told": (None, None),
    }
    with engine.begin() as connection:
        for number, (name, (policy, defaulted)) in enumerate(mailboxes.items()):
            owner = f"owner-{number}"
            told = {"name": name, "address": "", "policy": policy, "policy_defaulted": defaulted}
            lists = {"allowed_ids": [], "blocked_ids": [], "searched": "", "updated_at": datetime.now(UTC)}
            connection.execute(insert(owners).values(connector="north", guid=owner, **told, **lists))
            device = {"guid": f"device-{number}", "owner": owner, "client": "outlook" if number % 2 else "native"}
            connection.execute(insert(devices).values(connector="north", sort_name="", **device))
        lonely = {"guid": "device-9", "owner": None, "client": "unknown"}
        connection.execute(insert(devices).values(connector="north", sort_name="", **lonely))
        elsewhere = {"guid": "device-0", "owner": None, "client": "native"}
        connection.execute(insert(devices).values(connector="south", sort_name="", **elsewhere))

        found = count_clients(connection, "north", DEFAULT)

    assert found == {"native": 1, "outlook": 2, "unknown": 1}
