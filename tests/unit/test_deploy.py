"""What is shipped for machines: every part parses, agrees with the product and with the other parts."""

import configparser
import os
import re
import shutil
import subprocess
import tempfile
from pathlib import Path
from typing import Any

import pytest
import yaml

from deploy import front
from expo import settings, variables
from expo.catalogue.proposals.pages import UPLOAD_BYTES
from expo.web.guards import _HEADERS, _HSTS
from expo.web.statics import Statics
from expo.web.visiting import MAX_BODY_BYTES
from expo.wire.guarded_http import REQUEST_SECONDS
from tests.floor_plan.python_files import ROOT
from tests.support.services import Nginx

DEPLOY = ROOT / "deploy"
TEMPLATE = (DEPLOY / "nginx/nginx.conf.template").read_text()
UNITS = sorted((DEPLOY / "systemd").iterdir())


def compose() -> dict[str, Any]:
    found: dict[str, Any] = yaml.safe_load((DEPLOY / "compose.yaml").read_text())
    return found


def example() -> dict[str, str]:
    lines = (DEPLOY / ".env.example").read_text().splitlines()
    return dict(line.split("=", 1) for line in lines if line and not line.startswith("#"))


def unit(path: Path) -> dict[str, dict[str, list[str]]]:
    """Sections of a unit with every value of every key."""
    found: dict[str, dict[str, list[str]]] = {}
    section = ""
    for line in path.read_text().splitlines():
        if line.startswith("["):
            section = line.strip("[]")
            found[section] = {}
        elif "=" in line and not line.startswith("#"):
            name, _, value = line.partition("=")
            found[section].setdefault(name, []).append(value)
    return found


# --- containers ---


def test_compose_names_only_what_it_has() -> None:
    found = compose()
    services = found["services"]

    for name, service in services.items():
        assert "image" in service, name
        assert set(service.get("depends_on", {})) <= set(services), name
        assert set(service.get("networks", {})) <= set(found["networks"]), name
        for volume in service.get("volumes", ()):
            source = volume.split(":")[0]
            if source.startswith("./nginx"):
                assert (DEPLOY / source).exists(), volume
            elif source.isalpha():
                assert source in found["volumes"], volume
    assert sum(name.startswith("nats-") for name in services) == 3


@pytest.mark.parametrize("file", ["compose.providers.yaml", "compose.mail.yaml"])
def test_nodes_that_reach_the_world_are_those_of_compose(file: str) -> None:
    over = yaml.safe_load((DEPLOY / file).read_text())
    nodes = {name for name in compose()["services"] if name.startswith("node-")}

    assert set(over["services"]) == nodes
    for service in over["services"].values():
        assert set(service["networks"]) <= set(compose()["networks"])
        assert {name for name in service["environment"] if name.startswith("SAWT_")} <= {
            variable.name for variable in variables.VARIABLES
        }


def test_every_node_of_compose_is_behind_nginx_and_trusts_it_alone() -> None:
    services = compose()["services"]
    nodes = [name for name in services if name.startswith("node-")]
    nginx = services["nginx"]

    assert len(nodes) >= 2
    places = [services[name]["networks"]["inside"]["ipv4_address"] for name in nodes]
    for name in ("FRONT_NODES", "FRONT_ANYWAY"):
        assert re.findall(r"server ([0-9.]+):8000 ", nginx["environment"][name]) == places
    address = nginx["networks"]["inside"]["ipv4_address"]
    for node in nodes:
        environment = services[node]["environment"]
        assert environment["SAWT_TRUSTED_PROXIES"] == address
        assert environment["SAWT_NODE"] == node
        assert "ports" not in services[node]
        assert services[node]["read_only"] is True


def test_compose_gives_nginx_every_value_it_asks_for() -> None:
    given = compose()["services"]["nginx"]["environment"]

    assert set(front.NAMES) <= set(given)
    assert set(re.findall(r"\$\{(\w+)\}", TEMPLATE.split("worker_processes", 1)[1])) == set(
        front.NAMES
    )


def test_nodes_of_compose_can_read_their_settings() -> None:
    environment = compose()["services"]["node-1"]["environment"]
    chosen = {
        "SAWT_SECRET_KEY": "k7Qw-93hfjz_0plmNbvTyuiQ2wsxcde4",
        "SAWT_PUBLIC_URL": "https://expo.example",
        "POSTGRES_PASSWORD": "b7f3k2m9",
    }
    filled = {name: _filled(str(value), chosen) for name, value in environment.items()}

    read = settings.read(filled)

    assert read.mode is settings.Mode.PRODUCTION
    assert read.trusted_proxies == (environment["SAWT_TRUSTED_PROXIES"],)


def _filled(text: str, chosen: dict[str, str]) -> str:
    """As compose puts variables in: ``${NAME:-default}`` and ``${NAME:?message}``."""
    return re.sub(
        r"\$\{(\w+)(?::([-?])([^}]*))?\}",
        lambda found: chosen.get(found[1], found[3] if found[2] == "-" else ""),
        text,
    )


def test_durability_is_not_left_to_defaults() -> None:
    command = compose()["services"]["postgres"]["command"]

    for name in ("fsync", "full_page_writes", "synchronous_commit"):
        assert f"-c {name}=on" in command


