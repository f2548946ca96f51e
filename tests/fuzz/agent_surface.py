"""The agent's side: a server that holds every key, and answers with what it should not.

The reply is spoilt after it was written and sealed again, so that it opens; or its envelope is.
Whatever comes, the agent ends in an error a person can read, or holds receipts for just the
consents that it gave.
"""

import shutil
from collections.abc import Sequence
from pathlib import Path
from random import Random

from kizashi_agent.errors import AgentError
from kizashi_agent.submit.checking import Submitted
from kizashi_protocol import Check, Envelope, seal_reply, write_reply
from kizashi_protocol.reply import Reply
from kizashi_protocol.report import Report
from kizashi_protocol.v1 import exchange_pb2

from tests.agent.submit.laptop import Laptop, connected_laptop
from tests.fuzz import judge
from tests.fuzz.hostile import spoil_serialised
from tests.fuzz.hostile_tokens import spoil_token
from tests.fuzz.surface import Attempt, told
from tests.fuzz.wire import flip
from tests.protocol.jws import decoded
from tests.protocol.values import LOG_KEY, RECEIPT_KEY


class AgentSurface:
    """A laptop that submits a check and gets a spoilt reply."""

    name = "agent"
    share = 1

    def __init__(self, folder: Path) -> None:
        """Keeps the agent's state in a folder."""
        self._folder = folder
        self._laptop: Laptop = connected_laptop(folder)
        self._honest: Reply | None = None
        self._laptop.server.answer = self._noted

    def control(self) -> Sequence[str]:
        """See `Surface`."""
        self._laptop.server.on_the_way = lambda sealed: sealed
        submitted = self._laptop.submit()
        assert self._holds(submitted)
        return ["Feedback"]

    def attempt(self, draw: Random) -> Attempt:
        """See `Surface`."""
        how = "?"

        def on_the_way(sealed: Envelope) -> Envelope:
            nonlocal how
            how, spoilt = self._spoilt(draw, sealed)
            return spoilt

        self._laptop.server.on_the_way = on_the_way
        try:
            submitted = self._laptop.submit()
        except AgentError as error:
            return Attempt(how, error.reason, malformed=True)
        except Exception as error:  # noqa: BLE001 - any other is what is looked for
            return Attempt(how, "CRASH", malformed=True, fault=told(error))
        finally:
            self._forget()
        if self._holds(submitted):
            return Attempt(how, "(as good as before)", malformed=False)
        return Attempt(how, "TAKEN", malformed=True, fault="receipts for what was not given")

    def finish(self) -> Sequence[str]:
        """See `Surface`."""
        return ()

    def _noted(self, report: Report, reply: Reply) -> Reply:
        if isinstance(report.content, Check):
            self._honest = reply
        return reply

    def _spoilt(self, draw: Random, sealed: Envelope) -> tuple[str, Envelope]:
        header, report = self._laptop.server.reports[-1]
        if draw.random() < 0.1 or self._honest is None or not isinstance(report.content, Check):
            return "bit", Envelope(sealed.header, flip(draw, sealed.ciphertext))
        if draw.random() < 0.4:
            tokens = list(self._honest.consent_receipts)
            at = draw.randrange(len(tokens))
            how, token = spoil_token(draw, tokens[at], RECEIPT_KEY)
            tokens[at] = token.decode("utf-8", "replace")
            plaintext = self._logged(self._honest._replace(consent_receipts=tuple(tokens)), report)
        else:
            message = exchange_pb2.Reply.FromString(self._logged(self._honest, report))
            how, plaintext = spoil_serialised(draw, message)
        if len(plaintext) > 30_000:
            return "too long", sealed
        return how, seal_reply(
            plaintext,
            report.reply_key,
            programme_id=header.programme_id,
            report_id=header.report_id,
        )

    def _logged(self, reply: Reply, report: Report) -> bytes:
        """A reply with its receipts in the log, so that what is wrong with them comes to light."""
        log = self._laptop.server.receipt_log
        return write_reply(log.entered(reply, report.log_size, LOG_KEY))

    def _holds(self, submitted: Submitted) -> bool:
        assert self._honest is not None
        honest = [_consent_in(each) for each in self._honest.consent_receipts]
        return [_consent_in(each) for each in submitted.receipts] == honest

    def _forget(self) -> None:
        server = self._laptop.server
        del server.reports[:], server.envelopes[:]
        shutil.rmtree(self._folder, ignore_errors=True)


def _consent_in(token: str) -> object:
    """The consent inside a receipt whose signature holds, or None."""
    read = judge.read_signed_token(token, "kizashi-consent-receipt+jws")
    first, second, third = token.split(".")
    signature = decoded(third)
    if read is None or not judge.holds(RECEIPT_KEY.public, signature, f"{first}.{second}".encode()):
        return None
    return read[2].get("consent")
