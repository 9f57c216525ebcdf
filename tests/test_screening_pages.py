"""Pages of screening: the checklist with two people at it, the outcome with its letter, the list of a call."""

import re
from datetime import timedelta

import pytest
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from mptf.core import clock
from mptf.core.db import db
from mptf.proposals import listed
from mptf.proposals import service as proposals
from mptf.proposals.models import IN_REVIEW, INELIGIBLE, SCREENING, PartKind
from mptf.screening import checklist, queries
from mptf.screening import service as screening
from mptf.screening.models import Answer, ScreeningItem
from mptf.screening.proposed import Question
from mptf.submissions import service as submissions
from tests.support.posting import post
from tests.support.statements import statements
from tests.support.whole import fill
from tests.test_pages import PAGE, SHELL
from tests.test_submissions_pages import Desk, desk

__all__ = ["desk"]  # the fixture


@pytest.fixture
def sent(desk: Desk) -> Desk:
    """Return the desk with its proposal submitted."""
    with desk.app.app_context():
        submissions.submit(desk.proposal(), by=desk.ana)
        db.session.commit()
    return desk


@pytest.fixture
def begun(sent: Desk) -> Desk:
    """Return the desk with its proposal in screening."""
    assert post(sent.officer, f"{sent.path}/screening/begin").status_code == 303
    return sent


def items(desk: Desk) -> list[ScreeningItem]:
    with desk.app.app_context():
        return queries.items_of(desk.proposal().call)


def answered(desk: Desk, client: FlaskClient, answers: dict[int, tuple[str, str, int]]) -> TestResponse:
    """Post answers by the number of the item: the answer, its note, the version it was typed over."""
    typed: dict[str, str] = {}
    for item in items(desk):
        answer, note, seen = answers.get(item.position, ("", "", 0))
        typed |= {f"note_{item.public_id}": note, f"seen_{item.public_id}": str(seen)}
        if answer:
            typed[f"answer_{item.public_id}"] = answer
    return post(client, f"{desk.path}/screening", **typed)


def stands(desk: Desk) -> dict[int, tuple[Answer, str]]:
    with desk.app.app_context():
        versions, _ = queries.versions_of(desk.proposal())
        now = versions[0]
        return {
            item.position: (one.answer, one.note)
            for item in queries.items_of(desk.proposal().call)
            if (one := now.at(item))
        }


def test_screening_is_taken_up_and_answered_as_one_goes(sent: Desk) -> None:
    page = sent.officer.get(f"{sent.path}/screening").text
    assert "Take up screening" in page
    assert "has no checklist yet" in page
    assert post(sent.officer, f"{sent.path}/screening/begin").status_code == 303
    page = sent.officer.get(f"{sent.path}/screening").text
    assert "First submitted" in page
    assert answered(sent, sent.officer, {1: ("yes", "", 0)}).status_code == 303
    assert stands(sent) == {1: (Answer.YES, "")}
    page = sent.officer.get(f"{sent.path}/screening").text
    assert f"1 of {len(items(sent))}" in page
    assert "Items without an answer" in page


def test_a_no_without_a_note_is_refused_at_its_note_and_nothing_typed_is_lost(begun: Desk) -> None:
    refused = answered(begun, begun.officer, {1: ("no", "", 0), 2: ("yes", "Looked at the list.", 0)})
    assert refused.status_code == 422
    assert "Say what is not as it should be." in refused.text
    assert "Looked at the list." in refused.text
    assert stands(begun) == {}


def test_two_people_at_one_checklist_lose_nothing(begun: Desk) -> None:
    assert answered(begun, begun.officer, {1: ("yes", "", 0), 2: ("no", "Theirs", 0)}).status_code == 303
    both = answered(begun, begun.officer, {2: ("yes", "Mine", 0), 3: ("yes", "", 0)})
    assert both.status_code == 422
    assert "This was changed since you opened it" in both.text
    assert "No: Theirs" in both.text
    assert "Yes: Mine" in both.text
    assert stands(begun) == {1: (Answer.YES, ""), 2: (Answer.NO, "Theirs")}
    second = items(begun)[1].public_id
    assert re.search(rf'name="seen_{second}"[^>]*value="1"', both.text), "sent again, it is typed over what stands"
    again = answered(begun, begun.officer, {1: ("yes", "", 1), 2: ("yes", "Mine", 1), 3: ("yes", "", 0)})
    assert again.status_code == 303
    assert stands(begun) == {1: (Answer.YES, ""), 2: (Answer.YES, "Mine"), 3: (Answer.YES, "")}


