"""Sign-in with an OpenID Connect provider: a real one on this computer."""

import contextlib
import html
import re
import subprocess
import sys
import urllib.request
from pathlib import Path
from urllib.parse import urljoin

import httpx
import pytest

from tests.security.client import Visit, free_port, serving, wait

pytestmark = pytest.mark.slow

SECRETS = """
[auth]
redirect_uri = "http://localhost:{{port}}/oauth2callback"
cookie_secret = "{secret}"
client_id = "dashboard"
client_secret = "known to both"
server_metadata_url = "{metadata}"
allowed = ["teacher@school.example", "@class.example"]
"""
SECRET = "a4f1" * 12
PAGE = {"Accept": "text/html"}
USERS = {
    "teacher": '{"sub": "teacher", "email": "Teacher@school.example", "email_verified": true}',
    "pupil": '{"sub": "pupil", "email": "pupil@class.example", "email_verified": true}',
    "liar": '{"sub": "liar", "email": "teacher@school.example", "email_verified": false}',
    "stranger": '{"sub": "stranger", "email": "someone@notclass.example", "email_verified": true}',
}


@contextlib.contextmanager
def provider(folder):
    """A real OpenID Connect provider on this computer, whose users have no passwords."""
    port = free_port()
    with (folder / "provider.log").open("w") as log:
        users = [part for claims in USERS.values() for part in ("--user-claims", claims)]
        command = [sys.executable, "-m", "oidc_provider_mock", "--port", str(port), *users]
        with subprocess.Popen(command, stdout=log, stderr=log) as process:
            url = f"http://localhost:{port}/.well-known/openid-configuration"
            try:
                wait(lambda: answers(url))
                yield url
            finally:
                process.terminate()


def answers(url):
    with contextlib.suppress(OSError), urllib.request.urlopen(url, timeout=2) as got:
        return got.status == 200
    return False


def secrets(folder, metadata, secret=SECRET):
    path = folder / "secrets.toml"
    path.write_text(SECRETS.format(metadata=metadata, secret=secret))
    return str(path)


@pytest.fixture(scope="module")
def closed(tmp_path_factory):
    folder = tmp_path_factory.mktemp("provider")
    with (
        provider(folder) as metadata,
        serving(folder, "--secrets.files", secrets(folder, metadata)) as running,
    ):
        yield running


def sign_in(site, user):
    """A browser that signs in as ``user``, and comes to the dashboard with what it then has."""
    home = f"http://localhost:{site.port}/"
    with httpx.Client(follow_redirects=True, trust_env=False) as client:
        page = client.get(home, headers=PAGE)
        assert page.status_code == 401
        link = html.unescape(re.search(r'class="provider" href="([^"]+)"', page.text)[1])
        asked = client.get(urljoin(home, link), headers=PAGE)
        assert asked.status_code == 200, asked.text
        assert asked.url.host == "localhost"
        assert asked.url.port != site.port
        client.post(asked.url, data={"sub": user, "action": "authorize"}, headers=PAGE)
        return client, client.get(home, headers=PAGE)


@pytest.mark.parametrize(
    ("user", "enters"), [("teacher", 200), ("pupil", 200), ("liar", 401), ("stranger", 401)]
)
def test_who_is_allowed_comes_in_and_nobody_else(closed, user, enters):
    client, page = sign_in(closed, user)
    assert page.status_code == enters
    cookies = {cookie.name: cookie.value for cookie in client.cookies.jar}
    assert any(name.startswith("_streamlit_user") for name in cookies), (
        "the provider has vouched for all four"
    )
    assert (Visit(closed, cookies).ask("/_stcore/health").status == 200) is (enters == 200)


def test_the_cookie_of_the_sign_in_is_signed(closed):
    client, _ = sign_in(closed, "teacher")
    cookies = {cookie.name: cookie.value for cookie in client.cookies.jar}
    assert Visit(closed, dict(cookies)).ask("/ready").status in (200, 503)
    name = "_streamlit_user"
    forged = {**cookies, name: cookies[name][:-4] + "AAAA"}
    assert Visit(closed, forged).ask("/ready").status == 401
    assert Visit(closed, {}).ask("/ready").status == 401


def test_wrong_settings_are_one_sentence(tmp_path):
    for secret, metadata in (("short", "http://localhost/x"), (SECRET, "")):
        path = secrets(tmp_path, metadata, secret)
        if not metadata:
            text = Path(path).read_text()
            Path(path).write_text(re.sub(r"(?m)^server_metadata_url.*\n", "", text))
        with pytest.raises(AssertionError) as ended, serving(tmp_path, "--secrets.files", path):
            pass
        said = str(ended.value)
        assert "Traceback" not in said
        assert "[auth]" in said
