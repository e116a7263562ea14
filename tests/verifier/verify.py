#!/usr/bin/env python3
"""A second verifier of Proviso's evidence bundles, written from docs/evidence.md alone.

    verify.py BUNDLE...

It shares no code with `proviso verify`. It needs Python 3.11 or later and the package `cryptography`
(tests/verifier/requirements.txt).

One line for each check, its parts divided by tabs: `holds`, `FAILS` or `NOT CHECKED`, the check's name
in docs/evidence.md, whose, and why. It ends with 0 if everything that it checks holds, 1 if something
fails, 2 if something could not be checked. It does not run the judge, and says so: a 0 states nothing
about findings.
"""

import os, shutil, subprocess, sys, tomllib

try:
    from formats import *
except ImportError as error:
    print(f"{error}. Make what it needs, and run it with that: python3 -m venv target/verifier && "
          "target/verifier/bin/pip install -r tests/verifier/requirements.txt", file=sys.stderr)
    sys.exit(2)

FORMAT = "proviso-bundle/2"
ORDER, UPDATE = b"proviso-order-v1@proviso", b"proviso-list-update-v1@proviso"
ID = r"[0-9a-f]{32}"
COMPLETENESS, ERASURES = "data/completeness.jsonl", "data/erasures.jsonl"
PLACES = ("shown", "not_selected", "outside_time", "erased")
OF_LOG = ("key_changed", "log_continues")
BINDING = ("order_in_force", "list_in_force", "key_changed", "log_continues", "gap", "agent_started")