def test_what_only_others_changed_is_taken_over(begun: Desk) -> None:
    assert answered(begun, begun.officer, {1: ("yes", "First", 0)}).status_code == 303
    assert answered(begun, begun.officer, {1: ("no", "Second", 1)}).status_code == 303
    done = answered(begun, begun.officer, {1: ("yes", "First", 1), 2: ("yes", "", 0)})
    assert done.status_code == 303
    assert stands(begun) == {1: (Answer.NO, "Second"), 2: (Answer.YES, "")}


def test_what_was_typed_of_another_version_or_question_is_not_taken_for_this_one(begun: Desk) -> None:
    page = begun.officer.get(f"{begun.path}/screening")
    letter = begun.officer.get(f"{begun.path}/screening/refuse?grounds=unsigned")
    opened, first = version_in(page), items(begun)[0]
    with begun.app.app_context():
        another = Question("It is signed by everybody")
        item = queries.get_item(begun.proposal().call, first.public_id)
        checklist.change(begun.proposal().call, item, another, by=begun.officer_viewer)
        db.session.commit()
    typed = {f"answer_{first.public_id}": "yes", f"seen_{first.public_id}": "0"}
    refused = post(begun.officer, f"{begun.path}/screening", **typed, version=opened)
    assert refused.status_code == 422
    assert "since you opened this page" in refused.text
    assert stands(begun) == {}
    send_again(begun)
    assert "since you opened this page" in post(begun.officer, f"{begun.path}/screening", **typed, version=opened).text
    late = {"grounds": "unsigned", "text": "It is not signed.", "sure": "y", "version": version_in(letter)}
    refused = post(begun.officer, f"{begun.path}/screening/refuse", **late)
    assert "since you opened this page" in refused.text
    assert "It is not signed." in refused.text
    with begun.app.app_context():
        assert begun.proposal().status is SCREENING
    assert post(begun.officer, f"{begun.path}/screening", **typed, version=version_in(refused)).status_code == 303
    assert stands(begun) == {1: (Answer.YES, "")}


def version_in(page: TestResponse) -> str:
    """Return the version the form of a page was opened on."""
    found = re.search(r'name="version"[^>]*value="([^"]*)"', page.text)
    assert found
    return found[1]


def send_again(desk: Desk) -> None:
    """Return a part, let its office answer, and take up the screening of what it sent."""
    with desk.app.app_context():
        proposal = desk.proposal()
        until = clock.today(proposal.fund) + timedelta(days=9)
        submissions.give_back(proposal, {PartKind.TEAM: "Who leads?"}, until, by=desk.officer_viewer)
        submissions.submit(proposal, remark="She does.", by=desk.ana)
        screening.take_up(proposal, by=desk.officer_viewer)
        db.session.commit()


def test_a_proposal_is_admitted_and_its_office_reads_that_alone(begun: Desk) -> None:
    everything = {item.position: ("yes", "canarynote", 0) for item in items(begun)}
    assert answered(begun, begun.officer, everything).status_code == 303
    assert "A mail goes to 1 person who writes" in begun.officer.get(f"{begun.path}/screening").text
    assert post(begun.officer, f"{begun.path}/screening/admit").status_code == 303
    with begun.app.app_context():
        assert begun.proposal().status is IN_REVIEW
    page = begun.applicant.get(begun.path).text
    assert "admitted to technical review" in page
    assert "canarynote" not in page
    assert "canarynote" in begun.officer.get(f"{begun.path}/screening").text


def test_admitting_too_early_is_refused_in_words(begun: Desk) -> None:
    refused = post(begun.officer, f"{begun.path}/screening/admit")
    assert refused.status_code == 422
    assert "Items without an answer" in refused.text


