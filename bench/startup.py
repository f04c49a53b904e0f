"""From ``plangraph serve`` to the first answered query, on the packaged data: a fresh process each round.

Run: ``python bench/startup.py [ROUNDS]``. Prints each round and the median, in seconds.
"""

from __future__ import annotations

import json
import socket
import statistics
import subprocess
import sys
import time
import urllib.error
import urllib.request

QUERY = "SELECT%20%28COUNT%28%2A%29%20AS%20%3Fn%29%20%7B%3Fa%20a%20pg%3AAttribution%7D"
PATIENCE_SECONDS = 30.0


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def first_answer(port: int, begin: float) -> float:
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    address = f"http://127.0.0.1:{port}/sparql?query={QUERY}"
    while time.perf_counter() - begin < PATIENCE_SECONDS:
        try:
            with opener.open(address, timeout=5) as answer:
                rows = json.load(answer)["results"]["bindings"]
                assert int(rows[0]["n"]["value"]) > 0
                return time.perf_counter() - begin
        except (urllib.error.URLError, ConnectionError):
            time.sleep(0.01)
    raise TimeoutError("the service did not answer")


def measure() -> float:
    port = free_port()
    begin = time.perf_counter()
    command = [sys.executable, "-m", "plangraph.cli", "serve", "--port", str(port)]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as server:
        try:
            return first_answer(port, begin)
        finally:
            server.terminate()


def main(rounds: int) -> None:
    spent = [measure() for _ in range(rounds)]
    print("rounds: " + ", ".join(f"{seconds:.2f}" for seconds in spent))
    print(f"start-up to first answer: median {statistics.median(spent):.2f} s of {rounds} rounds")


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 5)
