"""ccxt for Python against a running sedax, sync and pro, with nothing but hosts changed; and its error classes."""
import asyncio

import ccxt
import ccxt.pro
from ccxt_settings import settings
from venue import ALICE, BOB, close_to, done, equal, raises

SYMBOL = "BTC/USDT"


def sync():
    alice, bob = ccxt.binance(settings(ALICE)), ccxt.binance(settings(BOB))
    for client in (alice, bob):
        for order in client.fetch_open_orders(SYMBOL):
            client.cancel_order(order["id"], SYMBOL)
    market = alice.load_markets()[SYMBOL]
    equal("market", (market["spot"], market["active"], market["precision"]["amount"]), (True, True, 0.00001))
    bob.create_order(SYMBOL, "limit", "sell", 0.5, 50000)
    equal("book", alice.fetch_order_book(SYMBOL, 5)["asks"][0][:2], [50000, 0.5])
    before = alice.fetch_balance()
    order = alice.create_order(SYMBOL, "market", "buy", 0.1)
    equal("market order", (order["status"], order["average"], order["fee"]["cost"]), ("closed", 50000, 0.0001))
    after = alice.fetch_balance()
    close_to("BTC bought", after["BTC"]["free"], before["BTC"]["free"] + 0.0999)
    close_to("USDT paid", after["USDT"]["free"], before["USDT"]["free"] - 5000)
    equal("own trade", alice.fetch_my_trades(SYMBOL)[-1]["order"], order["id"])
    equal("ticker", alice.fetch_ticker(SYMBOL)["last"], 50000)
    equal("candle", alice.fetch_ohlcv(SYMBOL, "1m")[-1][4], 50000)
    equal("by cost", alice.create_market_buy_order_with_cost(SYMBOL, 500)["filled"], 0.01)

    limit = alice.create_order(SYMBOL, "limit", "buy", 0.2, 40000, {"clientOrderId": "py-1"})
    edited = alice.edit_order(limit["id"], SYMBOL, "limit", "buy", 0.3, 41000)
    equal("edited", (edited["price"], edited["amount"]), (41000, 0.3))
    equal("found", alice.fetch_order(edited["id"], SYMBOL)["status"], "open")
    equal("cancelled", alice.cancel_order(edited["id"], SYMBOL)["status"], "canceled")
    stop = alice.create_order(SYMBOL, "limit", "sell", 0.05, 44000, {"stopLossPrice": 45000})
    equal("stop", (stop["type"], stop["triggerPrice"]), ("limit", 45000))
    equal("all gone", [o["status"] for o in alice.cancel_all_orders(SYMBOL)], ["canceled"])

    raises("funds", ccxt.InsufficientFunds, lambda: alice.create_order(SYMBOL, "limit", "buy", 100, 49000))
    raises("minimum", ccxt.BadRequest, lambda: alice.create_order(SYMBOL, "limit", "buy", 0.00001, 49000))
    raises("symbol", ccxt.BadSymbol, lambda: alice.fetch_ticker("NO/PE"))
    raises("unknown order", ccxt.OrderNotFound, lambda: alice.fetch_order("1", SYMBOL))
    raises("cancel of an unknown order", ccxt.OrderNotFound, lambda: alice.cancel_order("1", SYMBOL))
    raises("would cross", ccxt.OrderImmediatelyFillable,
           lambda: alice.create_order(SYMBOL, "limit", "buy", 0.1, 50000, {"postOnly": True}))
    raises("secret", ccxt.AuthenticationError, lambda: ccxt.binance({**settings(ALICE), "secret": "x"}).fetch_balance())


async def pro():
    alice = ccxt.pro.binance(settings(ALICE))
    await alice.load_markets()
    book = await alice.watch_order_book(SYMBOL)
    equal("watched book", book["asks"][0][0], 50000)
    orders = asyncio.create_task(alice.watch_orders(SYMBOL))
    trades = asyncio.create_task(alice.watch_my_trades(SYMBOL))
    candles = asyncio.create_task(alice.watch_ohlcv(SYMBOL, "1m"))
    public = asyncio.create_task(alice.watch_trades(SYMBOL))
    await asyncio.sleep(1)
    order = await alice.create_order(SYMBOL, "market", "buy", 0.01)
    equal("watched order", (await asyncio.wait_for(orders, 5))[0]["id"], order["id"])
    equal("watched own trade", (await asyncio.wait_for(trades, 5))[0]["price"], 50000)
    equal("watched trade", (await asyncio.wait_for(public, 5))[0]["amount"], 0.01)
    equal("watched candle", (await asyncio.wait_for(candles, 5))[-1][4], 50000)
    placed = await alice.create_order_ws(SYMBOL, "limit", "buy", 0.1, 41000)
    equal("ws order", (await alice.fetch_order_ws(placed["id"], SYMBOL))["price"], 41000)
    equal("ws cancel", (await alice.cancel_order_ws(placed["id"], SYMBOL))["status"], "canceled")
    await alice.close()


sync()
asyncio.run(pro())
done(f"ccxt {ccxt.__version__}")
