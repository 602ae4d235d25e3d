"""python-binance against a running sedax: sync, async, streams and WebSocket API. Only hosts are changed."""
import asyncio

import binance
from binance import AsyncClient, BinanceSocketManager, Client, DepthCacheManager
from binance.base_client import BaseClient
from binance.exceptions import BinanceAPIException
from venue import ALICE, BOB, HTTP, SYMBOL, WS, close_to, done, equal, raises

BaseClient.API_URL = HTTP + "/api"
BaseClient.MARGIN_API_URL = HTTP + "/sapi"
BaseClient.WS_API_URL = WS + "/ws-api/v3"
BinanceSocketManager.STREAM_URL = WS + "/"


def free(client, asset):
    return float(client.get_asset_balance(asset)["free"])


def sync():
    alice = Client(ALICE["apiKey"], ALICE["secret"])
    bob = Client(BOB["apiKey"], BOB["secret"])
    for client in (alice, bob):
        for order in client.get_open_orders(symbol=SYMBOL):
            client.cancel_order(symbol=SYMBOL, orderId=order["orderId"])
    equal("system status", alice.get_system_status(), {"status": 0, "msg": "normal"})
    info = alice.get_symbol_info(SYMBOL)
    equal("first filter", info["filters"][0]["filterType"], "PRICE_FILTER")
    equal("fees", alice.get_trade_fee(symbol=SYMBOL)[0]["makerCommission"], "0.00100000")

    bob.order_limit_sell(symbol=SYMBOL, quantity="0.5", price="50000.00")
    book = alice.get_order_book(symbol=SYMBOL, limit=5)
    equal("best ask", book["asks"][0], ["50000.00000000", "0.50000000"])
    btc, usdt = free(alice, "BTC"), free(alice, "USDT")
    order = alice.order_market_buy(symbol=SYMBOL, quantity="0.1")
    equal("market order", (order["status"], order["cummulativeQuoteQty"]), ("FILLED", "5000.00000000"))
    equal("fill", order["fills"][0]["commission"], "0.00010000")
    close_to("BTC bought", free(alice, "BTC"), btc + 0.0999)
    close_to("USDT paid", free(alice, "USDT"), usdt - 5000)
    trade = alice.get_my_trades(symbol=SYMBOL, orderId=order["orderId"])[0]
    equal("own trade", (trade["price"], trade["qty"], trade["isMaker"]), ("50000.00000000", "0.10000000", False))
    equal("market by quote", alice.order_market_buy(symbol=SYMBOL, quoteOrderQty="500")["executedQty"], "0.01000000")

    limit = alice.order_limit_buy(symbol=SYMBOL, quantity="0.2", price="40000")
    equal("open order", alice.get_open_orders(symbol=SYMBOL)[0]["orderId"], limit["orderId"])
    equal("order status", alice.get_order(symbol=SYMBOL, orderId=limit["orderId"])["status"], "NEW")
    equal("cancel", alice.cancel_order(symbol=SYMBOL, orderId=limit["orderId"])["status"], "CANCELED")
    equal("test order", alice.create_test_order(symbol=SYMBOL, side="BUY", type="MARKET", quantity="0.1"), {})
    oco = alice.create_oco_order(symbol=SYMBOL, side="SELL", quantity="0.05", aboveType="LIMIT_MAKER", abovePrice="60000",
                                 belowType="STOP_LOSS_LIMIT", belowStopPrice="45000", belowPrice="44000", belowTimeInForce="GTC")
    equal("OCO", (oco["contingencyType"], len(oco["orderReports"])), ("OCO", 2))
    alice.cancel_order(symbol=SYMBOL, orderId=oco["orders"][0]["orderId"])
    equal("OCO gone", alice.get_open_orders(symbol=SYMBOL), [])

    balances = alice.get_account(omitZeroBalances=True)["balances"]
    equal("balances held", all(float(b["free"]) + float(b["locked"]) > 0 for b in balances), True)
    # Asks for startTime=0 first.
    klines = alice.get_historical_klines(SYMBOL, Client.KLINE_INTERVAL_1MINUTE, "1 hour ago UTC")
    equal("kline close", klines[-1][4], "50000.00000000")
    equal("average price", alice.get_avg_price(symbol=SYMBOL)["mins"], 5)
    equal("24 h", alice.get_ticker(symbol=SYMBOL)["lastPrice"], "50000.00000000")

    raises("funds", BinanceAPIException, lambda: alice.order_limit_buy(symbol=SYMBOL, quantity="100", price="49000"),
           code=-2010, status_code=400, message="Account has insufficient balance for requested action.")
    raises("symbol", BinanceAPIException, lambda: alice.get_order_book(symbol="NOPE"), code=-1121, message="Invalid symbol.")
    raises("unknown order", BinanceAPIException, lambda: alice.get_order(symbol=SYMBOL, orderId=1),
           code=-2013, message="Order does not exist.")
    raises("cancel of an unknown order", BinanceAPIException, lambda: alice.cancel_order(symbol=SYMBOL, orderId=1),
           code=-2011, message="Unknown order sent.")
    raises("exponent", BinanceAPIException, lambda: alice.order_market_buy(symbol=SYMBOL, quantity=0.00001), code=-1100)
    raises("filter", BinanceAPIException, lambda: alice.order_limit_buy(symbol=SYMBOL, quantity="0.00001", price="40000"),
           code=-1013, message="Filter failure: NOTIONAL")
    raises("secret", BinanceAPIException, lambda: Client(ALICE["apiKey"], "wrong").get_account(), code=-1022)


