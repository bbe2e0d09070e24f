"""What `exconn init` writes into its files: context, registry, sample definition, and the settings of the services."""

import json
import shlex
from collections.abc import Iterator
from pathlib import Path

#: The second place of the audit log's checkpoints, until somebody names a better one.
CHECKPOINTS = "checkpoints"
#: As the sample definition, which is to be edited together with it, has them.
_SAMPLE_HOSTS, _SAMPLE_SIGN_INS, _SAMPLE_SECRETS = "*.example.org", "kerberos", "/etc/exconn/secrets"


def context_text(fields: dict[str, str]) -> str:
    """The context file; a field without a value is left out."""
    head = "# Where the services are, and who is asking; found by exconn in this folder's parent.\n"
    return head + "".join(f"{name} = {json.dumps(value)}\n" for name, value in fields.items() if value)


def first_registry(requester: str, public: str, deployment: str) -> str:
    """The registry with its one requester."""
    from exconn.signing import registry_text

    return (
        "# Who may ask for what. Services read it through EXCONN_REQUESTERS_FILE and never write it.\n"
        "# revision: higher with each change. single_administrator = true: nobody else can approve, so releases wait.\n"
        "# role: view, help-desk, operator, approver or admin. Bounds that are not written are the factory's.\n"
        + registry_text({requester: public}, deployment=deployment)
    )


def definition_text(connector: str) -> str:
    """The sample definition."""
    from exconn.connector import sample_definition

    return sample_definition(connector)


def services_text(folder: Path) -> str:
    """The settings of all services on one machine, with the keys that are in `folder`."""
    here = folder.absolute()
    lines: list[str] = []
    for comment, settings in _groups(here):
        lines += [f"# {line}" for line in comment.splitlines()]
        lines += [f"{name}={shlex.quote(str(value))}" for name, value in settings.items()] + [""]
    return "\n".join(lines)


def _groups(here: Path) -> Iterator[tuple[str, dict[str, str | Path]]]:
    """Settings that belong together, each with what is to be said of them."""
    file = shlex.quote(str(here / "services.env"))
    yield (
        f"Settings of all services on this machine. To start one:\n  set -a; . {file}; set +a; exconn run SERVICE\n"
        "On machines of their own, give each its part only: exconn env sample SERVICE says what it reads.",
        {"EXCONN_STATE_DIR": here},
    )
    yield (
        "A Redis or Valkey server that has each write on disk and evicts nothing:\n"
        "  --appendonly yes --appendfsync always --maxmemory-policy noeviction\n"
        "In production two of them, with users: docs/operations.md.",
        {
            "EXCONN_BROKER_URL": "redis://127.0.0.1:6379/0",
            "EXCONN_LEDGER_URL": "redis://127.0.0.1:6379/0",
            "EXCONN_LEDGER_DURABILITY": "disk",
        },
    )
    yield (
        "Who may ask, and what services sign with and check by.",
        {
            "EXCONN_REQUESTERS_FILE": here / "requesters.toml",
            "EXCONN_INTAKE_KEY_FILE": here / "intake.pem",
            "EXCONN_INTAKE_PUBLIC_KEY_FILE": here / "intake.pub",
            "EXCONN_ACTIONS_KEY_FILE": here / "actions.pem",
            "EXCONN_ACTIONS_PUBLIC_KEY_FILE": here / "actions.pub",
        },
    )
    yield (
        "The audit log: its key, and the second place of its checkpoints. Best is a file on another machine; say so\n"
        "in the context file, too (audit_anchor_file).",
        {"EXCONN_AUDIT_KEY_FILE": here / "monitor.pem", "EXCONN_AUDIT_ANCHOR_FILE": here / CHECKPOINTS},
    )
    yield (
        "What no definition gets a worker beyond: hosts, ways to sign in, the folder of secret files.",
        {
            "EXCONN_EXCHANGE_HOSTS": _SAMPLE_HOSTS,
            "EXCONN_EXCHANGE_SIGN_INS": _SAMPLE_SIGN_INS,
            "EXCONN_SECRETS_DIR": _SAMPLE_SECRETS,
        },
    )
