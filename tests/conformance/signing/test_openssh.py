"""OpenSSH takes the signatures that these tests make, and we take its own; of untouched keys only it does."""

from pathlib import Path

import pytest

from exconn.signing import KeyFileError
from exconn.signing.ssh_files import ssh_key_in
from exconn.signing.sshsig import UntouchedError, parse_ssh_signature, verify_ssh_signature
from tests.support.machine.openssh import make_key, run_openssh
from tests.support.requests.ssh_signatures import NAMESPACE, SshKey, armored

pytestmark = pytest.mark.usefixtures("openssh")

MESSAGE = b'{"kind":"wipe"}'
KEYS = {"hardware": SshKey(), "other application": SshKey(application="ssh:exconn"), "file": SshKey(application=None)}


def ssh_takes(key: SshKey, signature: bytes, folder: Path, message: bytes = MESSAGE) -> bool:
    """What OpenSSH says to a signature, in both of its ways to ask."""
    file, allowed = folder / "request.sig", folder / "allowed"
    file.write_bytes(armored(signature))
    allowed.write_text(f"anna {key.line}\n")
    common = ("-n", NAMESPACE, "-s", file)
    loose = run_openssh("ssh-keygen", "-Y", "check-novalidate", *common, send=message)
    strict = run_openssh("ssh-keygen", "-Y", "verify", "-f", allowed, "-I", "anna", *common, send=message)
    assert loose.returncode == strict.returncode, (loose, strict)
    return strict.returncode == 0


@pytest.mark.parametrize("hashed", ["sha512", "sha256"])
@pytest.mark.parametrize("name", KEYS)
def test_ssh_takes_every_signature_that_we_take(name: str, hashed: str, tmp_path: Path) -> None:
    signature = KEYS[name].signature(MESSAGE, hashed=hashed)

    verify_ssh_signature(parse_ssh_signature(signature), MESSAGE, KEYS[name].public)
    assert ssh_takes(KEYS[name], signature, tmp_path)
    assert not ssh_takes(KEYS[name], signature, tmp_path, MESSAGE + b" ")


def test_ssh_takes_an_untouched_hardware_key_and_we_do_not(tmp_path: Path) -> None:
    key = KEYS["hardware"]
    signature = key.signature(MESSAGE, flags=0)

    assert ssh_takes(key, signature, tmp_path)
    with pytest.raises(UntouchedError):
        verify_ssh_signature(parse_ssh_signature(signature), MESSAGE, key.public)


@pytest.mark.parametrize("options", [(), ("-O", "hashalg=sha256")])
def test_we_take_what_ssh_signs_with_a_key_in_a_file(options: tuple[str, ...], tmp_path: Path) -> None:
    path = make_key(tmp_path / "key")
    key = ssh_key_in(path)
    assert key is not None

    made = run_openssh("ssh-keygen", "-Y", "sign", *options, "-n", NAMESPACE, "-f", path, send=MESSAGE)

    verify_ssh_signature(parse_ssh_signature(made.stdout), MESSAGE, key)


@pytest.mark.parametrize("passphrase", ["", "correct horse"])
def test_private_and_public_file_of_a_key_give_the_same_id(passphrase: str, tmp_path: Path) -> None:
    path = make_key(tmp_path / "key", passphrase=passphrase)
    private, public = ssh_key_in(path), ssh_key_in(path.with_suffix(".pub"))

    assert private is not None
    assert public is not None
    assert private.id == public.id
    assert private.hardware is False


@pytest.mark.parametrize("kind", ["rsa", "ecdsa"])
def test_keys_of_other_types_are_refused_by_their_type(kind: str, tmp_path: Path) -> None:
    path = make_key(tmp_path / "key", kind=kind)

    for each in (path, path.with_suffix(".pub")):
        with pytest.raises(KeyFileError, match=kind):
            ssh_key_in(each)