def test_a_letter_is_written_in_two_steps_and_read_by_the_applicant_alone(begun: Desk) -> None:
    number = next(item.position for item in items(begun) if item.ground and item.ground.value == "unsigned")
    assert answered(begun, begun.officer, {number: ("no", "canarynote", 0)}).status_code == 303
    first = begun.officer.get(f"{begun.path}/screening/refuse").text
    assert re.search(r'checked[^>]*value="unsigned"|value="unsigned"[^>]*checked', first)
    second = begun.officer.get(f"{begun.path}/screening/refuse?grounds=unsigned&grounds=scope").text
    assert "It is not signed by the authorised officer of UNDP Albania." in second
    assert "A mail goes to 1 person" in second
    typed = {"grounds": "unsigned", "text": "It is not signed.\n\nWith regards"}
    unsure = post(begun.officer, f"{begun.path}/screening/refuse", **typed)
    assert unsure.status_code == 422
    assert "With regards" in unsure.text
    assert post(begun.officer, f"{begun.path}/screening/refuse", **typed, sure="y").status_code == 303
    with begun.app.app_context():
        assert begun.proposal().status is INELIGIBLE
    letter = begun.applicant.get(f"{begun.path}/letter")
    assert "It is not signed." in letter.text
    told = begun.applicant.get(begun.path).text
    assert "Read the letter" in told
    for page in (letter.text, told):
        assert "canarynote" not in page
        assert begun.officer_viewer.name not in page
    paper = begun.applicant.get(f"{begun.path}/letter.pdf")
    assert paper.data == begun.officer.get(f"{begun.path}/letter.pdf").data
    assert paper.data.startswith(b"%PDF")
    assert paper.headers["Content-Disposition"].startswith("attachment")
    for path in ("letter", "letter.pdf", "screening"):
        assert begun.other.get(f"{begun.path}/{path}").status_code == 404
    assert begun.applicant.get(f"{begun.path}/screening").status_code == 404


def test_a_letter_needs_a_reason_and_is_written_anew_for_others(begun: Desk) -> None:
    number = next(item.position for item in items(begun) if item.ground and item.ground.value == "unsigned")
    assert answered(begun, begun.officer, {number: ("no", "canarynote", 0)}).status_code == 303
    none = begun.officer.get(f"{begun.path}/screening/refuse?write=yes").text
    assert "Choose at least one reason." in none
    assert "checked" not in none, "what was taken out on purpose is not ticked again"
    second = begun.officer.get(f"{begun.path}/screening/refuse?write=yes&grounds=scope&grounds=late").text
    assert re.findall(r'name="grounds" value="(\w+)"', second) == ["late", "scope"]
    assert 'refuse?grounds=late&amp;grounds=scope"' in second, "what is kept of a letter is of its reasons"
    assert "canarynote" in second, "what was noted stands beside what is written"


def test_a_letter_that_came_too_late_is_shown_to_who_wrote_it(begun: Desk) -> None:
    everything = {item.position: ("yes", "", 0) for item in items(begun)}
    assert answered(begun, begun.officer, everything).status_code == 303
    assert post(begun.officer, f"{begun.path}/screening/admit").status_code == 303
    typed = {"grounds": "unsigned", "text": "It is not signed at all.", "sure": "y"}
    late = post(begun.officer, f"{begun.path}/screening/refuse", **typed)
    assert late.status_code == 422
    assert "This cannot be declared ineligible now" in late.text
    assert "It is not signed at all." in late.text


def test_answers_that_came_too_late_are_shown_to_who_typed_them(begun: Desk) -> None:
    everything = {item.position: ("yes", "", 0) for item in items(begun)}
    assert answered(begun, begun.officer, everything).status_code == 303
    assert post(begun.officer, f"{begun.path}/screening/admit").status_code == 303
    assert "is not saved" not in begun.officer.get(f"{begun.path}/screening").text
    late = answered(begun, begun.officer, {1: ("no", "Its seal is a copy.", 1), 2: ("yes", "", 1)})
    assert late.status_code == 422
    assert "What you typed, and is not saved" in late.text
    assert "No: Its seal is a copy." in late.text
    again = post(begun.officer, f"{begun.path}/screening/admit")
    assert (again.status_code, "What you typed" in again.text) == (422, False)


def test_a_status_there_is_not_narrows_no_list(begun: Desk) -> None:
    with begun.app.app_context():
        of_call = begun.proposal().call.public_id
    address = begun.path.split("/proposals/")[0] + f"/calls/{of_call}/screening"
    page = begun.officer.get(f"{address}?status=nowhere").text
    assert "fits these filters" not in page
    assert "Safe storage" in page


def test_a_proposal_not_in_screening_is_not_refused_but_told(sent: Desk) -> None:
    assert "This cannot be declared ineligible now" in sent.officer.get(f"{sent.path}/screening/refuse").text
    assert sent.officer.get(f"{sent.path}/letter").status_code == 404


