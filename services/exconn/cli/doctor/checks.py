"""Every check of the doctor, in the order in which one thing needs another."""

from collections.abc import Iterator
from functools import partial

from exconn.cli.doctor import configuration, network
from exconn.cli.doctor.account import account
from exconn.cli.doctor.audit_log import audit_log
from exconn.cli.doctor.clock import clock
from exconn.cli.doctor.examined_worker import ROLES, ExaminedWorker
from exconn.cli.doctor.findings import Check
from exconn.cli.doctor.keytab import keytab
from exconn.cli.doctor.names import service_names
from exconn.cli.doctor.permitted import permitted
from exconn.cli.doctor.servers import servers


def all_checks(worker: ExaminedWorker) -> Iterator[Check]:
    """What is looked at, and how; earlier findings decide which checks come later."""
    yield "settings", partial(configuration.settings, worker)
    yield "broker and ledger", partial(servers, worker)
    yield "clock", partial(clock, worker)
    yield "audit log", partial(audit_log, worker)
    yield "definition", partial(configuration.definition, worker)
    yield "permitted", partial(permitted, worker)
    yield "secret files", partial(configuration.secrets, worker)
    yield "way to Exchange", partial(network.addresses, worker)
    for role in ROLES:
        if role in worker.usable:
            yield f"{role} keytab", partial(keytab, worker, role)
            yield f"{role} service name", partial(service_names, worker, role)
            yield f"{role} account", partial(account, worker, role)
