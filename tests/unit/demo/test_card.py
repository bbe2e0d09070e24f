"""The card at the end of the demo's story."""

from exconn.demo.card import card

SUMMARY = {
    "console": {"url": "http://127.0.0.1:8780"},
    "flower": {"url": "http://127.0.0.1:5555"},
    "discovery": {"devices": 320},
    "policy": {"drift_before": 4, "drift_after": 0},
    "wipe": {"state": "acknowledged"},
}


def test_card_says_which_problems_of_a_new_demo_are_meant_and_fits_a_terminal() -> None:
    said = card(SUMMARY, user="jdoe_iPhone")

    assert "limits are wider than the factory's bounds" in said
    assert "mailboxes cannot be read" in said
    assert "--context .exconn/approver.toml brakes release" in said
    assert max(len(line) for line in said.splitlines()) <= 80
