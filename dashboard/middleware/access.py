"""Who may reach the server: where it listens, how visitors sign in, under which names it answers."""

from __future__ import annotations

import ipaddress
import os
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import NoReturn
from urllib.parse import urlsplit

import segno
from streamlit import auth_util, config, net_util
from streamlit.errors import StreamlitAuthError
from streamlit.web.server import server_util

from dashboard.i18n import t

__all__ = ["Access", "announce", "open_access"]

_PASSPHRASE, _PASSPHRASE_FILE = "XAI_PASSPHRASE", "XAI_PASSPHRASE_FILE"
_SHORTEST = 8
"""Characters of a passphrase: ten guesses in five minutes do not find one of this length."""

_ALWAYS = {
    "client.showErrorDetails": "none",
    "logger.enableRich": False,
    "browser.gatherUsageStats": False,
    "server.enableXsrfProtection": True,
    "server.enableCORS": True,
    "server.enableStaticServing": False,
}
"""Settings of Streamlit that hold wherever the server is started from, and whatever its environment says."""

_COOKIE_SECRET = 32
"""Characters of the secret that signs the cookies of a sign-in with a provider."""


@dataclass(frozen=True)
class Access:
    """How visitors sign in; with neither of the two, everybody on this computer comes in.

    Attributes:
        passphrase: what every visitor must enter; empty where it is not asked for.
        providers: names of the OpenID Connect providers in ``[auth]`` of Streamlit's secrets.
        allowed: mail addresses that a provider must have verified, and ``@domains``; without any, everybody
            whom a provider signs in comes in.
    """

    passphrase: str = field(default="", repr=False)
    providers: tuple[str, ...] = ()
    allowed: tuple[str, ...] = ()

    @property
    def required(self) -> bool:
        """Whether visitors sign in."""
        return bool(self.passphrase or self.providers)


def open_access() -> Access:
    """The sign-in that is set up, before anything is served.

    Names of this server that are known only now are added to Streamlit's ``server.allowedHosts``. Ends the
    process with a sentence where the settings are wrong, and where other computers could reach a server
    without a sign-in.
    """
    access = Access(_passphrase(), _providers(), _allowed())
    address = str(config.get_option("server.address") or "")
    if access.passphrase and access.providers:
        _refuse(t("start.two_sign_ins"))
    if not _is_loopback(address) and not access.required:
        _refuse(t("start.no_sign_in", address=address or "0.0.0.0"))  # noqa: S104 - named, not bound
    for name, value in {**_ALWAYS, "server.allowedHosts": sorted(_names(address))}.items():
        config.set_option(name, value)
    return access


def announce() -> None:
    """Print the address of the pages, and its QR code where other computers can reach it."""
    address = str(config.get_option("server.address") or "")
    url = server_util.get_url(_shown(address))
    sys.stdout.write(f"\n  {t('start.address', url=url)}\n\n")
    if not _is_loopback(address) and sys.stdout.isatty():
        segno.make(url).terminal(sys.stdout, compact=True)
    sys.stdout.flush()


def _refuse(sentence: str) -> NoReturn:
    sys.stderr.write(sentence + "\n")
    raise SystemExit(2)


def _is_loopback(address: str) -> bool:
    """Whether only this computer reaches ``address``; Streamlit takes an empty one for all of its own."""
    try:
        return address == "localhost" or ipaddress.ip_address(address).is_loopback
    except ValueError:
        return False


def _is_wildcard(address: str) -> bool:
    return address in ("", "0.0.0.0", "::")  # noqa: S104 - recognised, not bound


def _shown(address: str) -> str:
    """The name under which visitors reach the server."""
    if config.is_manually_set("browser.serverAddress"):
        return str(config.get_option("browser.serverAddress"))
    if _is_wildcard(address):
        return net_util.get_internal_ip() or "localhost"
    return f"[{address}]" if ":" in address else address


def _names(address: str) -> set[str]:
    """The names under which the server answers."""
    names = {str(name) for name in config.get_option("server.allowedHosts") if str(name).strip()}
    redirect = urlsplit(auth_util.get_origin_from_redirect_uri() or "").hostname
    return names | {_shown(address).strip("[]")} | ({redirect} if redirect else set())


def _passphrase() -> str:
    """From the environment or a file, never from the command line, which other users can read."""
    said = os.environ.pop(_PASSPHRASE, "")  # the model process, which decodes uploads, need not know it
    path = os.environ.pop(_PASSPHRASE_FILE, "")
    if path:
        try:
            said = Path(path).read_text(encoding="utf-8").strip()
        except (OSError, UnicodeDecodeError):
            _refuse(t("start.no_passphrase_file", path=path))
    if (path or said) and len(said) < _SHORTEST:
        _refuse(t("start.short_passphrase", least=_SHORTEST))
    return said


def _providers() -> tuple[str, ...]:
    """The providers of Streamlit's ``[auth]``; one whose settings are in ``[auth]`` itself is ``default``."""
    section = auth_util.get_secrets_auth_section()
    if not section:
        return ()
    named = tuple(str(name) for name, value in section.items() if isinstance(value, Mapping))
    providers = named or ("default",)
    try:
        for provider in providers:
            auth_util.validate_auth_credentials(provider)
    except StreamlitAuthError as fault:
        _refuse(t("start.wrong_auth", fault=" ".join(str(fault).split())))
    if not auth_util.is_authlib_installed():
        _refuse(t("start.no_authlib"))
    if len(str(section.get("cookie_secret"))) < _COOKIE_SECRET:
        _refuse(t("start.short_secret", least=_COOKIE_SECRET))
    return providers


def _allowed() -> tuple[str, ...]:
    return tuple(str(each).lower() for each in auth_util.get_secrets_auth_section().get("allowed", ()))
