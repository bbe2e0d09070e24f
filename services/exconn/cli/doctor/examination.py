"""The whole examination, look after look, in the order in which one thing needs another."""

from collections.abc import Iterator
from functools import partial

from exconn.cli.doctor import machine, network
from exconn.cli.doctor.account import account
from exconn.cli.doctor.findings import Step
from exconn.cli.doctor.keytab import keytab
from exconn.cli.doctor.known_so_far import ROLES, KnownSoFar


def steps(patient: KnownSoFar) -> Iterator[Step]:
    """What is looked at, and how; later steps are decided by what earlier ones found."""
    yield "settings", partial(machine.settings, patient)
    yield "broker and ledger", partial(machine.servers, patient)
    yield "clock", partial(machine.clock, patient)
    yield "definition", partial(machine.definition, patient)
    yield "secret files", partial(machine.secrets, patient)
    yield "way to Exchange", partial(network.addresses, patient)
    for role in ROLES:
        if role in patient.usable:
            yield f"{role} keytab", partial(keytab, patient, role)
            yield f"{role} account", partial(account, patient, role)
