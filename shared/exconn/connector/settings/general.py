"""The General group: which devices may sync, with what, and how often they fetch the policy."""

from exconn.connector.settings.danger import STOPS_MAIL
from exconn.connector.settings.kinds import OnOff, Whole, hours
from exconn.connector.settings.row import Evidence, SettingRow, SettingsTable
from exconn.connector.settings.sources import CONNECTOR_PAGE

GENERAL = SettingsTable(
    name="general",
    says="Which devices may sync, with what, and how often they fetch the policy",
    rows=(
        SettingRow(
            setting="allow_internet_share",
            original="AllowInternetShare",
            parameter="AllowInternetSharing",
            says="A computer may reach the internet through the device",
            kind=OnOff(),
            pages=("$true", "$true"),
            evidence=Evidence.DOCUMENTED,
            source=CONNECTOR_PAGE,
        ),
        SettingRow(
            setting="allow_desktop_sync",
            original="AllowDesktopSync",
            parameter="AllowDesktopSync",
            says="The device may sync with a computer by cable",
            kind=OnOff(),
            pages=("$true", "$true"),
            evidence=Evidence.DOCUMENTED,
            source=CONNECTOR_PAGE,
        ),
        SettingRow(
            setting="allow_non_provision",
            original="AllowNonProvision",
            parameter="AllowNonProvisionableDevices",
            says="Devices may sync that cannot enforce all of the policy; without it their mail stops",
            kind=OnOff(),
            pages=("$false", "$true"),
            evidence=Evidence.DOCUMENTED,
            source=CONNECTOR_PAGE,
            dangerous=STOPS_MAIL,
        ),
        SettingRow(
            setting="refresh_hours",
            original="RefreshHours",
            parameter="DevicePolicyRefreshInterval",
            says="Time until a device fetches the policy again",
            kind=Whole(
                unit="hours",
                low=1,
                high=596_523,
                source="a hosting panel, as Exchange's pages name none",
                becomes=hours,
                unlimited=True,
            ),
            pages=(None, "Unlimited"),
            evidence=Evidence.DOCUMENTED,
            source=CONNECTOR_PAGE,
        ),
    ),
)
