"""The page *Audit a set* as a visitor walks it: photos, claims, the run, results, a resume file."""

import io
import zipfile
from dataclasses import replace

import pytest

from dashboard import own_photos, session
from dashboard.i18n import messages
from dashboard.views.audit import run, start, state
from dashboard.worker.audit_jobs import ExamineFile, FinishAudit
from dashboard.worker.job_handle import JobError
from tests.support.pages import go, page_at, press, text
from xai.audit.claims.definitions import DEFAULT_CLAIMS, digest
from xai.photo.images import encode_png
from xai.photo.sample_rendering import load_sample

WORDS = messages("en")

pytestmark = [pytest.mark.slow, pytest.mark.usefixtures("one_model_process")]


@pytest.fixture(scope="module")
def photos():
    return [encode_png(load_sample(name).pixels) for name in ("astronaut-grey", "admiral-plain")]


@pytest.fixture(scope="module")
def packed(photos):
    """A zip of two labelled photos, one of them twice, and a file that is none."""
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as archive:
        for name, data in (
            ("covered/1.png", photos[0]),
            ("uncovered/2.png", photos[1]),
            ("uncovered/3.png", photos[1]),
            ("notes.txt", b"no photo"),
        ):
            archive.writestr(name, data)
    return stream.getvalue()


def uploader(page, name):
    (found,) = (each for each in page.file_uploader if str(each.key).startswith(f"audit {name} "))
    return found


def given(packed, **parameters):
    page = page_at("audit", **parameters).run()
    return uploader(page, "files").set_value([("set.zip", packed, "application/zip")]).run()


def button(page, key):
    (found,) = (each for each in page.button if each.label == WORDS[key])
    return found


def begun(page):
    return press(page, WORDS["audit_start.begin"])


def held(page):
    return page.session_state["audit"]


@pytest.fixture(scope="module")
def finished(packed):
    """The page after an audit; tests that change it make their own."""
    return begun(given(packed))


def test_without_photos_nothing_can_be_started_and_the_claims_are_told_with_their_digest():
    page = page_at("audit").run()
    assert button(page, "audit_start.begin").disabled
    assert WORDS["audit_missing.photos"] in text(page)
    assert digest(DEFAULT_CLAIMS) in text(page)
    assert "1,000 files and 200 MB" in text(page)
    assert "python -m xai audit" in text(page)
    assert [each.value for each in page.checkbox] == [True] * 5


def test_a_claim_that_is_changed_or_left_out_changes_the_digest():
    page = page_at("audit").run()
    page.checkbox[0].set_value(False).run()
    page.number_input(key="audit limit accuracy_per_class").set_value(90).run()
    claims = (*DEFAULT_CLAIMS[1:4], replace(DEFAULT_CLAIMS[4], threshold=0.9))
    assert digest(claims) in text(page)
    for tick in page.checkbox:
        tick.set_value(False)
    uploader(page, "files").set_value([("1.png", b"any", "image/png")])
    page.run()
    assert WORDS["audit_missing.claims"] in text(page)


def test_a_zip_is_listed_with_its_labels_and_can_be_exchanged(packed):
    page = given(packed)
    assert "**4 files**" in text(page)
    assert "2 no mask" in text(page)
    assert text(page).count("Only 4 files: too few") == 1
    assert "Only 1 file labelled *worn correctly*: too few" in text(page)
    assert page.text_input[0].value == "set"
    assert not button(page, "audit_start.begin").disabled
    press(page, WORDS["audit_start.other"])
    assert page.session_state["audit set"] is None
    assert WORDS["audit_missing.photos"] in text(page)


def test_more_than_the_cap_is_refused_with_the_command_that_takes_it(packed, monkeypatch):
    with monkeypatch.context() as patch:
        patch.setattr(start, "FILES", 3)
        page = given(packed)
    assert "4 files" in page.error[0].value
    assert "python -m xai audit" in page.error[0].value
    assert WORDS["audit_missing.photos"] in text(page)


def test_a_set_is_refused_while_other_visitors_fill_the_memory(packed, monkeypatch):
    monkeypatch.setattr(state, "_MEGABYTES_OF_ALL", 0)
    assert given(packed).error[0].value == WORDS["audit_start.no_room"]


def test_what_is_no_zip_is_one_sentence():
    page = given(b"no zip at all")
    assert "not a zip, or is damaged" in page.error[0].value
    assert WORDS["audit_missing.photos"] in text(page)


def test_an_audit_ends_with_claims_faces_and_files(finished):
    assert held(finished).finished.summary["faces"] == 2
    assert "**2 faces** in 2 photos. 4 files, 1 refused, 1 copy." in text(finished)
    claims = next(part.proto.body for part in finished.get("html") if "audit-claims" in part.proto.body)
    assert claims.count("Not enough evidence") == 5
    assert claims.count(WORDS["audit_result.not"]) == 5
    assert "Too few of these faces" in text(finished)


