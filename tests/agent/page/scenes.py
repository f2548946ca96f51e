"""Each screen of the page: the agent's answers behind it, and the way to it."""

from collections.abc import Callable
from copy import deepcopy
from dataclasses import asdict, dataclass
from typing import Any

from kizashi_agent.commands.check import local_scorer
from kizashi_agent.history import words as history_words
from kizashi_agent.history.own_baseline import ENOUGH
from kizashi_agent.page.words import page_words
from kizashi_models.feedback import compose
from kizashi_models.scorer import Abstention, AbstentionReason
from kizashi_protocol import Locale
from playwright.sync_api import Page

from tests.agent.page.intercepted import TOKEN, PlayedAgent, visit
from tests.agent.page.real_answers import real_answers

Walk = Callable[[Page, Callable[[str], str]], None]


def press(page: Page, name: str) -> None:
    """Presses the button of this name."""
    page.get_by_role("button", name=name, exact=True).click()


def played(page: Page, event: str, detail: dict[str, Any]) -> None:
    """Has the played camera say something."""
    page.wait_for_function("window.played !== undefined")
    page.evaluate("([event, detail]) => played.play(event, detail)", [event, detail])


def agent(stage: str, locale: Locale, **more: Any) -> PlayedAgent:
    """An agent that answers every call, at one stage."""
    answers = deepcopy(real_answers(locale)) | {"visit": visit(stage, locale)} | more
    return PlayedAgent(answers)


def _to_consents(page: Page, word: Callable[[str], str]) -> None:
    press(page, word("welcome.go_on"))
    page.get_by_role("textbox").fill(
        "kizashi://kizashi.example.org:8443/self-check#root=" + "0" * 64
    )
    press(page, word("join.go_programme"))
    page.get_by_role("button", name=word("consents.adult"), exact=True).wait_for()


def _to_preview(page: Page, word: Callable[[str], str]) -> None:
    press(page, word("camera.turn_on"))
    played(page, "guidance", {"message": "TOO_FAR"})


def _to_review(page: Page, word: Callable[[str], str]) -> None:
    press(page, word("measured.review"))
    page.locator("body[data-screen=review] main h1").wait_for()


def _to_feedback(page: Page, word: Callable[[str], str]) -> None:
    press(page, word("ready.show"))
    page.locator(".band").wait_for()


def _menu(place: str) -> Walk:
    def walk(page: Page, word: Callable[[str], str]) -> None:
        press(page, word("page.menu"))
        press(page, word(f"menu.{place}"))
        page.get_by_role("heading", level=1, name=word(f"menu.{place}")).wait_for()

    return walk


def _pressing(walk: Walk, *keys: str) -> Walk:
    def further(page: Page, word: Callable[[str], str]) -> None:
        walk(page, word)
        for key in keys:
            press(page, word(key))

    return further


def _playing(event: str, detail: dict[str, Any]) -> Walk:
    def further(page: Page, word: Callable[[str], str]) -> None:
        _to_preview(page, word)
        played(page, event, detail)

    return further


def _item_nine(page: Page, word: Callable[[str], str]) -> None:
    _pressing(_menu("questionnaire"), "questionnaire.begin")(page, word)
    page.locator("[name=item-8]").nth(1).check()
    page.locator(".help").wait_for()


def _questionnaire_done(page: Page, word: Callable[[str], str]) -> None:
    _pressing(_menu("questionnaire"), "questionnaire.begin")(page, word)
    page.locator("[name=item-0]").first.wait_for()
    for item in range(9):
        page.locator(f"[name=item-{item}]").first.check()
    press(page, word("questionnaire.done"))
    page.get_by_role("heading", name=word("questionnaire.result")).wait_for()


def _share(page: Page, word: Callable[[str], str]) -> None:
    _pressing(_to_feedback, "feedback.go_on")(page, word)


def _share_asked(page: Page, word: Callable[[str], str]) -> None:
    _share(page, word)
    page.locator(".stack button").first.click()
    page.locator(".print").wait_for()


def _stay(page: Page, word: Callable[[str], str]) -> None:
    del page, word


def _messages(page: Page, word: Callable[[str], str]) -> None:
    _menu("ledger")(page, word)
    page.locator(".entries button", has_text=word("ledger_kind.feedback")).first.click()
    page.locator("details").first.wait_for()