async def asynchronous():
    alice = await AsyncClient.create(ALICE["apiKey"], ALICE["secret"])
    sockets = BinanceSocketManager(alice)
    equal("async depth", (await alice.get_order_book(symbol=SYMBOL))["asks"][0][0], "50000.00000000")
    async with sockets.trade_socket(SYMBOL) as trades, sockets.user_socket() as user, \
            sockets.multiplex_socket(["btcusdt@kline_1m", "btcusdt@bookTicker"]) as both:
        await asyncio.sleep(0.5)
        order = await alice.order_market_buy(symbol=SYMBOL, quantity="0.01")
        trade = await asyncio.wait_for(trades.recv(), 5)
        equal("trade stream", (trade["e"], trade["p"], trade["q"]), ("trade", "50000.00000000", "0.01000000"))
        streams = set()
        while len(streams) < 2:
            streams.add((await asyncio.wait_for(both.recv(), 5))["stream"])
        equal("multiplexed", streams, {"btcusdt@kline_1m", "btcusdt@bookTicker"})
        kinds = []
        while "TRADE" not in kinds:
            event = await asyncio.wait_for(user.recv(), 5)
            event = event.get("event", event)
            if event["e"] == "executionReport" and event["i"] == order["orderId"]:
                kinds.append(event["x"])
        equal("user data", kinds, ["NEW", "TRADE"])
    async with DepthCacheManager(alice, SYMBOL) as depth:
        receiving = asyncio.create_task(depth.recv())
        await asyncio.sleep(0.5)
        mover = await alice.order_limit_buy(symbol=SYMBOL, quantity="0.3", price="42000")
        cache = await asyncio.wait_for(receiving, 10)
        equal("depth cache", (cache.get_asks()[0][0], cache.get_bids()[0]), (50000.0, [42000.0, 0.3]))
        await alice.cancel_order(symbol=SYMBOL, orderId=mover["orderId"])

    placed = await alice.ws_create_order(symbol=SYMBOL, side="BUY", type="LIMIT", timeInForce="GTC", quantity="0.1", price="41000")
    equal("ws order", (placed["price"], placed["origQty"]), ("41000.00000000", "0.10000000"))
    found = await alice.ws_get_order(symbol=SYMBOL, orderId=placed["orderId"])
    equal("ws order status", found["status"], "NEW")
    gone = await alice.ws_cancel_order(symbol=SYMBOL, orderId=placed["orderId"])
    equal("ws cancel", gone["status"], "CANCELED")
    equal("ws depth", (await alice.ws_get_order_book(symbol=SYMBOL, limit=5))["asks"][0][0], "50000.00000000")
    await alice.close_connection()


sync()
asyncio.run(asynchronous())
done(f"python-binance {binance.__version__}")
