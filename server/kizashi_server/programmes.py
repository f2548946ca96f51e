"""The programmes a running server carries: each with its terms, its scorer and its help."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from kizashi_models.errors import ModelError
from kizashi_models.scorer import Scorer
from kizashi_protocol.consent import Locale, Terms
from kizashi_protocol.reply import HelpResource

from kizashi_server.config import HelpSettings, ProgrammeSettings
from kizashi_server.errors import ModelRefused
from kizashi_server.published import listed

LoadScorer = Callable[[str], Scorer]
"""Gives the scorer of an id, or raises `ModelError`."""


@dataclass(frozen=True, slots=True)
class CarriedProgramme:
    """A programme with all that answering a check of it takes.

    Attributes:
        terms: what a consent to it must bind.
        help: the site's own contact, if it has one.
    """

    settings: ProgrammeSettings
    terms: Terms
    scorer: Scorer
    help: HelpSettings | None

    def help_first(self, locale: Locale) -> tuple[HelpResource, ...]:
        """The site's own contact in a language, to be shown before all other help."""
        if self.help is None:
            return ()
        contact = self.help.contact(locale)
        return (
            HelpResource(
                contact.name, contact.description, contact.hours, contact.phone, contact.address
            ),
        )


def load_scorers(programmes: Sequence[ProgrammeSettings], load: LoadScorer) -> Mapping[str, Scorer]:
    """The scorer of each programme, by programme id.

    Raises:
        ModelRefused: a scorer is missing, has another digest, or lacks its norms.
    """
    scorers = {}
    for each in programmes:
        try:
            scorers[each.id] = load(each.scorer)
        except ModelError as error:
            raise ModelRefused(
                f"programme {each.id}: {error.log}", f"Programme {each.id}: {error.person}"
            ) from None
    return scorers


def carry(
    programmes: Sequence[ProgrammeSettings],
    scorers: Mapping[str, Scorer],
    root_fingerprint: bytes,
    help_settings: HelpSettings | None,
) -> Mapping[str, CarriedProgramme]:
    """The programmes by id, under a root (fingerprint of 32 bytes)."""
    return {
        each.id: CarriedProgramme(
            settings=each,
            terms=listed(each, ()).terms(root_fingerprint),
            scorer=scorers[each.id],
            help=help_settings,
        )
        for each in programmes
    }
