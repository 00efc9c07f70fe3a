"""Tells the manager what a run does, line by line, by appending to the file that OSISM_EVENTS names."""

import functools
import getpass
import hashlib
import json
import os
import platform
import re
import stat
import threading
import time
from collections.abc import Mapping

from ansible import context
from ansible.plugins.callback import CallbackBase
from ansible.release import __version__

DOCUMENTATION = r"""
name: osism_events
type: aggregate
short_description: Appends what a run does to a file, one JSON object a line
description:
  - Each line carries C(v) (1), C(seq) (from 1), C(t) (seconds since 1970) and C(ev), the kind of event. The handbook has them all.
  - What C(no_log) hides is not written. Results of more than 256 KB are cut and say so.
  - Whatever goes wrong here, the run goes on.
options: {}
requirements:
  - the environment variable OSISM_EVENTS; without it nothing is done
"""

MOST = 256 * 1024  # bytes of the JSON of a result or a diff, or of a file
SHORT = 2048  # characters of the message or the label of an item
MOST_HOSTS, MOST_WARNINGS = 1000, 1000
DEEPEST, MOST_NODES = 100, 100_000  # of a value that the encoder refused
LONG = ("stdout", "stderr", "msg", "module_stdout", "module_stderr", "exception", "before", "after", "prepared")
COMPARED = {"before", "after", "before_header", "after_header"}
APART = frozenset(("diff", "warnings", "deprecations"))  # fields of their own beside "res"
INTERNAL = frozenset(f"_ansible_{name}" for name in ("no_log", "verbose_always", "verbose_override", "item_label", "delegated_vars"))
KEYWORDS = ("no_log", "ignore_errors", "ignore_unreachable", "delegate_to", "delegate_facts")
NOT_TOLD = ("extra_vars", "pass", "vault", "key", "secret", "token", "_args")  # parts of names of options
CENSORED = {"censored": "hidden by no_log"}
WARNING = re.compile(r"\s*\[(DEPRECATION )?WARNING\]:\s*")


def quiet(hook, *fixed):
    """No fault of ours may show in a run, let alone end it; Ansible itself would print a warning for each."""

    @functools.wraps(hook)
    def wrapper(self, *args, **kwargs):
        if self._fd is not None:
            try:
                hook(self, *fixed, *args, **kwargs)
            except Exception:  # noqa: BLE001
                pass

    return wrapper


def tried(function):
    try:
        return function()
    except Exception:  # noqa: BLE001
        return None


def other(value):
    """Something JSON has a form for, from something it has none for."""
    try:
        if isinstance(value, (bytes, bytearray)):
            return value.decode("utf-8", "replace")
        if isinstance(value, (set, frozenset)):
            return list(value)
        if isinstance(value, Mapping):
            return dict(value)
        # The text of a vaulted value would be the secret.
        return "(vault)" if hasattr(value, "_ciphertext") else str(value)
    except Exception:  # noqa: BLE001
        return f"({type(value).__name__})"


def plain(value, left, depth=0):
    """A copy that the encoder takes: without odd keys and numbers, without end, and without what is internal or hidden deep inside."""
    left[0] -= 1
    if left[0] < 0 or depth > DEEPEST:
        return "(left out)"
    if isinstance(value, Mapping):
        if value.get("_ansible_no_log"):
            return CENSORED
        named = ((str(k if isinstance(k, str) else other(k)), v) for k, v in value.items())
        return {k: plain(v, left, depth + 1) for k, v in named if not k.startswith("_ansible_")}
    if isinstance(value, (list, tuple, set, frozenset)):
        return [plain(v, left, depth + 1) for v in value]
    if isinstance(value, float):
        return value if abs(value) < float("inf") else str(value)
    return value if value is None or isinstance(value, (str, int)) else other(value)


ENCODER = json.JSONEncoder(ensure_ascii=False, check_circular=False, allow_nan=False, separators=(",", ":"), default=other)
try:
    # What ENCODER makes anew for each value.
    chunks = json.encoder.c_make_encoder(None, other, json.encoder.encode_basestring, None, ":", ",", False, False, False)
