"""All defences that are taken out for a control, by name."""

from tests.faults.attack.defence import Defence
from tests.faults.attack.defences_of_people import DEFENCES_OF_PEOPLE
from tests.faults.attack.defences_of_services import DEFENCES_OF_SERVICES

DEFENCES: dict[str, Defence] = DEFENCES_OF_PEOPLE | DEFENCES_OF_SERVICES
