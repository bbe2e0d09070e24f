"""The parts of the role scripts that are the same for everybody: what they say at the top, and what they do."""

from collections.abc import Mapping, Sequence
from importlib.resources import files

from exconn.exchange.rights.powershell import quoted, quoted_list

#: What each script is for, in one line.
WORDS = {
    "discovery": "The discovery account reads devices, mailboxes and servers, and changes nothing in Exchange.",
    "policy": "The policy account reads mailbox policies, and writes the settings that the definition guards.",
    "actions": "The action account, not armed: it reads, and changes nothing in Exchange.",
    "actions armed": "The action account, armed: what device actions send. Run it right before arming.",
    "disarmed": "Takes from the action account what exconn-actions-armed.ps1 gave it. Run it after disarming.",
    "undo": "Takes back what the other scripts made.",
}

_TOP = """\
# exconn, connector {connector}
# {what}
#
# Read it before you run it, in the Exchange Management Shell, with an account that may manage roles and groups.
# It says what it does, and can be run again: what is there already is kept."""

_PROTECTED = """\
# exconn, connector {connector}
# Nobody changes, wipes or blocks the direct members of a group but administrators who are named here.
# Group: {group}
#
# An exclusive scope works at once, and for everybody: whoever has no exclusive assignment for these people can not
# change them any more, the help desk included. The assignments below leave it to the role group
# Organization Management. Exchange warns before it makes the scope; read the warning.
# exconn-undo.ps1 takes it back."""

_STOP = "$ErrorActionPreference = 'Stop'"

#: By the names that a cmdlet has: its parameters. An organization needs one of the names.
Need = Mapping[str, Sequence[str]]


def top(connector: str, what: str) -> str:
    """What a script says first. A comment ends with its line, and no name in it holds a line break."""
    return _TOP.format(connector=connector, what=WORDS[what]) + f"\n\n{_STOP}"


def top_of_protection(connector: str, group: str) -> str:
    """What the script says first that protects people."""
    return _PROTECTED.format(connector=connector, group=group) + f"\n\n{_STOP}"


def assigned(name: str, value: str) -> str:
    """A variable with a text."""
    return f"${name} = {quoted(value)}"


def assigned_needs(needs: Sequence[Need]) -> str:
    """The variable that says what is granted."""
    rows = ["    @{\n" + _entries(need) + "\n    }" for need in needs]
    said = "# What the account gets: cmdlets, and the parameters of each. Of two names for one cmdlet, one is enough.\n"
    return f"{said}$needs = @(\n" + ",\n".join(rows) + "\n)"


def _entries(need: Need) -> str:
    return "\n".join(f"        {quoted(name)} = {quoted_list(kept)}" for name, kept in need.items())


def fixed(name: str) -> str:
    """A part that is the same in every script."""
    return files(__package__ or __name__).joinpath("scripts", f"{name}.ps1").read_text("utf-8").rstrip("\n")