def _one_check(page: Page, word: Callable[[str], str]) -> None:
    _pressing(_menu("withdrawal"), "withdraw.check")(page, word)
    page.get_by_role("heading", level=1, name=word("withdrawal.which")).wait_for()
    page.locator(".places button").first.click()
    page.locator("button.danger").wait_for()


def _erase_history(page: Page, word: Callable[[str], str]) -> None:
    _menu("history")(page, word)
    page.locator("summary", has_text=word("profile.as_table")).click()
    press(page, word("history.erase_all"))
    page.get_by_role("heading", name=word("history.erase_all_title")).wait_for()


def _withdrawn(page: Page, word: Callable[[str], str]) -> None:
    _pressing(_menu("withdrawal"), "withdraw.all", "withdrawal.do")(page, word)


def _invite_refused(page: Page, word: Callable[[str], str]) -> None:
    press(page, word("welcome.go_on"))
    page.get_by_role("textbox").fill("kizashi://")
    press(page, word("join.go_programme"))
    page.get_by_role("alert").wait_for()


def _to_abstention(page: Page, word: Callable[[str], str]) -> None:
    press(page, word("ready.show"))
    page.locator(".help").wait_for()


def _ended(page: Page, word: Callable[[str], str]) -> None:
    press(page, word("page.menu"))
    page.context.route("**/api/**", lambda route: route.abort())
    press(page, word("menu.history"))
    page.locator(".command").wait_for()


def _refusing(call: str, reason: str) -> "Change":
    def change(agent: PlayedAgent) -> None:
        agent.refusals[call] = (409, {"reason": reason, "message": "That is a no."})

    return change


def _scored_here(agent: PlayedAgent) -> None:
    agent.answers["measured"]["sending"] = None


def _abstaining(agent: PlayedAgent) -> None:
    scorer, given = local_scorer(), agent.answers["feedback"]
    unsteady = Abstention(scorer.id, scorer.norms.label, AbstentionReason.UNSTEADY)
    said = asdict(compose(unsteady, given["locale"], ()))
    agent.answers["feedback"] = given | said | {"help": given["help"]}


def _no_history(agent: PlayedAgent) -> None:
    locale = agent.answers["visit"]["locale"]
    text = [history_words.say(locale, each) for each in ("off", "keeping")]
    nothing = {"kept": False, "text": text, "entries": [], "trend": None, "needed": ENOUGH}
    agent.answers["history"] |= nothing


def _agreed_to_research(agent: PlayedAgent) -> None:
    waits = {"kind": "bdi_ii", "answered": agent.answers["questionnaire"]["kept"][0]["time"]}
    agent.answers["questionnaire"] |= {"research": True, "for_research": waits}


def _partly_withdrawn(agent: PlayedAgent) -> None:
    agent.answers["withdraw"] |= {
        "withdrawn": agent.answers["withdraw"]["withdrawn"][:1],
        "failed": [{"reason": "SERVER_UNREACHABLE", "message": "No answer."}],
    }


def _code_not_seen(agent: PlayedAgent) -> None:
    agent.answers["visit"]["recovery"] = True


def _in_another_tab(agent: PlayedAgent) -> None:
    agent.answers["visit"]["visit"]["tab"] = "another"


Change = Callable[[PlayedAgent], None]


def _unchanged(agent: PlayedAgent) -> None:
    del agent


@dataclass(frozen=True)
class Scene:
    """A screen, and the way to it.

    Attributes:
        stage: where the visit is when the page is opened.
        walk: what is pressed from there.
        change: what the agent answers otherwise than in `real_answers`.
        token: what the page is opened with.
    """

    stage: str
    walk: Walk = _stay
    change: Change = _unchanged
    token: str | None = TOKEN

    def agent(self, locale: Locale) -> PlayedAgent:
        """The agent behind it."""
        answering = agent(self.stage, locale)
        self.change(answering)
        return answering