class Bundle:
    def __init__(self, folder):
        self.folder, self.said, self.paths = folder, [], []
        for top, folders, names in os.walk(folder):
            for name in folders + names:
                if os.path.islink(os.path.join(top, name)):
                    self.say("bundle.read", "", Unchecked(f"{name} is a link"))
            self.paths += [os.path.relpath(os.path.join(top, name), folder).replace(os.sep, "/") for name in names]
        self.paths.sort()

    def say(self, check, whose="", error=None):
        word = "holds" if error is None else "FAILS" if isinstance(error, Fails) else "NOT CHECKED"
        self.said.append(word)
        print("\t".join([word, check, whose, str(error or "").replace("\n", " ")]))
        return error is None

    def check(self, name, whose, what, *given):
        """Says what came of it; gives what it found."""
        try:
            found = what(*given)
        except (Fails, Unchecked) as error:
            self.say(name, whose, error)
            return None
        except Exception as error:  # whatever a hostile file made this program trip over
            self.say(name, whose, Fails(f"{type(error).__name__}: {error}"))
            return None
        self.say(name, whose)
        return found

    def has(self, path):
        return path in self.paths

    def read(self, path, missing=Fails):
        if not self.has(path):
            raise missing(f"{path} is missing")
        with open(os.path.join(self.folder, path), "rb") as file:
            return file.read()

    def key(self, path):
        return Key(utf8(self.read(path), path).rstrip())

    def verify(self):
        if not set(self.paths) & {"bagit.txt", "manifest-sha256.txt", "bundle.note", "data/bundle.json"}:
            self.say("bundle.read", "", Unchecked("this is no bundle: name the folder that holds bagit.txt"))
            return
        self.check("bag.declaration", "", self.declaration)
        self.check("bag.payload", "", self.manifest, "manifest-sha256.txt", True)
        self.check("bag.tags", "", self.manifest, "tagmanifest-sha256.txt", False)
        about = self.check("about", "", self.about)
        collector = self.check("collector.key", "", self.key, "data/keys/collector.vkey")
        self.check("seal", "", self.seal, about, collector)
        there = {path.split("/")[2] for path in self.paths if re.match(f"data/devices/{ID}/", path)}
        try:
            erased = {device: one["erased"] for device, one in self.completeness().items()}
        except Fails:
            erased = {}  # why is said below
        logs = {}
        for device in sorted(there | set(about["devices"] if about else ())):
            log = Device(self, device, collector, bool(about) and "selection" in about, erased.get(device, []))
            if log.verify():
                logs[device] = log
        for device in logs:
            if self.has(f"data/devices/{device}/broken-off.json") or logs[device].continues():
                self.check("log.follows", device, self.follows, device, logs)
        erasures = self.erasures(about)
        if self.has(COMPLETENESS) or (about and "selection" in about) or erasures != []:
            self.check("log.complete", "", self.complete, about, logs, erasures)
        named = set()
        for log in logs.values():
            named |= {record["order"] for record in log.records if "order" in record}
        for digest in sorted(named):
            self.check("order.named", digest, self.order_file, digest, Unchecked)
        said = {record["f"].get("digest") for log in logs.values() for record in log.records
                if record["kind"] == "order_in_force"}
        for digest in sorted(named | said):
            Order(self, digest).verify(logs)
        self.check("findings", "", self.findings)
        if "ledger" in (about or ()) or any(path.startswith("data/ledger/") for path in self.paths):
            Ledger(self, about, logs).verify()

    def broken_off(self, device):
        path = f"data/devices/{device}/broken-off.json"
        if not self.has(path):
            return []
        keys = {"incident": str, "kind": str, "at": str, "detail": str, "goes_on_in": list}
        end = read_json(self.read(path), keys)
        time(end["at"])
        return [unhex(one, 16).hex() for one in end["goes_on_in"]]

    def follows(self, device, logs):
        """Do the logs before and after a break say the same of it?"""
        for after in self.broken_off(device):
            if after in logs and logs[after].first == 0 and (logs[after].continues() or {}).get("log") != device:
                raise Fails(f"the log of {after} does not begin with it")
        said = logs[device].continues()
        if said and said["log"] in logs:
            before = logs[said["log"]]
            if device not in self.broken_off(said["log"]):
                raise Fails(f"{said['log']} does not say so")
            root = before.found.get(said["size"])
            if root.hex() != said["root"] if root else said["size"] > before.first:
                raise Fails("it does not name a root that was signed for the log before")

    def erasures(self, about):
        """What is said to be erased; None if that cannot be read."""
        keys = dict.fromkeys(("id", "at", "asked_by", "confirmed_by", "person", "rule", "reason"), str)
        keys |= {"records": list, "findings": int, "whole": bool}
        found = []
        try:
            for line in lines(self.read(ERASURES), ERASURES) if self.has(ERASURES) else ():
                one = read_json(line, keys, {"whole"})
                time(one["at"])
                for record in one["records"]:
                    read_json(json.dumps(record), {"device": str, "places": list})
                    unhex(record["device"], 16)
                    places(record["places"])
                found.append(one)
        except Exception as error:
            self.say("log.erasures", "", Fails(str(error)))
            return None
        for at, one in enumerate(found):
            self.check("log.erasures", one["id"], self.erasure, about, one, found[:at])
        return found

    def erasure(self, about, one, before):
        if about is None:
            raise Unchecked("bundle.json does not say whose records")
        if one["person"] != about["person"] or one["asked_by"] == one["confirmed_by"]:
            raise Fails("it is about somebody else, or one person alone asked for it and confirmed it")
        if one["id"] in [other["id"] for other in before]:
            raise Fails("it is there twice")

    def completeness(self):
        """What is said of each device's records."""
        said, keys = {}, {"device": str, "first": int, "end": int} | dict.fromkeys(PLACES, list)
        for line in lines(self.read(COMPLETENESS), COMPLETENESS):
            one = {"erased": []} | read_json(line, keys, {"erased"})
            for name in PLACES:
                places(one[name])
            if one["device"] in said:
                raise Fails(f"{one['device']} is there twice")
            said[one["device"]] = one
        return said

    def complete(self, about, logs, erasures):
        """Is it said of each record whether it is shown, and if not, why? Was each that is shown asked for?"""
        if erasures is None:
            raise Unchecked("erasures.jsonl cannot be read")
        if about is None:
            raise Unchecked("bundle.json does not say what was asked for")
        choice = about.get("selection", {})
        sorts = {"clauses": list, "kinds": list, "devices": list, "records": list, "findings": list}
        choice = read_json(json.dumps(choice), sorts | {"exhibit": str, "purpose": str}, {*sorts, "exhibit", "purpose"})
        if any(len(choice.get(sort, ())) > 1000 for sort in sorts):
            raise Unchecked("more things of one sort are chosen than this program takes")
        runs = [(one["device"], one["first"], one["last"]) for one in choice.get("records", ())]
        runs += [(one["device"], *run) for one in choice.get("findings", ()) for run in one["places"]]
        named = lambda device, place: not runs or any(d == device and a <= place <= b for d, a, b in runs)
        of = lambda device: device in choice.get("devices", ()) or not choice.get("devices")
        said = self.completeness()
        if set(said) != set(about["devices"]):
            raise Fails("it does not speak of each device of the bundle")
        if set(said) - set(logs):
            raise Unchecked("a log does not hold")
        for device, one in said.items():
            log, at = logs[device], one["first"]
            for first, last in sorted(run for name in PLACES for run in one[name]):
                if first != at or last < first:
                    raise Fails(f"nothing is said of record {at}, or two things of {first}")
                at = last + 1
            flat = {name: [place for first, last in one[name] for place in range(first, min(last, log.end) + 1)]
                    for name in PLACES}
            gone = sorted(place for erasure in erasures for record in erasure["records"]
                          if record["device"] == device for a, b in record["places"]
                          for place in range(max(a, log.first), min(b, log.end - 1) + 1))
            if gone != flat["erased"]:
                raise Fails("it does not say of the same records as erasures.jsonl that they were erased")
            if (one["first"], at) != (log.first, log.end) or one["end"] != at \
                    or flat["shown"] != [record["seq"] for record in log.records]:
                raise Fails("it speaks of other records than those of the bundle")
            for record in log.records:
                inside = about["from"] <= record["at"] < about["to"]
                covered = of(device) and named(device, record["seq"]) \
                    and (not choice.get("clauses") or set(choice["clauses"]) & set(record["clauses"])) \
                    and (not choice.get("kinds") or record["kind"] in choice["kinds"])
                binds = record["kind"] in (BINDING if "selection" in about else OF_LOG)
                if not binds and not (inside and covered):
                    raise Fails(f"record {record['seq']} of {device} is shown and was not asked for")
            if flat["not_selected"] and ("selection" not in about or (
                    not choice.get("clauses") and not choice.get("kinds") and of(device)
                    and any(named(device, place) for place in flat["not_selected"]))):
                raise Fails("a record that was chosen is said not to be")

    def declaration(self):
        if self.read("bagit.txt") != b"BagIt-Version: 1.0\nTag-File-Character-Encoding: UTF-8\n":
            raise Fails("bagit.txt does not name BagIt 1.0 in UTF-8")

    def manifest(self, path, payload):
        there = {one for one in self.paths if one.startswith("data/") == payload} - {"tagmanifest-sha256.txt"}
        sums = {}
        for line in lines(self.read(path), path):
            digest, _, name = line.partition("  ")
            if name in sums:
                raise Fails(f"{name} stands twice in {path}")
            sums[name] = unhex(digest, 32)
        if set(sums) != there:
            raise Fails(f"{path} and what is there differ: {sorted(set(sums) ^ there)}")
        for name, digest in sums.items():
            if sha(self.read(name)) != digest:
                raise Fails(f"{name} was changed")

    def about(self):
        keys = dict.fromkeys(("format", "person", "from", "to", "exported_at", "collector", "engine"), str)
        keys |= {"devices": list, "ledger": dict, "selection": dict}
        about = read_json(self.read("data/bundle.json"), keys, {"ledger", "selection"})
        for name in ("from", "to", "exported_at"):
            time(about[name])
        for device in about["devices"]:
            unhex(device, 16)
        if about["format"] != FORMAT:
            raise Unchecked(f"the bundle is of format {about['format']!r}, and this program knows {FORMAT}")
        return about

    def seal(self, about, collector):
        note, manifest = self.read("bundle.note"), self.read("manifest-sha256.txt")
        if about is None or collector is None:
            raise Unchecked("bundle.json or the collector's key cannot be read")
        note = Note(note)
        name = f"{about['collector']}/bundle/{about['person']}"
        count, root = manifest.count(b"\n"), base64.b64encode(sha(manifest)).decode()
        if note.text != f"{name}\n{count}\n{root}\n":
            raise Fails("it is about other files: something was changed, added or taken out since")
        if len(note.lines) != 1:
            raise Fails("it bears more than one signature")
        note.received(collector)

    def order_file(self, digest, missing=Fails):
        raw = self.read(f"data/orders/{digest}/order.toml", missing)
        if sha(raw).hex() != digest:
            raise Fails("order.toml is another file")
        return raw

    def findings(self):
        keys = dict.fromkeys(("id", "device", "rule", "clause", "severity", "says", "engine", "order", "basis"), str)
        ids = set()
        for line in lines(self.read("data/findings.jsonl"), "findings.jsonl"):
            one = read_json(line, keys | {"seq": int, "matched": list}, {"basis"})
            if one["id"] in ids:
                raise Fails(f"the finding {one['id']} stands twice")
            ids.add(one["id"])
            parts = (b"proviso-finding/1\0", unhex(one["device"], 16), one["seq"].to_bytes(8),
                     unhex(one["order"], 32), one["rule"].encode())
            if sha(*parts)[:16].hex() != one["id"]:
                raise Fails(f"the id {one['id']} is not that of its finding")

    def put(self, folder):
        return time(utf8(self.read(f"{folder}/put.txt", Unchecked), "put.txt").rstrip())


