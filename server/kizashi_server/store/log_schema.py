"""The tables of the log, each column with what it is. No row of them ever changes or goes.

An entry is a hash over a salt that only the person's laptop has, and has no time: it stays after a
withdrawal, and says nothing to whoever has not got the receipt and the salt. That entries cannot be
changed is enforced by triggers where the database is SQLite; whoever can write the file can drop
those, and is found by `kizashi-server log verify`.
"""

from sqlalchemy import BigInteger, Column, Integer, LargeBinary, String, Table

from kizashi_server.store.person_data import NOT, REMAINS
from kizashi_server.store.replay_schema import METADATA

LOG_LEAVES = Table(
    "log_leaves",
    METADATA,
    Column(
        "leaf_index",
        BigInteger,
        primary_key=True,
        autoincrement=False,
        comment="place in the log, from 0, without gaps",
        info=NOT,
    ),
    Column(
        "leaf_hash",
        LargeBinary(32),
        nullable=False,
        comment="RFC 6962 leaf hash of a salted commitment to a receipt; never changes",
        info=REMAINS,
    ),
)

LOG_SUBTREES = Table(
    "log_subtrees",
    METADATA,
    Column(
        "level",
        Integer,
        primary_key=True,
        autoincrement=False,
        comment="the subtree has 2^level entries; level 0 repeats the entries",
        info=NOT,
    ),
    Column(
        "number",
        BigInteger,
        primary_key=True,
        autoincrement=False,
        comment="the subtree begins with entry number * 2^level",
        info=NOT,
    ),
    Column(
        "hash",
        LargeBinary(32),
        nullable=False,
        comment="RFC 6962 hash of the subtree; never changes",
        info=REMAINS,
    ),
)

LOG_HEADS = Table(
    "log_heads",
    METADATA,
    Column(
        "number",
        BigInteger,
        primary_key=True,
        autoincrement=False,
        comment="place among the published heads, from 0, without gaps",
        info=NOT,
    ),
    Column("size", BigInteger, nullable=False, comment="entries the head is over", info=NOT),
    Column("root", LargeBinary(32), nullable=False, comment="RFC 6962 root over them", info=NOT),
    Column(
        "time", BigInteger, nullable=False, comment="when signed; seconds since 1970 UTC", info=NOT
    ),
    Column(
        "token",
        String(1024),
        nullable=False,
        comment="the signed head, as it is handed out",
        info=NOT,
    ),
)
