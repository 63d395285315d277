"""The text of `mare explain` for an object that is in no cluster."""

from click import unstyle

from mare.custom_resource.status_values import seconds_of
from mare.dashboard.http_rules import HttpError
from mare.dashboard.serialize import redact
from mare.dashboard.summary import facts_of
from mare.explanation.explained import NothingRecorded, at, explain_facts, oldest
from mare.explanation.stored import Recorded
from mare.explanation.text import text, text_at
from mare.loop.record import AutoscalerHistory


def explanation(history: AutoscalerHistory, now: float, moment: str | None) -> str:
    """Explain the newest decision, or the one of an RFC 3339 time; raise `HttpError`."""
    facts = facts_of(history)
    decisions = tuple(
        Recorded(at=int(each.at), decision=each.decision)  # commands name whole seconds
        for each in history.decisions.newest_first()
    )
    if moment is None:
        sentence = facts.decision.message if facts.decision else "No decision yet."
        return _plain(text(explain_facts(facts, decisions, sentence, now), now))
    try:
        past = at(decisions, seconds_of(moment))
    except ValueError as error:
        raise HttpError(400, "BadRequest", "at must be a time in RFC 3339.") from error
    except NothingRecorded as error:
        raise HttpError(404, "NotFound", f"Nothing is recorded of that time: {error}.") from error
    return _plain(text_at(past, facts.key.name, oldest(decisions)))


def _plain(shown: str) -> str:
    return redact(unstyle(shown))
