"""Whose devices are discovered: everybody's, or those of owners in some containers of the directory (pure)."""

from exconn.connector import Discovery


class Scope:
    """The containers of a definition; without containers everything is inside."""

    def __init__(self, discovery: Discovery) -> None:
        self._containers = tuple(_plain(container) for container in discovery.containers)

    def holds(self, owner_dn: str) -> bool:
        """Whether the owner with that distinguished name is inside."""
        name = _plain(owner_dn)
        return not self._containers or any(name.endswith("," + container) for container in self._containers)


def _plain(distinguished_name: str) -> str:
    return ",".join(part.strip() for part in distinguished_name.casefold().split(","))
