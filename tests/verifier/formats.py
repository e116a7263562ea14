"""The formats of docs/evidence.md: JSON, keys, notes, receipts, Merkle trees, OpenSSH's signatures."""

import base64, datetime, hashlib, json, re

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

P = 2**255 - 19
SMALL = {int.from_bytes(bytes.fromhex(y), "little") for y in (
    "00" * 32, "01" + "00" * 31, "ec" + "ff" * 30 + "7f",
    "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05",
    "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a")}
U64 = 2**64


class Fails(Exception):
    """The evidence is not what it says."""


class Unchecked(Exception):
    """It cannot be said."""


def sha(*parts):
    return hashlib.sha256(b"".join(parts)).digest()


def unhex(text, length):
    if not isinstance(text, str) or not re.fullmatch(r"[0-9a-f]{%d}" % (2 * length), text):
        raise Fails(f"{text!r} is not {2 * length} lower-case hex digits")
    return bytes.fromhex(text)


def unbase64(text):
    try:
        found = base64.b64decode(text, validate=True)
    except ValueError as error:
        raise Fails(f"bad base64: {error}")
    if base64.b64encode(found).decode() != text:
        raise Fails("base64 that is not spelt as it must be")
    return found


def strict(pairs):
    if len({name for name, _ in pairs}) != len(pairs):
        raise ValueError("a key stands twice")
    return dict(pairs)


def constant(name):
    raise ValueError(f"{name} is no JSON")


def read_json(text, keys, optional=()):
    """An object with just these keys; a key's value says its type."""
    try:
        found = json.loads(text, object_pairs_hook=strict, parse_constant=constant)
        json.dumps(found, ensure_ascii=False).encode()  # no half characters
    except (ValueError, RecursionError) as error:
        raise Fails(str(error))
    if not isinstance(found, dict) or not set(keys) - set(optional) <= set(found) <= set(keys):
        raise Fails(f"its keys are not {', '.join(keys)}")
    for name, value in found.items():
        kind = keys[name]
        if type(value) is not kind or (kind is int and not 0 <= value < U64):
            raise Fails(f"{name} is not as it must be")
    return found


def time(text):
    """Unix milliseconds of 2026-11-24T05:00:00.123Z."""
    if not re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", text, re.ASCII):
        raise Fails(f"{text!r} is no time")
    try:
        at = datetime.datetime.fromisoformat(text)
    except ValueError as error:
        raise Fails(str(error))
    return (at - datetime.datetime(1970, 1, 1, tzinfo=datetime.UTC)) // datetime.timedelta(milliseconds=1)


# Keys and signatures.

def places(value):
    """Runs of places, both ends included, in order and with other places between them."""
    least = 0
    for run in value:
        if not isinstance(run, list) or len(run) != 2 or any(type(end) is not int for end in run) \
                or not least <= run[0] <= run[1] < U64:
            raise Fails("places are runs in order with other places between them")
        least = run[1] + 2
    return value


def is_strong(key):
    y = int.from_bytes(key, "little") % 2**255
    return y < P and y not in SMALL


def signed(key, message, signature):
    if len(signature) != 64 or not is_strong(key):
        return False
    try:
        Ed25519PublicKey.from_public_bytes(key).verify(signature, message)
        return True
    except (InvalidSignature, ValueError):
        return False


def is_name(name):
    return name and not any(c.isspace() or c == "+" or ord(c) < 32 or 127 <= ord(c) < 160 for c in name)


class Key:
    def __init__(self, text):
        match text.split("+", 2):
            case [name, id, tail]:
                tail = unbase64(tail)
            case _:
                raise Fails("this is no verifier key")
        self.name, self.alg, self.key = name, tail[:1], tail[1:]
        self.id = sha(name.encode(), b"\n", tail)[:4]
        if not is_name(name) or self.alg not in (b"\1", b"\4") or len(self.key) != 32 or self.id.hex() != id:
            raise Fails("this is no verifier key")
        if not is_strong(self.key):
            raise Fails("the key is weak")


