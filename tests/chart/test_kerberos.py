"""Where workers find krb5.conf and their keytab, and that nobody else does."""

import pytest

from tests.chart.chart import Chart, Object, Rendered, Values, changed
from tests.chart.pods import Pod, environment_of, pods_of

WORKERS = ("discovery", "policy", "actions")
FOLDER = "/etc/exconn/kerberos"
SECRETS = "/etc/exconn/passwords"
KEYTAB = [{"key": "keytab", "path": "keytab"}]


def worker(rendered: Rendered, name: str) -> tuple[Pod, dict[str, str]]:
    pod = next(each for each in pods_of(rendered) if each.component == name)
    return pod, environment_of(rendered, pod, pod.containers[0])


def sources(pod: Pod, volume: str = "kerberos") -> list[Object]:
    volumes = (each for each in pod.spec["volumes"] if each["name"] == volume)
    found: list[Object] = [source for each in volumes for source in each["projected"]["sources"]]
    return found


@pytest.mark.parametrize("name", WORKERS)
def test_a_worker_reads_the_estates_settings_before_those_of_the_image(chart: Chart, full: Values, name: str) -> None:
    pod, environment = worker(chart.render(full), name)

    assert environment["KRB5_CONFIG"] == f"{FOLDER}/krb5.conf:/etc/krb5.conf"
    assert [next(iter(source)) for source in sources(pod)] == ["configMap"]
    assert [m["mountPath"] for m in pod.containers[0]["volumeMounts"] if m["name"] == "kerberos"] == [FOLDER]


@pytest.mark.parametrize("passwords", [[], [{"existingSecret": "contoso", "key": "password", "file": "contoso"}]])
def test_keytab_lies_among_the_secrets_of_its_worker(chart: Chart, full: Values, passwords: list[Object]) -> None:
    values = changed(full, exchange__kerberos__existingConfigMap="", actions__passwords=passwords)
    pod, environment = worker(chart.render(values), "actions")

    assert environment["KRB5_CONFIG"] == "/etc/krb5.conf"
    assert environment["KRB5_CLIENT_KTNAME"] == f"FILE:{SECRETS}/keytab"
    assert environment["EXCONN_SECRETS_DIR"] == SECRETS
    assert sources(pod, "passwords")[-1]["secret"] == {"name": "actions-keytab", "items": KEYTAB}
    assert [m["mountPath"] for m in pod.containers[0]["volumeMounts"] if m["name"] == "passwords"] == [SECRETS]


def test_a_worker_without_files_of_kerberos_has_no_volume_for_them(chart: Chart, full: Values) -> None:
    bare = changed(full, exchange__kerberos__existingConfigMap="", policy__keytabSecret="")

    pod, environment = worker(chart.render(bare), "policy")

    assert sources(pod) == []
    assert [m for m in pod.containers[0]["volumeMounts"] if m["name"] == "kerberos"] == []
    assert environment["KRB5_CONFIG"] == "/etc/krb5.conf"


def test_only_workers_and_only_with_kerberos_have_anything_of_it(chart: Chart, full: Values, minimal: Values) -> None:
    with_kerberos = {pod.component for pod in pods_of(chart.render(full)) if sources(pod)}

    assert with_kerberos == set(WORKERS)
    assert [pod.component for pod in pods_of(chart.render(minimal)) if sources(pod)] == []
    assert "KRB5_CONFIG" not in worker(chart.render(minimal), "actions")[1]


@pytest.mark.parametrize("value", [{"colour": "blue"}, {"enabled": "yes"}, {"existingConfigMap": "Not A Name"}])
def test_what_is_no_setting_of_kerberos_is_refused(chart: Chart, full: Values, value: Values) -> None:
    ((name, content),) = value.items()

    with pytest.raises(Exception, match=name):
        chart.render(changed(full, **{f"exchange__kerberos__{name}": content}))
