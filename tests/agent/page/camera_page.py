"""A page with nothing but the camera's script on it, under the policy of the real one."""

from importlib import resources
from pathlib import Path

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from tests.agent.page.camera_app import TAB, TOKEN

_HEADERS = {
    "Content-Security-Policy": "default-src 'none'; script-src 'self'; style-src 'self'; "
    "connect-src 'self'; media-src 'self' blob:; base-uri 'none'; "
    "require-trusted-types-for 'script'",
    "Permissions-Policy": "camera=(self), microphone=()",
}

_PAGE = """<!doctype html><title>Camera</title><video></video>
<script type="module" src="/drive.js"></script>"""

_DRIVE = f"""
import {{ Camera }} from "/camera.js";
const video = document.querySelector("video");
const camera = new Camera(video, {{ token: "{TOKEN}", tab: "{TAB}" }});
const heard = [];
for (const name of ["state", "guidance", "phase", "measured", "refused", "interrupted", "error",
                    "closed"]) {{
  camera.addEventListener(name, ({{ detail }}) => heard.push({{ name, at: performance.now(), detail }}));
}}
Object.assign(window, {{ camera, heard, video }});
"""


def camera_routes() -> tuple[BaseRoute, ...]:
    """The page at /, and what it loads."""
    script = Path(str(resources.files("kizashi_agent.page"))) / "static" / "camera.js"

    def answer(text: str, kind: str) -> Response:
        return Response(text, media_type=kind, headers=_HEADERS)

    async def shown(_: Request) -> Response:
        return answer(_PAGE, "text/html")

    async def driven(_: Request) -> Response:
        return answer(_DRIVE, "text/javascript")

    async def of_the_agent(_: Request) -> Response:
        return answer(script.read_text("utf-8"), "text/javascript")

    return (Route("/", shown), Route("/drive.js", driven), Route("/camera.js", of_the_agent))