class Device:
    """One log: keys, checkpoints, receipts, leaves, records."""

    def __init__(self, bundle, device, collector, chosen, erased):
        self.bundle, self.device, self.collector, self.chosen = bundle, device, collector, chosen
        self.erased = erased
        self.under, self.records, self.received = f"data/devices/{device}", [], {}

    def verify(self):
        check = lambda name, what, *given: self.bundle.check(name, self.device, what, *given)
        enrolled = check("log.key", self.enrolled)
        if enrolled is None:
            return False
        try:
            self.leaves, broken = self.read_leaves(), None
        except Fails as error:
            self.leaves, broken = [], error
        self.keys, self.shown, self.proven = {0: enrolled}, [], {}
        if check("log.keys", self.walk) is None:
            return False
        self.checkpoints = check("log.checkpoints", self.read_checkpoints)
        if self.checkpoints is None and self.collector is not None:
            return False
        if broken is not None:
            return self.bundle.say("log.roots", self.device, broken)
        if check("log.roots", self.grow) is None:
            return False
        if any("hash" in leaf for leaf in self.leaves) and not self.chosen:
            check("log.withheld", self.withheld)
        return check("log.records", self.read_records) is not None

    def continues(self):
        """What record 0 says of the log before."""
        first = self.records[0] if self.records else {"seq": None}
        return first["f"] if first["seq"] == 0 and first["kind"] == "log_continues" else None

    def enrolled(self):
        key = self.bundle.key(f"data/keys/device-{self.device}.vkey")
        if not key.name.endswith(f"/device/{self.device}"):
            raise Fails(f"it is the key of {key.name}")
        return key

    def read_leaves(self):
        found = []
        for line in lines(self.bundle.read(f"{self.under}/leaves.jsonl"), "leaves.jsonl"):
            leaf = read_json(line, {"index": int, "salt": str, "line": str, "hash": str}, {"salt", "line", "hash"})
            if "hash" in leaf:
                leaf["leaf"] = unhex(leaf["hash"], 32)
            if set(leaf) - {"index", "leaf"} not in ({"salt", "line"}, {"hash"}):
                raise Fails("a leaf has a salt and a line, or a hash alone")
            if "salt" in leaf:
                leaf["leaf"] = sha(b"\0", unhex(leaf["salt"], 16), leaf["line"].encode())
            found.append(leaf)
        return found

    def walk(self):
        """Which key signs logs of which size: by the size after which it counts."""
        path, before = f"{self.under}/keys.jsonl", []
        if self.bundle.has(path):
            keys = {"index": int, "salt": str, "line": str, "size": int, "hashes": list, "note": str}
            before = [read_json(line, keys) for line in lines(self.bundle.read(path), path)]
        named = [leaf for leaf in self.leaves if '"kind":"key_changed"' in leaf.get("line", "")]
        places = [one["index"] for one in before]
        if sorted(set(places)) != places or set(places) & {leaf["index"] for leaf in named}:
            raise Fails("keys.jsonl is not in order, or holds what is shown")
        for one in sorted(before + named, key=lambda one: one["index"]):
            key, size = self.keys[max(self.keys)], one["index"] + 1
            if "note" in one:
                note = Note(one["note"].encode())
                of, root = note.opened(key)
                leaf = sha(b"\0", unhex(one["salt"], 16), one["line"].encode())
                proof = [unhex(text, 32) for text in one["hashes"]]
                if (of, one["size"]) != (size, size) or not included(leaf, one["index"], size, proof, root):
                    raise Fails(f"record {one['index']} is not the last of the log that its note is about")
                if self.collector:
                    note.received(self.collector)
                self.proven[size] = root
            else:
                self.shown.append(size)
            record = self.record(one["index"], one["line"])
            following = Key(record["f"].get("key", ""))
            if record["kind"] != "key_changed" or following.alg != b"\1" or following.name != key.name:
                raise Fails(f"record {one['index']} names no key of this log")
            self.keys[size] = following
        return True

    def read_checkpoints(self):
        found, latest = {}, 0
        under = f"{self.under}/checkpoints/"
        for path in (path for path in self.bundle.paths if path.startswith(under)):
            name = re.fullmatch(r"(\d{20})\.note", path.removeprefix(under), re.ASCII)
            if not name:
                raise Fails(f"{path} is not named by a size")
            size = int(name[1])
            note = Note(self.bundle.read(path))
            of, root = note.opened(self.keys[max(since for since in self.keys if since < max(size, 1))])
            if of != size:
                raise Fails(f"{path} is about {of} records")
            found[size] = root
            if self.collector:
                at, line = note.received(self.collector)
                if at < latest:
                    raise Fails(f"{path}: the receipt is older than that of a shorter log")
                latest = at
                self.received[size] = at, line
        if not found or not set(self.shown) <= set(found):
            raise Fails("there is no checkpoint, or none where a key changed")
        self.found = found
        if not self.collector:
            raise Unchecked("the collector's key is missing")
        return found

    def grow(self):
        start = read_json(self.bundle.read(f"{self.under}/start.json"), {"size": int, "nodes": list})
        log = Log(start["size"], [unhex(text, 32) for text in start["nodes"]])
        self.first = log.size
        if min(self.found) < self.first:
            raise Fails("there is a checkpoint from before the first record")
        for leaf in [None, *self.leaves]:
            if leaf is not None:
                if leaf["index"] != log.size:
                    raise Fails(f"record {leaf['index']} stands where {log.size} must stand")
                log.append(leaf["leaf"])
            for roots in (self.found, self.proven):
                if roots.get(log.size, log.root()) != log.root():
                    raise Fails(f"the first {log.size} records do not lead to the root that the device signed")
        self.end = log.size
        if max(self.found) != self.end:
            raise Fails(f"the records end at {self.end}, the last checkpoint does not")
        return True

    def withheld(self):
        asked = [at for at, leaf in enumerate(self.leaves)
                 if "line" in leaf and not any(f'"kind":"{kind}"' in leaf["line"] for kind in OF_LOG)]
        gone = lambda leaf: any(first <= leaf["index"] <= last for first, last in self.erased)
        if asked and any("hash" in leaf and not gone(leaf) for leaf in self.leaves[asked[0]:asked[-1]]):
            raise Unchecked("a record is withheld between records of the time asked for")

    def record(self, index, line):
        keys = {"v": int, "seq": int, "at": str, "noted": str, "mono": int, "boot": str, "kind": str,
                "account": str, "clauses": list, "methods": list, "order": str, "receipt": str, "f": dict}
        record = read_json(line, keys, {"account", "order", "receipt"})
        for name in ("at", "noted"):
            time(record[name])
        unhex(record["boot"], 16)
        for name in ("order", "receipt"):
            unhex(record.get(name, "0" * 64), 32)
        if record["v"] != 1 or record["seq"] != index or not record["methods"] or len(line.encode()) > 65535:
            raise Fails(f"record {index} does not say what a record must say")
        return record

    def read_records(self):
        sizes = {line: size for size, (_, line) in self.received.items()}
        for leaf in self.leaves:
            if "line" in leaf:
                record = self.record(leaf["index"], leaf["line"])
                if sizes.get(bytes.fromhex(record.get("receipt", "")), 0) > leaf["index"]:
                    raise Fails(f"record {leaf['index']} names a receipt that is later")
                self.records.append(record)
        return True


