"""Certificates of a fresh authority for a server on loopback."""

import shutil
import tempfile
from pathlib import Path

from tests.support.system.deploy_programs import program


def certificate_files(folder: Path) -> Path:
    """`ca.crt`, `tls.crt` and `tls.key` in `folder`, in place of those that are there; gives the authority's file."""
    with tempfile.TemporaryDirectory() as made:
        program("certificates").write_certificates(Path(made), {"server": []}, [])
        for name in ("ca.crt", "tls.crt", "tls.key"):
            shutil.copy(Path(made) / "server" / name, folder / name)
    return folder / "ca.crt"
