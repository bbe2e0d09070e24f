"""A definition that leads to a thief's server: by one stolen key, by two, and with files that are no passwords."""

import json
from pathlib import Path

from exconn.contracts.request import RequestKind, Target
from tests.faults.attack.attack import Attack
from tests.faults.attack.company import Company
from tests.faults.attack.outcome import Outcome
from tests.faults.attack.rogue_server import RogueServer, secret_in
from tests.faults.attack.setting import BOSS, THIEF

#: The workers that turn to Exchange by themselves, or as soon as somebody asks for a discovery or an action.
WORKERS = ("discovery", "actions")
UNBOUND = {"EXCONN_EXCHANGE_HOSTS": "", "EXCONN_EXCHANGE_SIGN_INS": "", "EXCONN_SECRETS_DIR": ""}
#: Bound to a folder of secrets, and nothing else.
FOLDER_ALONE = {"EXCONN_EXCHANGE_HOSTS": "", "EXCONN_EXCHANGE_SIGN_INS": ""}


def by_one_key(company: Company) -> Outcome:
    """Workers that no setting binds: the second person alone is in the way."""
    rogue = RogueServer(company)
    company.apply(THIEF, company.definition(url=rogue.url, ca_file=rogue.ca_file))
    return _what_comes(company, rogue, _passwords(company))


def by_two_keys(company: Company) -> Outcome:
    """The second key releases it: the workers' own settings alone are in the way."""
    rogue = RogueServer(company)
    answer = company.apply(THIEF, company.definition(url=rogue.url, ca_file=rogue.ca_file))
    company.release_change(BOSS, answer)
    return _what_comes(company, rogue, _passwords(company))


def by_other_files(company: Company) -> Outcome:
    """As passwords go the workers' addresses of the ledger: by their path, and by a link in the folder of secrets."""
    rogue = RogueServer(company)
    files = {worker: company.folder / "access" / worker / "ledger-url" for worker in WORKERS}
    link = company.simulator.state_dir / "link"
    link.symlink_to(files["actions"])
    accounts = _accounts(company, {"discovery": files["discovery"], "policy": link, "actions": link})
    answer = company.apply(THIEF, company.definition(url=rogue.url, ca_file=rogue.ca_file, accounts=accounts))
    company.release_change(BOSS, answer)
    return _what_comes(company, rogue, {secret_in(path) for path in files.values()})


def _passwords(company: Company) -> set[str]:
    return {company.simulator.password(worker).strip() for worker in WORKERS}


def _accounts(company: Company, files: dict[str, Path]) -> str:
    return "".join(
        f"[accounts.{role}]\nusername = {json.dumps(company.simulator.username(role))}\n"
        f"password_file = {json.dumps(str(path))}\n"
        for role, path in files.items()
    )


def _what_comes(company: Company, rogue: RogueServer, secrets: set[str]) -> Outcome:
    """The thief has every worker turn to Exchange."""
    company.ask(THIEF, RequestKind.CONNECTOR_ARM, Target(feature="actions"))
    company.ask(THIEF, RequestKind.SWEEP_START)
    company.wipe_all(THIEF, company.phones(1))
    return company.outcome(secrets_out=rogue.secrets_out(secrets))


ATTACKS = (
    Attack(
        name="stolen-key-redirects-address",
        title="a stolen key moves the address of Exchange to a thief's server; the workers are bound by no setting",
        defence="second-person-for-definitions",
        settings=UNBOUND,
        run=by_one_key,
    ),
    Attack(
        name="two-keys-redirect-address",
        title="two stolen keys move the address to a thief's server; the workers name the hosts of Exchange",
        defence="hosts-of-exchange",
        run=by_two_keys,
    ),
    Attack(
        name="two-keys-name-other-files",
        title="two stolen keys have other files sent there as passwords, by a path and by a link",
        defence="folder-of-secrets",
        settings=FOLDER_ALONE,
        run=by_other_files,
    ),
)
