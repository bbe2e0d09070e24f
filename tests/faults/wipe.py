"""Wipes a device as most people would: looks it up, and clears it. `python -m tests.faults.wipe GUID` does so once."""

import os
import sys

from exconn.actions.look import identity_of
from exconn.exchange import Session
from exconn.keyspace import connect
from exconn.sessions import Sessions


def wipe(guid: str) -> None:
    """Wipe the device with that GUID."""
    sessions = Sessions(connect(os.environ["EXCONN_LEDGER_URL"]))
    session = Session.open(sessions.endpoint(os.environ["STOCK_CONNECTOR"], "actions"))
    try:
        session.clear_device(identity_of(session, session.device(guid)))
    finally:
        session.close()


if __name__ == "__main__":
    wipe(sys.argv[1])