except (AttributeError, TypeError):

    def chunks(value, _):
        return ENCODER.iterencode(value)


def encode(value):
    """JSON of anything. The encoder, being C, has the first try: it is ten times as fast as any look at the value from here."""
    try:
        text = "".join(chunks(value, 0))
        if '"_ansible_' not in text:
            return text
    except Exception:  # noqa: BLE001
        pass
    return ENCODER.encode(plain(value, [MOST_NODES]))


encoded = functools.lru_cache(maxsize=10_000)(encode)


def limited(value):
    """A mapping or a list, or when that is too long, what there is room for of it."""
    data = encode(value).encode("utf-8", "replace")
    if len(data) <= MOST:
        return value
    mark = {"_cut": {"bytes": len(data), "sha256": hashlib.sha256(data).hexdigest()}}
    if isinstance(value, Mapping):
        return {**mark, **shortened(value)}
    return [{**mark, **shortened(one)} for one in value[:8] if isinstance(one, Mapping)] or [mark]


def shortened(value):
    """The numbers of a mapping, and of its texts the beginnings and ends."""
    kept = {}
    for k, v in value.items():
        if len(kept) == 100 or not isinstance(k, str) or len(k) > 100:
            continue
        if isinstance(v, str):
            half = 4096 if k in LONG else 128
            kept[k] = v if len(v) <= 2 * half else f"{v[:half]}\n... {len(v) - 2 * half} characters left out ...\n{v[-half:]}"
        elif v is None or isinstance(v, (int, float)):
            kept[k] = v
    return kept


def parts(result):
    """Host, task, evaluated keywords of the task, and result; 2.14 has the underscored names, later versions have both."""
    try:
        host, task, words, res = result._host.name, result._task, result._task_fields, result._result
    except AttributeError:
        host, task, words, res = result.host.name, result.task, result.task_fields, result.result
    # A task that was not sent to a fork has none.
    return host, task, words or {name: getattr(task, name, None) for name in KEYWORDS}, res


def said(value):
    """Whether a keyword is set. An expression that nothing has evaluated counts as such."""
    return str(value).strip().lower() not in ("none", "", "false", "no", "off", "n", "f", "0")


def hidden(words, res, looped=False):
    """Whether no_log hides a result. In a loop that never began, the items have to be asked."""
    no_log = words.get("no_log")
    if no_log is True or "censored" in res or res.get("_ansible_no_log"):
        return True
    return isinstance(no_log, str) and "_ansible_no_log" not in res and not looped and said(no_log)


def differences(diff):
    """What differs: many modules give a diff always."""
    if isinstance(diff, (list, tuple)):
        return [one for one in diff if differences(one)]
    same = isinstance(diff, Mapping) and diff.get("before") == diff.get("after") and not diff.keys() - COMPARED
    return None if same else diff


def delegated(hosts):
    """Each of them once. In a loop it may be another for each item; where nothing was tried it may still be an expression."""
    return [host for host in dict.fromkeys(hosts) if host and "{{" not in host]


def brief(value):
    return (value if isinstance(value, str) else encode(value))[:SHORT]


def item_of(res):
    return brief(res["_ansible_item_label"] if "_ansible_item_label" in res else res.get(res.get("ansible_loop_var", "item")))


def controller():
    """This machine's full name if /etc/hosts has it. The resolver is not asked: it would keep the run waiting when it is away."""
    name = os.uname().nodename
    if "." not in name:
        with open("/etc/hosts", encoding="utf-8", errors="replace") as lines:
            for words in (line.split("#")[0].split()[1:] for line in lines):
                if name in words and "." in words[0]:
                    return words[0]
    return name