class Order:
    """An order: its file, signatures, lists and their updates."""

    def __init__(self, bundle, digest):
        self.bundle, self.digest, self.folder = bundle, digest, f"data/orders/{digest}"

    def verify(self, logs):
        check = lambda name, what, *given: self.bundle.check(name, self.digest, what, *given)
        if check("order.read", self.read) is None:
            return
        check("order.signed", self.signed)
        if check("order.lists", self.lists) is None:
            return
        self.updates = {}
        for number in range(1, 1 << 32):
            if not self.bundle.has(f"{self.folder}/updates/{number}/update.toml"):
                break
            check("order.update", self.update, f"{self.folder}/updates/{number}")
        for device, log in logs.items():
            self.counts(device, log)

    def read(self):
        self.raw = self.bundle.order_file(self.digest, Unchecked)
        self.order = tomllib.loads(utf8(self.raw, "order.toml"))
        self.pins = self.order.get("lists", {})
        return True

    def allowed(self):
        return signers(self.bundle.read("data/keys/allowed_signers", Unchecked))

    def signed(self):
        at, allowed, who = self.bundle.put(self.folder), self.allowed(), []
        for number in range(1, 18):
            path = f"{self.folder}/signatures/{number}.sig"
            if not self.bundle.has(path):
                break
            who.append(signer(allowed, ORDER, self.raw, self.bundle.read(path), at))
        if len(who) > 16 or len({one.split(":")[0] for one in who}) < 2:
            raise Fails(f"it is signed by {', '.join(who) or 'nobody'}, and not by two roles")

    def lists(self):
        for name, pin in self.pins.items():
            path = f"{self.folder}/lists/{pin['sha256']}"
            if pin.get("held") == "collector" and not self.bundle.has(path):
                continue
            if sha(self.bundle.read(path, Unchecked)).hex() != pin["sha256"]:
                raise Fails(f"{path} is not the list `{name}`")
        return True

    def update(self, folder):
        raw = self.bundle.read(f"{folder}/update.toml")
        said = tomllib.loads(utf8(raw, "update.toml"))
        name, begins = said["list"], said["from"]
        pin, chain = self.pins[name], self.updates.setdefault(name, [])
        at = self.bundle.put(folder)
        who = signer(self.allowed(), UPDATE, raw, self.bundle.read(f"{folder}/update.sig", Unchecked), at)
        before = chain[-1] if chain else {"number": 0, "sha256": pin["sha256"], "from": begins}
        if said["format"] != "proviso-list-update/1" or said["order"] != self.order["order"]["id"] \
                or who != pin["updates"]["by"] or said["number"] != before["number"] + 1 \
                or said["previous"] != before["sha256"] or begins < before["from"] or said["count"] < 1:
            raise Fails("the order does not allow this update, or it is not the next one")
        chain.append(said | {"put": at})

    def counted(self, name, number, digest):
        for one in self.updates.get(name, []):
            if (one["number"], one["sha256"]) == (number, digest):
                return one, one["from"].timestamp() * 1000
        raise Unchecked("the bundle has no such update")

    def counts(self, device, log):
        """From which record on an updated list counts: by the log, or by lists.jsonl."""
        force = None
        for record in log.records:
            said = record["f"]
            if record["kind"] == "list_in_force" and force == self.digest:
                self.bundle.check("order.list_counts", device, self.in_log, record, said)
            if record["kind"] in ("order_in_force", "order_ended"):
                force = said.get("digest") if record["kind"] == "order_in_force" else None
        path = f"{log.under}/lists.jsonl"
        if self.bundle.has(path):
            self.bundle.check("order.held_counts", device, self.held, log, self.bundle.read(path))

    def in_log(self, record, said):
        if self.pins.get(said["list"], {}).get("held") == "collector":
            raise Unchecked("only the collector holds the list")
        if time(record["at"]) < self.counted(said["list"], said["number"], said["sha256"])[1]:
            raise Fails("the update does not count yet")

    def held(self, log, raw):
        last = {}
        keys = {"order": str, "list": str, "number": int, "sha256": str, "from": int}
        for one in (read_json(line, keys) for line in lines(raw, "lists.jsonl")):
            name, place = (one["order"], one["list"]), one["from"]
            if place >= log.end or (place > log.first and log.received and place not in log.received) \
                    or last.get(name, (0, 0)) >= (one["number"], place + 1):
                raise Fails(f"no update can count from record {place} on")
            last[name] = one["number"], place + 1
            if one["order"] != self.digest:
                continue
            if self.pins.get(one["list"], {}).get("held") != "collector":
                raise Fails("devices hold the list: only their logs can say it")
            update, begins = self.counted(one["list"], one["number"], one["sha256"])
            if update["put"] < begins:
                raise Fails("the update does not count yet")
            later = [at for size, (at, _) in log.received.items() if size > place]
            if later and later[0] < update["put"] // 1000:
                raise Unchecked("the collector had these records before it took the update")


