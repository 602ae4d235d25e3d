"""The settings of a freqtrade bot on a running sedax. `python freqtrade_config.py > config.json` writes them for the bot."""
import json

from venue import ALICE, HTTP, WS


def config(key):
    return {
        "dry_run": False,
        "initial_state": "running",
        "trading_mode": "spot",
        "stake_currency": "USDT",
        "stake_amount": 1000,
        "max_open_trades": 1,
        "timeframe": "1m",
        "entry_pricing": {"price_side": "other", "use_order_book": True, "order_book_top": 1},
        "exit_pricing": {"price_side": "other", "use_order_book": True, "order_book_top": 1},
        "order_types": {"entry": "market", "exit": "market", "stoploss": "limit", "stoploss_on_exchange": True},
        "pairlists": [{"method": "StaticPairList"}],
        "internals": {"process_throttle_secs": 2},
        "exchange": {
            "name": "binance",
            "key": key["apiKey"],
            "secret": key["secret"],
            "pair_whitelist": ["BTC/USDT"],
            "enable_ws": True,
            "ccxt_config": {
                "options": {"fetchMarkets": {"types": ["spot"]}, "fetchCurrencies": False, "fetchMargins": False},
                "urls": {"api": {
                    "public": HTTP + "/api/v3",
                    "private": HTTP + "/api/v3",
                    "ws": {"spot": WS + "/stream/ws", "ws-api": {"spot": WS + "/ws-api/v3"}},
                }},
            },
        },
    }


if __name__ == "__main__":
    print(json.dumps(config(ALICE), indent=2))
