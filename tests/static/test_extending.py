"""What CONTRIBUTING promises of a new page and a new language, tried on a copy of the dashboard."""

import os
import shutil
import subprocess
import sys

from tests.support.paths import ROOT

PAGE = """
import streamlit as st

from dashboard.i18n import t

st.title(t("hello.title", count=1234))
"""
VISIT = """
from streamlit.testing.v1 import AppTest
from streamlit.util import calc_hash

page = AppTest.from_file("dashboard/app.py", default_timeout=60)
page.query_params["lang"] = "eo"
page._page_hash = calc_hash("hello")
page.run()
assert not page.exception, page.exception
print(page.title[0].value, "|", page.segmented_control[0].options)
"""


def test_a_page_is_a_folder_and_a_name_and_a_language_is_a_folder(tmp_path):
    copy = tmp_path / "dashboard"
    shutil.copytree(ROOT / "dashboard", copy, ignore=shutil.ignore_patterns("__pycache__"))
    folder = copy / "views" / "hello"
    folder.mkdir()
    (folder / "__init__.py").write_text('"""A page that says hello."""\n')
    (folder / "page.py").write_text(PAGE)
    app = (copy / "app.py").read_text()
    named = app.replace('    "learn": "learn",\n', '    "learn": "learn",\n    "hello": "hello",\n')
    assert named != app
    (copy / "app.py").write_text(named)
    locales = copy / "i18n" / "locales"
    shutil.copytree(locales / "es", locales / "eo")
    for path in (locales / "eo").glob("*.toml"):
        path.write_text(path.read_text().replace('name = "Español"', 'name = "Esperanto"'))
    for code, words in {"en": "Hello", "es": "Hola", "eo": "Saluton"}.items():
        sentences = f'[hello]\nnav = "{words}"\ntitle = "{words}, {{count:,}}"\n'
        (locales / code / "hello.toml").write_text(sentences)
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join([str(tmp_path), str(ROOT)])}
    done = subprocess.run(
        [sys.executable, "-c", VISIT],
        cwd=tmp_path,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-2000:]
    title, languages = done.stdout.strip().splitlines()[-1].split(" | ")
    assert title.startswith("Saluton, 1")
    assert "Esperanto" in languages
