"""How long the comparisons take on the packaged data, and how large they are.

``python bench/comparisons.py [ROUNDS]``: a service as it runs, asked one request at a time. *Made* is an
answer that is made anew (a request with a token is never answered from memory), *held* one given again.
"""

from __future__ import annotations

import socket
import statistics
import subprocess
import sys
import time

import httpx

ADDRESSES = (
    "plans/ukraine-peace-plan/matrix",
    "plans/ukraine-peace-plan/matrix?columns=speakers",
    "plans/ukraine-peace-plan/matrix?columns=versions",
    "plans/ukraine-peace-plan/matrix.csv",
    "plans/ukraine-peace-plan/matrix?provision=amnesty",
    "provisions/ukraine-troop-cap/values",
    "claims/2025-11-20-rbc-ukraine-plan-pressure--donbas-handover/chain",
    "timeline",
    "timeline?since=2025-11-20&until=2025-11-22",
)
MADE = {"Authorization": "Bearer none"}


def find_port() -> int:
    """A port that is free."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port: int = free.getsockname()[1]
        return port


def measure(client: httpx.Client, path: str, rounds: int, headers: dict[str, str]) -> float:
    """The median time of an answer in milliseconds."""
    times = []
    for _ in range(rounds):
        begun = time.perf_counter()
        client.get(path, headers=headers).raise_for_status()
        times.append(time.perf_counter() - begun)
    return statistics.median(times) * 1000


def main(rounds: int) -> None:
    """Print the table."""
    port = find_port()
    command = [sys.executable, "-m", "plangraph.cli", "serve", "--port", str(port), "--log", "none"]
    server = subprocess.Popen(command, stderr=subprocess.DEVNULL)
    try:
        with httpx.Client(base_url=f"http://127.0.0.1:{port}", timeout=60, trust_env=False) as client:
            while server.poll() is None:
                try:
                    client.get("/readyz").raise_for_status()
                    break
                except httpx.HTTPError:
                    time.sleep(0.1)
            print(f"{rounds} rounds\n\n| address | made ms | held ms | bytes | gzip |")
            print("| --- | --- | --- | --- | --- |")
            for address in ADDRESSES:
                path = f"/api/v1/{address}"
                client.get(path, headers=MADE)
                made = measure(client, path, rounds, MADE)
                held = measure(client, path, rounds, {})
                whole = client.get(path)
                with client.stream("GET", path) as packed:
                    size = sum(len(part) for part in packed.iter_raw())
                print(f"| `{address}` | {made:.0f} | {held:.1f} | {len(whole.content):,} | {size:,} |")
    finally:
        server.terminate()
        server.wait()


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 21)
