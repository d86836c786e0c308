"""Succeeds if the notebook server answers on its API, which needs no token to say its version."""

import sys
import urllib.request

ADDRESS = "http://127.0.0.1:8888/api"


def main(address: str = ADDRESS) -> int:
    """0 if the server is well, 1 if it is not."""
    try:
        direct = urllib.request.build_opener(urllib.request.ProxyHandler({}))  # a proxy cannot see this container
        with direct.open(address, timeout=4) as answer:
            return int(answer.status != 200)
    except OSError:
        return 1


if __name__ == "__main__":
    sys.exit(main())
