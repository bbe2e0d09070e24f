"""What stands for the connector as a whole: whether another management may take over from the policy."""

from exconn.connector.settings.danger import LETS_GO
from exconn.connector.settings.kinds import OnOff
from exconn.connector.settings.row import Evidence, SettingRow, SettingsTable
from exconn.connector.settings.sources import CONNECTOR_PAGE

EXTERNAL_MANAGEMENT = SettingsTable(
    name="external_management",
    says="Whether another management may take over; stands in [policy] itself",
    guards_all=False,
    rows=(
        SettingRow(
            setting="allow_external_device_management",
            original="AllowExternalDeviceManagement",
            parameter="AllowExternalDeviceManagement",
            says="Phones that another management claims need not obey the policy",
            kind=OnOff(),
            pages=(None, "$false"),
            evidence=Evidence.DOCUMENTED,
            source=CONNECTOR_PAGE,
            dangerous=LETS_GO,
        ),
    ),
)
