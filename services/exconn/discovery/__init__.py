"""The discovery worker: installs connectors and reads devices and owners; changes nothing in Exchange."""
