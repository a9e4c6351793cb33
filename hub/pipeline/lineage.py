"""Lineage: from what stands in a vendor's system back to everything that made it, each with its row in the ledger."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from typing import Any
from urllib.parse import SplitResult, parse_qsl, unquote, urlsplit

from hub.domain import Event, Run
from hub.errors import BadRequest, ConfigurationError, InlayError
from hub.pipeline.parts import Parts
from hub.pipeline.provenance import DELIVERED, record
from hub.store import Tx, connections, deliveries, events, runs, teams

DAY = 86_400.0
#: Runs shown, newest first: one document may hold a year of drafts.
MOST = 50
#: A passage is looked for in this many of a team's newest runs, and no further back than this.
SEARCHED, DAYS = 2000, 30.0
#: A passage shorter than this would be found in texts it has nothing to do with.
SHORTEST = 20
LONGEST_PLACE = 2000
_PAGE = 200
_RUN_PAGE = re.compile(r"/runs/([A-Za-z0-9_-]{1,64})(?:/|$)")


def of_place(
    parts: Parts,
    place: str,
    *,
    reach: Sequence[str] | None,
    names: Callable[[str], bool],
    connection: str | None = None,
) -> dict[str, Any]:
    """What stands at a vendor's address or under a vendor's id, or what a run made.

    Args:
        reach: the teams whose runs are told; None is all. Of others it is not told whether there is anything.
        names: given a team, whether people of its runs appear by their address.

    Raises:
        BadRequest: it names no place.
    """
    place = place.strip()
    found, keys, unasked = _found_at(parts, place, reach, connection)
    return _told(parts, place, found, keys, names, unasked)


def runs_at(parts: Parts, place: str, *, reach: Sequence[str] | None) -> tuple[list[Run], list[str]]:
    """The runs behind a place, as ``of_place`` finds them, and why some vendor could not be asked.

    Raises:
        BadRequest: it names no place.
    """
    found, _, unasked = _found_at(parts, place.strip(), reach, None)
    return found, unasked


def _found_at(
    parts: Parts, place: str, reach: Sequence[str] | None, connection: str | None
) -> tuple[list[Run], set[str] | None, list[str]]:
    """The runs, the keys of the deliveries that lead to them (None for a run that was named), and who was not asked."""
    if not place or len(place) > LONGEST_PLACE or "\x00" in place:
        raise BadRequest(
            "This names no place.", instead="Send the address of the page, the vendor's id, or the id of a run."
        )
    ids, unasked = _named(parts, place, reach, connection)
    with parts.database.reading() as tx:
        rows = deliveries.at_vendor(tx, ids, teams=reach, connection=connection, limit=MOST * 4)
        found = {row.run_id: run for row in rows if (run := runs.get(tx, row.run_id)) is not None}
        named = _run_named(tx, place, reach) if not rows else None
    if named is not None:
        return [named], None, unasked
    return list(found.values()), {row.key for row in rows}, unasked


def of_text(
    parts: Parts,
    text: str,
    *,
    reach: Sequence[str] | None,
    names: Callable[[str], bool],
    at: str = "",
    connection: str | None = None,
    days: float = DAYS,
) -> dict[str, Any]:
    """The runs whose draft holds a passage word for word, or is held by it; spaces, case and line ends do not count.

    With ``at``, a place as ``of_place`` takes it, only what was written there is searched, however old. Without, the
    newest ``SEARCHED`` runs of each team within ``days``: an index of all texts would be a second copy of them.

    Raises:
        BadRequest: the passage is too short to tell anything.
    """
    wanted = _plain(text)
    if len(wanted) < SHORTEST:
        raise BadRequest(
            f"The passage has fewer than {SHORTEST} characters.",
            instead="Send a whole sentence: short ones are common.",
        )
    ids, unasked = _named(parts, at.strip(), reach, connection) if at else ([], [])
    with parts.database.reading() as tx:
        if at:
            rows = deliveries.at_vendor(tx, ids, teams=reach, connection=connection, limit=SEARCHED)
            some: Iterator[Run] = (run for id in dict.fromkeys(row.run_id for row in rows) if (run := runs.get(tx, id)))
        else:
            some = _newest(tx, reach, parts.clock() - days * DAY)
        found = []
        for run in some:
            if _holds(run, wanted):
                found.append(run)
            if len(found) == MOST:
                break
    told = _told(parts, "", found, None, names, unasked)
    where = "what was written there" if at else f"the newest {SEARCHED} runs of each team, {days:g} days back"
    return {**told, "searched": where}


def _named(
    parts: Parts, place: str, reach: Sequence[str] | None, connection: str | None
) -> tuple[list[str], list[str]]:
    """Every id receipts may have for a place, and why some vendor could not be asked for what it has there."""
    with parts.database.reading() as tx:
        known = {row.name for row in connections.every(tx) if not row.paused}
        on = connections.enablements(tx)
    mine = sorted({name for name, team, _ in on if name in known and (reach is None or team in reach)})
    ids, unasked = _ids(place), []
    for name in mine if connection is None else [connection] if connection in mine else []:
        try:
            connector, opened = parts.connections.get(name)
            # One by one: what it told before it failed counts.
            for id in connector.written_at(opened, place):
                ids.append(id)
        except (InlayError, ConfigurationError) as error:
            unasked.append(f"{name} could not be asked what it has there: {error}")
    return list(dict.fromkeys(ids)), unasked


def _ids(place: str) -> list[str]:
    """Every piece of a place that may be a vendor's id: the place itself, and the pieces of its address."""
    pieces = [place]
    if (address := _address(place)) is not None:
        path = unquote(address.path)
        pieces += [path, *(piece for piece in path.split("/") if piece)]
        pieces += [value for _, value in parse_qsl(address.query)]
        # A page that keeps its place behind the number sign, and one whose path ends as the vendor's own path does.
        pieces += [piece for piece in re.split(r"[/?&=]", unquote(address.fragment)) if piece]
        pieces += [path[at:] for at in (found.start() for found in re.finditer("/", path)) if at]
    return list(dict.fromkeys(piece.removesuffix("/") for piece in pieces if len(piece) > 1))[:100]


