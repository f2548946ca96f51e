"""The page: whole in itself, the same figures as the JSON, and readable by whoever reads pages."""

import re
from dataclasses import replace
from html import unescape
from html.parser import HTMLParser
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from kizashi_models.validation_reports import report_told
from kizashi_server.validation.notation import number, percent, rate
from kizashi_server.validation.page import WHICH_REPORT_IS_TOLD, as_page
from kizashi_server.validation.report import Report
from kizashi_server.validation.verdict import verdict_on
from playwright.sync_api import sync_playwright

from tests.models.scoring import write_scorer
from tests.server.validation.conftest import measured
from tests.server.validation.measured import people, text_of

CHROMIUM = Path("/usr/bin/chromium")


@pytest.fixture(scope="module")
def page(report: Report) -> str:
    """Of the report that suffices."""
    return as_page(report)


class Read(HTMLParser):
    """What a page is made of."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Keeps each tag with its attributes."""
        self.tags.append((tag, dict(attrs)))


def test_nothing_runs_and_nothing_is_fetched(page: str) -> None:
    """No script, and no address anywhere but XML's own names of its languages."""
    tags = Read(page).tags
    assert not {"script", "link", "img", "iframe", "object", "form"} & {tag for tag, _ in tags}
    for _, attributes in tags:
        assert not [name for name in attributes if name.startswith("on")]
        assert not {"src", "srcset", "action"} & set(attributes)
        for name in ("href", "xlink:href"):
            assert (attributes.get(name) or "#").startswith("#")
    assert "default-src 'none'" in page
    assert set(re.findall(r"https?://[^\s\"]+", page)) <= {
        "http://www.w3.org/2000/svg",
        "http://www.w3.org/1999/xlink",
    }
    assert "@import" not in page
    assert "url(#" in page
    assert not re.findall(r"url\((?!#)", page)


def test_its_figures_are_the_reports(report: Report, page: str) -> None:
    """With their intervals."""
    performance = report.performance
    assert performance.calibration is not None
    for shown in (
        number(performance.auc),
        rate(performance.sensitivity),
        rate(performance.specificity),
        rate(performance.positive_predictive_value),
        rate(performance.negative_predictive_value),
        number(performance.calibration.slope),
        number(performance.calibration.intercept),
        *(rate(each.observed) for each in performance.calibration.curve),
        *(number(each.band, 3) for each in performance.decision_curve),
        *(number(each.probability, 3) for each in performance.decision_curve),
        *(number(each.gain, 3) for each in performance.decision_curve),
    ):
        assert shown in page


def test_a_sites_words_stay_words(page: str) -> None:
    """A group's name is no markup."""
    assert "21 &lt;up&gt;" in page
    assert "<up>" not in page


def test_every_table_and_figure_can_be_read_without_seeing(page: str) -> None:
    """Captions, scopes, names and descriptions; ids are there once."""
    tags = Read(page).tags
    names = [tag for tag, _ in tags]
    assert names.count("table") == names.count("caption") == names.count("thead")
    assert all("scope" in attributes for tag, attributes in tags if tag == "th")
    assert names.count("h1") == 1
    ids = [attributes["id"] for _, attributes in tags if "id" in attributes]
    assert len(ids) == len(set(ids))
    drawings = [each for tag, each in tags if tag == "svg" and each.get("role") == "img"]
    assert len(drawings) == names.count("figure") == 3
    for each in drawings:
        assert set((each["aria-labelledby"] or "").split()) <= set(ids)


def test_no_colour_of_a_drawing_is_fixed(page: str) -> None:
    """Light, dark and print have their own."""
    drawn = "".join(re.findall(r'<svg role="img".*?</svg>', page, re.DOTALL))
    assert "currentColor" in drawn
    assert "var(--first)" in drawn
    assert re.findall(r"#[0-9a-f]{6}\b", drawn) == []


@pytest.mark.parametrize(
    ("section", "items"),
    [
        ("poor", "CONSORT-AI 5(iii) Poor-quality or unavailable input data"),
        ("poor", "27a Poor quality or unavailable input data (asked of a model's development)"),
        ("poor", "STARD-AI 19 Indeterminate results"),
        ("subject", "TRIPOD+AI 9b Predictors, 15 Model output (asked of a model's development)"),
        ("subject", "STARD-AI 15a Index test"),
        ("people", "STARD-AI 24 Flow of participants"),
        ("outcome", "STARD-AI 16a Reference standard"),
        ("performance", "STARD-AI 22 Intended sample size"),
        ("performance", "STARD-AI 30 Cross tabulation, 31 Estimates"),
        ("groups", "TRIPOD+AI 14 Fairness, 23a Model performance (in key subgroups)"),
        ("groups", "STARD-AI 21 Variability analyses, 23 Fairness assessment"),
        ("limits", "TRIPOD+AI 26 Limitations · STARD-AI 33 Limitations"),
        ("summary", "STARD-AI 34 Implications for practice"),
        ("site", "STARD-AI 7 Eligibility criteria, 9 Setting and dates"),
        ("site", "STARD-AI 32 Adverse events"),
        ("site", "TRIPOD+AI 17"),
    ],
)
def test_sections_are_named_after_the_guidelines(page: str, section: str, items: str) -> None:
    """Those that ask for what stands there."""
    assert items in _section(page, section)


