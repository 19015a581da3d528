"""A live HLS stream on loopback whose every frame carries the clock, as blocks a test can read.

The pictures are made once by ffmpeg and then shown as if they were being taken: a segment is in the
playlist when its time is over, and the playlist says the hall's time of it. The stream's host is a
made-up name with a certificate of its own; the browser is told where that name is.
"""

import shutil
import ssl
import subprocess
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Final

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from typing_extensions import override

HOST: Final = "stream.example.org"
ADDRESS: Final = f"https://{HOST}/live.m3u8"
FPS: Final = 10
BITS: Final = 16
"""Of the clock in the picture: tenths of a second since the stream began, one block each."""
_SIZE: Final = (320, 180)
_BLOCK: Final = _SIZE[0] // BITS
_BAND: Final = 60  # rows of blocks at the top
_SEGMENT: Final = 1  # second
_WITHOUT: Final = "ffmpeg is not installed (apt-get install ffmpeg): no stream carries a clock"
READ_CLOCK: Final = """video => {
  const canvas = document.createElement('canvas'), [w, h] = [320, 180];
  Object.assign(canvas, { width: w, height: h });
  const pen = canvas.getContext('2d');
  pen.drawImage(video, 0, 0, w, h);
  let n = 0;
  for (let i = 0; i < 16; i++) n = n * 2 + (pen.getImageData(i * 20 + 10, 30, 1, 1).data[0] > 127 ? 1 : 0);
  return n / 10;
}"""
"""A script: seconds since the stream began, as the picture of a video element says."""


def ffmpeg() -> str:
    """The program; the test steps aside where there is none."""
    found = shutil.which("ffmpeg")
    if found is None:
        pytest.skip(_WITHOUT)
    return found


def record(folder: Path, seconds: int) -> None:
    """Make the segments of a stream as long as this."""
    width, height = _SIZE
    segments = ("-f", "segment", "-segment_time", str(_SEGMENT), "-segment_format", "mpegts")
    gop = str(FPS * _SEGMENT)
    encoded = ("-c:v", "libx264", "-preset", "ultrafast", "-threads", "1", "-bf", "0")
    every = ("-g", gop, "-keyint_min", gop, "-sc_threshold", "0", "-pix_fmt", "yuv420p")
    raw = ("-f", "rawvideo", "-pix_fmt", "gray", "-s", f"{width}x{height}", "-r", str(FPS))
    frames = b"".join(_frame(n) for n in range(seconds * FPS))
    subprocess.run(
        [ffmpeg(), "-loglevel", "error", *raw, "-i", "pipe:0", *encoded, *every, *segments,
         "-segment_list", str(folder / "list.csv"), str(folder / "%05d.ts")],
        input=frames, check=True, timeout=120,
    )  # fmt: skip


def _frame(n: int) -> bytes:
    row = b"".join((b"\xeb" if n >> (BITS - 1 - i) & 1 else b"\x10") * _BLOCK for i in range(BITS))
    return row * _BAND + b"\x5a" * (_SIZE[0] * (_SIZE[1] - _BAND))


class Stream:
    """The stream being served: what is asked of it, and whether it still runs."""

    def __init__(self, folder: Path, began_at: datetime, now: Callable[[], datetime]) -> None:
        self.folder = folder
        self.began_at = began_at
        self.port = 0
        self.is_broken = False
        self._now = now

    def playlist(self) -> str:
        """The last half minute of what has been taken so far."""
        taken = max(0, int((self._now() - self.began_at).total_seconds()) // _SEGMENT)
        first = max(0, taken - 30)
        lines = ["#EXTM3U", "#EXT-X-VERSION:3", f"#EXT-X-TARGETDURATION:{_SEGMENT}"]
        lines.append(f"#EXT-X-MEDIA-SEQUENCE:{first}")
        for n in range(first, taken):
            at = (self.began_at + timedelta(seconds=n * _SEGMENT)).astimezone(UTC)
            lines.append(
                f"#EXT-X-PROGRAM-DATE-TIME:{at:%Y-%m-%dT%H:%M:%S}.{at.microsecond // 1000:03}Z"
            )
            lines += [f"#EXTINF:{_SEGMENT}.000,", f"{n:05}.ts"]
        return "\n".join(lines) + "\n"

    def answer(self, path: str) -> tuple[str, bytes] | None:
        """Type and content of what is at a path."""
        if self.is_broken:
            return None
        if path == "/live.m3u8":
            return "application/vnd.apple.mpegurl", self.playlist().encode()
        file = self.folder / path.removeprefix("/")
        return ("video/mp2t", file.read_bytes()) if file.suffix == ".ts" and file.exists() else None


@contextmanager
def streaming(folder: Path, seconds: int, now: Callable[[], datetime]) -> Iterator[Stream]:
    """A stream that began some seconds ago and goes on for so many."""
    record(folder, seconds)
    stream = Stream(folder, now() - timedelta(seconds=8), now)

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            found = stream.answer(self.path.partition("?")[0])
            kind, body = found or ("text/plain", b"")
            self.send_response(200 if found else 404)
            for name, value in (("Content-Type", kind), ("Content-Length", str(len(body)))):
                self.send_header(name, value)
            self.send_header("Access-Control-Allow-Origin", "*")
            self.end_headers()
            self.wfile.write(body)

        @override
        def log_message(self, *_args: object) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    secured = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    secured.load_cert_chain(_certificate(folder))
    server.socket = secured.wrap_socket(server.socket, server_side=True)
    stream.port = server.server_port
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield stream
    finally:
        server.shutdown()
        server.server_close()
        thread.join(5)


def _certificate(folder: Path) -> Path:
    """Key and certificate of the made-up host, in one file."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, HOST)])
    today = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(today - timedelta(days=1))
        .not_valid_after(today + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(HOST)]), critical=False)
        .sign(key, hashes.SHA256())
    )
    form = serialization.Encoding.PEM
    private = key.private_bytes(
        form, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    file = folder / "host.pem"
    file.write_bytes(private + certificate.public_bytes(form))
    return file