class Known:
    """What is the same for all hosts of a task."""

    def __init__(self, task, play, name, handler):
        self.name, self.kind = name, str(task.action).rsplit(".", 1)[-1]
        self.gathers = self.kind == "setup" or self.kind.endswith("_facts")
        self.looped = task.loop is not None or bool(task.loop_with)
        fields = {
            "task": task._uuid,
            "play": play,
            "name": name,
            "action": task.action,
            "path": task.get_path(),
            "role": task._role.get_name() if task._role else None,
            # Ansible's own list comes in any order, and names an inherited tag twice.
            "tags": sorted({str(tag) for tag in task.tags or ()}),
            "handler": handler,
            "no_log": said(task.no_log),
            "loop": self.looped,
        }
        self.start = encode(fields)


class Work:
    """A task on a host, from its start to its result."""

    def __init__(self):
        self.start, self.clock, self.items, self.delegates = time.time(), time.monotonic(), 0, []


class CallbackModule(CallbackBase):
    CALLBACK_VERSION = 2.0
    CALLBACK_TYPE = "aggregate"
    CALLBACK_NAME = "osism_events"
    CALLBACK_NEEDS_ENABLED = True

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self._fd, self._seq, self._torn, self._lock = None, 0, False, threading.Lock()
        self._play, self._tasks, self._works = None, {}, {}
        self._files, self._warnings, self._secret_stats = set(), set(), False
        # Taken out of the environment: a play that starts Ansible itself must not write into our file.
        path = os.environ.pop("OSISM_EVENTS", "")
        if path:
            try:
                flags = os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC | os.O_NONBLOCK
                self._fd = os.open(path, flags, 0o600)
                self._listen()
            except Exception:  # noqa: BLE001
                pass

    def _emit(self, ev, **fields):
        self._write(ev, encode(fields))

    def _write(self, ev, fields):
        # Two threads come here: that of the strategy, and the one that reads what the forks send.
        with self._lock:
            self._seq += 1
            line = f'{{"v":1,"seq":{self._seq},"t":{time.time():.6f},"ev":"{ev}"{"" if fields == "{}" else ","}{fields[1:]}\n'
            data = line.encode("utf-8", "replace")
            if self._torn:
                data = b"\n" + data
            # A full disk may take a part of a line. The next one then begins on a line of its own.
            self._torn = True
            self._torn = os.write(self._fd, data) != len(data)

    def _listen(self):
        """Warnings of all processes of the run come through Display.display of this one, and by no hook."""
        display, here = self._display, os.getpid()
        tell = display.display

        @functools.wraps(tell)
        def heard(msg, *args, **kwargs):
            told = tell(msg, *args, **kwargs)
            if isinstance(msg, str) and "WARNING]:" in msg[:40] and os.getpid() == here:
                self._warned(msg)
            return told

        display.display = heard

    @quiet
    def _warned(self, msg):
        found = WARNING.match(msg)
        text = " ".join(msg[found.end() if found else 0 :].split())[: 2 * SHORT]
        # Before the first line of the run nothing is told: that line comes with all that was said before it.
        if self._seq and text not in self._warnings and len(self._warnings) < MOST_WARNINGS:
            self._warnings.add(text)
            self._emit("deprecation" if found and found[1] else "warning", text=text)

    def _file(self, place):
        """The text of the file in which a play or task stands; a place is FILE:LINE."""
        path = re.sub(r"(:\d+)+$", "", place or "")
        if not path or path in self._files:
            return
        self._files.add(path)
        content = sha1 = None
        try:
            fd = os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK)
            with open(fd, "rb") as file:
                if stat.S_ISREG(os.fstat(fd).st_mode):
                    data = file.read()
                    sha1 = hashlib.sha1(data, usedforsecurity=False).hexdigest()
                    content = data.decode("utf-8", "replace") if len(data) <= MOST else None
        except OSError:
            pass
        self._emit("file", path=path, sha1=sha1, content=content)

    @quiet
    def v2_playbook_on_start(self, playbook):
        options, path = context.CLIARGS, os.path.abspath(playbook._file_name)
        self._emit(
            "run_start",
            playbook=playbook._file_name,
            path=path,
            ansible=__version__,
            python=platform.python_version(),
            controller=tried(controller),
            user=tried(getpass.getuser),
            check=bool(options.get("check")),
            diff=bool(options.get("diff")),
            forks=options.get("forks"),
            limit=options.get("subset"),
            tags=list(options.get("tags") or ()),
            skip_tags=list(options.get("skip_tags") or ()),
            arguments={k: v for k, v in options.items() if not any(word in k for word in NOT_TOLD)},
        )
        for earlier in (*getattr(self._display, "_warns", ()), *getattr(self._display, "_deprecations", ())):
            self._warned(str(earlier))
        self._file(path)

    @quiet
    def v2_playbook_on_play_start(self, play):
        self._play = play._uuid
        self._file(tried(play.get_path))
        # Of the batch only, where there is "serial".
        hosts = tried(lambda: [host.name for host in play.get_variable_manager()._inventory.get_hosts(play.hosts)]) or []
        self._emit(
            "play_start",
            play=play._uuid,
            name=play.get_name().strip(),
            hosts_count=len(hosts),
            hosts=hosts[:MOST_HOSTS],
            strategy=play.strategy,
            serial=bool(play.serial),
        )

    def _task(self, task, handler=False):
        name = task.get_name().strip()
        known = self._tasks.get(task._uuid)
        if known is None or known.name != name:
            self._file(task.get_path())
            known = self._tasks[task._uuid] = Known(task, self._play, name, handler)
        self._write("task_start", known.start)
        return known

    def _known(self, task):
        # A "meta" whose condition is false is skipped without having been started.
        return self._tasks.get(task._uuid) or self._task(task)

    v2_playbook_on_task_start = quiet(lambda self, task, is_conditional: self._task(task))
    v2_playbook_on_cleanup_task_start = quiet(_task)
    v2_playbook_on_handler_task_start = quiet(lambda self, task: self._task(task, handler=True))

    @quiet
    def v2_runner_on_start(self, host, task):
        self._known(task)
        self._works[host.name, task._uuid] = Work()
        self._write("host_start", f'{{"h":{encoded(host.name)},"task":{encoded(task._uuid)}}}')

    def _facts(self, known, host, task, words, res):
        """Facts are told of the host that Ansible gives them to."""
        facts = res.get("ansible_facts")
        if known.gathers and isinstance(facts, Mapping) and facts:
            delegate = words.get("delegate_facts") is True and words.get("delegate_to")
            self._emit("facts", h=delegate or host, task=task._uuid, action=task.action, facts=facts)

    def _item(self, status, result):
        host, task, words, res = parts(result)
        known, work = self._known(task), self._works.get((host, task._uuid))
        if work is not None:
            work.items += 1
            work.delegates.append(words.get("delegate_to"))
        item, msg = "(hidden)", None
        if not hidden(words, res):
            self._facts(known, host, task, words, res)
            item, msg = item_of(res), res.get("msg")
        if status == "failed":
            status = "unreachable" if res.get("unreachable") else "ignored" if words.get("ignore_errors") is True else status
        changed = bool(res.get("changed"))
        status = "changed" if status == "ok" and changed else status
        self._emit("item", h=host, task=task._uuid, item=item, status=status, changed=changed, msg=None if msg is None else brief(msg))

    v2_runner_item_on_ok = quiet(_item, "ok")
    v2_runner_item_on_failed = quiet(_item, "failed")
    v2_runner_item_on_skipped = quiet(_item, "skipped")

    @quiet
    def v2_runner_retry(self, result):
        host, task, _, res = parts(result)
        self._emit("retry", h=host, task=task._uuid, attempt=res.get("attempts"), of=res.get("retries"))

    def _result(self, status, result, ignore_errors=False):
        # In few functions: most of the cost are the pages touched, each of which the first touch after a fork copies.
        host, task, words, res = parts(result)
        known, work = self._known(task), self._works.pop((host, task._uuid), None) or Work()
        changed = bool(res.get("changed"))
        told = {
            "h": host,
            "task": task._uuid,
            "status": "ignored" if ignore_errors else "changed" if status == "ok" and changed else status,
            "changed": changed,
            "ignored": bool(ignore_errors) or status == "unreachable" and words.get("ignore_unreachable") is True,
            "start": round(work.start, 6),
            "dur_ms": round((time.monotonic() - work.clock) * 1000),
            "delegated_to": [],
        }
        try:
            delegate = words.get("delegate_to")
            if known.looped:
                told["items"] = len(res["results"]) if isinstance(res.get("results"), list) else work.items
                told["delegated_to"] = delegated(work.delegates)
            elif delegate:
                told["delegated_to"] = delegated([delegate])
            if hidden(words, res, known.looped):
                # Ansible keeps what set_stats said, but not who said it.
                self._secret_stats |= known.kind == "set_stats"
                told["res"] = CENSORED
            else:
                told["res"] = {k: v for k, v in res.items() if k not in INTERNAL}
                if known.looped or known.gathers or not APART.isdisjoint(res):
                    self._rest(told, known, host, task, words, res)
            text = encode(told)
            if len(text) > MOST // 4:
                text = encode({k: limited(v) if isinstance(v, (Mapping, list)) else v for k, v in told.items()})
        except Exception as e:  # noqa: BLE001
            text = encode({**told, "res": {"_lost": type(e).__name__}})
        self._write("host", text)

    def _rest(self, told, known, host, task, words, res):
        """Puts in order what only some results have."""
        kept = told["res"] = self._kept(known, res)
        if known.looped and isinstance(res.get("results"), list):
            kept["results"], diffs = [], []
            for item in res["results"]:
                kept["results"].append(self._item_of_result(known, words, item, diffs))
        else:
            tried(lambda: self._facts(known, host, task, words, res))
            diffs = differences(res.get("diff"))
        if diffs:
            told["diff"] = diffs
        for name in ("warnings", "deprecations"):
            if res.get(name):
                told[name] = res[name] if isinstance(res[name], list) else [res[name]]

    def _item_of_result(self, known, words, item, diffs):
        if not isinstance(item, Mapping):
            return item
        if hidden(words, item):
            return CENSORED
        found = differences(item.get("diff"))
        diffs += ({**one, "item": item_of(item)} for one in (found if isinstance(found, list) else [found]) if isinstance(one, Mapping))
        return self._kept(known, item)

    def _kept(self, known, res):
        """A result without what has a place of its own."""
        kept = {k: v for k, v in res.items() if k not in APART and k not in INTERNAL}
        if known.gathers and isinstance(kept.get("ansible_facts"), Mapping):
            kept["ansible_facts_keys"] = len(kept.pop("ansible_facts"))
        return kept

    v2_runner_on_ok = quiet(_result, "ok")
    v2_runner_on_failed = quiet(_result, "failed")
    v2_runner_on_skipped = quiet(_result, "skipped")
    v2_runner_on_unreachable = quiet(_result, "unreachable")

    @quiet
    def v2_playbook_on_include(self, included_file):
        self._emit("include", file=included_file._filename, hosts=[host.name for host in included_file._hosts[:MOST_HOSTS]])

    @quiet
    def v2_playbook_on_notify(self, handler, host):
        self._emit("notify", h=host.name, handler=handler.get_name().strip())

    v2_playbook_on_no_hosts_matched = quiet(_emit, "no_hosts")
    v2_playbook_on_no_hosts_remaining = quiet(_emit, "no_hosts_remaining")

    @quiet
    def v2_playbook_on_stats(self, stats):
        hosts = {}
        for host in sorted(stats.processed):
            counts = stats.summarize(host)
            counts["failed"] = counts.pop("failures")
            hosts[host] = counts
        self._emit("stats", hosts=hosts, custom=CENSORED if self._secret_stats else limited(stats.custom))
