"""Which class a client has, told from what a device and Exchange report of it."""

import pytest

from exconn.contracts import ClientClass, Erases, client_class, erases

MODEL, AGENT = "Outlook for iOS and Android", "Outlook-iOS-Android/1.0"
NATIVE, OUTLOOK, UNKNOWN = ClientClass.NATIVE, ClientClass.OUTLOOK, ClientClass.UNKNOWN
SERVICE = ClientClass.OUTLOOK_SERVICE


def classify(device_type: str, model: str, user_agent: str, client_type: str, /) -> ClientClass:
    return client_class(device_type=device_type, model=model, user_agent=user_agent, client_type=client_type)


#: D = documented by Microsoft, J = a judgement of this project.
EXAMPLES = {
    "D Outlook on-premises, an ActiveSync client": ("Outlook", MODEL, AGENT, "EAS", OUTLOOK),
    "D the same before ClientType was shown": ("Outlook", MODEL, AGENT, "", OUTLOOK),
    "J spelled in another way": (" outlook ", MODEL.upper(), "OUTLOOK-iOS-Android/2.0", "eas", OUTLOOK),
    "D Outlook in Exchange Online": ("Outlook", MODEL, AGENT, "Outlook", OUTLOOK),
    "D its older form": ("Outlook", MODEL, AGENT, "REST", OUTLOOK),
    "D hybrid: Exchange Online for a user": ("OutlookService", "", "", "EAS", SERVICE),
    "J hybrid, under any other name of Outlook": ("OutlookService", MODEL, AGENT, "REST", SERVICE),
    "J hybrid, with a user agent nobody knows": ("OutlookService", "OutlookService", "Frontdoor/3", "", SERVICE),
    "D an iPhone": ("iPhone", "iPhone14C2", "Apple-iPhone14C2/2106.90", "EAS", NATIVE),
    "J an Android": ("SAMSUNGSMA546B", "SM-A546B", "SAMSUNG-SM-A546B/101.140000", "EAS", NATIVE),
    "J a phone of 2010's list": ("WP8", "", "", "", NATIVE),
    "J Outlook for Windows, which is another program": ("WindowsOutlook15", "Outlook", "Outlook/15.0", "EAS", NATIVE),
    "J an iPhone in Outlook's type": ("Outlook", "iPhone14C2", "Apple-iPhone14C2/2106.90", "EAS", UNKNOWN),
    "J Outlook's model under another type": ("iPhone", MODEL, AGENT, "EAS", UNKNOWN),
    "J Outlook's user agent only": ("iPhone", "iPhone14C2", AGENT, "EAS", UNKNOWN),
    "J Outlook's ClientType only": ("iPhone", "iPhone14C2", "Apple-iPhone14C2/2106.90", "REST", UNKNOWN),
    "J a phone that says it is the service": ("OutlookService", "iPhone14C2", "", "EAS", UNKNOWN),
    "J OWA for Devices": ("Outlook", MODEL, AGENT, "MOWA", UNKNOWN),
    "J mail of Windows": ("UniversalOutlook", "", "", "UniversalOutlook", UNKNOWN),
    "J the service by another way": ("OutlookService", "", "", "MOWA", UNKNOWN),
    "J nothing said": ("", "", "", "EAS", UNKNOWN),
    "J nothing at all": ("", "", "", "", UNKNOWN),
}


@pytest.mark.parametrize("example", EXAMPLES.values(), ids=EXAMPLES)
def test_the_class_is_what_all_that_is_reported_agrees_on(example: tuple[str, str, str, str, ClientClass]) -> None:
    *reported, found = example

    assert classify(*reported) is found


@pytest.mark.requirement("MS-ASPROV_R644")
def test_each_class_says_what_a_wipe_would_do() -> None:
    assert {each: erases(each) for each in ClientClass} == {
        NATIVE: Erases.DEVICE_ASKED,
        OUTLOOK: Erases.APP_DATA,
        SERVICE: Erases.NOTHING_HERE,
        UNKNOWN: Erases.UNKNOWN,
    }
