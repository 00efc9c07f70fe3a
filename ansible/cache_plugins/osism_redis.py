"""Keeps facts in Redis as community.general.redis does, but loses only a cache when Redis is lost."""

import json
import os
import re
import time

from ansible.plugins.cache import BaseCacheModule
from ansible.utils.display import Display

try:
    from ansible.parsing.ajson import AnsibleJSONDecoder as Decoder
    from ansible.parsing.ajson import AnsibleJSONEncoder as Encoder
except ImportError:
    from json import JSONDecoder as Decoder
    from json import JSONEncoder as Encoder

try:
    import redis
except ImportError:
    redis = None

DOCUMENTATION = r"""
name: osism_redis
short_description: Facts in Redis; without Redis, in memory
description:
  - Keys and values are those of C(community.general.redis), so that both can share one Redis.
  - A Redis that is away, refuses or breaks down costs a warning. The run goes on with the facts it gathers itself.
  - The password comes from a file that C(OSISM_REDIS_PASSWORD_FILE) names, so that it is in no argument and in no variable.
options:
  _uri:
    description: C(HOST:PORT:DATABASE)
    required: true
    env: [{name: ANSIBLE_CACHE_PLUGIN_CONNECTION}]
    ini: [{key: fact_caching_connection, section: defaults}]
  _prefix:
    description: Stands before the name of a host.
    default: ansible_facts
    env: [{name: ANSIBLE_CACHE_PLUGIN_PREFIX}]
    ini: [{key: fact_caching_prefix, section: defaults}]
  _keyset_name:
    description: Name of the sorted set of hosts.
    default: ansible_cache_keys
    env: [{name: ANSIBLE_CACHE_REDIS_KEYSET_NAME}]
    ini: [{key: fact_caching_redis_keyset_name, section: defaults}]
  _timeout:
    description: Seconds until facts expire; 0 = never.
    default: 86400
    type: integer
    env: [{name: ANSIBLE_CACHE_PLUGIN_TIMEOUT}]
    ini: [{key: fact_caching_timeout, section: defaults}]
requirements: [redis (Python)]
"""

# A run asks for each host: one that waited longer each time would stand still.
PATIENCE = 5
ADDRESS = re.compile(r"^(\[[^]]+\]|[^:]+):(\d+):(\d+)$")


class CacheModule(BaseCacheModule):
    """Asks Redis until it fails once; from then on only what this run has seen is known."""

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self._timeout = float(self.get_option("_timeout"))
        self._prefix = self.get_option("_prefix")
        self._keys_set = self.get_option("_keyset_name")
        self._cache = {}
        self._db = None
        try:
            self._db = self._connect(self.get_option("_uri") or "")
        except Exception as e:
            self._lose(e)

    def get(self, key):
        if key not in self._cache:
            text = self._ask(lambda db: db.get(self._prefix + key))
            if text is None:
                self._ask(lambda db: db.zrem(self._keys_set, key))
                raise KeyError(key)
            self._cache[key] = json.loads(text, cls=Decoder)
        return self._cache[key]

    def set(self, key, value):
        self._cache[key] = value
        text = json.dumps(value, cls=Encoder, sort_keys=True, indent=4)

        def store(db):
            with db.pipeline(transaction=False) as pipe:
                if self._timeout > 0:
                    pipe.setex(self._prefix + key, int(self._timeout), text)
                else:
                    pipe.set(self._prefix + key, text)
                pipe.zadd(self._keys_set, {key: time.time()})
                pipe.execute()

        self._ask(store)

    def keys(self):
        found = self._ask(lambda db: self._expired(db).zrange(self._keys_set, 0, -1)) or []
        return list(dict.fromkeys([key.decode() if isinstance(key, bytes) else key for key in found] + list(self._cache)))

    def contains(self, key):
        return key in self._cache or self._ask(lambda db: self._expired(db).zrank(self._keys_set, key)) is not None

    def delete(self, key):
        self._cache.pop(key, None)

        def remove(db):
            db.delete(self._prefix + key)
            db.zrem(self._keys_set, key)

        self._ask(remove)

    def flush(self):
        for key in self.keys():
            self.delete(key)

    def copy(self):
        copied = {}
        for key in self.keys():
            try:
                copied[key] = self.get(key)
            except KeyError:
                pass
        return copied

    def __getstate__(self):
        return {}

    def __setstate__(self, data):
        self.__init__()

    def _connect(self, uri):
        if redis is None:
            raise RuntimeError("the Python module 'redis' is missing")
        match = ADDRESS.match(uri)
        if match is None:
            raise ValueError("the connection is not HOST:PORT:DATABASE")
        host, port, database = match.groups()
        password = None
        path = os.environ.get("OSISM_REDIS_PASSWORD_FILE")
        if path:
            with open(path, encoding="utf-8") as file:
                password = file.read().rstrip("\r\n")
        return redis.StrictRedis(
            host=host.strip("[]"), port=int(port), db=int(database), password=password, socket_timeout=PATIENCE, socket_connect_timeout=PATIENCE)

    def _expired(self, db):
        if self._timeout > 0:
            db.zremrangebyscore(self._keys_set, 0, time.time() - self._timeout)
        return db

    def _ask(self, question):
        if self._db is None:
            return None
        try:
            return question(self._db)
        except Exception as e:
            self._lose(e)
            return None

    def _lose(self, error):
        self._db = None
        Display().warning(f"The fact cache in Redis cannot be used, this run goes on without it: {error}")
