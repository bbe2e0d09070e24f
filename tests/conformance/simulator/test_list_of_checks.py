"""The lists of checks and requirements in the documents, and the tests that carry their names, are the same."""

from tests.conformance.simulator.listed import carried, listed

CHECK = r"[a-z][^|]+"
REQUIREMENT = r"MS-ASPROV_R\d+"


def test_each_listed_check_is_carried_by_its_tests_and_no_other() -> None:
    assert listed(CHECK) == carried("check")


def test_every_point_of_the_suite_is_there() -> None:
    assert len(carried("check")) == len(listed(CHECK)) >= 36


def test_each_listed_requirement_is_carried_by_its_tests_and_no_other() -> None:
    assert listed(REQUIREMENT) == carried("requirement") != {}