SCENES = {
    "welcome": Scene("welcome"),
    "recovery": Scene("welcome", _pressing(_stay, "recovery.look"), _code_not_seen),
    "join": Scene("welcome", _pressing(_stay, "welcome.go_on")),
    "invite-refused": Scene("welcome", _invite_refused, _refusing("start", "INVITE_MALFORMED")),
    "invite-missing": Scene("welcome", _pressing(_stay, "welcome.go_on", "join.go_programme")),
    "age": Scene("welcome", _to_consents),
    "consent": Scene("welcome", _pressing(_to_consents, "consents.adult")),
    "declined": Scene(
        "welcome",
        _pressing(_to_consents, "consents.adult", "consents.no"),
        _refusing("consents", "NO_CONSENT_SCORE"),
    ),
    "under-age": Scene(
        "welcome", _pressing(_to_consents, "consents.no"), _refusing("consents", "UNDER_AGE")
    ),
    "camera": Scene("camera"),
    "preview": Scene("camera", _to_preview),
    "preview-well": Scene("camera", _playing("guidance", {"message": "WELL"})),
    "neutral": Scene("camera", _playing("phase", {"phase": "neutral", "seconds": 3})),
    "speaking": Scene("camera", _playing("phase", {"phase": "speaking", "seconds": 10.4})),
    "not-fit": Scene("camera", _playing("refused", {"reasons": ["TOO_DARK", "HEAD_TURNED"]})),
    "denied": Scene("camera", _playing("state", {"state": "denied"})),
    "unsupported": Scene("camera", _playing("state", {"state": "unsupported"})),
    "unplugged": Scene("camera", _playing("state", {"state": "unplugged"})),
    "interrupted": Scene("camera", _playing("interrupted", {"reason": "SLEPT"})),
    "measured": Scene("measured"),
    "measured-here": Scene("measured", _stay, _scored_here),
    "thrown-away": Scene("measured", _pressing(_stay, "measured.throw_away")),
    "review": Scene("measured", _to_review),
    "ready": Scene("feedback"),
    "feedback": Scene("feedback", _to_feedback),
    "feedback-none": Scene("feedback", _to_abstention, _abstaining),
    "sharing": Scene("feedback", _share),
    "sharing-asked": Scene("feedback", _share_asked),
    "sharing-code": Scene("feedback", _pressing(_share_asked, "consents.yes")),
    "sharing-copied": Scene("feedback", _pressing(_share_asked, "consents.yes", "sharing.copy")),
    "waiting": Scene("waiting"),
    "menu": Scene("welcome", _pressing(_stay, "page.menu")),
    "history": Scene("welcome", _menu("history")),
    "history-empty": Scene("welcome", _menu("history"), _no_history),
    "history-erase-all": Scene("welcome", _erase_history),
    "questionnaire": Scene("welcome", _menu("questionnaire")),
    "questionnaire-research": Scene("welcome", _menu("questionnaire"), _agreed_to_research),
    "answers-erase-all": Scene("welcome", _pressing(_menu("questionnaire"), "history.erase_all")),
    "questions": Scene("welcome", _item_nine),
    "questionnaire-result": Scene("welcome", _questionnaire_done),
    "ledger": Scene("welcome", _menu("ledger")),
    "message": Scene("welcome", _messages),
    "standing": Scene("welcome", _menu("standing")),
    "standing-consent": Scene("welcome", _pressing(_menu("standing"), "scope_title.research")),
    "withdrawal": Scene("welcome", _menu("withdrawal")),
    "withdraw-which": Scene("welcome", _pressing(_menu("withdrawal"), "withdraw.check")),
    "withdraw-one": Scene("welcome", _one_check),
    "withdraw-all": Scene("welcome", _pressing(_menu("withdrawal"), "withdraw.all")),
    "withdrawn": Scene("welcome", _withdrawn),
    "withdrawn-some": Scene("welcome", _withdrawn, _partly_withdrawn),
    "take-out": Scene("welcome", _menu("take_out")),
    "clear": Scene("welcome", _menu("clear")),
    "no-token": Scene("welcome", token=None),
    "another-tab": Scene("welcome", _stay, _in_another_tab),
    "gone": Scene("welcome", _ended),
    "refused": Scene("measured", _stay, _refusing("measured", "STATE_BUSY")),
}
"""Every screen of the page, by a name for files."""


def words_of(locale: Locale) -> Callable[[str], str]:
    """The page's words in one language."""
    return page_words()[locale].__getitem__
