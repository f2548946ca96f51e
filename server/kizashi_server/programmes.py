"""The programmes a running server carries: each with its terms, its scorer and its help."""

import hashlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from kizashi_models.errors import ModelError
from kizashi_models.scorer import Scorer
from kizashi_protocol.consent import Locale, Scope, Terms, consent_text
from kizashi_protocol.context import Label, framed
from kizashi_protocol.reply import HelpResource

from kizashi_server.config import HelpSettings, ProgrammeSettings
from kizashi_server.directory.published import listed
from kizashi_server.errors import ModelRefused

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

    @property
    def terms_digest(self) -> bytes:
        """SHA-256 (32 bytes) over everybody a consent names, the root, and the texts' version.

        What was kept under another digest was consented to under terms that no longer hold.
        """
        terms = self.terms
        version = consent_text(Scope.SCORE, "en", terms).version
        names = (terms.programme_id, terms.display_name, terms.owner, terms.scoring_operator)
        bound = framed(
            Label.CONSENT_TERMS.value,
            *(each.encode() for each in names),
            terms.root_fingerprint,
            version.to_bytes(4, "big"),
        )
        return hashlib.sha256(bound).digest()

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
