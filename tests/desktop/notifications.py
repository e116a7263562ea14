"""A desktop that shows notices, as far as a test needs it: each notice is one line of JSON.

It speaks D-Bus by itself, so that it judges what the agent sends by nothing of ours. The bus between the
two is the system's dbus-daemon, which cuts off whoever sends what is no message.
"""

import json
import os
import socket
import struct
import sys


def aligned(data, to):
    return data + b"\0" * (-len(data) % to)


def text(data, value):
    raw = value.encode()
    return aligned(data, 4) + struct.pack("<I", len(raw)) + raw + b"\0"


def message(kind, serial, fields, signature="", body=b""):
    head = b""
    if signature:
        fields = [*fields, (8, "g", signature)]
    for code, sort, value in fields:
        head = aligned(head, 8) + bytes([code, 1]) + sort.encode() + b"\0"
        if sort == "u":
            head = aligned(head, 4) + struct.pack("<I", value)
        elif sort == "g":
            head += bytes([len(value)]) + value.encode() + b"\0"
        else:
            head = text(head, value)
    fixed = b"l" + bytes([kind, 0, 1]) + struct.pack("<III", len(body), serial, len(head))
    return aligned(fixed + head, 8) + body


def call(serial, path, interface, member, to, signature="", body=b""):
    fields = [(1, "o", path), (2, "s", interface), (3, "s", member), (6, "s", to)]
    return message(1, serial, fields, signature, body)


class Reader:
    def __init__(self, data):
        self.data, self.at = data, 0

    def number(self):
        self.at += -self.at % 4
        (value,) = struct.unpack_from("<I", self.data, self.at)
        self.at += 4
        return value

    def text(self):
        length = self.number()
        value = self.data[self.at : self.at + length].decode()
        self.at += length + 1
        return value

    def short(self):
        length = self.data[self.at]
        value = self.data[self.at + 1 : self.at + 1 + length].decode()
        self.at += length + 2
        return value


def fields_of(data, length):
    reader, fields = Reader(data[: 16 + length]), {}
    reader.at = 16
    while reader.at < 16 + length:
        reader.at += -reader.at % 8
        code = data[reader.at]
        reader.at += 1
        sort = reader.short()
        fields[code] = reader.number() if sort == "u" else reader.short() if sort == "g" else reader.text()
    return fields


def receive(bus, count):
    data = b""
    while len(data) < count:
        more = bus.recv(count - len(data))
        if not more:
            sys.exit("the bus is gone")
        data += more
    return data


def main():
    bus = socket.socket(socket.AF_UNIX)
    bus.connect(sys.argv[1])
    bus.sendall(b"\0AUTH EXTERNAL " + str(os.getuid()).encode().hex().encode() + b"\r\n")
    line = b""
    while not line.endswith(b"\r\n"):
        line += receive(bus, 1)
    assert line.startswith(b"OK "), line
    own = "org.freedesktop.DBus"
    bus.sendall(b"BEGIN\r\n" + call(1, "/org/freedesktop/DBus", own, "Hello", own))
    name = text(b"", "org.freedesktop.Notifications") + b""
    body = aligned(name, 4) + struct.pack("<I", 4)
    bus.sendall(call(2, "/org/freedesktop/DBus", own, "RequestName", own, "su", body))
    serial = 2
    while True:
        fixed = receive(bus, 16)
        length_of_body, number, length = struct.unpack_from("<III", fixed, 4)
        rest = receive(bus, length + -(16 + length) % 8 + length_of_body)
        data = fixed + rest
        fields = fields_of(data, length)
        if fixed[1] == 2 and fields.get(5) == 2:
            print(json.dumps({"ready": True}), flush=True)
        if fixed[1] != 1 or fields.get(3) != "Notify":
            continue
        reader = Reader(data[len(data) - length_of_body :])
        app, _replaces, _icon = reader.text(), reader.number(), reader.text()
        notice = {"app": app, "title": reader.text(), "body": reader.text()}
        print(json.dumps(notice), flush=True)
        serial += 1
        done = [(5, "u", number), (6, "s", fields[7])]
        bus.sendall(message(2, serial, done, "u", struct.pack("<I", serial)))


main()
