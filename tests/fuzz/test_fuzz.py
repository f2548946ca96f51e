"""A thousand malformed inputs over every surface; `make prove` sends over 100,000."""

from pathlib import Path

from kizashi_protocol.v1 import exchange_pb2

from tests.fuzz.campaign import all_surfaces, run
from tests.fuzz.sealed_surface import sealed_surface
from tests.fuzz.surface import seeded

INPUTS = 1000


def test_malformed_inputs_get_nothing(tmp_path: Path) -> None:
    """No crash, no score, no receipt, no key, no row left; proper checks are answered throughout."""
    with all_surfaces(tmp_path) as surfaces:
        tally = run(surfaces, INPUTS, seed=20)
    assert tally.faults == [], tally.table()
    assert set(tally.malformed) == {each.name for each in surfaces}
    assert all(tally.malformed.values()), tally.table()


def test_one_input_depends_on_its_seed_and_number_alone(tmp_path: Path) -> None:
    """So that what was found once is found again."""
    with all_surfaces(tmp_path) as surfaces:
        inside = [each for each in surfaces if each.name != "exchange call"]
        for surface in inside:
            one, two = (surface.attempt(seeded("7/again/11")) for _ in range(2))
            assert (one.how, one.reason) == (two.how, two.reason), surface.name


def test_every_content_is_spoilt() -> None:
    """A good report of each content that the protocol has comes to what it asks for."""
    surface = sealed_surface()
    surface.control()
    every = exchange_pb2.Report.DESCRIPTOR.oneofs_by_name["content"].fields
    spoilt = {good.message().WhichOneof("content") for good in surface.goods}
    assert spoilt == {field.name for field in every}
