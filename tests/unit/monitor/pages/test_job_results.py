"""What the page of a job says it came to."""

from exconn.monitor.pages.job_results import changes, results

JOB = "wipe-abcdefghijklmnop"


def test_results_of_a_wipe_are_words_and_not_codes() -> None:
    data = {"found": False, "client": "outlook_service", "erases": "device_asked", "wait_for": 3}

    assert results(JOB, data) == {
        "was in Exchange already": "no",
        "client": "outlook service",
        "a wipe erases": "the device is asked for, and may delete only the account",
        "wait for": 3,
    }


def test_value_that_is_no_known_code_is_shown_as_it_is() -> None:
    assert results(JOB, {"client": "newer", "erases": ["a"]}) == {"client": "newer", "a wipe erases": ["a"]}


def test_what_the_page_shows_elsewhere_is_no_result() -> None:
    sweep = {"devices": 320, "complete": False, "unread_mailboxes": 25, "kinds": {"A": 1}, "children": 7, "sweep": JOB}

    assert results(JOB, sweep) == {"devices": 320, "complete": "no"}


def test_only_well_formed_changes_become_a_table() -> None:
    assert changes({"changes": [{"parameter": "PasswordEnabled"}, 7]}) == [{"parameter": "PasswordEnabled"}]
    assert changes({"changes": "none"}) == []
