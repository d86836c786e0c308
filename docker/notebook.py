"""Start the notebook server of the container, with the token in NOTEBOOK_TOKEN or a new random one.

Inside the container it listens everywhere; publish the port to this computer only:
``docker run -p 127.0.0.1:8888:8888``.
"""

import os
import secrets
import sys


def command(token: str) -> list[str]:
    """The server's command line; the token travels in the environment, where other users cannot see it."""
    if not token:
        raise ValueError("A notebook server without a token would be open to everybody.")
    return ["jupyter", "lab", "--ip=0.0.0.0", "--port=8888", "--no-browser", "--ServerApp.root_dir=/app"]


def main() -> None:
    """Replace this process by the server, so that signals reach it."""
    given = os.environ.get("NOTEBOOK_TOKEN", "")
    token = given or secrets.token_urlsafe(32)
    address = "http://127.0.0.1:8888/lab" + ("" if given else f"?token={token}")
    sys.stderr.write(f"Notebook: {address}\n")
    arguments = command(token)
    os.execvpe(arguments[0], arguments, {**os.environ, "JUPYTER_TOKEN": token})  # noqa: S606


if __name__ == "__main__":
    main()