def test_the_list_of_a_call_and_its_files(begun: Desk) -> None:
    with begun.app.app_context():
        call = begun.proposal().call.public_id
    base = begun.path.split("/proposals/")[0] + f"/calls/{call}"
    page = begun.officer.get(f"{base}/screening").text
    assert "Safe storage" in page
    assert f"Items to answer: {len(items(begun))}" in page
    assert "Screening" in begun.officer.get(base).text, "the call leads to it"
    assert f"{base}/screening" not in begun.applicant.get(base).text
    table = begun.officer.get(f"{base}/screening.csv").get_data(as_text=True)
    assert "Safe storage" in table
    none = begun.officer.get(f"{base}/screening.csv?status=withdrawn").get_data(as_text=True)
    assert "Safe storage" not in none
    assert begun.officer.get(f"{base}/screening.xlsx").data.startswith(b"PK")
    assert "No proposal fits" in begun.officer.get(f"{base}/screening?words=nothing").text


@pytest.mark.parametrize("kind", ["xlsx", "csv"])
def test_a_list_too_long_for_a_file_is_refused_in_words(
    begun: Desk, kind: str, monkeypatch: pytest.MonkeyPatch
) -> None:  # fmt: skip
    with begun.app.app_context():
        of_call = begun.proposal().call.public_id
    address = begun.path.split("/proposals/")[0] + f"/calls/{of_call}/screening.{kind}"
    assert begun.officer.get(address).status_code == 200
    monkeypatch.setattr(listed, "MOST_TAKEN", 0)
    refused = begun.officer.get(address)
    assert (refused.status_code, "No file was made" in refused.text) == (422, True)


def test_the_checklist_of_a_call_is_taken_over_changed_and_frozen(sent: Desk) -> None:
    with sent.app.app_context():
        call = sent.proposal().call.public_id
    base = sent.path.split("/proposals/")[0] + f"/calls/{call}/checklist"
    assert "Take this list over" in sent.officer.get(base).text
    assert post(sent.officer, f"{base}/adopt").status_code == 303
    assert post(sent.officer, base, question="Bank details are given", ground="other", fact="").status_code == 303
    last = items(sent)[-1]
    assert last.question == "Bank details are given"
    assert post(sent.officer, f"{base}/{last.public_id}/up").status_code == 303
    assert items(sent)[-2].question == "Bank details are given"
    stale = post(sent.officer, f"{base}/{last.public_id}", question="Another", version="what stood before")
    assert stale.status_code == 422
    assert "This was changed since you opened it" in stale.text
    assert post(sent.officer, f"{base}/{last.public_id}/remove").status_code == 303
    assert post(sent.officer, f"{sent.path}/screening/begin").status_code == 303
    assert answered(sent, sent.officer, {1: ("yes", "", 0)}).status_code == 303
    assert "The checklist is frozen" in sent.officer.get(base).text
    refused = post(sent.officer, base, question="One more", ground="", fact="")
    assert refused.status_code == 422
    assert "frozen by the first answer" in refused.text
    with sent.app.app_context():
        assert sent.proposal().status is SCREENING


def test_pages_of_screening_ask_as_often_however_much_there_is(begun: Desk) -> None:
    with begun.app.app_context():
        base = begun.path.split("/proposals/")[0] + f"/calls/{begun.proposal().call.public_id}"
    pages = (f"{begun.path}/screening", f"{base}/screening", f"{base}/screening.csv", f"{base}/checklist")

    def asked(address: str) -> int:
        begun.officer.get(address)
        with statements(begun.app) as sent:
            assert begun.officer.get(address).status_code == 200
        return len(sent)

    little: dict[str, int] = {}
    for title in ("Safe storage of weapons", "Safe storage of arms", "Safe and sound storage"):
        little = {address: asked(address) for address in pages}
        with begun.app.app_context():
            call, office = begun.proposal().call, begun.proposal().office
            twin = proposals.start(call, office, title=title, by=begun.ana)
            db.session.commit()
            fill(twin, by=begun.ana)
            submissions.submit(twin, by=begun.ana)
            db.session.commit()
    much = {address: asked(address) for address in pages}
    assert much == little
    assert max(much.values()) <= SHELL + PAGE
    assert "Likely duplicates" in begun.officer.get(pages[0]).text
