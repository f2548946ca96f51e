"""Each screen of the page: the agent's answers behind it, and the way to it."""

from collections.abc import Callable
from typing import Any

from kizashi_agent.page.words import page_words
from kizashi_agent.words import say
from kizashi_models.feedback.texts import texts_of
from kizashi_protocol import Band, Locale
from playwright.sync_api import Page

from tests.agent.page.intercepted import PlayedAgent, profile, visit

DAY = 86_400
NOW = 1_790_000_000

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
    return PlayedAgent(answers=_answers(locale) | {"visit": visit(stage, locale)} | more)


def _to_consents(page: Page, word: Callable[[str], str]) -> None:
    press(page, word("welcome.go_on"))
    page.get_by_role("textbox").fill("kizashi://example.org:4443/demo#root=" + "0" * 64)
    press(page, word("join.go_programme"))
    page.get_by_role("button", name=word("consents.adult"), exact=True).wait_for()


def _to_preview(page: Page, word: Callable[[str], str]) -> None:
    press(page, word("camera.turn_on"))
    played(page, "guidance", {"message": "TOO_FAR"})


def _to_review(page: Page, word: Callable[[str], str]) -> None:
    press(page, word("measured.review"))


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
    page.locator(".entries button").first.click()
    page.locator("details").first.wait_for()


def _standing(page: Page, word: Callable[[str], str]) -> None:
    _pressing(_menu("standing"), "scope_title.research")(page, word)


SCENES: dict[str, tuple[str, Walk]] = {
    "welcome": ("welcome", _stay),
    "join": ("welcome", lambda page, word: press(page, word("welcome.go_on"))),
    "age": ("welcome", _to_consents),
    "consent": ("welcome", _pressing(_to_consents, "consents.adult")),
    "camera": ("camera", _stay),
    "preview": ("camera", _to_preview),
    "preview-well": ("camera", _playing("guidance", {"message": "WELL"})),
    "neutral": ("camera", _playing("phase", {"phase": "neutral", "seconds": 3})),
    "speaking": ("camera", _playing("phase", {"phase": "speaking", "seconds": 10.4})),
    "not-fit": ("camera", _playing("refused", {"reasons": ["TOO_DARK", "HEAD_TURNED"]})),
    "denied": ("camera", _playing("state", {"state": "denied"})),
    "unsupported": ("camera", _playing("state", {"state": "unsupported"})),
    "unplugged": ("camera", _playing("state", {"state": "unplugged"})),
    "interrupted": ("camera", _playing("interrupted", {"reason": "SLEPT"})),
    "measured": ("measured", _stay),
    "review": ("measured", _to_review),
    "ready": ("feedback", _stay),
    "feedback": ("feedback", _to_feedback),
    "sharing": ("feedback", _share),
    "sharing-asked": ("feedback", _share_asked),
    "sharing-code": ("feedback", _pressing(_share_asked, "consents.yes")),
    "waiting": ("waiting", _stay),
    "menu": ("welcome", lambda page, word: press(page, word("page.menu"))),
    "history": ("welcome", _menu("history")),
    "questionnaire": ("welcome", _menu("questionnaire")),
    "questions": ("welcome", _item_nine),
    "questionnaire-result": ("welcome", _questionnaire_done),
    "ledger": ("welcome", _menu("ledger")),
    "message": ("welcome", _messages),
    "standing": ("welcome", _menu("standing")),
    "standing-consent": ("welcome", _standing),
    "withdrawal": ("welcome", _menu("withdrawal")),
    "withdraw-all": ("welcome", _pressing(_menu("withdrawal"), "withdraw.all")),
    "withdrawn": (
        "welcome",
        _pressing(_menu("withdrawal"), "withdraw.all", "withdrawal.do"),
    ),
    "take-out": ("welcome", _menu("take_out")),
    "clear": ("welcome", _menu("clear")),
}
"""Stage and way of each screen; those without an agent's answers at all are in test_screens."""


def words_of(locale: Locale) -> Callable[[str], str]:
    """The page's words in one language."""
    return page_words()[locale].__getitem__


