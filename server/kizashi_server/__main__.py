"""`python -m kizashi_server`: the command line, where no script was installed."""

from kizashi_server.main import app

app(prog_name="kizashi-server")
