"""Pack Pyodide and the checker into docs/verify_bundle.js, for docs/verify.html: `make verify-page`.

The bundle is one script that sets one variable: the files of Pyodide that Python needs, compressed, and
`nsmodels/checker.py`, byte for byte. The page that loads it needs no server and opens no connection.
"""

from __future__ import annotations

import base64
import gzip
import hashlib
import json
import shutil
import subprocess
import sys
import tarfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
VERSION = "314.0.7"
DIGEST = "66b7949e5a0cba2250b586d7e368bf12fb482800748d182c4618254b685ffaa0"
"""SHA-256 of the npm package pyodide of this version: what is packed is what was looked at."""
FILES = ("pyodide.js", "pyodide.asm.mjs", "pyodide.asm.wasm", "python_stdlib.zip", "pyodide-lock.json")
CHECKER = ROOT / "nsmodels" / "checker.py"


class MissingError(Exception):
    """Pyodide cannot be had: the message says why."""


def package(folder: Path = ROOT / ".cache") -> Path:
    """The npm package, fetched once by npm.

    Raises
    ------
    MissingError
        If there is no npm, if it cannot fetch the package, or if the package is another one.
    """
    path = folder / f"pyodide-{VERSION}.tgz"
    if not path.exists():
        npm = shutil.which("npm")
        if npm is None:
            raise MissingError("npm is not installed, which fetches the package pyodide")
        folder.mkdir(parents=True, exist_ok=True)
        command = [npm, "pack", f"pyodide@{VERSION}", "--pack-destination", str(folder), "--silent"]
        try:
            done = subprocess.run(command, capture_output=True, text=True, timeout=300, check=False)
        except subprocess.TimeoutExpired:
            raise MissingError("npm did not fetch the package pyodide within 300 s") from None
        if done.returncode or not path.exists():
            raise MissingError(f"npm cannot fetch the package pyodide: {done.stderr.strip()[-200:]}")
    found = hashlib.sha256(path.read_bytes()).hexdigest()
    if found != DIGEST:
        raise MissingError(f"{path} has the SHA-256 {found}, and not that of version {VERSION}")
    return path


def contents(path: Path) -> dict[str, bytes]:
    """The files of the package that the page needs."""
    with tarfile.open(path) as archive:
        found = {}
        for name in FILES:
            stream = archive.extractfile(f"package/{name}")
            assert stream is not None
            found[name] = stream.read()
    lock = json.loads(found["pyodide-lock.json"])
    lock["packages"] = {}  # what could be installed besides: nothing is
    found["pyodide-lock.json"] = json.dumps(lock).encode()
    return found


def bundle(files: dict[str, bytes], checker: bytes) -> str:
    """The script: one object with every file, compressed and in base64."""
    packed = {
        name: base64.b64encode(gzip.compress(content, 9, mtime=0)).decode()
        for name, content in {**files, "checker.py": checker}.items()
    }
    about = {"pyodide": VERSION, "checker_sha256": hashlib.sha256(checker).hexdigest(), "files": packed}
    return "// Pyodide (MPL-2.0) and checker.py of nsmodels (MIT), packed by docs/verify_page.py\n" \
           f"globalThis.NSMODELS_VERIFY = {json.dumps(about)};\n"  # fmt: skip


def write(target: Path = ROOT / "docs" / "verify_bundle.js") -> Path:
    """Write the bundle beside the page."""
    target.write_text(bundle(contents(package()), CHECKER.read_bytes()), encoding="utf-8")
    return target


def main() -> int:
    """Write the bundle, or say why not."""
    try:
        target = write()
    except MissingError as error:
        sys.stderr.write(f"{error}; docs/verify.html then says that its bundle is missing\n")
        return 1
    sys.stdout.write(f"written to {target.relative_to(ROOT)} ({target.stat().st_size / 1e6:.1f} MB)\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
