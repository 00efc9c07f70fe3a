"""Runs one playbook with each way of recording it, in turns, and prints what each cost as JSON.

usage: recording_peer.py HOSTS TASKS ROUNDS VARIANT...     variants: none ours ara-http ara-offline ara-here

ara-here: ARA's callback against the server OSISM_ARA_SERVER, whose password stands in the file OSISM_ARA_PASSWORD_FILE.
"""

import json
import os
import resource
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
ARA = "/usr/lib/python3/dist-packages/ara/plugins/callback"

# Our plugin with a clock around each of its hooks; times of the thread, so that other work of the machine does not count.
TIMED = '''
import importlib.util, os, time, atexit
spec = importlib.util.spec_from_file_location("osism_events_real", {plugin!r})
real = importlib.util.module_from_spec(spec)
spec.loader.exec_module(real)
DOCUMENTATION = real.DOCUMENTATION.replace("osism_events", "osism_timed")
spent = [0.0]


def timed(hook):
    def wrapper(*args, **kwargs):
        began = time.thread_time()
        try:
            return hook(*args, **kwargs)
        finally:
            spent[0] += time.thread_time() - began
    wrapper.__name__ = hook.__name__
    return wrapper


class CallbackModule(real.CallbackModule):
    CALLBACK_NAME = "osism_timed"

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        main = os.getpid()
        atexit.register(lambda: os.getpid() == main and open({report!r}, "w").write(str(spent[0])))


for name in dir(real.CallbackModule):
    if name.startswith("v2_"):
        setattr(CallbackModule, name, timed(getattr(real.CallbackModule, name)))
'''


def play(tasks):
    lines = ["- hosts: all", "  gather_facts: false", "  connection: local", "  tasks:"]
    lines += ["    - debug: {msg: 'task %d on {{ inventory_hostname }}'}" % n for n in range(tasks)]
    return "\n".join(lines) + "\n"


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class Ara:
    """ARA's own server as real-parts.md describes it: gunicorn, two workers with two threads, SQLite."""

    def __init__(self, folder):
        self.port = free_port()
        self.base = os.path.join(folder, "ara")
        env = dict(os.environ, ARA_BASE_DIR=self.base)
        subprocess.run(["/usr/bin/ara-manage", "migrate"], env=env, check=True, capture_output=True)
        self.server = subprocess.Popen(
            ["/usr/bin/gunicorn", "--workers=2", "--threads=2", "--bind", f"127.0.0.1:{self.port}", "ara.server.wsgi"],
            env=env, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True)
        for _ in range(300):
            try:
                urllib.request.urlopen(f"{self.url}/api/v1/playbooks?limit=1", timeout=5).read()
                return
            except OSError:
                time.sleep(0.1)
        raise SystemExit("ARA's server did not start within 30 s")

    @property
    def url(self):
        return f"http://127.0.0.1:{self.port}"

    def results(self):
        with urllib.request.urlopen(f"{self.url}/api/v1/results?limit=1", timeout=60) as answer:
            return json.load(answer)["count"]

    def bytes(self):
        return sum(os.path.getsize(os.path.join(self.base, name)) for name in os.listdir(self.base) if "sqlite" in name)

    def stop(self):
        os.killpg(self.server.pid, signal.SIGTERM)
        self.server.wait()


def run(variant, folder, inventory, ara):
    env = dict(os.environ, ANSIBLE_FORKS="10", ANSIBLE_HOST_KEY_CHECKING="false", ANSIBLE_LOCALHOST_WARNING="false", HOME=folder)
    events, report = os.path.join(folder, "events.ndjson"), os.path.join(folder, "thread_time")
    for path in (events, report):
        if os.path.exists(path):
            os.remove(path)
    if variant == "ours":
        plugins = os.path.join(folder, "plugins")
        os.makedirs(plugins, exist_ok=True)
        with open(os.path.join(plugins, "osism_timed.py"), "w") as file:
            file.write(TIMED.format(plugin=os.path.join(ROOT, "ansible/callback_plugins/osism_events.py"), report=report))
        env.update(ANSIBLE_CALLBACK_PLUGINS=plugins, ANSIBLE_CALLBACKS_ENABLED="osism_timed", OSISM_EVENTS=events)
    elif variant == "ara-http":
        env.update(ANSIBLE_CALLBACK_PLUGINS=ARA, ARA_API_CLIENT="http", ARA_API_SERVER=ara.url, ARA_CALLBACK_THREADS="0")
    elif variant == "ara-here":
        with open(os.environ["OSISM_ARA_PASSWORD_FILE"]) as file:
            password = file.read().strip()
        env.update(ANSIBLE_CALLBACK_PLUGINS=ARA, ARA_API_CLIENT="http", ARA_API_SERVER=os.environ["OSISM_ARA_SERVER"], ARA_CALLBACK_THREADS="0",
                   ARA_API_USERNAME="ara", ARA_API_PASSWORD=password)
    elif variant == "ara-offline":
        env.update(ANSIBLE_CALLBACK_PLUGINS=ARA, ARA_API_CLIENT="offline", ARA_BASE_DIR=os.path.join(folder, "ara-offline"))
    before, began = resource.getrusage(resource.RUSAGE_CHILDREN), time.monotonic()
    subprocess.run(["/usr/bin/ansible-playbook", "-i", inventory, os.path.join(folder, "play.yml")], env=env, cwd=folder, check=True,
                   stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    wall, after = time.monotonic() - began, resource.getrusage(resource.RUSAGE_CHILDREN)
    cost = {"wall": wall, "cpu": after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime}
    if variant == "ours":
        with open(report) as file:
            cost["thread_time"] = float(file.read())
        with open(events, "rb") as file:
            lines = file.read().splitlines()
        cost["events"], cost["bytes"] = len(lines), sum(len(line) + 1 for line in lines)
        cost["results"] = sum(1 for line in lines if b'"ev":"host"' in line)
    return cost


def main():
    hosts, tasks, rounds, variants = int(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3]), sys.argv[4:]
    folder = tempfile.mkdtemp(prefix="osism-recording-")
    ara = None
    try:
        with open(os.path.join(folder, "play.yml"), "w") as file:
            file.write(play(tasks))
        inventory = ",".join(f"h{n:03d}" for n in range(hosts)) + ","
        if "ara-http" in variants:
            ara = Ara(folder)
        costs = {variant: [] for variant in variants}
        for turn in range(rounds):
            for variant in variants if turn % 2 == 0 else reversed(variants):
                costs[variant].append(run(variant, folder, inventory, ara))
        answer = {"costs": costs}
        if ara:
            answer["ara"] = {"results": ara.results(), "bytes": ara.bytes()}
        print(json.dumps(answer))
    finally:
        if ara:
            ara.stop()
        shutil.rmtree(folder, ignore_errors=True)


main()
