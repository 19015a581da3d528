"""The arguments of every command, and the one place where a command's failure becomes an exit code."""

import argparse
import os
import sys
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import Final

from command import obs, offline, publishing, rehearse, serve
from command.child import NotStarted
from expo.errors import N_, Fault, Refusal
from expo.postgres import Unfit
from expo.rights import Role
from expo.settings import WrongSettings
from expo.web import translations
from expo.web.sentences import sentence_for
from expo.web.translations import filled
from expo.web.translations import gettext as _
from expo.words import clean
from migrations.upgrade import Newer
from voting.methods.registry import METHODS

_TOO_NEW: Final = N_(
    "The database belongs to a newer version of Sawt (revision {revision}): start that version."
)
_NO_OFFSET: Final = N_("an offset is needed, for example +04:00")
_NO_INSTANT: Final = N_("this is no instant; one is 2017-04-17T09:20+04:00")
_OUT_OF_RANGE: Final = N_("a whole number from 0 to {most} is needed")
_NOT_POSITIVE: Final = N_("a number above 0 is needed")
_MOST_PEOPLE: Final = 50_000  # more than one machine can play; a mistyped number
_MOST_PORTS: Final = 65_535
_BALLOT_FILES: Final = N_(
    ".json (Sawt, NIST), .soc .soi .toc .toi (PrefLib), .blt, .csv, .txt, or a bundle's folder"
)
_SCHEDULE: Final = str(Path(__file__).resolve().parents[1] / "schedule.yaml")


def main(arguments: Sequence[str]) -> int:
    """Do what the arguments say; 0 when it worked, 1 when not, 2 for arguments nobody understands."""
    translations.language.set("ar" if os.environ.get("LANG", "").startswith("ar") else "en")
    options = parser().parse_args(arguments)
    try:
        return int(options.do(options))
    except KeyboardInterrupt:
        return 0
    except rehearse.REFUSALS as error:
        why = clean(str(error))  # a stranger's text, on somebody's terminal
        sys.stderr.write(filled(_("The server did not let us in: {why}"), {"why": why}) + "\n")
    except Unfit as unfit:
        sys.stderr.write(filled(_(unfit.why), dict(unfit.facts)) + "\n")
    except Newer as newer:
        sys.stderr.write(filled(_(_TOO_NEW), {"revision": clean(str(newer))}) + "\n")
    except (WrongSettings, NotStarted, OSError) as error:
        sys.stderr.write(f"{error}\n")
    except (Refusal, Fault) as problem:
        sys.stderr.write(sentence_for(problem) + "\n")
    return 1


def parser() -> argparse.ArgumentParser:
    """Every command with its arguments."""
    top = argparse.ArgumentParser(prog="run.py", description="Sawt · صوت")
    commands = top.add_subparsers(required=True, metavar="command")
    _serve(commands.add_parser("serve", help=_("serve an expo until told to stop")))
    _check(commands.add_parser("check", help=_("tell every mistake in a schedule")))
    _count(commands.add_parser("count", help=_("count a ballot file")))
    _verify(commands.add_parser("verify", help=_("check and count again a published bundle")))
    _rehearse(commands.add_parser("rehearse", help=_("a synthetic audience over real sockets")))
    _invite(commands.add_parser("invite", help=_("make passes and print their links")))
    _publish(
        commands.add_parser(
            "publish", help=_("publish a day's bulletin that two people have reviewed")
        )
    )
    _obs(
        commands.add_parser(
            "obs", help=_("switch the scenes of OBS on this computer as the show moves on")
        )
    )
    show = commands.add_parser("settings", help=_("print the effective configuration"))
    show.set_defaults(do=offline.show_settings)
    up = commands.add_parser("migrate", help=_("bring the database to the newest revision"))
    _address(up)
    up.add_argument("--data", required=True, help=_("data folder"))
    up.set_defaults(do=offline.bring_up)
    return top


def _address(one: argparse.ArgumentParser) -> None:
    one.add_argument("--host", default="127.0.0.1", help=_("address to listen on"))
    one.add_argument("--port", type=_port, default=8000)


def _serve(one: argparse.ArgumentParser) -> None:
    _address(one)
    one.add_argument("--schedule", default=_SCHEDULE, help=_("the programme at the first start"))
    one.add_argument("--data", help=_("data folder; without it everything is forgotten at the end"))
    one.add_argument(
        "--now", type=_instant, help=_("rehearse from this instant, e.g. 2017-04-17T09:20+04:00")
    )
    one.add_argument(
        "--audience", type=_people, default=0, help=_("synthetic people who take part")
    )
    one.set_defaults(do=serve.serve)


def _check(one: argparse.ArgumentParser) -> None:
    one.add_argument("file", nargs="?", default=_SCHEDULE)
    one.add_argument(
        "--hall", default="", help=_("the hall whose sessions are taken from a foreign schedule")
    )
    one.set_defaults(do=offline.check)