def test_dockerfile_copies_what_there_is_and_runs_as_nobody_special() -> None:
    lines = (DEPLOY / "Dockerfile").read_text().splitlines()
    sources = [
        part
        for line in lines
        if line.startswith("COPY ") and "--from" not in line
        for part in line.split()[1:-1]
    ]

    assert [one for one in sources if not (ROOT / one).exists()] == []
    assert "requirements/run.txt" in sources
    assert "--require-hashes" in "\n".join(lines)
    assert [line for line in lines if line.startswith("USER ")] == ["USER sawt"]
    assert any(line.startswith("HEALTHCHECK") for line in lines)


# --- settings ---


def test_example_is_refused_as_it_is_and_accepted_once_filled_in() -> None:
    given = {name: value for name, value in example().items() if name.startswith("SAWT_")}
    with pytest.raises(settings.WrongSettings) as refused:
        settings.read(given)
    assert [one.name for one in refused.value.mistakes] == ["SAWT_SECRET_KEY"]

    read = settings.read({**given, "SAWT_SECRET_KEY": "k7Qw-93hfjz_0plmNbvTyuiQ2wsxcde4"})

    assert read.mode is settings.Mode.PRODUCTION


# --- units ---


@pytest.mark.parametrize("path", UNITS, ids=lambda path: path.name)
def test_unit_parses(path: Path) -> None:
    parser = configparser.ConfigParser(strict=False, interpolation=None)
    parser.optionxform = str  # type: ignore[assignment,method-assign]  # keys of units keep their case
    parser.read_string(path.read_text())

    assert parser["Unit"]["Description"]


def test_systemd_finds_nothing_wrong(tmp_path: Path) -> None:
    program = shutil.which("systemd-analyze")
    if program is None:
        pytest.skip("systemd-analyze is not installed")
    for path in UNITS:
        name = path.name.replace("@.", "@8001.")
        # what an installed product has and a checkout has not
        text = path.read_text().replace("/opt/sawt/.venv/bin/python", "/bin/true")
        (tmp_path / name).write_text(text.replace("/usr/sbin/nginx", "/bin/true"))

    done = subprocess.run(
        [program, "verify", *(str(path) for path in sorted(tmp_path.iterdir()))],
        capture_output=True,
        text=True,
        check=False,
    )

    said = [line for line in done.stderr.splitlines() if str(tmp_path) in line or "sawt" in line]
    assert said == []


def test_node_is_given_more_time_to_stop_than_it_takes() -> None:
    node = unit(DEPLOY / "systemd/sawt@.service")["Service"]
    goodbye = 5  # seconds: `graceful_seconds` of expo/wire/server.py

    assert int(node["TimeoutStopSec"][0]) > 2 * goodbye
    assert compose()["services"]["node-1"]["stop_grace_period"] == "25s"
    assert int(node["LimitNOFILE"][0]) >= 65_536


def test_units_give_nginx_every_value_it_asks_for() -> None:
    text = "\n".join(unit(DEPLOY / "systemd/sawt-front.service")["Service"]["Environment"])

    assert [name for name in front.NAMES if f"{name}=" not in text] == ["FRONT_ANYWAY"]


# --- nginx ---


def test_limits_in_front_are_those_behind() -> None:
    assert f"client_max_body_size {MAX_BODY_BYTES // 1024}k;" in TEMPLATE
    assert f"client_max_body_size {UPLOAD_BYTES // 1024}k;" in TEMPLATE
    for name in ("client_header_timeout", "client_body_timeout"):
        found = re.search(rf"{name} (\d+)s;", TEMPLATE)
        assert found is not None
        assert int(found[1]) <= REQUEST_SECONDS


def test_answers_of_nginx_carry_the_security_headers() -> None:
    given = (DEPLOY / "nginx/headers.conf").read_text()
    said = dict(
        re.findall(r'^add_header (\S+) "?([^";]+(?:; [^";]+)*)"? always;$', given, re.MULTILINE)
    )
    wanted = {name.decode(): value.decode() for name, value in _HEADERS.items()}

    assert {k.lower(): v for k, v in said.items() if v != "$hsts"} == wanted
    assert _HSTS.decode() in TEMPLATE


def test_static_files_are_published_whole_and_once(tmp_path: Path) -> None:
    folder = front.publish(tmp_path)
    before = folder.stat().st_mtime_ns
    again = front.publish(tmp_path)

    assert folder == again == tmp_path / "static" / Statics().digest
    assert folder.stat().st_mtime_ns == before
    published = {path.relative_to(folder).as_posix() for path in folder.rglob("*.*")}
    for path in (ROOT / "expo/web/static").rglob("*.*"):
        name = path.relative_to(ROOT / "expo/web/static").as_posix()
        assert (folder / name).read_bytes() == path.read_bytes()
        assert (f"{name}.gz" in published) == (path.suffix in {".css", ".js", ".svg", ".txt"})


def test_value_that_is_not_given_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    for name in front.NAMES:
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("FRONT_RUN", "/run")

    assert front.main(["conf", str(tmp_path / "nginx.conf")]) == 1
    assert "FRONT_NODES" in capsys.readouterr().err
    assert list(tmp_path.iterdir()) == []
    assert front.main(["what"]) == 2


def test_nginx_finds_nothing_wrong() -> None:
    if not shutil.which("nginx", path=f"{os.environ.get('PATH', '')}:/usr/sbin"):
        pytest.skip("nginx is not installed")
    with tempfile.TemporaryDirectory(prefix="sawt-nginx-") as folder:
        assert Nginx(Path(folder), [8001, 8002]).check() == ""
