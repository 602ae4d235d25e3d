"""freqtrade's own exchange class, out of dry-run, against a running sedax: configured as a bot is, nothing replaced."""
import logging
import time
from datetime import datetime, timedelta, timezone

import freqtrade
from freqtrade.enums import CandleType, RunMode
from freqtrade.exceptions import InsufficientFundsError, InvalidOrderException
from freqtrade.resolvers import ExchangeResolver
from freqtrade_config import config
from venue import ALICE, BOB, close_to, done, equal, raises

PAIR = "BTC/USDT"
logging.basicConfig(level=logging.WARNING)


def exchange(key):
    return ExchangeResolver.load_exchange({**config(key), "runmode": RunMode.LIVE}, load_leverage_tiers=False)


alice, bob = exchange(ALICE), exchange(BOB)
try:
    for client in (alice, bob):
        for order in client._api.fetch_open_orders(PAIR):
            client.cancel_order(order["id"], PAIR)
    equal("markets", PAIR in alice.get_markets(base_currencies=["BTC"], quote_currencies=["USDT"], tradable_only=True), True)
    equal("precision", (alice.get_precision_amount(PAIR), alice.get_precision_price(PAIR)), (0.00001, 0.01))
    equal("minimum stake", alice.get_min_pair_stake_amount(PAIR, 50000, -0.1) > 5, True)

    bob.create_order(pair=PAIR, ordertype="limit", side="sell", amount=0.5, rate=50000, leverage=1, time_in_force="GTC")
    equal("order book", alice.fetch_l2_order_book(PAIR, 5)["asks"][0][:2], [50000, 0.5])
    equal("rate to buy at", alice.get_rate(PAIR, refresh=True, side="entry", is_short=False) > 0, True)
    before = alice.get_balances()
    entry = alice.create_order(pair=PAIR, ordertype="market", side="buy", amount=0.1, rate=50000, leverage=1)
    equal("entry", (entry["status"], entry["average"]), ("closed", 50000))
    after = alice.get_balances()
    close_to("BTC bought", after["BTC"]["free"], before["BTC"]["free"] + 0.0999)
    close_to("USDT paid", after["USDT"]["free"], before["USDT"]["free"] - 5000)
    equal("fetched", alice.fetch_order(entry["id"], PAIR)["filled"], 0.1)
    trades = alice.get_trades_for_order(entry["id"], PAIR, datetime.now(timezone.utc) - timedelta(minutes=1))
    equal("its trades", (trades[0]["amount"], trades[0]["fee"]["currency"]), (0.1, "BTC"))

    limit = alice.create_order(pair=PAIR, ordertype="limit", side="buy", amount=0.2, rate=40000, leverage=1, time_in_force="GTC")
    equal("limit", alice.fetch_order(limit["id"], PAIR)["status"], "open")
    equal("cancelled", alice.cancel_order_with_result(limit["id"], PAIR, 0.2)["status"], "canceled")
    maker = alice.create_order(pair=PAIR, ordertype="limit", side="buy", amount=0.2, rate=40000, leverage=1, time_in_force="PO")
    equal("post only", alice.fetch_order(maker["id"], PAIR)["info"]["type"], "LIMIT_MAKER")
    alice.cancel_order(maker["id"], PAIR)
    stop = alice.create_stoploss(pair=PAIR, amount=0.05, stop_price=45000, order_types={"stoploss": "limit"}, side="sell", leverage=1)
    found = alice.fetch_stoploss_order(stop["id"], PAIR)
    equal("stop loss on the exchange", (found["status"], found["triggerPrice"]), ("open", 45000))
    alice.cancel_stoploss_order(stop["id"], PAIR)

    candles = alice.refresh_latest_ohlcv([(PAIR, "1m", CandleType.SPOT)], drop_incomplete=False)
    equal("candle", candles[(PAIR, "1m", CandleType.SPOT)].iloc[-1]["close"], 50000)
    history = alice.get_historic_ohlcv(PAIR, "1m", int((time.time() - 3600) * 1000), CandleType.SPOT)
    equal("history", history.iloc[-1]["close"], 50000)
    equal("tickers", alice.get_tickers()[PAIR]["last"], 50000)
    equal("fee", alice.get_fee(PAIR), 0.001)

    raises("funds", InsufficientFundsError,
           lambda: alice.create_order(pair=PAIR, ordertype="limit", side="buy", amount=100, rate=49000, leverage=1, time_in_force="GTC"))
    raises("cancel of an unknown order", InvalidOrderException, lambda: alice.cancel_order("1", PAIR))
finally:
    alice.close()
    bob.close()
done(f"freqtrade {freqtrade.__version__}, exchange class {type(alice).__name__}")
