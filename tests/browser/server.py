"""One Jupyter server that offers JupyterLab, Notebook 7 and Voila, apart from its user's settings."""

import json
import os
import secrets
import shutil
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

SETTINGS = {
    # Light or dark as the browser asks, so that one server shows both.
    "@jupyterlab/apputils-extension:themes": {"adaptive-theme": True},
    "@jupyterlab/apputils-extension:notification": {"fetchNews": "false", "checkForUpdates": False},
}


@dataclass(frozen=True)
class Server:
    """A running Jupyter server.

    Attributes
    ----------
    url : str
        Where it listens, with a slash at the end.
    token : str
        What it asks for.
    folder : Path
        Its root: a notebook that lies here can be opened.
    log : Path
        Everything that it printed.
    """

    url: str
    token: str
    folder: Path
    log: Path

    def request(self, path: str, method: str = "GET") -> Any:
        """Ask the REST API; the answer's JSON, or None where it has none."""
        request = urllib.request.Request(
            self.url + path, method=method, headers={"Authorization": f"token {self.token}"}
        )
        with urllib.request.urlopen(request, timeout=30) as response:
            body = response.read()
        return json.loads(body) if body else None

    def clear_folder(self) -> None:
        """Remove all notebooks and what their kernels wrote, so that no test finds another one's files."""
        for path in self.folder.iterdir():
            shutil.rmtree(path) if path.is_dir() else path.unlink()

    def shut_down_kernels(self) -> None:
        """End every kernel, so that no test inherits another one's memory."""
        for kernel in self.request("api/kernels"):
            self.request(f"api/kernels/{kernel['id']}", method="DELETE")


@contextmanager
def jupyter_server(base: Path, *, timeout: float = 90) -> Iterator[Server]:
    """Start a server whose settings, runtime files and notebooks all lie below `base`."""
    folder, config, runtime, log = base / "notebooks", base / "config", base / "runtime", base / "server.log"
    folder.mkdir(parents=True)
    overrides = config / "labconfig" / "default_setting_overrides.json"
    overrides.parent.mkdir(parents=True)
    overrides.write_text(json.dumps(SETTINGS))
    token = secrets.token_hex(16)
    command = [
        *(sys.executable, "-m", "jupyterlab", "--no-browser", "--allow-root"),
        *("--ServerApp.ip=127.0.0.1", "--ServerApp.port=0", f"--ServerApp.root_dir={folder}"),
        f"--IdentityProvider.token={token}",
        *("--LabApp.expose_app_in_browser=True", "--JupyterNotebookApp.expose_app_in_browser=True"),
        "--VoilaConfiguration.allow_theme_override=YES",
    ]
    environment = os.environ | {
        "JUPYTER_CONFIG_DIR": str(config),
        "JUPYTER_DATA_DIR": str(base / "data"),
        "JUPYTER_RUNTIME_DIR": str(runtime),
        "IPYTHONDIR": str(base / "ipython"),
        "JUPYTER_PREFER_ENV_PATH": "1",
    }
    with log.open("wb") as output:
        process = subprocess.Popen(
            command, cwd=folder, env=environment, stdin=subprocess.DEVNULL, stdout=output, stderr=output
        )
    try:
        url = _wait_for_url(process, runtime / f"jpserver-{process.pid}.json", log, timeout)
        yield Server(url, token, folder, log)
    finally:
        process.terminate()
        try:
            process.wait(timeout=20)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def _wait_for_url(process: subprocess.Popen[bytes], info: Path, log: Path, timeout: float) -> str:
    """Wait until the server has written where it listens; it does so once it does listen."""
    deadline = time.monotonic() + timeout
    while process.poll() is None and time.monotonic() < deadline:
        try:
            return str(json.loads(info.read_text())["url"])
        except (FileNotFoundError, json.JSONDecodeError):
            time.sleep(0.05)
    raise RuntimeError(f"The Jupyter server did not start. It printed:\n{log.read_text()}")
