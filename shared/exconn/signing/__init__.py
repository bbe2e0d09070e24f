"""Signed requests: who may ask for what, and whether a request is from who it says."""

from exconn.signing.errors import KeyFileError, Refused, RegistryError, SigningError
from exconn.signing.keyfile import (
    SigningKey,
    key_id,
    load_signing_key,
    new_signing_key,
    parse_public_key,
    save_signing_key,
)
from exconn.signing.requesters import Registry, RegistryFile, Requester, load_registry, parse_registry
from exconn.signing.service_key import (
    ActionsKeySettings,
    ActionsPublicKeySettings,
    IntakeKeySettings,
    IntakePublicKeySettings,
    load_service_key,
    load_service_public_key,
    make_service_key,
)
from exconn.signing.settings import RegistrySettings
from exconn.signing.signature import Verified, sign, verify

__all__ = [
    "ActionsKeySettings",
    "ActionsPublicKeySettings",
    "IntakeKeySettings",
    "IntakePublicKeySettings",
    "KeyFileError",
    "Refused",
    "Registry",
    "RegistryError",
    "RegistryFile",
    "RegistrySettings",
    "Requester",
    "SigningError",
    "SigningKey",
    "Verified",
    "key_id",
    "load_registry",
    "load_service_key",
    "load_service_public_key",
    "load_signing_key",
    "make_service_key",
    "new_signing_key",
    "parse_public_key",
    "parse_registry",
    "save_signing_key",
    "sign",
    "verify",
]
