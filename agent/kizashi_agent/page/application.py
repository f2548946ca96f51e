"""The self-check's page: its calls, its words, its files."""

import time

from starlette.routing import Route, WebSocketRoute

from kizashi_agent.loopback.application import guarded_app
from kizashi_agent.loopback.guarded import Guarded
from kizashi_agent.loopback.opening import opening
from kizashi_agent.loopback.words import words_route
from kizashi_agent.page.camera_socket import CameraSocket
from kizashi_agent.page.camera_turn import CameraTurn
from kizashi_agent.page.feedback_steps import feedback_routes
from kizashi_agent.page.keeping import keeping_routes
from kizashi_agent.page.steps import step_routes
from kizashi_agent.page.take_out import take_out_routes
from kizashi_agent.page.words import page_words
from kizashi_agent.page.world import PageWorld


def page_app(world: PageWorld) -> Guarded:
    """The page, ready to be served at the port of its rules; `world` is what handlers may touch."""
    routes = [*calls(world), words_route(page_words())]
    return guarded_app(routes, "kizashi_agent.page", world.rules)


def calls(world: PageWorld) -> list[Route | WebSocketRoute]:
    """The calls below /api, which need the token; the first gives it for the ticket."""
    camera = CameraSocket(world.measurer, CameraTurn(world), time.time)
    return [
        opening(world.rules, world.ticket),
        WebSocketRoute("/api/camera", camera.serve),
        *step_routes(world),
        *feedback_routes(world),
        *keeping_routes(world),
        *take_out_routes(world),
    ]