def _answers(locale: Locale) -> dict[str, Any]:
    texts = texts_of(locale)
    ja = locale == "ja"
    programme = {
        "display_name": "学生相談プログラム" if ja else "Student check-in",
        "owner": "学生相談室" if ja else "the counselling service",
        "scoring_operator": "大学計算センター" if ja else "the university's computing centre",
        "setting": "healthcare",
    }
    consents = [
        {
            "scope": scope,
            "name": say(locale, f"scope_{scope}"),
            "text": say(locale, "local_text") * 3,
            "version": 3,
            "digest": "0" * 64,
        }
        for scope in ("score", "feedback")
    ]
    help_resources = [
        {"name": name, "description": description, "hours": "", "phone": "", "address": ""}
        for name, description in (
            ("学生相談室", "話を聞きます。") if ja else ("Counselling service", "Will listen."),
            ("かかりつけの医師", "") if ja else ("A doctor near you", ""),
        )
    ]
    unit = texts.units[1]
    about_trend = (
        ("いつもより多めでした。", "{name}: いつもより多め")
        if ja
        else ("More than is usual in your own.", "{name}: more than is usual in your checks")
    )
    fields = [
        {
            "name": f"summary.{number}",
            "label": f"{group}: {label}",
            "value": "0.4213",
            "group": group,
        }
        for number, (group, label) in enumerate(
            [(unit, "mean"), (unit, "presence"), (texts.units[2], "mean"), ("Head", "speed")]
        )
    ]
    return {
        "start": {
            "visit": {"stage": "consents"},
            "programme": programme,
            "address": "example.org:4443",
            "local": False,
            "age_question": say(locale, "age_question"),
            "consents": consents,
            "riding": [
                {"scope": "trend", "name": say(locale, "scope_trend"), "rides": True, "until": NOW}
            ],
        },
        "measured": {
            "profile": profile(locale),
            "warnings": [],
            "frames": 312,
            "dropped": 2,
            "sending": {
                "address": "example.org:4443",
                "operator": programme["scoring_operator"],
                "sealed_bytes": 8192,
                "fields": fields,
            },
        },
        "send": {"visit": {"stage": "feedback"}},
        "feedback": {
            "band": "about_as_many",
            "locale": locale,
            "headline": texts.headline[Band.ABOUT_AS_MANY],
            "paragraphs": [
                texts.meaning[Band.ABOUT_AS_MANY],
                texts.paragraphs.study,
                texts.paragraphs.not_established,
                texts.paragraphs.next_step,
                texts.paragraphs.label,
            ],
            "contributions": [
                f"{name}: {texts.direction[Band.MORE]}" for name in list(texts.units.values())[:6]
            ],
            "help": help_resources,
            "scorer_id": "research-prior/1",
            "norms_id": "clips/1",
            "sent": {"address": "example.org:4443"},
            "earlier": [],
            "sharing": [
                {
                    "name": "Counsellor",
                    "fingerprint": "1a2b 3c4d 5e6f 7a8b",
                    "locale": locale,
                    "text": say(locale, "local_text"),
                    "version": 3,
                    "digest": "0" * 64,
                }
            ],
            "left": None,
            "recovery_code": "TANGO-4F7K-92MD-XX3P-QQ8L",
            "recovery_join": "kizashi://example.org:4443/demo#root=" + "0" * 64,
        },
        "share": {"name": "Counsellor", "code": "K7QF-22MD-9PLX-Q8TZ", "until": NOW},
        "history": {
            "entries": [
                {"id": str(place), "time": NOW + DAY * 7 * place, "band": band}
                for place, band in enumerate(
                    ["about_as_many", "fewer", None, "about_as_many", "more", "about_as_many"]
                )
            ],
            "trend": {
                "times": [NOW + DAY * 7 * place for place in range(6)],
                "text": [about_trend[0]],
                "units": [about_trend[1].format(name=texts.units[1])],
                "together": {"values": [0.1, -0.4, 0.3, 0, 0.6, 1.9], "low": -1.2, "high": 1.2},
            },
            "needed": 0,
            "damaged": [],
            "text": about_trend[0],
            "kept": True,
        },
        "questionnaire": _questionnaire(help_resources),
        "ledger": {"messages": [_message(1, "sent"), _message(2, "received")], "faults": []},
        "ledger/2": _message(2, "received")
        | {
            "body": "0af3" * 300,
            "fields": {"envelope.key_id": "a1b2"},
            "plaintext": None,
            "sealed_fields": {"feedback.headline": texts.headline[Band.MORE]},
        },
        "standing": {
            "consents": [
                {
                    "scope": "trend",
                    "given": True,
                    "life": "holds",
                    "until": NOW,
                    "text": "",
                    "programme": programme["display_name"],
                },
                {
                    "scope": "research",
                    "given": False,
                    "text": say(locale, "local_text"),
                    "digest": "0" * 64,
                },
            ],
            "age_question": say(locale, "age_question"),
            "fault": None,
        },
        "clear": {
            "text": [say(locale, "local_text"), say(locale, "local_text")],
            "on_record": {"checks": 2, "consents": 1},
        },
        "withdraw": {
            "withdrawn": [{"report_id": "0", "address": "example.org:4443", "receipt": "r"}],
            "failed": [{"reason": "SERVER_UNREACHABLE", "message": "No answer."}],
            "damaged": [],
            "scopes": [{"scope": "trend", "address": "example.org:4443", "receipt": "r"}],
            "scopes_failed": [],
            "scopes_damaged": [],
            "stays": [say(locale, "ledger_stays")],
        },
    }


def _message(number: int, direction: str) -> dict[str, Any]:
    return {
        "number": number,
        "time": NOW,
        "address": "example.org:4443",
        "call": "exchange",
        "direction": direction,
        "kind": "check" if direction == "sent" else "feedback",
        "bytes": 8192,
        "answers": None,
        "fault": None,
        "consents": [{"scope": "score", "text_sha256": "0" * 64, "expire_time": NOW}],
    }


def _questionnaire(help_resources: list[dict[str, str]]) -> dict[str, Any]:
    return {
        "title": "A questionnaire",
        "language": "en",
        "intro": "Over the last 2 weeks, how often?",
        "items": [f"Something that may bother people, the {n}th of nine" for n in range(1, 10)],
        "options": ["Not at all", "Several days", "More than half the days", "Nearly every day"],
        "difficulty": "How difficult have these problems made it?",
        "difficulty_options": ["Not", "Somewhat", "Very", "Extremely"],
        "source": "Its authors.",
        "note": "In English, word for word as it was published.",
        "help": help_resources,
        "item_9": ["You are not the only one.", "Nobody has been told."],
        "research": True,
        "research_text": "If you choose so, these answers are sealed for research.",
        "for_research": None,
        "kept": [{"id": "1", "time": NOW, "text": ["What the answers said."]}],
        "text": ["You are not the only one.", "Nobody has been told.", "Of the answers."],
    }
