"""Sawt from the command line. Builds and starts everything; nobody imports it.

python run.py serve       serve an expo; with --now and --audience, rehearse one
python run.py check       read a schedule and tell every mistake in it
python run.py count       count a ballot file
python run.py verify      check a published bundle and count it again
python run.py rehearse    a synthetic audience over real sockets
python run.py invite      make passes
python run.py publish     publish a day's bulletin that two people have reviewed
python run.py obs         switch the scenes of OBS as the show moves on
python run.py settings    the effective configuration
python run.py migrate     bring the database to the newest revision
"""

import gc
import sys

gc.disable()  # what is imported stays: looking through it meanwhile is a quarter of a start

from command.parser import main  # noqa: E402

if __name__ == "__main__":
    gc.freeze()
    gc.enable()
    sys.exit(main(sys.argv[1:]))
