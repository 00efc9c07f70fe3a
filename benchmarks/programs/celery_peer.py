"""The peer of the case `queue`: Celery with Redis as broker and for results, both as Debian has them. Prints one JSON object.

Run as a program it starts Redis on a socket of its own and one worker, measures, and ends both. The worker imports it as a module.
"""
import json
import os
import signal
import subprocess
import sys
import tempfile
import threading
import time

import celery

folder = os.environ.setdefault("CELERY_PEER", os.environ.get("CELERY_PEER") or tempfile.mkdtemp(prefix="osism-celery-"))
socket = os.path.join(folder, "redis.sock")
app = celery.Celery("celery_peer", broker=f"redis+socket://{socket}?virtual_host=0", backend=f"redis+socket://{socket}?virtual_host=1")


@app.task
def nothing(x):
    return x


@app.task
def begun():
    return time.time()


def rate(count, submitters):
    results = app.backend.client
    results.flushdb()
    since = time.monotonic()

    def submit(share):
        for i in range(share):
            nothing.apply_async((i,))

    threads = [threading.Thread(target=submit, args=(count // submitters,)) for _ in range(submitters)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    deadline = time.monotonic() + 300
    while results.dbsize() < count // submitters * submitters:
        if time.monotonic() > deadline:
            sys.exit(f"only {results.dbsize()} of {count} tasks were done after 300 s")
        time.sleep(0.005)
    return count // submitters * submitters / (time.monotonic() - since)


def main(count, rounds):
    redis = subprocess.Popen(
        ["redis-server", "--port", "0", "--unixsocket", socket, "--dir", folder, "--save", ""], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    worker = None
    try:
        while not os.path.exists(socket):
            time.sleep(0.05)
        here = os.path.dirname(os.path.abspath(__file__))
        worker = subprocess.Popen(
            [sys.executable, "-m", "celery", "-A", "celery_peer", "worker", "--pool", "prefork", "--concurrency", "2", "--loglevel", "ERROR"],
            cwd=here, env={**os.environ, "CELERY_PEER": folder, "C_FORCE_ROOT": "1", "PYTHONDONTWRITEBYTECODE": "1", "PYTHONPATH": here},
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True)
        for _ in range(100):
            nothing.delay(1).get(timeout=60)
        latencies = []
        for _ in range(300):
            at = time.time()
            latencies.append((begun.delay().get(timeout=60) - at) * 1000)
        one, sixteen = [], []
        for _ in range(rounds):
            one.append(rate(count, 1))
            sixteen.append(rate(count, 16))
        print(json.dumps({
            "version": celery.__version__,
            "settings": "1 worker process, prefork, concurrency 2, prefetch 4, defaults; Redis as broker and for results, without persistence",
            "latencies": latencies,
            "one": one,
            "sixteen": sixteen,
        }))
    finally:
        if worker is not None:
            os.killpg(worker.pid, signal.SIGKILL)
            worker.wait()
        redis.terminate()
        redis.wait()


if __name__ == "__main__":
    # Imported under the name by which the worker knows its tasks; the folder is in the environment.
    import celery_peer

    celery_peer.main(int(sys.argv[1]), int(sys.argv[2]))
