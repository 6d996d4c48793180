"""How long ``summarizer mcp`` takes to its first answer of tools/list, against a bare SDK server.

    python benchmarks/mcp_startup.py [RUNS]

Both are whole processes, spoken to in raw JSON-RPC over their standard streams: from the start of
the process to the last byte of the answer. They run in turn, so that a busy machine slows both.
The bare server has one tool and imports nothing but the SDK. Prints the medians in milliseconds
and their ratio; the number in brackets is the fastest run.
"""

from __future__ import annotations

import json
import statistics
import subprocess
import sys
import time

BARE = """
import anyio
from mcp.server import Server
from mcp.server.stdio import stdio_server
from mcp.types import ListToolsResult, Tool

async def list_tools(context, params):
    return ListToolsResult(tools=[Tool(name="echo", input_schema={"type": "object"})])

async def main():
    server = Server("bare", on_list_tools=list_tools)
    async with stdio_server() as (reader, writer):
        await server.run(reader, writer, server.create_initialization_options())

anyio.run(main)
"""
SERVERS = {
    "bare SDK server": [sys.executable, "-c", BARE],
    "summarizer mcp": [sys.executable, "-m", "summarizer", "mcp"],
}
HELLO = {
    "protocolVersion": "2025-06-18",
    "capabilities": {},
    "clientInfo": {"name": "benchmark", "version": "1"},
}
MESSAGES = (
    {"jsonrpc": "2.0", "id": 1, "method": "initialize", "params": HELLO},
    {"jsonrpc": "2.0", "method": "notifications/initialized"},
    {"jsonrpc": "2.0", "id": 2, "method": "tools/list"},
)


def seconds(command: list[str]) -> float:
    """The wall time from a server's start to its answer."""
    start = time.perf_counter()
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
    ) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        for message in MESSAGES:
            process.stdin.write(json.dumps(message) + "\n")
            process.stdin.flush()
            if "id" in message:
                answer = json.loads(process.stdout.readline())
                assert answer["id"] == message["id"]
        taken = time.perf_counter() - start
        assert answer["result"]["tools"]
        process.stdin.close()
        process.wait()
    return taken


def main() -> None:
    """Measure, and print a line for each server."""
    runs = int(sys.argv[1]) if len(sys.argv) > 1 else 11
    times: dict[str, list[float]] = {name: [] for name in SERVERS}
    for _ in range(runs + 1):
        for name, command in SERVERS.items():
            times[name].append(seconds(command))
    medians = {name: statistics.median(taken[1:]) for name, taken in times.items()}  # first: cold
    for name, median in medians.items():
        print(f"{name:<16} {1000 * median:6.0f} ms  ({1000 * min(times[name]):.0f} ms)")
    print(f"ratio            {medians['summarizer mcp'] / medians['bare SDK server']:6.2f}")


if __name__ == "__main__":
    main()
