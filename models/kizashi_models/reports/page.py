"""A report's page, filled in from a template of the package that makes it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from importlib.resources import files
from typing import Any

from kizashi_models.reports.drawing import Drawing


def filled_in(
    package: str,
    template: str,
    drawings: Sequence[Drawing],
    filters: Mapping[str, Callable[..., str]],
    values: Mapping[str, Any],
) -> str:
    """The page, whole in itself. Every value is escaped; one that the template lacks is an error.

    Args:
        package: where the template lies, such as "kizashi_server.validation".
        template: its file's name; it finds `style` and `drawings` (by name) beside the values.
        drawings: made of numbers alone.
        filters: how the template writes figures, by name.
        values: what else the template is filled in with.
    """
    from jinja2 import Environment, PackageLoader, StrictUndefined  # noqa: PLC0415
    from markupsafe import Markup  # noqa: PLC0415

    environment = Environment(
        loader=PackageLoader(package, ""),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= filters
    style = (files("kizashi_models.reports") / "style.css").read_text("utf-8")
    return environment.get_template(template).render(
        # Ours, and drawn from numbers alone: nothing in either needs escaping.
        style=Markup(style),  # noqa: S704
        drawings={each.name: Markup(each.svg) for each in drawings},  # noqa: S704
        **values,
    )
