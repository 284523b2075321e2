"""A Ray cluster of fake nodes on this machine, in a process of its own.

It prints its address, and then does what it is told a line at a time: `add`, `kill` (the oldest node, by
SIGKILL), `end`.
"""

from __future__ import annotations

import contextlib
import os
import subprocess
import sys
from collections.abc import Iterator


def main() -> None:
    # A node that is killed is noticed by its silence.
    os.environ |= {"RAY_health_check_period_ms": "1000", "RAY_health_check_failure_threshold": "3"}
    from ray.cluster_utils import Cluster

    cluster = Cluster(initialize_head=True, head_node_args={"num_cpus": 0, "include_dashboard": False})
    nodes = [add(cluster) for _ in range(int(sys.argv[1]))]
    print(f"address {cluster.address}", flush=True)
    for line in sys.stdin:
        word = line.strip()
        if word == "add":
            nodes.append(add(cluster))
        elif word == "kill":
            cluster.remove_node(nodes.pop(0), allow_graceful=False)
        elif word == "end":
            break
        print(f"done {word}", flush=True)
    cluster.shutdown()


def add(cluster: object) -> object:
    return cluster.add_node(num_cpus=1, object_store_memory=80 * 2**20)  # type: ignore[attr-defined]


class ClusterProcess:
    """The other end of that process."""

    def __init__(self, nodes: int, environment: dict[str, str]) -> None:
        # Ray's sockets lie in the temporary folder, and their paths must be short.
        kept = {name: value for name, value in environment.items() if name != "TMPDIR"}
        self._process = subprocess.Popen(
            [sys.executable, __file__, str(nodes)],
            env=kept | {"RAY_USAGE_STATS_ENABLED": "0"},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
        )
        self.address = self._answer("address").split()[1]

    def tell(self, word: str) -> None:
        """Let it do something; waits until it is done."""
        assert self._process.stdin is not None
        self._process.stdin.write(f"{word}\n")
        self._process.stdin.flush()
        self._answer("done")

    def end(self) -> None:
        assert self._process.stdin is not None
        with contextlib.suppress(OSError):
            self._process.stdin.write("end\n")
            self._process.stdin.close()
        try:
            self._process.wait(60)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()

    def _answer(self, first: str) -> str:
        assert self._process.stdout is not None
        for line in self._process.stdout:
            if line.startswith(first):
                return line
        raise AssertionError("the cluster has ended")


@contextlib.contextmanager
def running_cluster(nodes: int, environment: dict[str, str]) -> Iterator[ClusterProcess]:
    """A cluster that ends with the block."""
    cluster = ClusterProcess(nodes, environment)
    try:
        yield cluster
    finally:
        cluster.end()


if __name__ == "__main__":
    main()
