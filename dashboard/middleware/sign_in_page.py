"""The sign-in page: plain HTML, because Streamlit's own pages are shown only afterwards."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlencode

from starlette.responses import HTMLResponse

from dashboard.i18n import languages, t
from dashboard.middleware.headers import language_of
from dashboard.preferences import use_language

if TYPE_CHECKING:
    from starlette.types import Scope

__all__ = ["FIELD", "PROVIDER", "sign_in_page"]

FIELD = "passphrase"
"""Name of the form's field."""

PROVIDER = "sign-in"
"""Parameter of the address: the provider that was chosen."""

_STATUS = {"": 401, "wrong": 401, "wait": 429}

_HTML = Path(__file__).with_suffix(".html")

_FORM = (
    '<form method="post"><label>{label}<input type="password" name="{field}" required autofocus'
    ' autocomplete="current-password"></label><button>{button}</button></form>'
)


def sign_in_page(scope: Scope, providers: Sequence[str], wrong: str = "") -> HTMLResponse:
    """The page, in the language that the address asks for.

    Args:
        scope: of the request.
        providers: names of the providers to choose from; without any, the passphrase is asked for.
        wrong: what is wrong with the last attempt: ``wrong`` or ``wait``; empty where nothing is.
    """
    lang = language_of(scope)
    with use_language(lang):
        parts = {
            "lang": lang,
            "title": escape(t("sign_in.title", app=t("app.title"))),
            "wrong": f'<p role="alert">{escape(_sentence(wrong))}</p>' if wrong else "",
            "ways": "".join(_provider(name, lang) for name in providers) or _form(),
            "languages": " · ".join(_link(code, name) for code, name in languages().items()),
        }
    html = _HTML.read_text(encoding="utf-8")
    for name, text in parts.items():
        html = html.replace(f"{{{name}}}", text)
    return HTMLResponse(html, _STATUS[wrong])


def _sentence(wrong: str) -> str:
    return t("sign_in.wait" if wrong == "wait" else "sign_in.wrong")


def _form() -> str:
    return _FORM.format(label=escape(t("sign_in.passphrase")), field=FIELD, button=escape(t("sign_in.enter")))


def _provider(name: str, lang: str) -> str:
    query = escape(urlencode({PROVIDER: name, "lang": lang}))
    label = t("sign_in.with", provider=name) if name != "default" else t("sign_in.enter")
    return f'<a class="provider" href="?{query}">{escape(label)}</a>'


def _link(code: str, name: str) -> str:
    return f'<a href="?lang={code}" lang="{code}" hreflang="{code}">{escape(name)}</a>'