class Ledger:
    """What the bundle shows of the collector's own log."""

    def __init__(self, bundle, about, logs):
        self.bundle, self.about, self.logs = bundle, about, logs

    def verify(self):
        if self.bundle.check("ledger.checkpoint", "", self.checkpoint) is None:
            return
        self.bundle.check("ledger.witnesses", "", self.witnesses)
        if self.bundle.check("ledger.entries", "", self.read_entries) is None:
            return
        if self.bundle.check("ledger.earlier", "", self.earlier) is None:
            return
        if self.bundle.has("data/ledger/timestamp.tsr") or self.bundle.has("data/ledger/timestamp.note"):
            self.bundle.check("ledger.stamp", "", self.stamp)
        for name in ("receipts", "decisions", "orders", *(["erasures"] if self.bundle.has(ERASURES) else [])):
            self.bundle.check(f"ledger.{name}", "", getattr(self, name))

    def checkpoint(self):
        if "ledger" not in (self.about or ()):
            raise Fails("bundle.json does not speak of it")
        self.said = read_json(json.dumps(self.about["ledger"]), {"size": int, "quorum": int})
        self.key = self.bundle.key("data/keys/ledger.vkey")
        if self.key.name != f"{self.about['collector']}/ledger":
            raise Fails(f"ledger.vkey is the key of {self.key.name}")
        self.note = Note(self.bundle.read("data/ledger/checkpoint.note"))
        self.size, self.root = self.note.opened(self.key)
        if self.size != self.said["size"]:
            raise Fails(f"it is about {self.size} entries, bundle.json says {self.said['size']}")
        return True

    def witnesses(self):
        own, cosigned = {self.key.key}, 0
        try:
            own.add(self.bundle.key("data/keys/collector.vkey").key)
        except Fails:
            pass  # which is said elsewhere
        for path in (path for path in self.bundle.paths if path.startswith("data/keys/witness-")):
            witness = self.bundle.key(path)
            if witness.alg != b"\4" or witness.key in own:
                raise Fails(f"{path} is no key of a witness of its own")
            own.add(witness.key)
            if self.note.by(witness):
                self.note.received(witness)
                cosigned += 1
        if cosigned < self.said["quorum"]:
            raise Fails(f"{cosigned} witnesses cosigned it, and {self.said['quorum']} are needed")

    def read_entries(self):
        self.entries, last = {}, (-1, "")
        path = "data/ledger/entries.jsonl"
        for line in lines(self.bundle.read(path), path):
            one = read_json(line, {"seq": int, "salt": str, "line": str, "proof": list})
            leaf = sha(b"\0", unhex(one["salt"], 16), one["line"].encode())
            proof = [unhex(text, 32) for text in one["proof"]]
            entry = read_json(one["line"], {"v": int, "seq": int, "at": str, "kind": str, "f": dict})
            time(entry["at"])
            if not included(leaf, one["seq"], self.size, proof, self.root) or entry["seq"] != one["seq"] \
                    or entry["v"] != 1 or one["seq"] <= last[0] or entry["at"] < last[1]:
                raise Fails(f"entry {one['seq']} is not in the ledger, or not at its place")
            last = one["seq"], entry["at"]
            self.entries[one["seq"]] = entry
        if self.entries.get(0, {}).get("kind") != "began":
            raise Fails("it is not shown how the ledger began")
        self.began = time(self.entries[0]["at"])
        return True

    def earlier(self):
        self.roots = {self.size: self.root}
        path = "data/ledger/consistency.jsonl"
        for line in lines(self.bundle.read(path), path):
            one = read_json(line, {"size": int, "root": str, "proof": list})
            proof = [unhex(text, 32) for text in one["proof"]]
            if not consistent(one["size"], unhex(one["root"], 32), self.size, self.root, proof):
                raise Fails(f"it is not shown that it continues its first {one['size']} entries")
            self.roots[one["size"]] = unhex(one["root"], 32)
        return True

    def stamp(self):
        note, answer = "data/ledger/timestamp.note", "data/ledger/timestamp.tsr"
        size, root = Note(self.bundle.read(note)).opened(self.key)
        self.bundle.read(answer)
        if self.roots.get(size) != root:
            raise Fails("it is not shown that the ledger continues what was stamped")
        self.bundle.read("data/keys/tsa.pem", Unchecked)
        if not shutil.which("openssl"):
            raise Unchecked("openssl is missing: apt-get install openssl")
        path = lambda name: os.path.join(self.bundle.folder, name)
        openssl = lambda *words: subprocess.run(["openssl", "ts", *words], capture_output=True, text=True)
        shown = openssl("-reply", "-in", path(answer), "-text").stdout
        at = re.search(r"^Time stamp: (\w{3}) +(\d+) ([\d:]+)(?:\.\d+)? (\d{4}) GMT$", shown, re.MULTILINE)
        if not at:
            raise Fails("it is no timestamp")
        at = datetime.datetime.strptime(" ".join(at.groups()), "%b %d %H:%M:%S %Y").replace(tzinfo=datetime.UTC)
        said = openssl("-verify", "-in", path(answer), "-data", path(note), "-CAfile", path("data/keys/tsa.pem"),
                       "-attime", str(int(at.timestamp())))
        if said.returncode != 0:
            raise Fails(f"openssl: {said.stderr}")

    def stated(self, kind):
        return [entry["f"] for entry in self.entries.values() if entry["kind"] == kind]

    def all_but(self, before):
        if before:
            raise Unchecked(f"{before} are from before the ledger")

    def receipts(self):
        stated = {(one["device"], one["size"]): (one["root"], one["time"]) for one in self.stated("receipt")}
        before = 0
        for device, log in self.logs.items():
            for size, root in log.found.items():
                if size not in log.received:
                    raise Unchecked(f"when {device} was received is not known")
                at = log.received[size][0]
                one = stated.get((device, size))
                if one is None and (at + 1) * 1000 <= self.began:
                    before += 1
                elif one != (root.hex(), at):
                    raise Fails(f"the receipt of {device} for {size} records is no entry")
        self.all_but(before)

    def decisions(self):
        stated = {one["id"]: one for one in self.stated("decision")}
        before = 0
        path = "data/decisions.jsonl"
        for line in lines(self.bundle.read(path), path):
            one = read_json(line, dict.fromkeys(("id", "finding", "at", "by", "verdict", "reason"), str))
            entry = stated.get(one["id"])
            same = entry and all(entry[name] == one[name] for name in ("finding", "at", "verdict"))
            if entry is None and time(one["at"]) <= self.began:
                before += 1
            elif not same or entry["reason"] != sha(one["reason"].encode()).hex():
                raise Fails(f"the decision {one['id']} is not what the ledger says")
        self.all_but(before)

    def orders(self):
        stated, before = {one["digest"] for one in self.stated("order")}, 0
        for path in self.bundle.paths:
            found = re.fullmatch(r"(data/orders/([^/]*))/put\.txt", path)
            if found and found[2] not in stated:
                if self.bundle.put(found[1]) > self.began:
                    raise Fails(f"the order {found[2]} is no entry")
                before += 1
        self.all_but(before)


    def erasures(self):
        stated = {one["certificate"] for one in self.stated("erasure")}
        for line in lines(self.bundle.read(ERASURES), ERASURES):
            if sha(line.encode()).hex() not in stated:
                raise Fails("an erasure is no entry")


def verdict(folder):
    bundle = Bundle(folder)
    bundle.verify()
    print("not checked by this program: the terms of the orders, their own tests, what covers each record, "
          "whether the findings follow from the records, and the tables and reports made of all that")
    if "FAILS" in bundle.said:
        print("EVIDENCE FAILS")
        return 1
    if "NOT CHECKED" in bundle.said or not bundle.said:
        print("COULD NOT CHECK")
        return 2
    print("what this program checks holds")
    return 0


def main(folders):
    if not folders:
        print(__doc__, file=sys.stderr)
        return 2
    ends = set()
    for folder in folders:
        print(f"bundle\t{folder}")
        ends.add(verdict(folder))
    return 1 if 1 in ends else max(ends)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
