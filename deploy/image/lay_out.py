"""Put exconn beside its dependencies: both source roots as one namespace, metadata, the command; compiled once.

`python lay_out.py ENVIRONMENT --without PACKAGE ...`; run by the Dockerfile, in the folder of this file's siblings.
"""

import argparse
import compileall
import shutil
import tomllib
from pathlib import Path

HERE = Path(__file__).resolve().parent
COMMAND = "#!{python}\nimport sys\n\nfrom exconn.cli.main import main\n\nsys.exit(main())\n"


def main() -> None:
    """Lay out, and take the installer away."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("environment", type=Path)
    parser.add_argument("--without", action="append", default=[])
    given = parser.parse_args()
    (packages,) = given.environment.glob("lib/python3*/site-packages")
    for root in ("shared", "services"):
        for package in sorted((HERE / root / "exconn").iterdir()):
            if package.is_dir() and package.name not in given.without:
                shutil.copytree(package, packages / "exconn" / package.name)
    _write_metadata(packages)
    _write_command(given.environment / "bin")
    _take_installer_away(given.environment, packages)
    if not compileall.compile_dir(packages, quiet=2, workers=0):
        print("some modules of dependencies do not compile; they are for other versions of Python")


def _write_metadata(packages: Path) -> None:
    project = tomllib.loads((HERE / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    folder = packages / f"exconn-{project['version']}.dist-info"
    folder.mkdir()
    head = f"Metadata-Version: 2.4\nName: exconn\nVersion: {project['version']}\nSummary: {project['description']}\n"
    (folder / "METADATA").write_text(head, encoding="utf-8")
    shutil.copy(HERE / "LICENSE", folder / "LICENSE")


def _write_command(folder: Path) -> None:
    command = folder / "exconn"
    command.write_text(COMMAND.format(python=folder / "python3"), encoding="utf-8")
    command.chmod(0o755)


def _take_installer_away(environment: Path, packages: Path) -> None:
    for found in (*packages.glob("pip"), *packages.glob("pip-*"), *packages.glob("setuptools*")):
        shutil.rmtree(found)
    for command in environment.glob("bin/pip*"):
        command.unlink()


if __name__ == "__main__":
    main()
