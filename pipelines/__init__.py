"""The stages of a run in their order, and the engines behind them."""
