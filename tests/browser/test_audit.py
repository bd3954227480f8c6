"""*Audit a set* in Chromium: a folder, a stop, results, the report, a resume file; nothing bars or moves."""

import zipfile

import pytest

from dashboard.i18n import messages
from tests.browser.test_accessibility import RULES, axe  # noqa: F401 - a fixture
from tests.browser.test_layout_shift import LIMIT, OBSERVE, taken, worst_window
from xai.photo.images import encode_png
from xai.photo.sample_rendering import load_sample

pytestmark = pytest.mark.browser

WORDS = messages("en")
PATIENCE = 240_000
LABELLED = {"astronaut-grey": "covered", "admiral-blue": "covered", "admiral-plain": "uncovered", "both": ""}


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """Drawn photos in class folders, one of them twice."""
    root = tmp_path_factory.mktemp("sets") / "photos"
    for name, label in LABELLED.items():
        (root / label).mkdir(parents=True, exist_ok=True)
        (root / label / f"{name}.png").write_bytes(encode_png(load_sample(name).pixels))
    (root / "copy.png").write_bytes((root / "both.png").read_bytes())
    return root


@pytest.fixture(scope="module")
def visit(browser, server):
    """A page that all tests of this file share, at a width that they set."""
    context = browser.new_context(viewport={"width": 1280, "height": 800}, locale="en-GB")
    context.add_init_script(OBSERVE)
    page = context.new_page()
    page.faults = []
    page.on("pageerror", lambda error: page.faults.append(str(error)))
    page.on("console", lambda line: page.faults.append(line.text) if line.type == "error" else None)
    page.goto(f"{server.address}/audit", timeout=PATIENCE)
    page.get_by_role("button", name=WORDS["audit_start.begin"]).wait_for(timeout=PATIENCE)
    yield page
    context.close()


def give(page, folder):
    page.locator("[class*=st-key-upload-folder] input[type=file]").set_input_files(folder)
    page.get_by_text(WORDS["audit_start.other"]).wait_for(timeout=PATIENCE)


def section(page, name):
    page.get_by_text(WORDS[f"audit_section.{name}"], exact=True).first.click()
    page.locator("[data-testid=stApp][data-test-script-state=notRunning]").wait_for(timeout=PATIENCE)


@pytest.fixture(scope="module")
def audited(visit, folder):
    """The page with the results of an audit that was stopped once."""
    visit.wait_for_timeout(1000)
    give(visit, folder)
    assert "2 worn correctly" in visit.inner_text("[data-testid=stMain]")
    visit.get_by_role("button", name=WORDS["audit_start.begin"]).click()
    visit.get_by_text("of 5 files").first.wait_for(timeout=PATIENCE)  # before, Stop is that of the begin
    visit.get_by_role("button", name=WORDS["stage.stop"]).click(timeout=PATIENCE)
    visit.get_by_role("button", name=WORDS["audit_run.go_on"]).click(timeout=PATIENCE)
    visit.get_by_text(WORDS["audit_result.interval_note"][:20]).wait_for(timeout=PATIENCE)
    return visit


def test_the_first_screen_does_not_move_and_fits_a_phone(browser, server):
    for width in (1280, 390):
        context = browser.new_context(viewport={"width": width, "height": 844}, locale="en-GB")
        context.add_init_script(OBSERVE)
        page = context.new_page()
        page.goto(f"{server.address}/audit", timeout=PATIENCE)
        page.get_by_text(WORDS["audit_start.digest"].split("`")[0].strip()).wait_for(timeout=PATIENCE)
        page.wait_for_timeout(1000)
        shifts = taken(page)
        assert worst_window(shifts) <= LIMIT, shifts
        for element in ("document.documentElement", "document.querySelector('[data-testid=stMain]')"):
            assert page.evaluate(f"{element}.scrollWidth") <= width
        context.close()


def test_an_audit_of_a_folder_says_what_it_found(audited):
    said = audited.inner_text("[data-testid=stMain]")
    assert "5 faces in 4 photos. 5 files, 1 copy." in said
    assert said.count(WORDS["audit_result.not"]) == 5
    audited.get_by_text(WORDS["audit_result.not"]).first.click()
    assert audited.get_by_text(WORDS["audit_not.rests_on_nose_and_mouth"]).is_visible()
    assert audited.faults == []


@pytest.mark.parametrize("name", ["claims", "findings", "models", "faces", "files", "downloads"])
@pytest.mark.parametrize(("width", "scheme"), [(1280, "light"), (390, "dark")])
def test_axe_finds_no_barrier_in_the_results(audited, axe, name, width, scheme):  # noqa: F811
    audited.set_viewport_size({"width": width, "height": 844})
    audited.emulate_media(color_scheme=scheme)
    section(audited, name)
    audited.wait_for_timeout(1500)
    audited.evaluate(axe)
    found = audited.evaluate(
        "rules => axe.run(document, {runOnly: rules}).then(r => r.violations.filter("
        "v => v.impact !== 'minor').map("
        "v => v.id + ': ' + v.nodes.map(n => n.html.slice(0, 120)).join(' | ')))",
        RULES,
    )
    assert found == []
    assert audited.evaluate("document.querySelector('[data-testid=stMain]').scrollWidth") <= width


def test_the_note_goes_into_the_report_which_opens_without_a_network(audited, browser, tmp_path):
    audited.set_viewport_size({"width": 1280, "height": 800})
    section(audited, "findings")
    audited.get_by_text(WORDS["audit_status.disputed"], exact=True).first.click()
    note = audited.get_by_label(WORDS["audit_findings.words"].format(number=1))
    note.fill("Two cameras took it.")
    note.press("Enter")
    section(audited, "downloads")
    audited.get_by_role("button", name=WORDS["audit_take.make"]).click()
    with audited.expect_download(timeout=PATIENCE) as got:
        audited.get_by_role("button", name=WORDS["audit_take.report_html"]).click(timeout=PATIENCE)
    got.value.save_as(tmp_path / "report.html")
    context = browser.new_context(offline=True)
    report = context.new_page()
    asked = []
    report.on("request", lambda request: asked.append(request.url))
    report.goto((tmp_path / "report.html").as_uri())
    assert "Two cameras took it." in report.inner_text("body")
    assert [each for each in asked if not each.startswith(("file:", "data:"))] == []
    context.close()


def test_a_resume_file_brings_the_results_back_for_the_same_photos(audited, folder, tmp_path):
    section(audited, "downloads")
    with audited.expect_download(timeout=PATIENCE) as got:
        audited.get_by_role("button", name=WORDS["audit_take.resume"]).click(timeout=PATIENCE)
    got.value.save_as(tmp_path / "resume.zip")
    with zipfile.ZipFile(tmp_path / "resume.zip") as archive:
        assert not [name for name in archive.namelist() if name.endswith((".png", ".jpg"))]
    audited.get_by_role("button", name=WORDS["audit_result.again"]).click()
    give(audited, folder)
    audited.get_by_role("button", name=WORDS["audit_start.resume"]).click()
    resume = audited.locator("[class*=st-key-upload-resume] input[type=file]")
    resume.set_input_files(tmp_path / "resume.zip")
    audited.get_by_text("5 faces").first.wait_for(timeout=PATIENCE)
    assert audited.faults == []