def _count(one: argparse.ArgumentParser) -> None:
    one.add_argument("file", help=_(_BALLOT_FILES))
    one.add_argument("--method", help=", ".join(METHODS))
    one.add_argument("--json", action="store_true")
    one.set_defaults(do=offline.count)


def _verify(one: argparse.ArgumentParser) -> None:
    one.add_argument("folder", help=_("the folder of a bundle"))
    one.add_argument("--tracker", help=_("also show this ballot, and the proof that it is in it"))
    one.add_argument("--vkey", default="", help=_("the key as you know it from elsewhere"))
    one.add_argument(
        "--openings",
        action="append",
        default=[],
        metavar="FILE",
        help=_("the ballots of a sealed electorate, where you are its auditor"),
    )
    one.add_argument(
        "--checkpoint",
        "--receipt",
        dest="kept",
        action="append",
        default=[],
        metavar="FILE",
        help=_("a checkpoint or a receipt that you kept, to see whether it is of this ledger"),
    )
    one.set_defaults(do=offline.verify)


def _rehearse(one: argparse.ArgumentParser) -> None:
    one.add_argument("url", nargs="?", help=_("without it a throw-away server is started"))
    one.add_argument("--viewers", type=_people, default=60)
    one.add_argument("--ballots", help=_("a ballot file: member n casts ballot n in the end"))
    one.add_argument(
        "--publish", help=_("an empty folder for the audit bundle of the contest that was held")
    )
    one.add_argument("--organiser", help=_("an organiser's link: then every electorate takes part"))
    one.add_argument("--seconds", type=_positive, help=_("stop after so long (with an address)"))
    one.add_argument("--json", action="store_true")
    one.add_argument("--pace", type=_positive, default=20.0, help=_("how much faster than people"))
    one.add_argument("--schedule", default=_SCHEDULE)
    one.add_argument(
        "--data", help=_("data folder of the throw-away server; with --day, of the expo to copy")
    )
    one.add_argument("--day", type=_people, help=_("hold this whole day in a copy of the expo"))
    one.add_argument("--audience", type=_people, default=60, help=_("people on that day"))
    one.add_argument("--speed", type=_positive, default=120.0, help=_("how fast that day goes by"))
    one.add_argument("--report", help=_("a file for that day's report: .json or .html"))
    one.add_argument("--keep", action="store_true", help=_("keep the copy"))
    one.add_argument("--serve", action="store_true", help=_("let people watch the copy"))
    one.add_argument("--host", default="127.0.0.1", help=_("address to listen on"))
    one.add_argument("--port", type=_port, default=0)
    one.set_defaults(do=rehearse.rehearse)


def _invite(one: argparse.ArgumentParser) -> None:
    _address(one)
    one.add_argument("role", choices=[role.value for role in Role if role is not Role.PUBLIC])
    one.add_argument("--data", required=True, help=_("data folder of the expo"))
    one.add_argument("--electorate")
    one.add_argument("--entity")
    one.add_argument("--label", default="")
    one.add_argument("--count", type=_people, default=1)
    one.add_argument("--now", type=_instant, help=_("the instant of a rehearsal"))
    one.set_defaults(do=offline.invite)


def _publish(one: argparse.ArgumentParser) -> None:
    _address(one)
    one.add_argument("--day", type=_people, required=True, help=_("number of the expo's day"))
    one.add_argument("--data", required=True, help=_("data folder of the expo"))
    one.add_argument("--now", type=_instant, help=_("the instant of a rehearsal"))
    one.set_defaults(do=publishing.publish)


def _obs(one: argparse.ArgumentParser) -> None:
    one.add_argument("--url", required=True, help=_("address of the expo"))
    one.add_argument("--screen", default="main", help=_("name of the screen"))
    one.add_argument("--token", required=True, help=_("the screen's token, from the page Screens"))
    one.add_argument("--obs", default="ws://127.0.0.1:4455", help=_("where OBS listens"))
    one.set_defaults(do=obs.obs)


def _port(text: str) -> int:
    return _whole(text, _MOST_PORTS)


def _people(text: str) -> int:
    return _whole(text, _MOST_PEOPLE)


def _whole(text: str, most: int) -> int:
    if not (text.isascii() and text.isdigit() and len(text) < 10 and int(text) <= most):
        raise argparse.ArgumentTypeError(filled(_(_OUT_OF_RANGE), {"most": most}))
    return int(text)


def _instant(text: str) -> datetime:
    try:
        instant = datetime.fromisoformat(text)
    except ValueError:
        raise argparse.ArgumentTypeError(_(_NO_INSTANT)) from None
    if instant.tzinfo is None:
        raise argparse.ArgumentTypeError(_(_NO_OFFSET))
    return instant


def _positive(text: str) -> float:
    try:
        number = float(text)
    except ValueError:
        number = 0.0
    if not 0 < number < 1e6:
        raise argparse.ArgumentTypeError(_(_NOT_POSITIVE))
    return number
