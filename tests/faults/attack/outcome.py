"""What an attack brought about, counted by witnesses that the services cannot influence."""

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """What was done to the company."""

    #: Wipes that Exchange took and that nobody had a right to.
    wiped_beyond: int = 0
    #: Secrets that arrived at the thief's server.
    secrets_out: int = 0
    #: Wipes that an honest person asked for and did not get.
    lost: int = 0
    #: Which problems the monitor shows a minute later that it did not show before.
    named: tuple[str, ...] = ()

    @property
    def does_harm(self) -> bool:
        """Whether anything was wiped, learned or lost."""
        return bool(self.wiped_beyond or self.secrets_out or self.lost)
