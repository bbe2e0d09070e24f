"""Which function stands for which cmdlet."""

from exconn.simulator.cmdlets.call import CmdletFunction
from exconn.simulator.cmdlets.devices import clear_device, get_devices, get_statistics, remove_device
from exconn.simulator.cmdlets.session import set_ad_server_settings

REGISTRY: dict[str, CmdletFunction] = {
    "Clear-ActiveSyncDevice": clear_device,
    "Clear-MobileDevice": clear_device,
    "Get-ActiveSyncDevice": get_devices,
    "Get-ActiveSyncDeviceStatistics": get_statistics,
    "Get-MobileDevice": get_devices,
    "Get-MobileDeviceStatistics": get_statistics,
    "Remove-ActiveSyncDevice": remove_device,
    "Remove-MobileDevice": remove_device,
    "Set-ADServerSettings": set_ad_server_settings,
}
