"""A running sedax, its two demo accounts, and what every check needs of them."""
import json
import os
import sys

HTTP = os.environ.get("SEDAX_URL", "http://127.0.0.1:3001")
WS = HTTP.replace("http", "ws", 1)
DATA_DIR = os.environ.get("SEDAX_DATA_DIR", "data")
SYMBOL = "BTCUSDT"

with open(os.path.join(DATA_DIR, "demo-keys.json"), encoding="utf-8") as file:
    ALICE, BOB = json.load(file)[:2]

_checks = 0


def equal(what, got, wanted):
    """Ends the run at the first answer that is not the one expected."""
    global _checks
    _checks += 1
    if got != wanted:
        sys.exit(f"{what}: got {got!r}, wanted {wanted!r}")


def close_to(what, got, wanted, by=1e-8):
    global _checks
    _checks += 1
    if abs(float(got) - float(wanted)) > by:
        sys.exit(f"{what}: got {got!r}, wanted {wanted!r}")


def raises(what, kind, call, **fields):
    """`call` fails with an exception of `kind` whose attributes are `fields`; gives the exception."""
    global _checks
    _checks += 1
    try:
        answer = call()
    except kind as error:
        for name, wanted in fields.items():
            equal(f"{what}, {name}", getattr(error, name), wanted)
        return error
    sys.exit(f"{what}: answered {answer!r} instead of failing")


def done(client):
    print(f"{client}: {_checks} checks passed")
