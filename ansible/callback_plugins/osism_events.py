"""Tells the manager what a run does, line by line, by appending to the file that OSISM_EVENTS names."""

import functools
import json
import os
import time

from ansible.plugins.callback import CallbackBase

DOCUMENTATION = r"""
name: osism_events
type: aggregate
short_description: Appends what a run does to a file, one JSON object a line
description:
  - Each line carries C(v) (1), C(seq) (from 1, without gaps), C(t) (seconds since 1970) and C(ev), the kind of event.
  - C(ev) is C(run_start), C(play_start), C(task_start), C(host_start), C(host), C(no_hosts) or C(stats).
  - Results themselves are not written, so that nothing a task wants hidden can get out.
  - Whatever goes wrong here, the run goes on.
options: {}
requirements:
  - the environment variable OSISM_EVENTS; without it nothing is done
"""


def quiet(hook):
    """No fault of ours may show in a run, let alone end it; Ansible itself would print a warning for each."""

    @functools.wraps(hook)
    def wrapper(self, *args, **kwargs):
        if self._fd is None:
            return
        try:
            hook(self, *args, **kwargs)
        except Exception:  # noqa: BLE001
            pass

    return wrapper


def text(value):
    """A string that every JSON reader accepts: names may hold bytes that are no UTF-8."""
    return str(value).encode("utf-8", "replace").decode("utf-8")


class CallbackModule(CallbackBase):
    CALLBACK_VERSION = 2.0
    CALLBACK_TYPE = "aggregate"
    CALLBACK_NAME = "osism_events"
    CALLBACK_NEEDS_ENABLED = True

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self._fd = None
        self._seq = 0
        self._cut = False
        # Taken out of the environment: a play that starts Ansible itself must not write into our file.
        path = os.environ.pop("OSISM_EVENTS", "")
        if path:
            try:
                flags = os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC | os.O_NONBLOCK
                self._fd = os.open(path, flags, 0o600)
            except OSError:
                pass

    def _emit(self, ev, **fields):
        self._seq += 1
        line = {"v": 1, "seq": self._seq, "t": round(time.time(), 6), "ev": ev, **fields}
        data = json.dumps(line, separators=(",", ":")).encode() + b"\n"
        if self._cut:
            data = b"\n" + data
        # A full disk may take a part of a line. The next one then begins on a line of its own.
        self._cut = True
        self._cut = os.write(self._fd, data) != len(data)

    def _host(self, result, status):
        # The underscored names are those of 2.14; later versions offer both.
        self._emit("host", h=text(result._host.get_name()), task=str(result._task._uuid), status=status)

    @quiet
    def v2_playbook_on_start(self, playbook):
        from ansible import context
        from ansible.release import __version__

        self._emit(
            "run_start",
            playbook=text(playbook._file_name),
            ansible=__version__,
            check=bool(context.CLIARGS.get("check")),
        )

    @quiet
    def v2_playbook_on_play_start(self, play):
        self._emit("play_start", play=str(play._uuid), name=text(play.get_name().strip()))

    def _task(self, task, handler=False):
        self._emit(
            "task_start",
            task=str(task._uuid),
            name=text(task.get_name().strip()),
            action=text(task.action),
            path=text(task.get_path()),
            handler=handler,
        )

    @quiet
    def v2_playbook_on_task_start(self, task, is_conditional):
        self._task(task)

    @quiet
    def v2_playbook_on_cleanup_task_start(self, task):
        self._task(task)

    @quiet
    def v2_playbook_on_handler_task_start(self, task):
        self._task(task, handler=True)

    @quiet
    def v2_runner_on_start(self, host, task):
        self._emit("host_start", h=text(host.get_name()), task=str(task._uuid))

    @quiet
    def v2_runner_on_ok(self, result):
        self._host(result, "changed" if result.is_changed() else "ok")

    @quiet
    def v2_runner_on_failed(self, result, ignore_errors=False):
        self._host(result, "ignored" if ignore_errors else "failed")

    @quiet
    def v2_runner_on_unreachable(self, result):
        self._host(result, "unreachable")

    @quiet
    def v2_runner_on_skipped(self, result):
        self._host(result, "skipped")

    @quiet
    def v2_playbook_on_no_hosts_matched(self):
        self._emit("no_hosts")

    @quiet
    def v2_playbook_on_stats(self, stats):
        hosts = {}
        for host in sorted(stats.processed):
            s = stats.summarize(host)
            hosts[text(host)] = {
                "ok": s["ok"],
                "changed": s["changed"],
                "failed": s["failures"],
                "unreachable": s["unreachable"],
                "skipped": s["skipped"],
                "rescued": s["rescued"],
                "ignored": s["ignored"],
            }
        self._emit("stats", hosts=hosts)
