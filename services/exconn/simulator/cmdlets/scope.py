"""What of the forest a call sees, and which domain controller answers it.

A session sees the domain of the Exchange servers, until Set-ADServerSettings lets it view the entire forest: then a
global catalog answers, with its own name on objects of all domains. A domain controller that is named shows the objects
of its own domain only.
"""

from exconn.simulator.cmdlets.call import Call
from exconn.simulator.organization.domains import Domain, Forest
from exconn.simulator.phones.beliefs import CatalogNames


def _forest(call: Call) -> Forest:
    return call.organization.estate.forest


def only_domain(call: Call) -> Domain | None:
    """The one domain whose people and devices the call sees; None when it sees all there are."""
    domains = _forest(call).domains
    if len(domains) == 1:
        return None
    if (named := call.get("DomainController")) is not None:
        return _forest(call).of_controller(str(named)) or domains[0]
    return None if call.shell.view_entire_forest else domains[0]


def sees(call: Call, owner: int) -> bool:
    """Whether the call sees that owner, and so the owner's devices."""
    domain = only_domain(call)
    return domain is None or call.organization.owner(owner).domain == domain


def answering(call: Call, catalog: str) -> str:
    """The domain controller that answers when the call names none; `catalog` answers for the entire forest."""
    domains = _forest(call).domains
    if len(domains) == 1:
        return catalog
    if call.get("ReadFromDomainController") and (home := _home_of(call)) is not None:
        return home.controllers[0]
    of_servers = _forest(call).of_controller(catalog) == domains[0]
    return catalog if of_servers or call.shell.view_entire_forest else domains[0].controllers[0]


def names_on_objects(call: Call) -> CatalogNames:
    """What the objects of the answer name: a domain controller that was asked for names itself."""
    asked_for = call.get("DomainController") is not None or call.get("ReadFromDomainController")
    by_catalog = call.shell.view_entire_forest and not asked_for
    return call.world.phones.beliefs.catalog_names if by_catalog else CatalogNames.ITSELF


def changed_at(call: Call) -> str:
    """The domain controller that a change is made on: the named one, or one that holds the object."""
    asked = call.domain_controller
    home = _home_of(call)
    if call.get("DomainController") is not None or home is None or asked.lower() in home.controllers:
        return asked
    return home.controllers[0]


def _home_of(call: Call) -> Domain | None:
    """The domain of the object that the call names; None when it names none that is there."""
    identity = str(call.get("Identity") or "")
    device = call.organization.find_device(identity) if identity else None
    owner = call.organization.find_owner(identity) if device is None else call.organization.owner_of(device)
    return None if owner is None else call.organization.owner(owner).domain
