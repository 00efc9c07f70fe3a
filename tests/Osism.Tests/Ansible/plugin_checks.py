"""Checks of ansible/callback_plugins/osism_events.py that no run can make: plugin_checks.py PLUGIN FOLDER CHECK"""

import importlib.util
import json
import os
import resource
import sys

plugin_file, folder, check = sys.argv[1:]
events = os.path.join(folder, "events")
spec = importlib.util.spec_from_file_location("osism_events", plugin_file)
plugin = importlib.util.module_from_spec(spec)
spec.loader.exec_module(plugin)


class TaggedText(str):
    """As ansible-core 2.19 has them."""


class TaggedMap(dict):
    pass


class Host:
    name = "one"


class Task:
    _uuid, action, loop, loop_with, _role, tags, no_log = "id-1", "some.where.command", None, None, None, ["a"], False

    def get_name(self):
        return "A task"

    def get_path(self):
        return ""


class Result:
    """With the public names only, as later versions have them."""

    def __init__(self, result, **fields):
        self.host, self.task, self.result = Host(), Task(), result
        self.task_fields = {"no_log": False, "delegate_to": None, "ignore_errors": False, **fields}


def started():
    os.environ["OSISM_EVENTS"] = events
    return plugin.CallbackModule()


def lines():
    with open(events, encoding="utf-8") as file:
        return [json.loads(line) for line in file if line.strip()]


def told(result, **fields):
    started().v2_runner_on_ok(Result(result, **fields))
    return lines()[-1]


def later_versions():
    line = told(TaggedMap(msg=TaggedText("tagged"), exception=ValueError("an object"), inner=TaggedMap(a=TaggedText("b"))))
    assert line["ev"] == "host" and line["res"] == {"msg": "tagged", "exception": "an object", "inner": {"a": "b"}}, line


def circles():
    circle = {"name": "circle"}
    circle["again"] = [circle, circle]
    line = told({"msg": "kept", "circle": circle})
    assert line["status"] == "ok" and line["res"]["msg"] == "kept" and "_cut" in line["res"], str(line)[:300]
    line = told({"msg": "kept", "circle": {"again": circle["again"][:1]}, "nan": float("nan")})
    assert line["res"]["msg"] == "kept", str(line)[:300]


def hostile_values():
    class Broken(dict):
        def items(self):
            raise RuntimeError("no")

        get = copy = items

    class Mute:
        def __str__(self):
            raise RuntimeError("no")

    class Vaulted:
        _ciphertext = "$ANSIBLE_VAULT"

        def __str__(self):
            return "the-secret"

    assert told({"a": Mute(), "b": Vaulted()})["res"] == {"a": "(Mute)", "b": "(vault)"}
    line = told({"a": 1, "b": Broken(x=1)})
    assert line["h"] == "one" and line["status"] == "ok" and ("_lost" in line["res"] or line["res"]["a"] == 1), line
    line = told({"a": 1}, delegate_to=7)
    assert line["h"] == "one" and line["res"] == {"_lost": "TypeError"}, line


def cuts():
    line = told({"changed": True, "rc": 3, "msg": "short", "stdout": "begin" + "ä" * 300_000 + "end", "stdout_lines": ["x"] * 100_000, "other": "y" * 5000})
    res = line["res"]
    assert res["rc"] == 3 and res["msg"] == "short" and res["stdout"].startswith("beginä") and res["stdout"].endswith("äend"), list(res)
    assert len(res["stdout"]) < 8400 and len(res["other"]) < 400 and "stdout_lines" not in res and res["_cut"]["bytes"] > 1_000_000 and len(res["_cut"]["sha256"]) == 64
    assert "_cut" not in told({"stdout": "x" * 250_000})["res"] and "_cut" in told({"stdout": "ä" * 140_000})["res"]
    line = told({"changed": True, "diff": [{"before": "a" * 400_000, "after": "b", "before_header": "/etc/file"}]})
    assert line["diff"][0]["before_header"] == "/etc/file" and line["diff"][0]["_cut"]["bytes"] > 400_000 and line["res"] == {"changed": True}, line
    assert os.path.getsize(events) < 700_000


def facts_uncut():
    Task.action = "ansible.builtin.setup"
    told({"ansible_facts": {"ansible_big": "x" * 1_000_000}, "changed": False})
    facts, host = lines()[-2:]
    assert facts["ev"] == "facts" and len(facts["facts"]["ansible_big"]) == 1_000_000 and host["res"] == {"changed": False, "ansible_facts_keys": 1}
    told({"ansible_facts": {"a": 1}, "changed": False}, delegate_to="two", delegate_facts=True)
    assert lines()[-2]["h"] == "two" and lines()[-1]["h"] == "one"


def expressions_of_no_log():
    assert told({"msg": "secret"}, no_log="{{ hide }}")["res"] == plugin.CENSORED
    assert told({"msg": "open", "_ansible_no_log": False}, no_log="{{ hide }}")["res"] == {"msg": "open"}
    assert told({"msg": "secret", "_ansible_no_log": True})["res"] == plugin.CENSORED
    Task.loop = ["a"]
    line = told({"results": [{"item": "secret", "skipped": True}, {"item": "open", "_ansible_no_log": False}]}, no_log="{{ hide }}")
    assert line["res"]["results"] == [plugin.CENSORED, {"item": "open"}] and line["items"] == 2, line


def closed_descriptor():
    callback = started()
    os.close(callback._fd)
    callback.v2_runner_on_ok(Result({"msg": "lost"}))
    callback.v2_playbook_on_no_hosts_matched()
    assert lines() == []


def torn_line():
    callback = started()
    callback.v2_playbook_on_no_hosts_matched()
    limit = os.path.getsize(events) + 20
    resource.setrlimit(resource.RLIMIT_FSIZE, (limit, resource.RLIM_INFINITY))
    callback.v2_runner_on_ok(Result({"msg": "torn"}))
    callback.v2_runner_on_ok(Result({"msg": "none of it"}))
    resource.setrlimit(resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
    callback.v2_playbook_on_no_hosts_matched()
    with open(events, "rb") as file:
        whole, torn, last = [line for line in file.read().split(b"\n") if line]
    # The numbers show that a line is missing.
    assert len(torn) == 20 and json.loads(whole)["seq"] == 1 and json.loads(last)["ev"] == "no_hosts" and json.loads(last)["seq"] == 5 and not callback._torn


globals()[check]()
