//! What things cost: periods, breakdown, forecast, request meter.
