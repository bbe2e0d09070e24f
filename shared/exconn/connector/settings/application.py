"""The Application group: which applications may run."""

from exconn.connector.settings.kinds import Listed, OnOff
from exconn.connector.settings.row import Evidence, SettingRow, SettingsTable
from exconn.connector.settings.sources import CONNECTOR_PAGE

APPLICATION = SettingsTable(
    name="application",
    says="Which applications may run",
    rows=(
        SettingRow(
            setting="unsigned_application",
            original="UnsignedApplication",
            parameter="AllowUnsignedApplications",
            says="Applications without a signature may run",
            kind=OnOff(),
            pages=("$true", "$true"),
            evidence=Evidence.DOCUMENTED,
            source=CONNECTOR_PAGE,
        ),
        SettingRow(
            setting="unsigned_install",
            original="UnsignedInstall",
            parameter="AllowUnsignedInstallationPackages",
            says="Installation packages without a signature may run",
            kind=OnOff(),
            pages=("$true", "$true"),
            evidence=Evidence.DOCUMENTED,
            source=CONNECTOR_PAGE,
        ),
        SettingRow(
            setting="blocked_application",
            original="BlockedApplication",
            parameter="UnapprovedInROMApplicationList",
            says="Applications of the device's own that may not run",
            kind=Listed(of="names of applications"),
            pages=(None, None),
            evidence=Evidence.DOCUMENTED,
            source=CONNECTOR_PAGE,
        ),
    ),
)
