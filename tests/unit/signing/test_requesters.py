"""The registry of requesters: what its text means, and what is wrong with it."""

import pytest

from exconn.connector import LimitSettings, Quota
from exconn.contracts.request import RequestKind
from exconn.signing import RegistryError, new_signing_key, parse_registry
from exconn.signing.roles import MAY, RequesterRole
from tests.support.requests.signed import DEPLOYMENT, registry_text

KEY = new_signing_key()
HEAD = 'revision = 1\ndeployment = "tests"\n'
ANNA = f'[requesters.anna]\nkeys = ["{KEY.public_text}"]\nconnectors = ["*"]\n'


def test_requesters_have_only_what_the_file_gives_them() -> None:
    key = new_signing_key()
    quota = Quota(per_hour=2, per_day=3)

    registry = parse_registry(registry_text({"desk": key}, kinds=["wipe"], connectors=["north"], quota=quota))

    desk = registry.requesters["desk"]
    assert desk.may(RequestKind.WIPE)
    assert not desk.may(RequestKind.RELEASE)
    assert (desk.may_reach("north"), desk.may_reach("south")) == (True, False)
    assert desk.quota == quota
    assert registry.keys[key.id].requester == "desk"
    assert registry.single_administrator is False


def test_registry_names_its_revision_its_deployment_and_the_bounds_of_all_connectors() -> None:
    bounds = '[bounds.erase]\nshort = { count = 2, within = "1h" }\n'

    registry = parse_registry(registry_text({"anna": KEY}, revision=7, bounds=bounds))

    assert (registry.revision, registry.deployment) == (7, DEPLOYMENT)
    assert registry.bounds.erase.short.count == 2
    assert registry.bounds.disconnect == LimitSettings().disconnect


def test_bounds_that_are_not_written_are_the_factorys() -> None:
    assert parse_registry(registry_text({"anna": KEY})).bounds == LimitSettings()


def test_role_gives_its_kinds_and_named_kinds_come_on_top() -> None:
    registry = parse_registry(f'{HEAD}{ANNA}role = "help-desk"\nkinds = ["release"]\n')

    anna = registry.requesters["anna"]
    assert anna.allowed == MAY[RequesterRole.HELP_DESK] | {RequestKind.RELEASE}
    assert all(anna.may(kind) is (kind in anna.allowed) for kind in RequestKind)


def test_quota_of_a_role_counts_for_who_has_none_of_their_own() -> None:
    other = new_signing_key()
    own = f'[requesters.bert]\nkeys = ["{other.public_text}"]\nconnectors = ["*"]\nrole = "operator"\n'
    text = f'{HEAD}[roles.operator]\nquota = {{ per_hour = 1, per_day = 2 }}\n{ANNA}role = "operator"\n{own}'

    registry = parse_registry(text + "quota = { per_hour = 3, per_day = 4 }\n")

    assert registry.requesters["anna"].quota == Quota(per_hour=1, per_day=2)
    assert registry.requesters["bert"].quota == Quota(per_hour=3, per_day=4)


def test_digest_changes_with_what_the_file_means_and_not_with_its_comments() -> None:
    text = registry_text({"anna": KEY})

    digest = parse_registry(text).digest

    assert parse_registry("# a remark\n" + text).digest == digest
    assert parse_registry(text.replace('"admin"', '"operator"')).digest != digest


def test_keys_of_tables_can_expire() -> None:
    key = f'{{ public = "{KEY.public_text}", expires = 2027-01-31T00:00:00Z }}'
    other = new_signing_key().public_text
    text = f'{HEAD}[requesters.anna]\nkeys = ["{other}", {key}]\nconnectors = []\nrole = "view"\n'

    registry = parse_registry(text)

    expires = registry.keys[KEY.id].expires
    assert expires is not None
    assert registry.keys[KEY.id].has_expired(expires)
    assert [known.expires for known in registry.keys.values()].count(None) == 1


def test_key_of_two_requesters_is_refused() -> None:
    key = new_signing_key()

    with pytest.raises(RegistryError, match="anna's already"):
        parse_registry(registry_text({"anna": key, "bert": key}))


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ('deployment = "tests"', "revision: missing; write a whole number"),
        ('revision = 0\ndeployment = "tests"', "revision: input should be greater"),
        ("revision = 1", "deployment: missing; write the name"),
        ('revision = 1\ndeployment = "A B"', "deployment: .*; write the name"),
        (HEAD + "single_administrator = 'yes'", "single_administrator: .*; write true or false"),
        (HEAD + "requester = 1", "requester: unknown key; did you mean requesters"),
        (HEAD + ANNA, "requesters.anna: neither role nor kinds; write a role"),
        (HEAD + ANNA + 'kinds = ["*"]', 'requesters.anna.kinds.0: "." is no kind; write role = "admin"'),
        (HEAD + ANNA + 'kinds = ["wipes"]', "requesters.anna.kinds.0: .*; write kinds of requests"),
        (HEAD + ANNA + 'role = "root"', "requesters.anna.role: .*; write view, help-desk"),
        (HEAD + "[roles.root]\nquota = {}", "roles.root: .*; write view, help-desk"),
        (HEAD + "[bounds.erase]\nfleet_percent = 0", "bounds.erase.fleet_percent: .*; see docs/requesters.md"),
        (HEAD + '[requesters.a]\nkeys = []\nrole = "view"\nconnectors = []', "requesters.a.keys: .*; write one to ten"),
        (HEAD + '[requesters.a]\nkeys = ["AAAA"]\nrole = "view"\nconnectors = []', "no Ed25519 public key; write"),
        (HEAD + '[requesters.a]\nkeys = ["?"]\nrole = "view"\nconnectors = []', "requesters.a.keys: no base64 text"),
        (HEAD + '[requesters."A B"]\nkeys = ["x"]\nrole = "view"\nconnectors = []', r"requesters.A B: "),
        (HEAD + "[requesters", "correct the TOML"),
    ],
)
def test_unusable_registry_is_refused_whole_with_field_and_remedy(text: str, told: str) -> None:
    with pytest.raises(RegistryError, match=told):
        parse_registry(text)
