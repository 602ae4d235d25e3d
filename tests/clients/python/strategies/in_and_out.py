"""Buys as soon as it may and sells after a few seconds: enough to see a bot trade."""
from datetime import timedelta

from freqtrade.strategy import IStrategy


class InAndOut(IStrategy):
    INTERFACE_VERSION = 3
    timeframe = "1m"
    stoploss = -0.1
    minimal_roi = {"0": 10}
    startup_candle_count = 0
    process_only_new_candles = False

    def populate_indicators(self, dataframe, metadata):
        return dataframe

    def populate_entry_trend(self, dataframe, metadata):
        dataframe["enter_long"] = 1
        return dataframe

    def populate_exit_trend(self, dataframe, metadata):
        dataframe["exit_long"] = 0
        return dataframe

    def custom_exit(self, pair, trade, current_time, current_rate, current_profit, **kwargs):
        return "time is up" if current_time - trade.open_date_utc > timedelta(seconds=10) else None
