#!/usr/bin/env bash
# Set-up steps that need judgement; the Makefile calls them once each.
#
#   tools/setup.sh venv FOLDER    a virtual environment from a Python new enough, or one clear sentence
#   tools/setup.sh browser        a Chromium and an Arabic font for the browser tests, or one clear sentence
#   tools/setup.sh services       PostgreSQL, nginx and NATS for the tests that need them, or one clear sentence
#   tools/setup.sh provider       an OpenID provider (an npm package) for the tests of signing in, or one clear sentence
#   tools/setup.sh bench          a C compiler and Node for the benchmark, or one clear sentence
#
# As root on a Debian-like machine missing packages are installed; otherwise they are only named.
set -euo pipefail

OLDEST="3.11"

say() { printf '%s\n' "$*" >&2; }

may_install() { [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; }

install() {
    say "Installing system packages: $*"
    export DEBIAN_FRONTEND=noninteractive
    apt-get update -qq </dev/null >/dev/null
    apt-get install -y -qq --no-install-recommends "$@" </dev/null >/dev/null
}

new_enough() {
    "$1" -c "import sys; sys.exit(sys.version_info < tuple(map(int, '$OLDEST'.split('.'))))" 2>/dev/null
}

# The Python to build on: $SAWT_PYTHON if set, else the first on the path that is new enough.
find_python() {
    local name
    for name in ${SAWT_PYTHON:-python3 python3.14 python3.13 python3.12 python3.11}; do
        if command -v "$name" >/dev/null && new_enough "$name"; then
            command -v "$name"
            return 0
        fi
    done
    return 1
}

make_venv() {
    local folder=$1 python
    rm -rf "$folder" # only ever called when the Python inside is missing or dead
    if ! python=$(find_python); then
        if [ -z "${SAWT_PYTHON:-}" ] && ! command -v python3 >/dev/null && may_install; then
            install python3 python3-venv
            python=$(find_python) || true
        fi
        if [ -z "${python:-}" ]; then
            say "Sawt needs Python $OLDEST or newer; found: $(python3 --version 2>/dev/null || echo none)."
            say "Debian 12, Ubuntu 24.04: sudo apt-get install python3 python3-venv   Elsewhere: https://www.python.org/downloads/"
            say "If it is installed under another name: make SAWT_PYTHON=/path/to/python run"
            exit 1
        fi
    fi
    if ! "$python" -c 'import ensurepip, venv' 2>/dev/null; then
        if command -v virtualenv >/dev/null; then
            virtualenv --quiet --python "$python" "$folder"
            return
        fi
        if may_install; then
            install "$(basename "$(readlink -f "$python")")-venv" || install python3-venv
        fi
    fi
    if ! "$python" -m venv "$folder" >/dev/null 2>&1; then
        rm -rf "$folder"
        say "$python cannot make virtual environments: its venv or ensurepip part is not installed."
        say "Debian, Ubuntu: sudo apt-get install python3-venv   (or: pipx install virtualenv)   then run make again."
        exit 1
    fi
}

has_browser() {
    command -v chromium >/dev/null || command -v chromium-browser >/dev/null || command -v google-chrome >/dev/null
}

has_arabic_font() { command -v fc-list >/dev/null && [ -n "$(fc-list :lang=ar family 2>/dev/null)" ]; }

# The shell draws no window, starts faster and does the same; where there is none, Chromium itself is run.
headless_shell() {
    command -v chromium-headless-shell >/dev/null || ! may_install || install chromium-headless-shell || true
}

browser() {
    local missing=()
    has_browser || missing+=(chromium)
    has_arabic_font || missing+=(fontconfig fonts-noto-core)
    if [ ${#missing[@]} != 0 ] && may_install; then
        install "${missing[@]}" || true
    fi
    if ! has_browser || ! has_arabic_font; then
        say "The browser tests need a Chromium and a font with Arabic letters."
        say "Debian: sudo apt-get install ${missing[*]}   then run make again. (make test-unit tests the rules without them.)"
        exit 1
    fi
    headless_shell
}

has_postgres() { command -v initdb >/dev/null || compgen -G '/usr/lib/postgresql/*/bin/initdb' >/dev/null; }

# No server of these packages has to run: tests start their own and take them down again.
services() {
    local missing=()
    has_postgres || missing+=(postgresql)
    command -v nginx >/dev/null || [ -x /usr/sbin/nginx ] || missing+=(nginx-light)
    command -v nats-server >/dev/null || missing+=(nats-server)
    [ ${#missing[@]} = 0 ] && return
    if may_install; then
        mkdir -p /etc/postgresql-common
        [ -e /etc/postgresql-common/createcluster.conf ] ||
            echo 'create_main_cluster = false' >/etc/postgresql-common/createcluster.conf
        # Debian starts what it installs; this is its way of being told not to.
        local policy=/usr/sbin/policy-rc.d made=
        if [ ! -e "$policy" ]; then
            printf '#!/bin/sh\nexit 101\n' >"$policy" && chmod +x "$policy" && made=yes
        fi
        install "${missing[@]}" || true
        [ -z "$made" ] || rm -f "$policy"
    fi
    if ! has_postgres || { ! command -v nginx >/dev/null && [ ! -x /usr/sbin/nginx ]; } ||
        ! command -v nats-server >/dev/null; then
        say "The tests need the programs of PostgreSQL, nginx and NATS; no running server is needed."
        say "Debian: sudo apt-get install ${missing[*]}   then run make again. (make test-unit tests the rules without them.)"
        exit 1
    fi
}

# Without npm the tests that need the provider step aside, and say so.
provider() {
    local folder=tests/support/provider
    if ! command -v npm >/dev/null && may_install; then
        install nodejs npm || true
    fi
    if ! command -v npm >/dev/null; then
        say "Without npm the tests do not sign in with a certified OpenID provider; all others run."
        say "Debian: sudo apt-get install nodejs npm   then run make again."
        return
    fi
    (cd "$folder" && npm ci --no-audit --no-fund --ignore-scripts --loglevel error >/dev/null)
}

# Without ffmpeg the test of the clock in a stream steps aside, and says so.
media() {
    command -v ffmpeg >/dev/null && return
    if may_install; then
        install ffmpeg || true
    fi
    if ! command -v ffmpeg >/dev/null; then
        say "Without ffmpeg no test looks whether a ballot comes with the picture of a stream; all others run."
        say "Debian: sudo apt-get install ffmpeg   then run make again."
    fi
}

# Without Node the peers written in it are left out; without a compiler nothing can be measured.
bench() {
    local missing=()
    command -v gcc >/dev/null || missing+=(gcc libc6-dev)
    command -v taskset >/dev/null || missing+=(util-linux)
    command -v node >/dev/null || missing+=(nodejs)
    command -v npm >/dev/null || missing+=(npm)
    [ ${#missing[@]} = 0 ] && return
    if may_install; then
        install "${missing[@]}" || true
    fi
    if ! command -v gcc >/dev/null || ! command -v node >/dev/null || ! command -v npm >/dev/null; then
        say "The benchmark needs a C compiler, and Node for the servers it is measured beside."
        say "Debian: sudo apt-get install ${missing[*]}   then run make bench again."
        exit 1
    fi
}

case "${1:-}" in
venv) make_venv "$2" ;;
browser) browser && media ;;
services) services ;;
provider) provider ;;
bench) bench ;;
*)
    say "usage: tools/setup.sh venv FOLDER | browser | services | provider | bench"
    exit 2
    ;;
esac