def test_the_faces_are_filtered_and_one_opens_in_check_a_photo(packed):
    page = begun(given(packed))
    page.segmented_control(key="section").set_value("faces").run()
    assert "2 of 2 answers" in text(page)
    page.selectbox(key="audit filter class").set_value("uncovered").run()
    assert "1 of 2 answers" in text(page)
    page.selectbox(key="audit filter answer").set_value("wrong").run()
    assert WORDS["audit_faces.none"] in text(page)
    page.selectbox(key="audit filter answer").set_value("right").run()
    opened = next(each for each in page.button if str(each.key).startswith("audit open "))
    opened.click().run()
    kept = page.session_state["own photos"]
    assert [each.sha256 for each in kept] == [held(page).photos.named["uncovered/2.png"].sha256]
    assert page.session_state[own_photos.face_key(kept[0].sha256)] == 0


def test_every_file_that_gave_nothing_is_told_with_its_reason(packed):
    page = begun(given(packed, section="files"))
    table = page.table[0].value
    told = {row.iloc[0]: tuple(row.iloc[1:]) for _, row in table.iterrows()}
    assert told["uncovered/3.png"] == ("copy of another", "It has the same bytes as uncovered/2.png.")
    assert told["notes.txt"][0] == "refused"
    assert len(told) == 2


def stopping_after(monkeypatch, count):
    """Jobs for photos fail after so many."""
    ask, asked = session.run_job, []

    def ask_or_fail(job, show, take=None):
        if isinstance(job, ExamineFile):
            asked.append(job)
            if len(asked) > count:
                raise JobError("closed")
        return ask(job, show, take)

    monkeypatch.setattr(session, "run_job", ask_or_fail)
    return asked


def test_what_is_done_is_kept_over_a_failure_and_over_other_pages(packed, monkeypatch):
    with monkeypatch.context() as patch:
        stopping_after(patch, 2)
        page = begun(given(packed))
    assert held(page).done == 2
    assert page.error[0].value == WORDS["failure.closed"]
    go(page, "studies")
    go(page, "audit")
    assert "2 of 4 files" in page.get("progress")[0].proto.text
    asked = stopping_after(monkeypatch, 99)
    press(page, WORDS["audit_run.go_on"])
    assert len(asked) == 2
    assert held(page).finished.summary["faces"] == 2


def test_an_audit_that_was_stopped_waits_until_it_is_to_go_on(packed, monkeypatch):
    works = []
    monkeypatch.setattr(run, "_work", lambda audit, *_: works.append(run._stop(audit)))
    page = begun(given(packed))
    page.run()
    assert len(works) == 1
    press(page, WORDS["audit_run.go_on"])
    assert len(works) == 2


def test_a_photo_that_breaks_the_work_is_refused_and_the_others_go_on(packed, monkeypatch):
    ask = session.run_job

    def ask_or_die(job, show, take=None):
        if isinstance(job, ExamineFile) and job.file.name == "uncovered/2.png":
            raise JobError("reading_slow", seconds=10)
        return ask(job, show, take)

    monkeypatch.setattr(session, "run_job", ask_or_die)
    page = begun(given(packed))
    found = {each["name"]: each for each in held(page).finished.outcomes}
    assert found["uncovered/2.png"]["outcome"] == "refused"
    assert "10 seconds" in found["uncovered/2.png"]["sentence"]
    assert found["uncovered/3.png"]["outcome"] == "read"


def test_a_resume_file_goes_on_without_examining_anew_and_is_refused_beside_other_photos(
    finished, packed, photos, monkeypatch
):
    kept = held(finished).resume_file()
    with zipfile.ZipFile(io.BytesIO(kept)) as archive:
        names = archive.namelist()
    assert {"settings.json", "ledger.jsonl", "parts/part-00000.parquet"} <= set(names)
    assert not any(name.endswith((".png", ".jpg")) for name in names)
    asked = stopping_after(monkeypatch, 0)
    page = given(packed)
    uploader(page, "resume").set_value(("audit-resume.zip", kept, "application/zip")).run()
    assert held(page).finished.summary == held(finished).finished.summary
    assert asked == []

    page = page_at("audit").run()
    uploader(page, "files").set_value([("1.png", photos[0], "image/png")]).run()
    uploader(page, "resume").set_value(("audit-resume.zip", kept, "application/zip")).run()
    assert "other photos or labels" in page.error[0].value
    assert held(page) is None


def test_a_new_audit_forgets_photos_and_results(packed):
    page = begun(given(packed))
    press(page, WORDS["audit_result.again"])
    assert page.session_state["audit set"] is None
    assert held(page) is None


def test_the_section_is_in_the_address(packed):
    page = begun(given(packed, section="downloads"))
    assert page.segmented_control(key="section").value == "downloads"
    assert [each.label for each in page.get("download_button")] == [WORDS["audit_take.resume"]]


def test_who_comes_back_by_the_menu_finds_the_section_that_was_left(packed):
    page = begun(given(packed))
    page.segmented_control(key="section").set_value("files").run()
    go(page, "studies")
    go(page, "audit")
    assert page.segmented_control(key="section").value == "files"
    page.segmented_control(key="section").set_value("claims").run()
    assert page.segmented_control(key="section").value == "claims"


def test_the_control_models_are_asked_a_few_faces_a_job(packed, monkeypatch):
    ask, sent = session.run_job, []

    def count(job, show, take=None):
        if isinstance(job, FinishAudit):
            sent.append(sum(bool(file.data) for file in job.files))
        return ask(job, show, take)

    monkeypatch.setattr(session, "run_job", count)
    begun(given(packed))
    assert sent[0] == 0
    assert max(sent) <= 2
