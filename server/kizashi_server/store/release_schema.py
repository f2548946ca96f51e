"""The table of releases. No row says anything about one person: each figure has its noise."""

from sqlalchemy import BigInteger, Column, Integer, String, Table

from kizashi_server.store.person_data import NOT
from kizashi_server.store.replay_schema import METADATA

COHORT_RELEASES = Table(
    "cohort_releases",
    METADATA,
    Column(
        "programme_id",
        String(64),
        primary_key=True,
        comment="the programme the figures are of; never changes",
        info=NOT,
    ),
    Column(
        "period",
        String(7),
        primary_key=True,
        comment="the month they are of, as 2026-11; never changes",
        info=NOT,
    ),
    Column(
        "epsilon",
        Integer,
        nullable=False,
        comment="what the release spent of the programme's budget; never changes",
        info=NOT,
    ),
    Column(
        "release_time",
        BigInteger,
        nullable=False,
        comment="when it was made; seconds since 1970 UTC; never changes",
        info=NOT,
    ),
    Column(
        "fewer",
        Integer,
        nullable=True,
        comment="people with this band, noised and rounded; null where too few; never changes",
        info=NOT,
    ),
    Column(
        "about_as_many",
        Integer,
        nullable=True,
        comment="people with this band, noised and rounded; null where too few; never changes",
        info=NOT,
    ),
    Column(
        "more",
        Integer,
        nullable=True,
        comment="people with this band, noised and rounded; null where too few; never changes",
        info=NOT,
    ),
)
