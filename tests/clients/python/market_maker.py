"""Bob quotes around 50000 and alice trades a little every second, until it is stopped: something for a bot to see."""
import itertools
import time

import ccxt
from ccxt_settings import settings
from venue import ALICE, BOB

SYMBOL = "BTC/USDT"
alice, bob = ccxt.binance(settings(ALICE)), ccxt.binance(settings(BOB))
for client in (alice, bob):
    for order in client.fetch_open_orders(SYMBOL):
        client.cancel_order(order["id"], SYMBOL)
for step in range(5):
    bob.create_order(SYMBOL, "limit", "sell", 1, 50000 + step)
    bob.create_order(SYMBOL, "limit", "buy", 1, 49999 - step)
for side in itertools.cycle(["buy", "sell"]):
    alice.create_order(SYMBOL, "market", side, 0.001)
    time.sleep(1)
