"""ccxt for Python with nothing but the hosts changed."""
from venue import HTTP, WS


def settings(key):
    return {
        "apiKey": key["apiKey"],
        "secret": key["secret"],
        "options": {"defaultType": "spot"},
        "urls": {"api": {
            "public": HTTP + "/api/v3", "private": HTTP + "/api/v3", "v1": HTTP + "/api/v1",
            "sapi": HTTP + "/sapi/v1", "sapiV2": HTTP + "/sapi/v2", "sapiV3": HTTP + "/sapi/v3", "sapiV4": HTTP + "/sapi/v4",
            "fapiPublic": HTTP + "/fapi/v1", "dapiPublic": HTTP + "/dapi/v1",
            "ws": {"spot": WS + "/stream/ws", "ws-api": {"spot": WS + "/ws-api/v3"}},
        }},
    }