class Note:
    def __init__(self, raw):
        if len(raw) > 65535:
            raise Fails("the note is too long")
        text = utf8(raw, "the note")
        split = text.rfind("\n\n")
        if split < 0 or not text.endswith("\n") or any(c < " " and c != "\n" for c in text) or len(text) < split + 3:
            raise Fails("this is not a signed note")
        self.text, self.lines = text[:split + 1], []
        for line in text[split + 2:-1].split("\n"):
            match line.split(" ", 2):
                case ["\u2014", name, blob] if is_name(name):
                    blob = unbase64(blob)
                case _:
                    raise Fails("a signature is not in the form that it must have")
            if len(blob) < 5:
                raise Fails("a signature is too short")
            self.lines.append((name, blob[:4], blob[4:], line))
        if len(self.lines) > 16:
            raise Fails("it has too many signatures")

    def by(self, key):
        return [line for line in self.lines if line[:2] == (key.name, key.id)]

    def checkpoint(self):
        match self.text[:-1].split("\n"):
            case [origin, size, root] if origin and re.fullmatch(r"0|[1-9][0-9]{0,19}", size) and int(size) < U64:
                root = unbase64(root)
            case _:
                raise Fails("the note's text is not a checkpoint")
        if len(root) != 32:
            raise Fails("the root is not 32 bytes")
        return origin, int(size), root

    def opened(self, key):
        """Its checkpoint, if the log itself signed it."""
        lines = self.by(key)
        if not lines or key.alg != b"\1" or not all(signed(key.key, self.text.encode(), one[2]) for one in lines):
            raise Fails(f"it is not signed by {key.name}")
        origin, size, root = self.checkpoint()
        if origin != key.name:
            raise Fails(f"it is of the log {origin}")
        return size, root

    def received(self, key):
        """The time of the cosignature of this key, and the hash of its line."""
        for _, _, blob, line in self.by(key)[:1]:
            at = int.from_bytes(blob[:8])
            message = f"cosignature/v1\ntime {at}\n{self.text}".encode()
            if key.alg == b"\4" and len(blob) == 72 and signed(key.key, message, blob[8:]):
                return at, sha(line.encode())
        raise Fails(f"it bears no receipt of {key.name} that holds")


# Merkle trees (RFC 6962).

def node(left, right):
    return sha(b"\1", left, right)


class Log:
    def __init__(self, size, nodes):
        if bin(size).count("1") != len(nodes):
            raise Fails("the number of hashes does not fit the size")
        self.size, self.nodes = size, list(nodes)

    def append(self, leaf):
        size = self.size
        while size & 1:
            leaf, size = node(self.nodes.pop(), leaf), size >> 1
        self.nodes.append(leaf)
        self.size += 1

    def root(self):
        if not self.nodes:
            return sha()
        root = self.nodes[-1]
        for left in self.nodes[-2::-1]:
            root = node(left, root)
        return root


def included(leaf, index, size, proof, root):
    if index >= size:
        return False
    at, last, found = index, size - 1, leaf
    for other in proof:
        if last == 0:
            return False
        if at & 1 or at == last:
            found = node(other, found)
            while at and not at & 1:
                at, last = at >> 1, last >> 1
        else:
            found = node(found, other)
        at, last = at >> 1, last >> 1
    return last == 0 and found == root


def consistent(old, before, new, after, proof):
    if not 0 < old <= new:
        return False
    if old == new:
        return not proof and before == after
    proof = ([before] if old & (old - 1) == 0 else []) + proof
    if not proof:
        return False
    at, last = old - 1, new - 1
    while at & 1:
        at, last = at >> 1, last >> 1
    one = two = proof[0]
    for other in proof[1:]:
        if last == 0:
            return False
        if at & 1 or at == last:
            one, two = node(other, one), node(other, two)
            while at and not at & 1:
                at, last = at >> 1, last >> 1
        else:
            two = node(two, other)
        at, last = at >> 1, last >> 1
    return last == 0 and one == before and two == after


