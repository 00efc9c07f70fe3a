"""A result with what JSON has no form for, or what must not be told."""

import datetime

from ansible.plugins.action import ActionBase


class ActionModule(ActionBase):
    def run(self, tmp=None, task_vars=None):
        deep = {}
        inner = deep
        for _ in range(300):
            inner["in"] = inner = {}
        return {
            "changed": False,
            "nan": float("nan"),
            "numbers": [float("inf"), 1.5, 2**70, True, None],
            "keys": {1: "int", (1, 2): "tuple", None: "none"},
            "bytes": (b"\xff\xfe", b"text"),
            "moment": datetime.datetime(2026, 11, 29, 1, 2, 3),
            "many": {1},
            "surrogate": "half \ud800 of one",
            "controls": "\x00\x1b[31m\u2028",
            "deep": deep,
            "inner": {"_ansible_secret": "internal-text", "told": 1},
            "sealed": {"_ansible_no_log": True, "word": "sealed-text"},
            "_ansible_other": "internal-text",
            "warnings": ["careful now"],
            "deprecations": [{"msg": "not for long", "version": "99.0", "collection_name": "some.thing"}],
        }