@pytest.mark.parametrize(
    "item",
    ["7 Data", "13 Class", "12d and 23b Heterogeneity", "12f and 24 Model", "21 Model", "22 M"],
)
def test_items_that_nothing_answers_are_named_as_absent(page: str, item: str) -> None:
    """And nowhere else: no other section says that it answers them."""
    absent = page[page.index("What is not here") :]
    assert f"<li>{item}" in absent
    number = item.split(" and ", maxsplit=1)[-1].split(" ", maxsplit=1)[0]
    headed = "".join(re.findall(r'<p class="items">.*?</p>', page))
    assert not re.search(rf"TRIPOD\+AI [^·]*\b{number} [A-Z]", headed)


def _section(page: str, name: str) -> str:
    start = page.index(f'aria-labelledby="{name}"')
    return unescape(page[start : page.index("</section>", start)])


def test_what_is_simulated_says_so(page: str) -> None:
    """In its heading, in a sentence, and in each caption."""
    appendix = page[page.index('<section class="simulated"') :]
    assert "Appendix: simulated, nobody was measured" in appendix
    assert "Every figure in this appendix is of a simulation" in appendix
    assert all("simulated" in each.lower() for each in re.findall("<caption>.*?<", appendix))
    assert "imulat" not in page[: page.index('<section class="simulated"')].split("</style>")[1]


def test_which_report_is_told_stands_on_every_page(page: str, models: Path) -> None:
    """In the words of the rule itself, whether this one carries or not."""
    (rule,) = (each for each in (report_told.__doc__ or "").split("\n\n") if "decides" in each)
    of_rule = " ".join(rule.split()).removeprefix("The newest report decides")
    assert WHICH_REPORT_IS_TOLD.endswith(of_rule)
    for each in (page, as_page(measured(text_of(people(150, 4)), models))):
        assert WHICH_REPORT_IS_TOLD in _section(each, "summary")


def test_what_is_said_of_probabilities_is_what_was_judged(report: Report, page: str) -> None:
    """Slope, intercept and ranges; that they are right is more than anybody has shown."""
    assert report.verdict.carries_shares
    assert "slope and intercept agree with 1 and 0" in _section(page, "summary")
    assert "calibration is right" not in page
    told = "nobody is shown: people are told how many of those with about the same were cases"
    assert told in _section(page, "subject")


def test_ranges_that_miss_are_named(report: Report) -> None:
    """On the page, and why shares are kept back."""
    shares = report.told.shares
    off = [replace(shares[0], expected=shares[0].high), *shares[1:]]
    assert report.performance.calibration is not None
    curve = tuple(
        replace(each, share=share)
        for each, share in zip(report.performance.calibration.curve, off, strict=True)
    )
    performance = replace(
        report.performance, calibration=replace(report.performance.calibration, curve=curve)
    )
    told = replace(report.told, shares=tuple(off))
    verdict = verdict_on(told, performance)
    named = f"{shares[0].low:.3f} to below {shares[0].high:.3f}"
    assert verdict.carries
    assert not verdict.carries_shares
    (why,) = verdict.shares_lack
    assert why.startswith(f"probabilities from {named} say {percent(shares[0].high)} and ")
    assert rate(curve[0].observed) in why
    shown = as_page(replace(report, told=told, performance=performance, verdict=verdict))
    assert f"Ranges that miss: {named}." in _section(shown, "calibration")
    assert "agree with 1 and 0" not in shown
    assert "Ranges that miss" not in as_page(report)


def test_a_scorer_without_a_probability_has_no_calibration(tmp_path: Path) -> None:
    """It is said, and nothing stands in for it."""
    write_scorer(tmp_path / "models")
    found = measured(text_of(people(120, 3)), tmp_path / "models")
    shown = as_page(found)
    assert found.performance.calibration is None
    assert "This scorer gives no probability, so there is no calibration" in shown
    assert "Slope" not in shown


def test_what_is_not_established_is_said_first(tmp_path: Path, models: Path) -> None:
    """Before any figure."""
    shown = as_page(measured(text_of(people(150, 4)), models))
    body = shown[shown.index("<main>") :]
    assert body.index("How well this scorer works is not established") < body.index("%")


@pytest.mark.proof
@pytest.mark.tools
@pytest.mark.skipif(not CHROMIUM.exists(), reason="needs chromium")
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_a_browser_finds_no_barrier(page: str, tmp_path: Path, scheme: str) -> None:
    """Names, contrast and keyboard by axe; on a phone the page itself does not scroll sideways."""
    path = tmp_path / "page.html"
    path.write_text(page, "utf-8")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        context = browser.new_context(
            color_scheme="dark" if scheme == "dark" else "light",
            viewport={"width": 390, "height": 800},
            bypass_csp=True,  # axe is a script
        )
        tab = context.new_page()
        asked: list[str] = []
        tab.on("request", lambda request: asked.append(request.url))
        tab.goto(path.as_uri())
        assert asked == [path.as_uri()]
        assert tab.evaluate("document.documentElement.scrollWidth") == 390
        found = Axe().run(tab)
        browser.close()
    assert found.violations_count == 0, found.generate_report()