# OpenSSH's signatures.

def ssh_string(blob):
    size = int.from_bytes(blob[:4])
    if len(blob) < 4 + size:
        raise Fails("a signature is cut off")
    return blob[4:4 + size], blob[4 + size:]


def ssh_key(blob):
    kind, rest = ssh_string(blob)
    key, rest = ssh_string(rest)
    if kind != b"ssh-ed25519" or len(key) != 32 or rest:
        raise Fails("not an Ed25519 key")
    return key


def put(text):
    return len(text).to_bytes(4) + text


def signers(raw):
    """By key: the principal, the namespaces or None, valid after, valid before."""
    found = {}
    for line in lines(raw, "allowed_signers"):
        line = line.strip(" \t\r")
        if not line or line.startswith("#"):
            continue
        words = re.findall(r'(?:"[^"]*"|[^\s"])+', line)
        options = {} if words[1].startswith("ssh-") else dict(
            re.findall(r'([a-z-]+)="([^"]*)"', words.pop(1), re.IGNORECASE))
        key = ssh_key(base64.b64decode(words[2], validate=True))
        if words[1] != "ssh-ed25519" or key in found or not is_strong(key):
            raise Fails(f"allowed_signers: {line}")
        options = {name.lower(): value for name, value in options.items()}
        if not set(options) <= {"namespaces", "valid-after", "valid-before"}:
            raise Fails(f"allowed_signers: {line}")
        limit = lambda name: options.get(name) and datetime.datetime.strptime(
            options[name][:-1].ljust(14, "0"), "%Y%m%d%H%M%S").replace(tzinfo=datetime.UTC).timestamp()
        names = options["namespaces"].split(",") if "namespaces" in options else None
        found[key] = (words[0], names, limit("valid-after"), limit("valid-before"))
    return found


def signer(allowed, namespace, raw, armoured, at):
    """Whose signature of these bytes for this purpose it is."""
    text = utf8(armoured, "a signature").rstrip()
    begin, end = "-----BEGIN SSH SIGNATURE-----", "-----END SSH SIGNATURE-----"
    if not text.startswith(begin) or not text.endswith(end):
        raise Fails("this is no signature by ssh-keygen")
    try:
        blob = base64.b64decode("".join(text[len(begin):-len(end)].split()), validate=True)
    except ValueError as error:
        raise Fails(f"a signature: {error}")
    if blob[:10] != b"SSHSIG\0\0\0\1":
        raise Fails("this is no signature by ssh-keygen")
    parts, rest = [], blob[10:]
    for _ in range(5):
        part, rest = ssh_string(rest)
        parts.append(part)
    key, (name, reserved, algorithm) = ssh_key(parts[0]), parts[1:4]
    kind, inner = ssh_string(parts[4])
    signature, inner = ssh_string(inner)
    if rest or inner or kind != b"ssh-ed25519" or algorithm not in (b"sha256", b"sha512") or name != namespace:
        raise Fails("the signature is for something else")
    digest = hashlib.new(algorithm.decode(), raw).digest()
    message = b"SSHSIG" + put(name) + put(reserved) + put(algorithm) + put(digest)
    principal, names, after, before = allowed.get(key) or (None,) * 4
    if principal is None or (names is not None and namespace.decode() not in names):
        raise Fails("it is signed by somebody who may not")
    if not signed(key, message, signature):
        raise Fails(f"the signature of {principal} does not hold")
    if (after is not None and at // 1000 < after) or (before is not None and at // 1000 > before):
        raise Fails(f"the key of {principal} was not valid then")
    return principal


def utf8(raw, what):
    try:
        return raw.decode()
    except UnicodeDecodeError:
        raise Fails(f"{what} is not UTF-8")


def lines(raw, what):
    found = utf8(raw, what).split("\n")
    if found[-1] == "":
        found.pop()
    return [line.removesuffix("\r") for line in found]
