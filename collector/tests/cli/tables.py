"""Reads a bundle's tables with nothing but Python's own modules. Argument: the bundle."""

import csv
import datetime
import json
import pathlib
import sys

data = pathlib.Path(sys.argv[1]) / "data"


def rows(path):
    """A CSV file's rows, each as long as the first; nothing in them is a formula."""
    with open(data / path, newline="", encoding="utf-8") as file:
        found = list(csv.reader(file, strict=True))
    for row in found:
        assert len(row) == len(found[0]), (path, row)
        for cell in row:
            assert not cell.startswith(("=", "+", "-", "@", "\t", "\r")), (path, cell)
    return [dict(zip(found[0], row)) for row in found[1:]]


def objects(path):
    """A JSONL file's lines."""
    with open(data / path, encoding="utf-8") as file:
        return [json.loads(line) for line in file]


records = objects("tables/records.jsonl")
table = rows("tables/records.csv")
events = objects("tables/timesketch.jsonl")
assert len(records) == len(table) == len(events) == 6
for record, row, event in zip(records, table, events):
    assert str(record["leaf_index"]) == row["leaf_index"] == str(event["leaf_index"])
    assert record["leaf_hash"] == row["leaf_hash"] == event["leaf_hash"]
    assert record["fields"] == json.loads(row["fields"])
    # What Timesketch's importer asks of each line.
    assert event["message"] and event["timestamp_desc"]
    assert datetime.datetime.fromisoformat(event["datetime"]).tzinfo is not None
findings, decisions = rows("tables/findings.csv"), rows("tables/decisions.csv")
assert len(findings) == len(objects("findings.jsonl")) == 1
assert len(decisions) == len(objects("decisions.jsonl")) == 1
assert decisions[0]["finding"] == findings[0]["finding"]
# Facts, judgements and decisions never share a table.
assert not set(findings[0]) & {"verdict", "reason", "fields", "device_time"}
assert not set(decisions[0]) & {"severity", "rule", "fields", "leaf_index"}
assert not set(table[0]) & {"severity", "rule", "verdict"}
rows("unused.csv")