def _address(place: str) -> SplitResult | None:
    try:
        return urlsplit(place) if "://" in place else None
    except ValueError:
        return None


def _run_named(tx: Tx, place: str, reach: Sequence[str] | None) -> Run | None:
    address = _address(place)
    page = _RUN_PAGE.search(address.path) if address is not None else None
    run = runs.get(tx, page.group(1) if page else place)
    return run if run is not None and (reach is None or run.team in reach) else None


def _newest(tx: Tx, reach: Sequence[str] | None, since: float) -> Iterator[Run]:
    """Team by team, so that each walks its own index and none is read that nobody asked for."""
    for team in [team.id for team in teams.every(tx)] if reach is None else reach:
        before: tuple[float, str] | None = None
        for _ in range(SEARCHED // _PAGE):
            page = runs.newest(tx, teams=[team], limit=_PAGE, before=before)
            for run in page:
                if run.created_at < since:
                    break
                yield run
            if len(page) < _PAGE or page[-1].created_at < since:
                break
            before = (page[-1].created_at, page[-1].id)


def _holds(run: Run, wanted: str) -> bool:
    if run.draft is None:
        return False
    for variant in run.draft.variants:
        texts = [variant.text, *(value for value in variant.fields.values() if isinstance(value, str))]
        for text in map(_plain, texts):
            if len(text) >= SHORTEST and (wanted in text or text in wanted):
                return True
    return False


def _plain(text: str) -> str:
    return " ".join(text.split()).casefold()


def _told(
    parts: Parts,
    place: str,
    found: Sequence[Run],
    keys: set[str] | None,
    names: Callable[[str], bool],
    unasked: Sequence[str],
) -> dict[str, Any]:
    chains = [_chain(parts, run, keys, names(run.team)) for run in found[:MOST]]
    said = " ".join(
        [*([] if chains else ["Nothing of Inlay's stands here, as far as your teams' runs say."]), *unasked]
    )
    return {"place": place, "found": len(found), "left_off": max(0, len(found) - MOST), "note": said, "chains": chains}


def _chain(parts: Parts, run: Run, keys: set[str] | None, names: bool) -> dict[str, Any]:
    """One run from its destinations back to whoever asked. ``complete`` says that no step of it is missing."""
    made = record(parts, run, names=names)
    with parts.database.reading() as tx:
        happened = events.of_run(tx, run.id)
    faults = {fault["seq"]: fault["why"] for fault in made["ledger"]["faults"]}
    steps = [
        *(
            _step("destination", event, faults, row)
            for row in made["deliveries"]
            if (keys is None or row["key"] in keys) and (event := _of(happened, DELIVERED, row["key"]))
        ),
        _step("review", _of(happened, ("review.decided",)), faults, made["review"]),
        _step(
            "checks", _of(happened, ("output.checked",)), faults, {"verdict": made["verdict"], "checks": made["checks"]}
        ),
        _step("output", _of(happened, ("output.checked",)), faults, made["content"]),
        _step("model", _of(happened, ("model.answered",)), faults, made["model"]),
        _step("policy", _of(happened, ("input.checked",)), faults, made["policy"]),
        _step("template", _of(happened, ("run.received",)), faults, made["template"]),
        _step("request", _of(happened, ("run.received",)), faults, made["request"]),
    ]
    return {
        "run": run.id,
        "url": made["url"],
        "team": run.team,
        "complete": _complete(steps, made),
        "holds": made["ledger"]["holds"],
        "steps": steps,
    }


def _of(happened: Sequence[Event], kinds: Sequence[str], delivery: str | None = None) -> Event | None:
    mine = [e for e in happened if e.kind in kinds and (delivery is None or e.data.get("delivery") == delivery)]
    return mine[-1] if mine else None


def _step(what: str, event: Event | None, faults: dict[int, str], told: Any) -> dict[str, Any]:
    row = None
    if event is not None:
        row = {"seq": event.seq, "hash": event.hash, "holds": event.seq not in faults, "why": faults.get(event.seq, "")}
    return {"step": what, "is": told, "ledger_row": row}


def _complete(steps: Sequence[dict[str, Any]], made: dict[str, Any]) -> bool:
    """Whether every step stands on a row of the ledger; a review only where one was decided."""
    wanted = [step for step in steps if step["step"] != "review" or made["review"]["decision"]]
    return any(step["step"] == "destination" for step in steps) and all(
        step["ledger_row"] is not None and step["is"] is not None for step in wanted
    )
