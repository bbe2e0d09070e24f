"""Signed requests: who may ask for what, and whether a request is from who it says."""

from exconn.signing.as_signed import NotAsSignedError, verified_envelope
from exconn.signing.errors import KeyFileError, Refused, RegistryError, SigningError
from exconn.signing.keyfile import (
    SigningKey,
    key_id,
    load_signing_key,
    new_signing_key,
    parse_public_key,
    save_signing_key,
)
from exconn.signing.registry_file import RegistryFile, load_registry
from exconn.signing.registry_keys import KnownKey
from exconn.signing.registry_text import registry_text
from exconn.signing.requesters import Registry, Requester, parse_registry
from exconn.signing.roles import RequesterRole
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
    "KnownKey",
    "NotAsSignedError",
    "Refused",
    "Registry",
    "RegistryError",
    "RegistryFile",
    "RegistrySettings",
    "Requester",
    "RequesterRole",
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
    "registry_text",
    "save_signing_key",
    "sign",
    "verified_envelope",
    "verify",
]
